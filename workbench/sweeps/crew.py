"""Several workers on one machine, and a new one for each that dies, as long as that gets anything done."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from casefiles.status import Refusal
from workbench.listener import Listener, silent
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.work import done
from workbench.sweeps.worker import WorkOrder

_GLANCE: Final = 0.5
"""Seconds between looks at the workers."""
_DEATHS: Final = 3
"""Workers that may die one after the other without a cell done between them."""


def run(grid: SweepGrid, order: WorkOrder, workers: int, out: Path, listener: Listener = silent) -> None:
    """Have workers run what is left of a grid; returns when none has anything left to do. Raises Refusal
    `sweep.incomplete` if they died of it."""
    crew = [_hired(order) for _ in range(workers)]
    idle_deaths, before = 0, done(grid, out)
    try:
        while crew:
            time.sleep(_GLANCE)
            now = done(grid, out)
            listener(now / max(1, len(grid.cells)), f"{now} of {len(grid.cells)} audits")
            ended = [worker for worker in crew if worker.poll() is not None]
            crew = [worker for worker in crew if worker not in ended]
            for worker in ended:
                _let_go(worker)
            for _ in filter(None, (worker.returncode for worker in ended)):
                idle_deaths = 0 if now > before else idle_deaths + 1
                before = now
                if idle_deaths < _DEATHS:
                    crew.append(_hired(order))
    finally:
        for worker in crew:
            worker.kill()
        for worker in crew:
            _let_go(worker)
    if idle_deaths >= _DEATHS and (left := len(grid.cells) - done(grid, out)):
        raise Refusal(
            "sweep.incomplete", f"{left} of {len(grid.cells)} audits have no verdict.",
            f"{idle_deaths} workers died one after the other, and no audit was done in between.",
            "Run it without --workers, which shows what they died of; `--analyse` draws the page of what is done.",
        )  # fmt: skip


def _hired(order: WorkOrder) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "workbench.sweeps.worker"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert worker.stdin is not None
    worker.stdin.write(order.model_dump_json() + "\n")
    worker.stdin.flush()  # and left open: it ends when that does, with this process at the latest
    return worker


def _let_go(worker: subprocess.Popen[str]) -> None:
    """Wait for a worker that ends."""
    worker.wait()
    if worker.stdin is not None:
        worker.stdin.close()
