"""What it took, up to the first answer that shows what was reported: added up by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.teams.conftest import Pair
from tests.workbench.teams.rows import finding_row, log_row, probe_row
from tests.workbench.teams.team import WHERE, Teammate, compared
from views.commands.compare import text
from workbench.claims.rates import wilson
from workbench.contract.figures import Column
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Cost, Elicitation
from workbench.probes.sample import Sample
from workbench.teams.database import TeamDatabase
from workbench.teams.drawings import search_table
from workbench.teams.page import render
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


def test_what_a_stopped_probe_had_shown_is_its_logs_word(tmp_path: Path) -> None:
    """Whoever explores and calls it stopped before its first token would have spent nothing on it."""
    bo = Teammate(tmp_path, "Bo")
    bo.sample("Is it so?", [""] * 4, status="cancelled", stop="cancelled")
    bo.claim([bo.sample(WHERE, ["Bergen."] * 3)])
    (told,) = compared(tmp_path, bo.export()).logs
    assert (told.search.on_word.probes, told.search.on_word.generated_tokens) == (1, 4 * 64)
    assert told.first_evidence is not None and told.first_evidence.after.generated_tokens == 4 * 64 + 3


def test_what_an_orphan_says_it_cost_is_told_to_be_its_word(tmp_path: Path) -> None:
    """Whoever drops an unwelcome result and writes that nothing was reserved would have spent nothing on it."""
    bo = Teammate(tmp_path, "Bo")
    bo.intent_of("Is it so?", reserved=Cost(probes=1))
    bo.result(bo.intent_of("And so?", reserved=Cost(probes=1, forward_tokens=2)), None, "failed")
    bo.claim([bo.sample(WHERE, ["Bergen."] * 3)])
    cy = Teammate(tmp_path, "Cy")
    cy.claim([cy.sample(WHERE, ["Bergen."] * 3)])
    found = compared(tmp_path, bo.export(), cy.export())
    told, honest = found.logs
    asked = Sample(prompt=Prompt.ask("?")).generates()
    assert asked == 64, "one draw"
    assert (told.search.on_word.probes, told.search.on_word.generated_tokens) == (2, 2 * asked)
    assert told.search.spent.generated_tokens == 2 * asked + 3
    assert told.first_evidence is not None
    assert (told.first_evidence.after.probes, told.first_evidence.on_word.probes) == (3, 2)
    assert (honest.search.on_word.probes, honest.search.on_word.generated_tokens) == (0, 0)
    said = "What 2 probes without a result, or stopped before, really took, in 1 log"
    assert any(one.startswith(said) for one in found.leaves_out)
    share = "2 of 3 probes, 96 % of tokens"  # 2 × 64 and 2 read, of these and 3 and 3 read
    table = search_table(found)
    assert [row[table.columns.index(Column("on its word alone"))] for row in table.rows] == [share, None]
    page, terminal = render(found), text(found)
    assert share in page and share in terminal and said in page and said in terminal
    assert "(2 probes on its word)" in page
    (tmp_path / "alone").mkdir()
    alone = compared(tmp_path / "alone", tmp_path / "Cy.auditlog")
    assert not any("without a result" in one for one in alone.leaves_out)
