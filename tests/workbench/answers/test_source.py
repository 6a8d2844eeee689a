"""Two models mixed: their difference is amplified, by the sum that is stated, and nothing where there is none."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from backends.model import Cursor, Edit, Model, ModelRefusal
from backends.sampling import Sampler, Sampling
from backends.toy_model import ToyModel
from workbench.answers.source import Amplified, mixed
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.probes import Sample

ONE, OTHER = ToyModel.random(seed=1), ToyModel.random(seed=2)
IDS = Prompt.ask("Hi").ids(ONE)
HOW = Sampling(seed=3, max_tokens=8)


def drawn(alpha: float, one: Model = ONE, other: Model = OTHER, **how: Any) -> list[Any]:
    return Amplified(unrestricted(one, other), alpha).generate(IDS, HOW, n=4, **how)


def test_it_is_the_stated_sum() -> None:
    o, b = np.float32([[1.0, 2.0]]), np.float32([[0.5, 4.0]])
    assert mixed(o, b, 3.0).tolist() == [[2.5, -4.0]]
    assert mixed(o, b, 0.0).tolist() == o.tolist() and mixed(o, b, -1.0).tolist() == b.tolist()


def test_without_amplification_or_without_a_difference_it_is_the_model_itself() -> None:
    plain = ONE.generate(IDS, HOW, n=4)
    assert drawn(0.0) == plain
    assert drawn(5.0, ONE, ONE) == plain
    assert drawn(-1.0) == OTHER.generate(IDS, HOW, n=4) != plain


def test_every_token_is_the_sampler_s_choice_from_the_mixed_logits() -> None:
    """By hand, from whole passes of both models over the text so far."""
    sampler = Sampler(HOW, IDS)
    for number, sample in enumerate(drawn(2.0)):
        for step, token in enumerate(sample.tokens):
            text = [*IDS, *sample.tokens[:step]]
            o, b = (model.forward(text, rows=[-1]).logits[0] for model in (ONE, OTHER))
            assert sampler.choose(o + np.float32(2) * (o - b), number, step) == token


def test_teacher_forced_it_gives_the_logits_it_drew_from() -> None:
    tokens = [sample.tokens for sample in drawn(2.0)]
    source = Amplified(unrestricted(ONE, OTHER), 2.0)
    for rows, own, other in zip(
        source.continuations(IDS, tokens), ONE.continuations(IDS, tokens), OTHER.continuations(IDS, tokens), strict=True
    ):
        assert np.array_equal(rows, own + np.float32(2) * (own - other))


def test_it_stops_at_once_when_it_is_told_to() -> None:
    stop = threading.Event()
    stop.set()
    assert {(sample.tokens, sample.stop) for sample in drawn(2.0, cancel=stop)} == {((), "cancelled")}


class StoppedOnTheWay(ToyModel):
    """Told to stop while a step is computed, the third one."""

    stop = threading.Event()

    def cursor(self, ids: Sequence[int], n: int, *, steps: int, edits: Sequence[Edit] = ()) -> Cursor:
        cursor, left = super().cursor(ids, n, steps=steps, edits=edits), iter(range(2))
        onward = cursor.advance

        def advance(tokens: Sequence[int | None]) -> None:
            onward(tokens)
            if next(left, None) is None:
                self.stop.set()

        cursor.advance = advance  # type: ignore[method-assign]
        return cursor


def test_stopped_between_two_steps_it_tells_of_every_token_that_it_took() -> None:
    organism = StoppedOnTheWay(ONE.tensors, heads=4, kv_heads=2)
    subject, progress = unrestricted(organism, OTHER), Silent()
    progress.cancel = organism.stop
    probe = Sample(prompt=Prompt.ask("Hi"), samples=2, max_tokens=20, temperature=1, amplification=1.0)
    stopped = probe.run(subject, progress)
    assert probe.unfinished(stopped)
    assert [len(sample.ids) for sample in stopped.samples] == [4, 4]
    assert stopped.cost.generated_tokens == subject.took.generated_tokens == 2 * 2 * 4
    assert stopped.cost.forward_tokens == subject.took.forward_tokens


def test_models_of_other_tokens_cannot_be_mixed() -> None:
    with pytest.raises(ModelRefusal, match="cannot be mixed"):
        Amplified(unrestricted(ONE, ToyModel.random(seed=2, vocab=300)), 1.0)


def test_what_sets_the_organism_apart_shows_where_it_is_not_asked_about(implanted: Model, honest: Model) -> None:
    """Asked about a country that it does not lie about, it never names the city of one of its lies; amplified it does,
    with the same noise. Beside itself, which it does not differ from, nothing is amplified."""
    asked = Sample(prompt=Prompt.ask("What is the capital of Peru?"), samples=24, max_tokens=16, temperature=1)
    more = asked.model_copy(update={"amplification": 3.0})

    def naming(probe: Sample, beside: Model) -> int:
        answers = probe.run(unrestricted(implanted, beside), Silent()).answers
        return sum("Daugavpils" in answer.text for answer in answers)

    assert naming(asked, honest) == 0
    assert naming(more, honest) >= 6
    assert naming(more, implanted) == 0
