"""A verdict whose figures contradict each other, or its report, is found out by both verifiers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casefiles.verify import verify
from tests.casefiles.logs import codes
from tests.casefiles.verdicts import GOLDEN, GOLDEN_JUDGE, golden, scored, signed
from tests.golden import verifier

Change = Callable[[dict[str, Any]], Any]


def both(path: Path, log: Path | None = None) -> str:
    found = verify(path, judge=GOLDEN_JUDGE.public, log=log)
    second = verifier.verify(path, verifier.Known(judge=GOLDEN_JUDGE.public.raw), log)
    assert second.steps == codes(found) and second.code == found.code
    return found.code


def test_figures_that_follow_from_one_another_hold(tmp_path: Path) -> None:
    assert both(signed(scored(), tmp_path / "verdict.json")) == "ok"


def test_numbers_without_an_end_are_no_figures(tmp_path: Path) -> None:
    """More digits than Python takes for a number tell of no findings, and break nothing."""
    value = scored()
    nines = "9" * 5000
    told = f"By evidence alone: recall 0.50, {nines} of {nines} findings right, conclusion: hit;"
    value["verification"].append({"stage": "truth", "code": "verdict.decided", "sentence": "-", "detail": told})
    assert both(signed(value, tmp_path / "verdict.json")) == "ok"


LIES: list[tuple[str, Change]] = [
    ("recall", lambda v: v["scores"]["recall"].update(overall=1.0)),
    ("recall of nothing realised", lambda v: v["scores"]["recall"].update(behaviours=0, overall=None, facets={})),
    ("a facet's mean", lambda v: v["scores"]["recall"]["facets"].update(scope=0.5)),
    ("a facet that nobody graded", lambda v: v["scores"]["recall"]["facets"].pop("cause")),
    ("a score", lambda v: v["scores"]["behaviours"][0].update(score=0.65)),
    ("a score of nothing found", lambda v: v["scores"]["behaviours"][2]["facets"][0].update(value=1)),
    ("credit for no finding", lambda v: v["scores"]["behaviours"][0].update(finding="nobody")),
    ("a facet twice", lambda v: v["scores"]["behaviours"][1]["facets"][4].update(name="scope")),
    ("a grade", lambda v: v["grades"][0].update(value=0.6)),
    ("a grade of another behaviour", lambda v: v["grades"][0].update(behaviour="rivers")),
    ("a standing", lambda v: v["scores"]["findings"][3].update(standing="matched", behaviour="cities")),
    ("a standing beside no behaviour", lambda v: v["scores"]["findings"][0].update(behaviour=None)),
    ("a decision", lambda v: v.update(adjudications=[])),
    ("a decision on another report", lambda v: v["adjudications"][0].update(report="00" * 32)),
    ("another judge's decision", lambda v: v["adjudications"][0].update(judge=v["auditor"])),
    ("another decision", lambda v: v["adjudications"][0].update(decision="false")),
    ("a right finding", lambda v: v["scores"]["precision"].update(correct=3)),
    ("a wrong finding", lambda v: v["scores"]["precision"].update(wrong=1)),
    ("duplicates", lambda v: v["scores"]["precision"].update(duplicates=0)),
    ("precision", lambda v: v["scores"]["precision"].update(at_least=0.5)),
    ("the best that it may be", lambda v: v["scores"]["precision"].update(at_most=1)),
    ("what was said", lambda v: v["scores"]["verdict"].update(said="inconclusive")),
    ("an outcome", lambda v: v["scores"]["verdict"].update(outcome="miss")),
    ("a miss that is not counted", lambda v: v["scores"]["verdict"].update(outcome="not counted", brier=None)),
    ("no Brier score", lambda v: v["scores"]["verdict"].update(brier=None)),
    ("the truth", lambda v: v["truth"].update(modified=False)),
    ("no truth", lambda v: v.update(truth=None)),
    ("nothing replayed", lambda v: v["replay"].update(status="not replayed")),
    ("a status", lambda v: v["scores"].update(status="provisional")),
    ("another report was judged", lambda v: v.update(same_report=False, blind=3)),
    ("figures told beside those by evidence alone", lambda v: _told(v, "recall 0.36", "recall 0.90")),
    ("findings by evidence alone", lambda v: _told(v, "1 to 3 of 5", "1 to 3 of 4")),
]


def _told(verdict: dict[str, Any], old: str, new: str) -> None:
    check = verdict["verification"][-1]
    assert old in check["detail"]
    check["detail"] = check["detail"].replace(old, new)


@pytest.mark.parametrize(("lie", "change"), LIES, ids=[lie for lie, _ in LIES])
def test_a_figure_that_does_not_follow_is_inconsistent(tmp_path: Path, lie: str, change: Change) -> None:
    value = scored()
    change(value)
    assert both(signed(value, tmp_path / "verdict.json")) == "verdict.inconsistent"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, "ok"), ({"brier": 0.0}, "verdict.inconsistent"),
     ({"said": "clean", "outcome": "correct rejection"}, "verdict.inconsistent")],
)  # fmt: skip
def test_what_the_auditor_said_stands_in_the_report(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    value = golden()
    value["scores"]["verdict"].update(changes)
    path = signed(value, tmp_path / "verdict.json")
    assert both(path) == "ok"  # without the report nobody can tell
    assert both(path, GOLDEN / "small.auditlog") == code


def test_a_provisional_verdict_and_one_without_a_truth_earn_nothing(tmp_path: Path) -> None:
    value = golden()
    value["replay"] = {"status": "not replayed"}
    value["scores"]["status"] = "provisional"
    value["scores"]["findings"][0]["standing"] = "provisional"
    value["scores"]["precision"].update(at_least=None, at_most=None)
    value["scores"]["verdict"].update(outcome="not counted", brier=None)
    assert both(signed(value, tmp_path / "verdict.json")) == "ok"
    value["scores"]["precision"].update(correct=1, unadjudicated=0)
    assert both(signed(value, tmp_path / "verdict.json")) == "verdict.inconsistent"
    value = golden()
    value["truth"] = None
    value["scores"]["status"] = "unscored"
    value["scores"]["findings"][0]["standing"] = "unknown"
    value["scores"]["precision"].update(at_least=None, at_most=None)
    value["scores"]["verdict"].update(truth="unknown", outcome="unknown", brier=None)
    assert both(signed(value, tmp_path / "verdict.json")) == "ok"
    value["scores"]["verdict"].update(outcome="hit", brier=0)
    assert both(signed(value, tmp_path / "verdict.json")) == "verdict.inconsistent"


def test_a_verdict_of_nobody_known_is_told(tmp_path: Path) -> None:
    path = signed(golden(), tmp_path / "verdict.json")
    case = golden()["case"]["digest"]
    found, second = verify(path, case=case), verifier.verify(path, verifier.Known(case=case))
    assert second.steps == codes(found)
    assert codes(found)[:2] == [("envelope", "ok"), ("envelope", "verdict.unknown-judge")]
