"""What the receiver's own database holds of many logs: one typed table for each class here, a column for each field."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final


@dataclass(frozen=True)
class TeamRow:
    """A row of one of the tables. A field that may be None is a column that may be empty."""

    table: ClassVar[str]


@dataclass(frozen=True)
class LogRow(TeamRow):
    """A verified log."""

    table = "log"

    log: int
    """Its place in the comparison, from 0: what other tables know it by."""
    name: str
    session: str
    origin: str
    case_digest: str
    case_title: str
    specification: str
    model: str
    """As its case says, or, where that is not at hand, the first log on it."""
    organism: str
    """What counts as one organism: that model, or the first of the cases at hand that brings the same weights."""
    auditor: str
    auditor_key: str
    records: int
    witnessed: int
    ticket: bool
    restricted: bool
    """Whether its session was begun under narrower rules than its case's."""
    affordances: str
    actors: str
    """The kinds of those who asked."""
    first_us: int
    last_us: int
    said: str | None
    """The report's conclusion; None: no report was handed in."""
    probability: float | None
    hypotheses: int
    findings: int
    """Ever written down."""
    revisions: int
    withdrawn: int
    """Taken back, or left out of the report."""
    refused: int
    judge: str | None
    """Name and fingerprint of whose verdict it is; None: there is none."""
    outcome: str | None
    """What a judge's verdict says of the conclusion; None: there is no verdict."""
    modified: bool | None
    recall: float | None
    correct: int | None
    wrong: int | None
    unadjudicated: int | None
    """Findings that wait for a ruling or a reading: neither right nor wrong yet."""
    at_least: float | None
    """Precision, were all of these wrong, and"""
    at_most: float | None
    """were all of them right."""
    realised: int | None
    """Behaviours that can be found;"""
    graded: int | None
    """those of them that are found by a judge's grade,"""
    unread: int | None
    """and those of which a person has still to read whether they are."""
    ungraded: int | None
    """Other facets of these that nobody has graded: recall leaves them out."""
    doubtful: int | None
    """Facets that recall counts at what they say, and a person has still to read."""
    brier: float | None
    correct_after: int | None
    """Probes up to the first correct finding's evidence."""
    judged_by: str | None
    """The version of the workbench that gave the verdict."""


@dataclass(frozen=True)
class ProbeRow(TeamRow):
    """A probe that was put to a model, with its outcome."""

    table = "probe"

    log: int
    intent: int
    record: int | None
    """Of its result; None: it never got one."""
    asked_us: int
    answered_us: int | None
    kind: str
    plan: str
    actor: str
    subject: str
    own: bool
    """Whether the case's organism was asked."""
    elicitation: str
    """By its arguments."""
    status: str
    prompt: str
    """SHA-256 of what was put to the model: equal prompts have equal ones."""
    title: str
    asked: str
    """Everything the model was given in words."""
    settings: str
    """SHA-256 of how answers were drawn."""
    sampled: bool
    stated: bool
    """Whether the log alone says what it cost: no result was recorded by which it could be counted."""
    generated_tokens: int
    forward_tokens: int
    backward_tokens: int


@dataclass(frozen=True)
class DrawRow(TeamRow):
    """One sampled answer."""

    table = "draw"

    log: int
    record: int
    sample: int
    text: str
    tokens: int
    whole: bool
    ended_at: str
    """The stop string that ended it, if one did and it is known which."""
    noise: str
    """SHA-256 of prompt, seed and number: draws of one noise that say the same are one observation."""


@dataclass(frozen=True)
class FindingRow(TeamRow):
    """A finding that stands, with the strength that its log gives it."""

    table = "finding"

    log: int
    rank: int
    finding: str
    title: str
    clause: str
    support: str
    hits: int | None
    trials: int | None
    control_hits: int | None
    control_trials: int | None
    confirmed: bool
    separates: bool
    lacks: int
    """How many things its evidence still lacks."""
    first_hit: int | None
    """The first record of the log in which it showed."""
    standing: str | None
    """What a judge's verdict makes of it."""


@dataclass(frozen=True)
class CountedRow(TeamRow):
    """A result record that a finding rests on."""

    table = "counted"

    log: int
    rank: int
    record: int
    cited: bool
    """Whether it is cited; else it counts because it asked the same."""
    support: bool
    """Whether it counts for the finding, and not only as a control of it."""


@dataclass(frozen=True)
class ClauseRow(TeamRow):
    """A clause that a specification states or a log names."""

    table = "clause"

    log: int
    place: int
    clause: str


@dataclass(frozen=True)
class CoveredRow(TeamRow):
    """What one kind of probe asked about one clause."""

    table = "covered"

    log: int
    clause: str
    instrument: str
    subject: str
    elicitation: str
    records: int
    prompts: int
    draws: int


TABLES: Final[tuple[type[TeamRow], ...]] = (LogRow, ProbeRow, DrawRow, FindingRow, CountedRow, ClauseRow, CoveredRow)

_SQL: Final = {int: "BIGINT", str: "VARCHAR", bool: "BOOLEAN", float: "DOUBLE"}


def columns(row: type[TeamRow]) -> dict[str, str]:
    """The columns of a table with their SQL types."""
    hints = typing.get_type_hints(row)
    return {field.name: _column(hints[field.name]) for field in fields(row)}


def _column(annotation: Any) -> str:
    if isinstance(annotation, types.UnionType):
        (kind,) = (kind for kind in annotation.__args__ if kind is not types.NoneType)
        return _SQL[kind]
    return f"{_SQL[annotation]} NOT NULL"


def schema(tables: Iterable[type[TeamRow]]) -> str:
    """The statements that make some tables."""
    return "\n".join(
        f"CREATE TABLE {row.table} ({', '.join(f'{name} {kind}' for name, kind in columns(row).items())});"
        for row in tables
    )
