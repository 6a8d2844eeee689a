"""Which clause was looked into by what, over several logs, one matrix a specification."""

from __future__ import annotations

from pathlib import Path

from tests.workbench.teams.rows import log_row
from workbench.teams.database import TeamDatabase
from workbench.teams.tables import ClauseRow, CoveredRow
from workbench.teams.team_coverage import coverage_matrices


def test_logs_of_one_specification_are_added_up_and_of_another_kept_apart(tmp_path: Path) -> None:
    with TeamDatabase(tmp_path / "team.duckdb") as database:
        database.add([log_row(0), log_row(1, case_title="Other"), log_row(2, specification="6" * 64)])
        database.add(ClauseRow(log, place, clause) for log in range(3) for place, clause in enumerate(("S2", "S1")))
        database.add([
            CoveredRow(0, "S1", "sample", "organism", "natural", 2, 1, 6),
            CoveredRow(0, "S1", "sample", "organism", "forced", 1, 1, 3),
            CoveredRow(1, "S1", "sample", "organism", "natural", 1, 1, 4),
            CoveredRow(1, "", "score", "organism", "natural", 1, 1, 0),
            CoveredRow(2, "S2", "score", "organism", "natural", 1, 1, 0),
        ])  # fmt: skip
        first, second = coverage_matrices(database)
    assert (first.cases, first.logs, first.clauses, first.missing) == (("Case", "Other"), 2, ("S2", "S1"), ("S2",))
    assert first.instruments == ("sample", "score")
    assert [(one.clause, one.instrument, one.logs, one.records, one.prompts, one.answers) for one in first.covered] == [
        ("", "score", 1, 1, 1, 0), ("S1", "sample", 2, 4, 3, 13),
    ]  # fmt: skip
    assert (second.logs, second.missing) == (1, ("S1",))
