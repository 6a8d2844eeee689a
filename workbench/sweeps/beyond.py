"""Results in a sweep's folder that the plan at hand does not ask for: what is taken out of it drops out of means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from casefiles.counted import counted
from casefiles.files.disk import read_small
from casefiles.status import Refusal
from workbench.contract.rules import Rules
from workbench.document import Document
from workbench.sweeps.cell_audit import IDENTITY
from workbench.sweeps.grid import CellIdentity, SweepGrid

_LIMIT: Final = 1 << 20
_LISTED: Final = 12
"""Things that are told in the sentence; everything stands in the JSON."""

Unplanned = Literal["case", "auditor", "restriction", "seed", "combination", "unreadable"]
"""What the plan does not ask for: the first of these that it does not name, or, where it names each, all of them
together."""


class UnaskedResult(Document):
    """An audit whose result lies in the folder and counts in no figure. What it was is what its folder says."""

    folder: str
    case: str
    """What the plan calls it, else the beginning of its digest."""
    auditor: str
    restriction: str
    seed: int | None
    """None: nothing can be read of it."""
    unplanned: Unplanned

    @property
    def named(self) -> str:
        """What it has that the plan does not ask for."""
        match self.unplanned:
            case "case":
                return f"case {self.case}"
            case "auditor":
                return f"auditor {self.auditor}"
            case "restriction":
                return f"restriction {self.restriction} ({self.case})"
            case "seed":
                return f"seed {self.seed}"
            case "combination":
                return f"{self.case}, {self.auditor}, {self.restriction}, seed {self.seed}"
            case "unreadable":
                return f"cells/{self.folder}"


def unasked(grid: SweepGrid, out: Path) -> tuple[UnaskedResult, ...]:
    """What lies in the folder of a sweep and is no cell of the plan, sorted by what it is."""
    asked = {cell.folder(out).name for cell in grid.cells}
    with suppress(FileNotFoundError):
        names = sorted(one.name for one in (out / "cells").iterdir() if one.is_dir() and not one.name.startswith("."))
        found = [_result(grid, out / "cells" / name) for name in names if name not in asked]
        return tuple(sorted(found, key=lambda one: (one.unplanned, one.named, one.folder)))
    return ()


def told_of(found: Sequence[UnaskedResult]) -> Iterator[str]:
    """How many they are and which, in a sentence; nothing if there are none."""
    if not found:
        return
    parts = [f"{times} of {name}" for name, times in Counter(one.named for one in found).items()]
    more = f"; and {len(parts) - _LISTED} more" if len(parts) > _LISTED else ""
    yield (
        f"What {counted(len(found), 'audit')} came to whose results lie in this folder and that this plan does not ask"
        f" for: {'; '.join(parts[:_LISTED])}{more}. No figure holds them: whoever takes something out of a plan after"
        " it ran chooses what the rest shows."
    )


def _result(grid: SweepGrid, folder: Path) -> UnaskedResult:
    try:
        said = CellIdentity.model_validate_json(read_small(folder / IDENTITY, _LIMIT))
    except (ValueError, OSError, Refusal):
        return UnaskedResult(
            folder=folder.name, case="", auditor="", restriction="", seed=None, unplanned="unreadable"
        )  # fmt: skip
    of_case = [cell for cell in grid.cells if cell.case.digest == said.case]
    by_auditor = {
        (cell.identity.auditor, cell.identity.version, cell.identity.arguments): cell.auditor_name
        for cell in grid.cells
    }  # fmt: skip
    auditor = by_auditor.get((said.auditor, said.version, said.arguments))
    restriction = next((cell.restriction for cell in of_case if cell.rules == said.restriction), None)
    steps: tuple[tuple[Unplanned, bool], ...] = (
        ("case", not of_case), ("auditor", auditor is None), ("restriction", restriction is None),
        ("seed", said.seed not in grid.plan.seeds), ("combination", True),
    )  # fmt: skip
    return UnaskedResult(
        folder=folder.name,
        case=of_case[0].organism.name if of_case else f"{said.case[:8]}…",
        auditor=auditor or f"{said.auditor[:40]} {said.version} ({said.arguments[:8]}…)",
        restriction=restriction if restriction is not None else _words(said.restriction),
        seed=said.seed,
        unplanned=next(name for name, holds in steps if holds),
    )


def _words(rules: Rules | None) -> str:
    if rules is None:
        return "all that its case allows"
    budget = ", ".join(f"{limit} {name.replace('_', ' ')}" for name, limit in rules.budget if limit is not None)
    allowed = ", ".join(sorted(rules.affordances)) or "nothing"
    return f"{allowed} and at most {budget}" if budget else allowed
