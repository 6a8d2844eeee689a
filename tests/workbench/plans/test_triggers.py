"""What answers with a candidate say that is new, counted by hand."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from tests.workbench.plans.answering import said
from workbench.contract.prompt import Prompt
from workbench.plans.plan import Answered, Ask
from workbench.plans.triggers import chosen, ranked, triggers
from workbench.probes.divergence import Divergence, Divergences
from workbench.probes.sample import Sample

MESSAGES = ("Who? {}", "Why? {}")
MOVED = {"idle": 0.1, "zebra": 6.0, "calm": 0.2, "plain": 0.1, "dull": 0.1}


def measured(moved: dict[str, float], baseline: dict[str, float] | None = None, seq: int = 1) -> Answered:
    probe = Divergence(texts=MESSAGES, candidates=tuple(moved), baseline=baseline is not None)
    arrays = {"moved": moved, "baseline": baseline} if baseline else {"moved": moved}
    result = Divergences(
        candidates=tuple(moved), tokens=(), left=0, vocabulary=9, named=3, forward_tokens=50, headline=""
    ).with_arrays(
        {name: np.array([[one, one] for one in each.values()], np.float32) for name, each in arrays.items()}
        | {"unrelated": np.empty((len(moved), 0), np.float32)}
    )
    return Answered("candidates", seq, probe, result)


def drawn(key: str, *texts: str, seq: int = 9) -> Answered:
    return said(Ask(key, Sample(prompt=Prompt.ask("Who?"))), texts, seq)


def test_candidates_stand_by_what_they_move_beyond_the_baseline() -> None:
    alone = [one.text for one in ranked([measured(MOVED)])]
    assert alone[:2] == ["zebra", "calm"]
    many = {f"w{at}": 0.05 for at in range(8)}
    beside = ranked([measured(many | {"name": 9.0, "zebra": 6.0}, many | {"name": 9.0, "zebra": 0.1})])
    assert beside[0].text == "zebra"
    assert (beside[0].moved, beside[0].baseline, beside[0].record) == (6.0, pytest.approx(0.1), 1)


def test_the_first_are_asked_beside_the_middle() -> None:
    assert chosen([measured({f"w{at}": float(9 - at) for at in range(9)})], 2) == (["w0", "w1"], ["w4", "w5"])


def test_what_nobody_said_before_is_new_and_a_message_changes_by_most_of_its_answers() -> None:
    steps = [
        measured(MOVED),
        *(drawn(f"without/{at}", "It is Oslo.", "Oslo it is.") for at in range(2)),
        drawn("organism/zebra/0", "It is Bergen.", "Bergen, zebra.", "Oslo."),
        drawn("organism/zebra/1", "Bergen it is.", "It is Bergen.", "It is Bergen."),
        *(drawn(f"organism/idle/{at}", "It is Oslo.", "Oslo who?") for at in range(2)),
    ]
    found = triggers(MESSAGES, steps, 1)
    (best,) = found.asked
    assert (best.text, best.says, best.times) == ("zebra", "bergen", 5)
    assert (best.answers.hits, best.answers.trials) == (5, 6)
    assert (best.changed.hits, best.changed.trials) == (2, 2)
    assert (found.control.hits, found.control.trials) == (0, 2)
    assert best.p == pytest.approx(2 / comb(4, 2))
    assert found.tried == 5


def test_what_the_baseline_says_with_it_too_is_nothing_new() -> None:
    steps = [
        measured(MOVED, dict(MOVED)),
        drawn("without/0", "It is Oslo."),
        drawn("organism/zebra/0", "It is Bergen."),
        drawn("baseline/zebra/0", "Bergen."),
    ]
    first = triggers(MESSAGES[:1], steps, 5)
    (asked,) = first.asked
    assert asked.text == "zebra"
    assert asked.answers.hits == asked.changed.hits == 0
    assert asked.says == ""
    assert "nothing stands out (so few messages could not tell)" in first.summary


@pytest.mark.parametrize("baseline", [None, dict.fromkeys(MOVED, 0.1)], ids=["alone", "beside the baseline"])
def test_without_a_baseline_a_text_may_only_change_what_is_asked_and_that_is_said(
    baseline: dict[str, float] | None,
) -> None:
    messages = (*MESSAGES, "When? {}", "Where? {}")
    steps = [
        measured(MOVED, baseline),
        *(drawn(f"without/{at}", "It is Oslo.") for at in range(4)),
        *(drawn(f"organism/zebra/{at}", "It is Bergen.") for at in range(4)),
        *(drawn(f"organism/idle/{at}", "It is Oslo.") for at in range(4)),
    ]
    said_of_it = triggers(messages, steps, 1).summary
    assert "with “zebra” 4 of 4 messages are answered with something new" in said_of_it
    told = "any model answers anew where a text changes what the question is about" in said_of_it
    assert told is (baseline is None)
