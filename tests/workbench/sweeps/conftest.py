"""One folder of toys, and one sweep over them, for every test that looks at what a sweep leaves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from backends.model import Model
from backends.settings import EngineSettings
from casefiles.keys.identity import Identity
from tests.organisms.merged import AtOnce
from tests.workbench.sweeps.toy_sweep import plan_file, toy_cases
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.lending import Lending
from workbench.sweeps.work import work


class Swept(NamedTuple):
    """A plan, its cells, and where what came of them lies."""

    plan: Path
    grid: SweepGrid
    out: Path
    opened: int
    """How many models were opened for it."""


class Counting(AtOnce):
    """Counts what is opened."""

    opened = 0

    def __call__(self) -> Model:
        Counting.opened += 1
        return super().__call__()


def toys() -> Lending:
    """Toys in this process."""
    return Lending(EngineSettings(backend="toy"), Counting)


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory, attacker: Identity, judge: Identity) -> Path:
    """Two toy cases, and the file that auditors are told of."""
    return _sealed(tmp_path_factory.getbasetemp(), attacker, judge)


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory, attacker: Identity, judge: Identity) -> Swept:
    """A sweep that was run to its end in this process."""
    return _swept(tmp_path_factory.getbasetemp(), attacker, judge)


# A fixture that another room's tests take over is one more to pytest; what it made is not.


@cache
def _sealed(base: Path, attacker: Identity, judge: Identity) -> Path:
    folder = base / "toys"
    folder.mkdir()
    toy_cases(folder, attacker, judge)
    return folder


@cache
def _swept(base: Path, attacker: Identity, judge: Identity) -> Swept:
    plan, out = plan_file(_sealed(base, attacker, judge)), base / "sweep"
    grid = SweepGrid.of(plan)
    before = Counting.opened
    work(grid, out, judge, toys)
    return Swept(plan, grid, out, Counting.opened - before)
