"""What the names stand for that a plan gives to auditors and restrictions: a name alone can say anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from workbench.document import Document
from workbench.sweeps.cell_rows import CellRow


class PlanName(Document):
    """One name, and what it stands for in the audits that were judged."""

    name: str
    of: Literal["auditor", "restriction"]
    means: str
    several: bool
    """Whether it stands for more than one thing: of cases that allow different things a restriction takes away what
    each of them has."""


def plan_names(rows: Sequence[CellRow]) -> tuple[PlanName, ...]:
    """Of auditors their kinds with version and arguments, of restrictions what was taken away and might be spent."""
    return (
        *_named("auditor", [(row.auditor, row.asks) for row in rows]),
        *_named("restriction", [(row.restriction, _held(row)) for row in rows]),
    )


def _named(of: Literal["auditor", "restriction"], told: Sequence[tuple[str, str]]) -> Iterator[PlanName]:
    for name in dict.fromkeys(name for name, _ in told):
        means = list(dict.fromkeys(one for other, one in told if other == name))
        yield PlanName(name=name, of=of, means="; or ".join(means), several=len(means) > 1)


def _held(row: CellRow) -> str:
    parts = [f"without {row.taken}"] * bool(row.taken) + [f"at most {row.budget}"] * bool(row.budget)
    return ", ".join(parts) or "everything that its case allows"
