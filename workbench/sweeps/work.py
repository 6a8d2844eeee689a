"""One worker's way through a sweep: it takes blocks that nobody works on, and runs the cells that nobody has run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from casefiles.files.disk import make_folder, write_atomic
from casefiles.files.holding import held
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.document import Document
from workbench.listener import Listener, silent
from workbench.sweeps.cell_audit import audited
from workbench.sweeps.grid import OrganismBlock, SweepCell, SweepGrid
from workbench.sweeps.lending import Lending

FAILED: Final = "failed"
"""The folder of what came to no verdict; running the sweep again tries it again."""


class FailedCell(Document):
    """Why a cell came to no verdict."""

    title: str
    code: str
    what: str
    why: str


def work(
    grid: SweepGrid,
    out: Path,
    judge: Identity,
    lending: Callable[[], Lending],
    listener: Listener = silent,
) -> None:
    """Run what is left of a sweep, but for what others are at. Raises Refusal only if nothing can be written."""
    for name in ("cells", "blocks", FAILED):
        make_folder(out / name)
    for block in grid.blocks:
        if not waiting(block, out):
            continue
        with held(block.lock(out)) as mine:
            if mine:
                _work_off(block, grid, out, judge, lending, listener)


def waiting(block: OrganismBlock, out: Path) -> tuple[SweepCell, ...]:
    """The cells of a block that have no result."""
    return tuple(cell for cell in block.cells if not cell.folder(out).exists())


def done(grid: SweepGrid, out: Path) -> int:
    """How many cells have a result."""
    return sum(cell.folder(out).exists() for cell in grid.cells)


def failures(grid: SweepGrid, out: Path) -> tuple[FailedCell, ...]:
    """What came to no verdict and has none yet."""
    found = []
    for cell in grid.cells:
        if not cell.folder(out).exists() and (failed := _failed(cell, out)):
            found.append(failed)
    return tuple(found)


def _failed(cell: SweepCell, out: Path) -> FailedCell | None:
    """What was noted of a cell; None: nothing, or no more, for another worker has just done it."""
    try:
        return FailedCell.model_validate_json(_failure(cell, out).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return FailedCell(
            title=cell.title,
            code="sweep.incomplete",
            what="It came to no verdict.",
            why="Nobody knows why: what was noted of it cannot be read.",
        )


def _work_off(
    block: OrganismBlock,
    grid: SweepGrid,
    out: Path,
    judge: Identity,
    lending: Callable[[], Lending],
    listener: Listener,
) -> None:
    with lending() as lent:
        opener = lent.of(block.case)
        for cell in waiting(block, out):
            listener(done(grid, out) / len(grid.cells), cell.title)
            try:
                audited(cell, judge, opener, out)
            except Refusal as refusal:
                told = FailedCell(title=cell.title, code=refusal.code, what=refusal.what, why=refusal.why)
                write_atomic(_failure(cell, out), told.model_dump_json(indent=1).encode())
            else:
                _failure(cell, out).unlink(missing_ok=True)


def _failure(cell: SweepCell, out: Path) -> Path:
    return out / FAILED / f"{cell.folder(out).name}.json"
