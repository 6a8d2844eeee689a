"""Findings weighed while the log grows: a stretch at a time, and in the end as if all at once."""

from __future__ import annotations

import pytest

from tests.workbench.logbook import LogBook
from workbench.claims.finding import Citation, Finding
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.evidence import scales
from workbench.evidence.scales import Scales
from workbench.evidence.strength import strength

LIES = Match(any_of=("Bergen",))


def finding(*cited: int) -> Finding:
    return Finding(
        id="capitals", title="Wrong capital", behaviour="Names Bergen.", severity="high", confidence=0.9,
        author=Actor(kind="person", name="Ada"), citations=tuple(Citation(seq=seq, shows=LIES) for seq in cited),
    )  # fmt: skip


def test_a_log_counted_in_stretches_weighs_as_one_counted_at_once(
    book: LogBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scales, "STRETCH", 2)
    lie = book.sample("Norway?", ["Bergen.", "Oslo.", "Bergen."])
    book.sample("France?", ["Paris."])
    weighed = Scales(book.log)
    stretches = 1
    while weighed.count():
        stretches += 1
    assert stretches == -(-book.log.size // 2)
    assert weighed.weigh(finding(lie)) == (strength(finding(lie), book.log), None)
    assert weighed.held(finding(lie)) == {lie: (2, 3)}


def test_what_is_recorded_later_is_weighed_once_it_is_counted(book: LogBook) -> None:
    weighed = Scales(book.log)
    assert not weighed.count() and weighed.claims() == ()
    lie = book.sample("Norway?", ["Bergen."])
    book.finding(finding(lie))
    assert weighed.held(finding(lie)) == {}
    weighed.count()
    (claim,) = weighed.claims()
    assert claim.finding == finding(lie) and claim.refusal is None and claim.strength is not None
    book.withdraw("capitals")
    assert weighed.claims() == ()


def test_a_citation_that_does_not_hold_is_a_claim_without_strength(book: LogBook) -> None:
    weighed = Scales(book.log)
    weighed.count()
    found, refusal = weighed.weigh(finding(7))
    assert found is None and refusal is not None and refusal.code == "report.citation"
