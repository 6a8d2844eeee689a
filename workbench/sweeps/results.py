"""The files of an analysis, beside the logs it was made from: a page, the tables as Parquet, and everything as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casefiles.files.disk import guarded, listing, read_small, sync_folder, write_atomic
from casefiles.files.unfinished import unfinished
from casefiles.status import Refusal
from workbench.listener import Listener, silent
from workbench.sweeps.analysis import SweepAnalysis, analyse
from workbench.sweeps.cell_rows import CellRow
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.page import render
from workbench.teams.database import team_database
from workbench.teams.tables import TABLES, TeamRow

_TABLES: Final[tuple[type[TeamRow], ...]] = (*TABLES, CellRow)
_LARGEST: Final = 1 << 28
"""The most bytes of an analysis as JSON."""


@dataclass(frozen=True)
class ResultFiles:
    """Where the files of an analysis lie."""

    out: Path

    @property
    def page(self) -> Path:
        return self.out / "sweep.html"

    @property
    def plain(self) -> Path:
        return self.out / "sweep.json"

    @property
    def tables(self) -> Path:
        return self.out / "tables"

    @property
    def told(self) -> tuple[tuple[Path, str], ...]:
        """Each, with what it is."""
        return (self.page, "to read"), (self.plain, "everything as JSON"), (self.tables, "the tables as Parquet")

    def check_replaceable(self) -> None:
        """Raises Refusal if what stands in the place of one of them is nothing that an analysis wrote."""
        with guarded(f"{self.out.name} could not be read."):
            if os.path.lexists(self.tables) and not _only_tables(self.tables):
                raise _somebody_elses(self.tables)
            there = next((path for path in (self.plain, self.page) if os.path.lexists(path)), None)
            if there is not None and not (there == self.plain and _is_analysis(there)):
                raise _somebody_elses(there)  # a page lies beside its JSON, which is written first


def _only_tables(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    held = listing(folder)
    return not held.folders | held.links and held.files <= {f"{kind.table}.parquet" for kind in _TABLES}


def _is_analysis(path: Path) -> bool:
    """Whether a file says of itself that it is one, of whatever version."""
    try:
        told = json.loads(read_small(path, _LARGEST))
    except (ValueError, RecursionError, Refusal):
        return False
    return isinstance(told, dict) and str(told.get("format")).startswith("audit-workbench/sweep/")


def _somebody_elses(path: Path) -> Refusal:
    return Refusal(
        "input.invalid", f"{path.name} is not this sweep's to replace.",
        f"In {path.parent} it holds what no analysis of a sweep wrote.", "Name another folder, or move it away.",
    )  # fmt: skip


def write_results(grid: SweepGrid, out: Path, listener: Listener = silent) -> tuple[ResultFiles, SweepAnalysis]:
    """Analyse what has a verdict, and write it anew: it follows from logs and verdicts, which stay. Raises Refusal,
    and leaves what was there, if anything that is not an analysis' stands in its place."""
    files = ResultFiles(out)
    files.check_replaceable()
    with team_database([CellRow]) as database:
        found = analyse(grid, out, database, listener).analysis
        with guarded("The tables could not be written."), unfinished(out, files.tables.name) as building:
            database.write_parquet(building / "new", " ".join(found.leaves_out))
            if files.tables.exists():
                files.tables.rename(building / "old")
            (building / "new").rename(files.tables)
        sync_folder(out)
    write_atomic(files.plain, found.model_dump_json(indent=1).encode())
    write_atomic(files.page, render(found).encode())
    return files, found
