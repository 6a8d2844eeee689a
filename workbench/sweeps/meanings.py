"""What the names stand for that a plan gives to auditors and restrictions: a name alone can say anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    told: str = ""
    """Of an auditor the arguments in which its plan tells it something in its own words."""


def plan_names(rows: Sequence[CellRow]) -> tuple[PlanName, ...]:
    """Of auditors their kinds with version and arguments, of restrictions what was taken away and might be spent."""
    told = {row.auditor: row.told for row in rows if row.told}
    return (
        *_named("auditor", [(row.auditor, row.asks) for row in rows], told),
        *_named("restriction", [(row.restriction, _held(row)) for row in rows], {}),
    )


def _named(
    of: Literal["auditor", "restriction"], meant: Sequence[tuple[str, str]], told: Mapping[str, str]
) -> Iterator[PlanName]:
    for name in dict.fromkeys(name for name, _ in meant):
        means = list(dict.fromkeys(one for other, one in meant if other == name))
        yield PlanName(
            name=name, of=of, means="; or ".join(means), several=len(means) > 1, told=told.get(name, "")
        )  # fmt: skip


def _held(row: CellRow) -> str:
    parts = [f"without {row.taken}"] * bool(row.taken) + [f"at most {row.budget}"] * bool(row.budget)
    return ", ".join(parts) or "everything that its case allows"
