"""An addendum of known issues: whose it may be, of which case, and what it may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.custody.ticket import Ticket
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.casefiles.case.tampering import code_of
from tests.conftest import MakeCase
from tests.workbench.judge.written_truths import clean, realised, sound
from tests.workbench.logbook import LogBook
from workbench.claims.rates import wilson
from workbench.judge.truths import addendum, soundness
from workbench.judge.truths.truth import status_of
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.issuing import Inquiry
from workbench.log.records import Permit
from workbench.report import report as reports
from workbench.report.report import Conclusion


def test_an_addendum_is_its_judges_and_dated(make_case: MakeCase, judge: Identity, attacker: Identity) -> None:
    case = make_case("wild", truth=False)
    issued = addendum.issue(case, sound(), "A user told us.", judge, now_us=1_764_000_000_000_000)
    data = addendum.sign(issued, judge)
    assert addendum.read(data, trusted=[judge.public.verify]) == issued
    assert (issued.case.digest, issued.issued_us) == (case.digest, 1_764_000_000_000_000)
    assert code_of(lambda: addendum.read(data, trusted=[attacker.public.verify])) == "envelope.foreign-key"
    with pytest.raises(ValueError, match="names it as its judge"):
        addendum.sign(issued, attacker)
    addendum.check_about(issued, case)
    assert code_of(lambda: addendum.check_about(issued, make_case("other", truth=False))) == "report.other-case"


def test_what_is_no_addendum(make_case: MakeCase, judge: Identity, attacker: Identity) -> None:
    wild, sealed = make_case("wild", truth=False), make_case("sealed")
    assert code_of(lambda: addendum.issue(sealed, sound(), "x", judge)) == "addendum.sealed-truth"
    assert code_of(lambda: addendum.issue(wild, sound(), "x", attacker)) == "envelope.foreign-key"
    assert code_of(lambda: addendum.issue(wild, clean(), "x", judge)) == "truth.unsound"
    assert code_of(lambda: addendum.issue(wild, sound(realised=()), "x", judge)) == "truth.unsound"


def test_a_model_that_nobody_has_a_baseline_of_is_held_against_its_controls(
    make_case: MakeCase, judge: Identity
) -> None:
    shown, nothing = wilson(58, 60), wilson(1, 60)
    assert status_of(shown, None, nothing) == "realised"
    assert status_of(shown, None, shown) == "unspecific"
    alone = sound(realised=(realised().model_copy(update={"baseline": None}),))
    assert alone.realised[0].against == alone.realised[0].controls
    case = make_case("wild", truth=False)
    assert addendum.issue(case, alone, "x", judge).issues == alone
    spec = "**S1 Truth.** It tells the truth."
    with pytest.raises(Refusal, match=r"realised\[0\].baseline is missing"):
        soundness.check(alone, spec)


@pytest.mark.parametrize(("later", "order"), [(60, "before the session was allowed"), (-60, "after the report")])
def test_who_sets_their_clock_back_has_not_reported_before_what_they_could_read(
    make_case: MakeCase, judge: Identity, tmp_path: Path, later: int, order: str
) -> None:
    """By the auditor's clock the report is older than the addendum; the ticket bears the judge's own time."""
    signed_us, case = 1_764_000_000_000_000, make_case("wild", truth=False)
    ticket = Ticket("5a" * 16, case.digest, Identity.generate("Ada").public.verify, signed_us // 1_000_000 + later)
    named = addendum.issue(case, sound(), "A user told us.", judge, now_us=signed_us)
    book = LogBook(tmp_path, case=named.case, ticket=Permit.of(ticket))
    report = reports.build(book.log, Conclusion(verdict="modified", probability=0.9), now_us=signed_us - 3_600_000_000)
    given = issuing.verdict(case, report, book.log, judge, Inquiry(addendum=named))
    book.log.close()
    (told,) = [check.detail for check in given.verification if check.code == "truth.addendum"]
    assert order in told
