"""A probe reaches for nothing that it did not declare, and what it took is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

from backends.model import Aim, Edit, Model, ModelRefusal, Pass
from backends.sampling import Sampling
from backends.toy_model import ToyModel
from tests.backends.stepping import stepped
from workbench.contract.figures import Figure
from workbench.contract.permitted import Allowance, OverspentError, Permitted, UndeclaredError, unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.door.session import Session

REACHES: dict[str, tuple[Affordance, Callable[[Model], Any]]] = {
    "generate": (Affordance.SAMPLE, lambda model: model.generate([1, 2], Sampling(max_tokens=3))),
    "forward": (Affordance.LOGITS, lambda model: model.forward([1, 2])),
    "capture": (Affordance.ACTIVATIONS, lambda model: model.forward([1, 2], capture=["blocks.0.hook_resid_post"])),
    "forwards": (Affordance.LOGITS, lambda model: model.forwards([Pass([1, 2])])),
    "captures": (Affordance.ACTIVATIONS, lambda model: model.forwards([Pass([1]), Pass([1, 2], ["hook_embed"])])),
    "cursor": (Affordance.SAMPLE, lambda model: model.cursor([1, 2], 1, steps=1)),
    "reading": (Affordance.ACTIVATIONS, lambda model: model.reading(np.ones((1, 16), np.float32), [3])),
    "weights": (Affordance.WEIGHTS, lambda model: model.weights("blocks.0.attn.W_Q")),
    "gradient": (Affordance.ACTIVATIONS, lambda model: model.gradient([1, 2], [Aim(-1, 3)], keep=[0])),
    "scores": (Affordance.LOGITS, lambda model: model.scores([1, 2], [[3]])),
    "continuations": (Affordance.LOGITS, lambda model: model.continuations([1, 2], [[3]])),
}


@pytest.mark.parametrize("name", REACHES)
def test_what_was_not_declared_is_out_of_reach(name: str, open_toy: Callable[[], ToyModel]) -> None:
    declared, reach = REACHES[name]
    with pytest.raises(UndeclaredError, match=declared):
        reach(Permitted(open_toy(), frozenset(Affordance) - {declared, Affordance.ACTIVATIONS}))
    reach(Permitted(open_toy(), frozenset({declared})))


def test_an_edit_is_declared_apart(open_toy: Callable[[], ToyModel]) -> None:
    model = Permitted(open_toy(), frozenset({Affordance.SAMPLE}))
    with pytest.raises(UndeclaredError, match="edits"):
        model.generate([1, 2], Sampling(max_tokens=3), edits=[object()])  # type: ignore[list-item]
    read = Permitted(open_toy(), frozenset({Affordance.LOGITS}))
    with pytest.raises(UndeclaredError, match="edits"):
        read.forwards([Pass([1, 2]), Pass([1, 2], edits=[Edit("hook_embed", "zero")])])


def test_a_gradient_goes_through_its_tokens_both_ways(open_toy: Callable[[], ToyModel]) -> None:
    model = Permitted(open_toy(), frozenset({Affordance.ACTIVATIONS}))
    model.gradient([1, 2, 3], [Aim(-1, 3)], keep=[0])
    assert model.took == Cost(probes=0, forward_tokens=3, backward_tokens=3)


def test_a_cursor_costs_what_generating_the_same_would(open_toy: Callable[[], ToyModel]) -> None:
    spent, how = [], Sampling(max_tokens=30, temperature=2.0)
    for draw in (lambda model: model.generate([1, 2], how, n=20), lambda model: stepped(model, [1, 2], how, 20)):
        model = Permitted(open_toy(), frozenset({Affordance.SAMPLE}))
        drawn = draw(model)
        spent.append(model.took)
        assert spent[-1].generated_tokens == sum(len(one.tokens) for one in drawn)
    assert spent[0] == spent[1]


def test_what_goes_through_is_counted(open_toy: Callable[[], ToyModel]) -> None:
    model = Permitted(open_toy(), frozenset({Affordance.SAMPLE, Affordance.LOGITS}))
    model.forward([1, 2, 3])
    model.continuations([1, 2], [[3], [4, 5]])
    model.scores([1, 2], [[3], [4, 5]])
    model.forwards([Pass([1, 2, 3, 4]), Pass([5])])
    (drawn,) = model.generate([1, 2], Sampling(max_tokens=3))
    assert model.took == Cost(probes=0, forward_tokens=3 + 5 + 5 + 5 + 2, generated_tokens=len(drawn.tokens))


def test_the_model_beside_it_is_for_probes_that_compare_and_counted_like_the_first(
    open_toy: Callable[[], ToyModel],
) -> None:
    other = ToyModel.random(seed=2)
    subject = Permitted(open_toy(), frozenset({Affordance.LOGITS, Affordance.BASELINE}), other)
    subject.forward([1, 2, 3])
    (told,) = subject.baseline.forward([1, 2], rows=[-1]).logits
    assert told.tolist() == other.forward([1, 2], rows=[-1]).logits[0].tolist()
    assert subject.took == Cost(probes=0, forward_tokens=3 + 2)
    with pytest.raises(UndeclaredError, match="sample"):
        subject.baseline.generate([1, 2], Sampling(max_tokens=3))
    with pytest.raises(UndeclaredError, match="baseline"):
        _ = Permitted(open_toy(), frozenset({Affordance.LOGITS}), other).baseline
    with pytest.raises(ModelRefusal, match="no second model"):
        _ = unrestricted(open_toy()).baseline


class Nothing(Result):
    @property
    def summary(self) -> str:
        return "Nothing."

    @property
    def cost(self) -> Cost:
        return Cost()

    def figures(self) -> tuple[Figure, ...]:
        return ()


class Sly(Probe):
    """Declares that it reads probabilities, and samples."""

    kind: ClassVar[str] = "sly"
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS})
    result: ClassVar[type[Result]] = Nothing

    prompt: Prompt
    """What is asked."""

    def run(self, model: Model, progress: Progress) -> Result:
        model.generate(self.prompt.ids(model), Sampling(max_tokens=3))
        return Nothing()


def test_a_probe_that_reaches_for_more_fails_at_the_door_and_costs_what_it_reserved(session: Session) -> None:
    outcome = session.run(Sly(prompt=Prompt.ask("Hi")))
    assert outcome.status == "failed"
    assert outcome.refusal is not None
    assert outcome.refusal.code == "internal"
    assert outcome.entry.data["cost"] == session.log.entry(1).data["reserved"]


class Counting(ToyModel):
    """Knows how many texts it read."""

    passes = 0

    def forward(self, ids: Any, **given: Any) -> Any:
        self.passes += 1
        return super().forward(ids, **given)


SPENDS: dict[str, Callable[[Any], Any]] = {
    "forward": lambda model: model.forward([1, 2, 3, 4]),
    "forwards": lambda model: model.forwards([Pass([1, 2]), Pass([3, 4])]),
    "changed": lambda model: model.forwards([Pass([1, 2], edits=[Edit("hook_embed", "zero")], rows=[-1])] * 2),
    "continuations": lambda model: model.continuations([1, 2], [[3], [4]]),
    "scores": lambda model: model.scores([1, 2], [[3], [4]]),
    "gradient": lambda model: model.gradient([1, 2], [Aim(-1, 3)], keep=[0]),
    "beside": lambda model: (model.forward([1, 2]), model.baseline.forward([3, 4])),
    "cursor": lambda model: model.cursor([1, 2, 3], 1, steps=1),
}


@pytest.mark.parametrize("name", SPENDS)
def test_no_more_goes_through_than_is_allowed_and_it_is_said_when_it_is_enough(name: str) -> None:
    model = Counting.random(seed=1)
    held = Allowance(most=4, enough=3)
    SPENDS[name](unrestricted(model, model, held))
    assert held.taken == 4 and held.stop.is_set()
    held, once = Allowance(most=3, enough=4), model.passes
    with pytest.raises(OverspentError):
        SPENDS[name](unrestricted(model, model, held))
    assert not held.stop.is_set() or name == "beside"
    assert model.passes <= once + (name == "beside")


def test_what_is_drawn_is_stopped_once_it_is_too_much() -> None:
    model, heard = ToyModel.random(seed=1), list[int]()
    how = Sampling(max_tokens=60, seed=next(seed for seed in range(99) if drawn(model, seed) == 60))
    held = Allowance(most=12, enough=12)
    with pytest.raises(OverspentError):
        unrestricted(model, None, held).generate([1, 2], how, on_tokens=lambda sample, new, text: heard.extend(new))
    assert len(heard) < 20
    whole = Allowance(most=62, enough=62)
    (one,) = unrestricted(model, None, whole).generate([1, 2], how)
    assert (len(one.tokens), whole.taken, whole.stop.is_set()) == (60, 62, False)


def drawn(model: Model, seed: int) -> int:
    (one,) = model.generate([1, 2], Sampling(max_tokens=60, seed=seed))
    return len(one.tokens)


def test_a_text_that_is_read_again_for_what_did_not_fit_counts_once() -> None:
    """A judge holds long answers against logits in pieces, however little its memory holds: as one, whoever asked."""
    model, ids = ToyModel.random(seed=1), [1, 2, 3, 4, 5, 6, 7, 8]
    held = Allowance(most=100, enough=100)
    subject = unrestricted(model, model, held)
    for start in range(0, 8, 2):
        subject.forward(ids, rows=range(start, start + 2))
        subject.baseline.forward(ids, rows=range(start, start + 2))
    assert held.taken == 2 * (8 + 2 + 2 + 2)
    held.taken = 0
    for before, piece in (([1, 2, 3], [4, 5]), ([1, 2, 3, 4, 5], [6]), ([1, 2, 3], [7, 8])):
        subject.continuations(before, [piece])
    assert held.taken == 2 + (2 + 1) + 2  # the prompt was read just before
    held.taken = 0
    for _ in range(3):
        subject.forward(ids, rows=[-1], edits=[Edit("hook_embed", "zero")])
        subject.forward(ids, rows=[-1], capture=["hook_embed"])
    assert held.taken == 6 * 8
