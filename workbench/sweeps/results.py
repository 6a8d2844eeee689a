"""The files of an analysis, beside the logs it was made from: a page, the tables as Parquet, and everything as JSON."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from casefiles.files.disk import write_atomic
from workbench.listener import Listener, silent
from workbench.sweeps.analysis import SweepAnalysis, analyse
from workbench.sweeps.cell_rows import CellRow
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.page import render
from workbench.teams.database import team_database


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


def write_results(grid: SweepGrid, out: Path, listener: Listener = silent) -> tuple[ResultFiles, SweepAnalysis]:
    """Analyse what has a verdict, and write it anew: it follows from logs and verdicts, which stay. Raises Refusal."""
    files = ResultFiles(out)
    with team_database([CellRow]) as database:
        found = analyse(grid, out, database, listener).analysis
        shutil.rmtree(files.tables, ignore_errors=True)
        database.write_parquet(files.tables, " ".join(found.leaves_out))
    write_atomic(files.plain, found.model_dump_json(indent=1).encode())
    write_atomic(files.page, render(found).encode())
    return files, found
