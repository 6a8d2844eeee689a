"""Which clause was looked into by what, over all sessions that were held to one specification."""

from __future__ import annotations

from pydantic import Field

from workbench.document import Document
from workbench.teams.database import TeamDatabase


class CoveredByTeam(Document):
    """What one kind of probe asked about one clause, in all logs together."""

    clause: str
    """Empty: about none that anybody named."""
    instrument: str
    logs: int = Field(ge=1)
    """Logs in which it did."""
    records: int
    prompts: int
    """Different ones in each log, added up."""
    answers: int


class CoverageMatrix(Document):
    """Instrument × clause of one specification."""

    specification: str
    """SHA-256 of `spec.md`."""
    cases: tuple[str, ...]
    """Titles of the cases that have it."""
    logs: int
    clauses: tuple[str, ...]
    """Those that the specification states, where a case that has it was at hand, and those that a log names."""
    instruments: tuple[str, ...]
    covered: tuple[CoveredByTeam, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Clauses about which nobody asked anything."""
        asked = {one.clause for one in self.covered}
        return tuple(clause for clause in self.clauses if clause not in asked)


def coverage_matrices(database: TeamDatabase) -> tuple[CoverageMatrix, ...]:
    """One for each specification, in the order of the logs."""
    told = database.query("""
        SELECT specification, count(*), list(DISTINCT case_title ORDER BY case_title)
        FROM log GROUP BY specification ORDER BY min(log)
    """)
    return tuple(_matrix(database, specification, logs, tuple(cases)) for specification, logs, cases in told)


def _matrix(database: TeamDatabase, specification: str, logs: int, cases: tuple[str, ...]) -> CoverageMatrix:
    clauses = database.query(
        """
        SELECT clause FROM clause JOIN log USING (log) WHERE specification = ?
        GROUP BY clause ORDER BY min(place), clause
        """,
        [specification],
    )
    covered = database.query(
        """
        SELECT clause, instrument, count(DISTINCT log), sum(covered.records), sum(prompts), sum(draws)
        FROM covered JOIN log USING (log) WHERE specification = ?
        GROUP BY clause, instrument ORDER BY clause, instrument
        """,
        [specification],
    )
    found = tuple(
        CoveredByTeam(clause=clause, instrument=instrument, logs=of, records=int(records), prompts=int(prompts),
                      answers=int(answers))
        for clause, instrument, of, records, prompts, answers in covered
    )  # fmt: skip
    return CoverageMatrix(
        specification=specification,
        cases=cases,
        logs=logs,
        clauses=tuple(clause for (clause,) in clauses),
        instruments=tuple(sorted({one.instrument for one in found})),
        covered=found,
    )
