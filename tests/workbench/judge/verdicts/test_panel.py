"""Several judges of one report agree as far as what they decided does, by the published example."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from casefiles.files.disk import read_small
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.views.test_cli import Shell, shell
from tests.workbench.claims.test_reliability import FOUR, MISSING
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import FACETS, Grade
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.panel import JudgesAgreement, JudgesPanel, panel
from workbench.judge.verdicts.verdict import Verdict
from workbench.report.provenance import Signer

__all__ = ["shell"]

GOLDEN = Path(__file__).parents[3] / "golden" / "0.2.0" / "verdict.dsse.json"
JUDGES = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


@pytest.fixture(scope="module")
def first() -> Verdict:
    return issuing.read(read_small(GOLDEN, 1 << 26))


def by(first: Verdict, judge: str, **decided: Any) -> Verdict:
    """The same verdict by another judge, who decided this."""
    signer = Signer.of(Identity.generate(judge).public)
    return first.model_copy(update={"judge": signer, "previous": None, **decided})


def graded(values: str) -> tuple[Grade, ...]:
    """Grades of some findings' facets; a dot where there is none."""
    return tuple(
        Grade(
            finding=f"f{at // len(FACETS)}", facet=FACETS[at % len(FACETS)], value=int(value) / 5, reason="I read it."
        )
        for at, value in enumerate(values.split())
        if value != MISSING
    )


def ruled_on(first: Verdict, standing: str) -> Verdict:
    """The same with one standing of all its findings."""
    findings = tuple(one.model_copy(update={"standing": standing}) for one in first.scores.findings)
    return first.model_copy(update={"scores": first.scores.model_copy(update={"findings": findings})})


def measured(verdicts: Sequence[Verdict], about: str) -> JudgesAgreement:
    return next(one for one in panel(verdicts).agreements if one.about == about)


def names(found: JudgesPanel) -> list[str]:
    return [judge.partition(" (")[0] for judge in found.judges]


def test_grades_agree_as_published_of_numbers(first: Verdict) -> None:
    verdicts = [by(first, f"Judge {at}", grades=graded(values)) for at, values in enumerate(JUDGES)]
    found = measured(verdicts, "grades of facets")
    assert found.alpha == pytest.approx(0.849, abs=5e-4)  # of numbers, whatever their unit
    shared = [unit for unit in FOUR if len(unit) > 1]
    assert (found.units, found.values) == (len(shared), sum(map(len, shared)))
    assert found.decided


def test_what_may_rest_on_it_is_what_holds_of_other_things_too(first: Verdict) -> None:
    """The same agreement on so few things that others might well have shown another, and on many."""
    few = [by(first, f"Judge {at}", grades=graded(values)) for at, values in enumerate(JUDGES)]
    told = measured(few, "grades of facets")
    assert (told.between, told.words) == (None, "too little judged to rely on")
    many = [by(first, f"Judge {at}", grades=graded(f"{values} " * 20)) for at, values in enumerate(JUDGES)]
    told = measured(many, "grades of facets")
    assert told.between is not None and told.between[0] > 0.667
    assert told.words == "tentative"
    alike = [by(first, f"Judge {at}", grades=graded("1 5 " * 12)) for at in range(2)]
    assert measured(alike, "grades of facets").words == "relied on"
    against = [by(first, f"Judge {at}", grades=graded(values * 12)) for at, values in enumerate(("1 5 ", "5 1 "))]
    assert measured(against, "grades of facets").words == "not relied on"


def test_rulings_agree_as_published_of_names(first: Verdict) -> None:
    def ruled(values: str) -> tuple[Ruling, ...]:
        return tuple(Ruling(finding=f"f{at}", behaviour=value, reason="So.") for at, value in enumerate(values.split()))

    verdicts = [by(first, "Ben", rulings=ruled("a a b b d c c c e d d a")),
                by(first, "Gerry", rulings=ruled("b a b b b c c c e d d d"))]  # fmt: skip
    found = measured(verdicts, "which behaviour a finding is about")
    assert found.alpha == pytest.approx(0.692, abs=5e-4)


def test_a_decision_that_was_revised_counts_as_it_stands(first: Verdict) -> None:
    before = by(first, "Ben", grades=graded("1 1"))
    after = before.model_copy(update={"grades": graded("5 1"), "previous": before.digest})
    other = by(first, "Gerry", grades=graded("5 1"))
    found = panel([before, after, other])
    assert (found.reports, found.verdicts, names(found)) == (1, 2, ["Ben", "Gerry"])
    assert measured([before, after, other], "grades of facets").alpha == 1.0


def test_nobody_takes_back_what_another_judge_decided(first: Verdict) -> None:
    """A verdict that says to follow another judge's leaves that one standing."""
    one, other = by(first, "A", grades=graded("5 1")), by(first, "B", grades=graded("5 1"))
    against = by(first, "C", grades=graded("1 5")).model_copy(update={"previous": one.digest})
    assert names(panel([one, other, against])) == ["A", "B", "C"]


