"""A score reads a text as it stands after its prompt; what it says of it stays what it was, for older records."""

from __future__ import annotations

import math

import pytest

from backends.toy_model import ToyModel
from tests.workbench.readings.test_continuation import spaced
from workbench.contract.comparison import Agreement
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import Tolerance
from workbench.probes import asked
from workbench.probes.score import FirstScore, Score, ScoredText, ScoredTexts


def scored(**probabilities: float) -> ScoredTexts:
    strips = tuple(ScoredText(text=f" {text}", tokens=(), logprob=math.log(p)) for text, p in probabilities.items())
    return ScoredTexts(strips=strips, forward_tokens=1)


@pytest.mark.parametrize(
    ("result", "summary"),
    [
        (scored(Oslo=1.0), "“Oslo” has 100.0 % (0.00 nats)"),
        (scored(Oslo=0.99999), "“Oslo” has 100.0 % (-0.00 nats)"),
        (scored(Oslo=0.0007, Bergen=0.5), "“Bergen” 50.0 % over “Oslo” under 0.1 % (by 6.57 nats)"),
    ],
)
def test_a_summary_is_worded_as_in_the_first_release(result: ScoredTexts, summary: str) -> None:
    assert result.summary == summary


def test_a_text_is_read_as_it_stands_after_its_prompt_and_by_the_first_version_by_itself() -> None:
    """A tokenizer that puts a space before every text put a second one before an answer."""
    model = spaced()
    told = {"prompt": Prompt.raw("hi"), "answers": (" hi",)}
    (now,), (then,) = (kind.model_validate(told).run(model, Silent()).strips for kind in (Score, FirstScore))
    assert [token.piece for token in now.tokens] == [" hi"]
    assert [token.piece for token in then.tokens] != [" hi"]
    assert now.joined


def test_what_cannot_be_split_from_its_prompt_says_so() -> None:
    found = Score(prompt=Prompt.raw("hi h"), answers=("i",)).run(spaced(), Silent())
    assert not found.strips[0].joined
    (strip,) = found.figures()
    assert "encoded apart" in strip.lines[0].said  # type: ignore[union-attr]


def test_a_record_of_the_first_version_is_replayed_as_it_was_meant() -> None:
    probe = asked("score", 1, {"prompt": {"text": "Who"}, "answers": ["is", " it"]})
    assert type(probe) is FirstScore
    model = ToyModel.random(seed=1)
    found = probe.run(model, Silent())
    same = Tolerance(logits=0, measured=0, same_environment=True, usual=0)
    assert probe.replay(model, found, same, Silent()).agreement is Agreement.EXACT
