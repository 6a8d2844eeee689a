"""A suite as small as a real one can be, for all that is tested of suites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.forge.suite import entry
from workbench.forge.suite.entry import Entries
from workbench.forge.suite.making import make_suite

KINDS = ("sponsor", "nothing")
"""One that is modified, with few exhibits, and one that isn't."""


@contextmanager
def _two_kinds() -> Iterator[None]:
    """The dev split without all of its organisms but two: each costs a process its start."""
    every = Entries.of("dev").organisms
    chosen = tuple(next(one for one in every if one.recipe.kind == kind) for kind in KINDS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(entry.Entries, "of", classmethod(lambda cls, split: Entries(organisms=chosen)))
        yield


@pytest.fixture
def two_kinds() -> Iterator[None]:
    with _two_kinds():
        yield


@pytest.fixture(scope="session")
def small_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("forge") / "suite"
    with _two_kinds():
        make_suite(out, size="tiny", seed=3, jobs=2)
    return out
