"""An addendum of known issues: whose it may be, of which case, and what it may hold."""

from __future__ import annotations

import pytest

from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.casefiles.case.tampering import code_of
from tests.conftest import MakeCase
from tests.workbench.judge.truths import clean, realised, sound
from workbench.claims.rates import wilson
from workbench.judge import addendum, soundness
from workbench.judge.truth import status_of


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
