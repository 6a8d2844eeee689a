"""What it took, up to the first answer that shows what was reported: added up by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.teams.conftest import Pair
from tests.workbench.teams.rows import finding_row, log_row, probe_row
from workbench.claims.rates import wilson
from workbench.contract.rules import Elicitation
from workbench.teams.database import TeamDatabase
from workbench.teams.spending import SpentSoFar, first_evidence, first_evidence_of


def test_everything_up_to_the_first_evidence_is_counted_orphans_by_what_they_had_reserved(tmp_path: Path) -> None:
    with TeamDatabase(tmp_path / "team.duckdb") as database:
        database.add([
            log_row(0), finding_row(0, 1, first_hit=8), finding_row(0, 2, finding="later", first_hit=6),
            probe_row(0, 2, asked_us=0, answered_us=2_000_000, generated_tokens=10, forward_tokens=1),
            probe_row(0, 4, record=None, answered_us=None, status="orphan", generated_tokens=100),
            probe_row(0, 6, asked_us=9_000_000, answered_us=8_000_000, generated_tokens=5),
            probe_row(0, 8, asked_us=9_000_000, answered_us=9_500_000, generated_tokens=7),
        ])  # fmt: skip
        (found,) = first_evidence(database).values()
    assert (found.record, found.finding) == (6, "later")
    spent = SpentSoFar(probes=3, generated_tokens=115, forward_tokens=1, backward_tokens=0, seconds=2.0)
    assert found.after == spent, "a clock that went backwards takes no time back"


def test_the_effort_of_a_session_is_all_that_it_tried(pair: Pair) -> None:
    ada, bo = pair.found.logs
    assert (ada.search.spent.probes, ada.search.spent.generated_tokens) == (4, 12)  # 3 + 3, 4 × 1, 2 words
    assert (ada.search.prompts, ada.search.answers, ada.alone, ada.search.findings) == (3, 7, 2, 1)
    assert (bo.search.spent.probes, bo.search.orphans, bo.search.prompts, bo.alone) == (5, 1, 4, 3)
    assert bo.search.spent.generated_tokens == 640 + 4 + 1 + 4 + 1, "an orphan costs what it had reserved"
    assert ada.first_evidence is not None
    assert (ada.first_evidence.record, ada.first_evidence.after.probes) == (4, 2)
    assert ada.first_evidence.after.generated_tokens == 10
    assert bo.first_evidence is None


def test_classes_are_counted_by_arguments_and_answers_by_noise(pair: Pair) -> None:
    ada, bo = pair.found.logs
    assert {one.elicitation: (one.records, one.answers) for one in ada.mix} == {
        Elicitation.NATURAL: (2, 6), Elicitation.ASSISTED: (1, 1), Elicitation.INTERNAL: (1, 0),
    }  # fmt: skip
    assert {one.elicitation: (one.records, one.answers) for one in bo.mix} == {Elicitation.NATURAL: (5, 7)}


def test_what_an_instrument_recorded_is_told_beside_what_findings_rest_on(pair: Pair) -> None:
    ada, _ = pair.found.logs
    assert {one.kind: (one.records, one.counted, one.cited) for one in ada.instruments} == {
        "logit-lens": (1, 0, 0), "sample": (3, 2, 2),
    }  # fmt: skip


def test_a_median_is_of_those_that_saw_it(pair: Pair) -> None:
    first = pair.found.logs[0].first_evidence
    assert first is not None
    many = first_evidence_of((0, 1), {0: first})
    assert (many.found, many.probes, many.generated_tokens) == (wilson(1, 2), 2, 10)
    assert first_evidence_of((1,), {0: first}).probes is None
    assert pair.found.groups[0].first_evidence == many


@pytest.mark.parametrize("of", [1, 2])
def test_nobody_who_saw_it_has_no_median(of: int) -> None:
    assert first_evidence_of(range(of), {}).found == wilson(0, of)