def test_what_a_program_computed_stands_apart(first: Verdict) -> None:
    found = panel([by(first, "Ben"), by(first, "Gerry")])
    assert {one.about for one in found.agreements if not one.decided} == {
        "standings of findings", "facets of behaviours", "recall"
    }  # fmt: skip
    assert measured([by(first, "Ben"), by(first, "Gerry")], "grades of facets").words == "nobody judged the same"


def test_verdicts_on_different_reports_are_not_compared(first: Verdict) -> None:
    with pytest.raises(Refusal, match="nothing to compare"):
        panel([first, by(first, "Gerry", report=secrets.token_hex(32))])
    with pytest.raises(Refusal, match="nothing to compare"):
        panel([first, first])


def test_whoever_is_judged_is_no_judge_of_it(first: Verdict) -> None:
    own = first.model_copy(update={"judge": first.auditor, "previous": None})
    with pytest.raises(Refusal, match="by the auditor whom it judges"):
        panel([first, own])


def test_one_judge_is_one_voice(first: Verdict) -> None:
    """Judged twice, with other draws: whoever agrees with themselves is no panel."""
    again = first.model_copy(update={"issued_us": first.issued_us + 1})
    assert again.digest != first.digest
    for verdicts in ([first, again], [first, again, by(first, "Gerry")]):
        with pytest.raises(Refusal, match="about one report") as refused:
            panel(verdicts)
        assert refused.value.code == "input.invalid"


def test_a_team_of_judges_hears_it_on_the_command_line(first: Verdict, shell: Shell, tmp_path: Path) -> None:
    places = []
    for at, values in enumerate(JUDGES):
        judge = Identity.generate(f"Judge {at}")
        verdict = first.model_copy(
            update={"judge": Signer.of(judge.public), "grades": graded(values), "previous": None}
        )
        places.append(tmp_path / f"{at}.json")
        places[-1].write_bytes(issuing.sign(verdict, judge))
    told = shell("judge", "agreement", *places)
    assert told.startswith("4 verdicts on 1 report, of “Judge 0 (") and told.splitlines()[0].count("Judge") == 4
    assert told.splitlines()[1] == "they remark on log.orphans, log.unwitnessed-end, verdict.no-baseline"
    row = next(line for line in told.splitlines() if line.startswith("grades of facets"))
    assert row.split()[3:] == [
        "judges",
        "interval",
        "11",
        "40",
        "0.849",
        "—",
        "too",
        "little",
        "judged",
        "to",
        "rely",
        "on",
    ]
    assert shell.json("judge", "agreement", *places)["agreements"][0]["units"] == 11
    assert shell.refused("judge", "agreement", places[0]) == "input.invalid"


def test_two_keys_under_one_name_are_told_apart_and_write_no_line_of_ours(
    first: Verdict, shell: Shell, tmp_path: Path
) -> None:
    places = []
    for at in range(2):
        judge = Identity.generate("Ben")
        signer = Signer.of(judge.public).model_copy(update={"name": "Ben\ngrades of facets  judges  1.0  relied on"})
        verdict = first.model_copy(update={"judge": signer, "previous": None})
        places.append(tmp_path / f"{at}.json")
        places[-1].write_bytes(issuing.sign(verdict, judge))
    told = shell("judge", "agreement", *places)
    assert told.splitlines()[0].count("Ben↵grades of facets") == 2
    assert [line.split()[-1] for line in told.splitlines() if line.startswith("grades of facets")] == ["same"]


def test_no_judge_passes_for_several(first: Verdict, shell: Shell, tmp_path: Path) -> None:
    judges = [Identity.generate("Ada, Grace, Alan"), Identity.generate("Demo judge")]
    places = [tmp_path / f"{judge.name}.json" for judge in judges]
    for judge, place in zip(judges, places, strict=True):
        verdict = first.model_copy(update={"judge": Signer.of(judge.public), "previous": None})
        place.write_bytes(issuing.sign(verdict, judge))
    named = [f"“{judge.name} ({judge.public.fingerprint})”" for judge in judges]
    assert shell("judge", "agreement", *places).splitlines()[0] == f"2 verdicts on 1 report, of {', '.join(named)}"


def test_a_verdict_that_replayed_nothing_disagrees_with_nobody(first: Verdict) -> None:
    unheard = by(first, "Gerry", scores=first.scores.model_copy(update={"status": "provisional"}))
    assert measured([by(first, "Ben"), unheard], "standings of findings").units == 0
    ruled = ruled_on(first, "matched")
    assert measured([by(ruled, "Ben"), by(ruled, "Gerry")], "standings of findings").units > 0


@pytest.mark.parametrize("standing", ["unknown", "unadjudicated"])
def test_what_nobody_has_ruled_on_is_no_agreement(first: Verdict, standing: str) -> None:
    waiting = ruled_on(first, standing)
    assert measured([by(waiting, "Ben"), by(waiting, "Gerry")], "standings of findings").units == 0
