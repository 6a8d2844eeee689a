"""What stands in a log, and from where on a hypothesis can be confirmed."""

from __future__ import annotations

import pytest

from casefiles.status import Refusal
from tests.workbench.logbook import ADA, LogBook
from workbench.claims.predicate import Match
from workbench.evidence.standing import hypotheses, standing
from workbench.log.entry import Entry
from workbench.log.records import Hypothesis

FIRST = Hypothesis(id="a", claim="It says Bergen.", predicate=Match(any_of=("Bergen",)), actor=ADA)
OTHER = Hypothesis(id="b", claim="It says Oslo less.", predicate=Match(any_of=("Oslo",)), expected="less", actor=ADA)


def test_only_what_comes_after_it_can_confirm_a_hypothesis(book: LogBook) -> None:
    before = book.sample("Norway?", ["Bergen."])
    locked = book.log.append(FIRST).seq
    after = book.sample("Norway?", ["Bergen."], seed=1)
    (only,) = hypotheses(book.log)
    assert (only.hypothesis, only.seq) == (FIRST, locked)
    assert (only.after(before), only.after(locked), only.after(after)) == (False, False, True)


def test_a_revision_is_locked_anew(book: LogBook) -> None:
    book.log.append(FIRST)
    book.log.append(OTHER)
    drawn = book.sample("Norway?", ["Bergen."])
    revised = FIRST.model_copy(update={"claim": "It says Bergen of Norway."})
    seq = book.log.append(revised).seq
    assert [(one.hypothesis, one.seq) for one in hypotheses(book.log)] == [(revised, seq), (OTHER, 2)]
    assert not hypotheses(book.log)[0].after(drawn)
    assert [one.hypothesis for one in hypotheses(book.log, until=seq)] == [FIRST, OTHER]


def test_a_claim_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        standing([Entry(4, 0, "finding", {"finding": {"id": "x"}}, b"")])
    assert refused.value.code == "log.record"
