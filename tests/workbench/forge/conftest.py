"""A suite as small as a real one can be, for all that is tested of suites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.organisms.merged import AtOnce
from workbench.forge.suite import entry, making
from workbench.forge.suite.entry import Entries
from workbench.judge.acceptance import trial

KINDS = ("sponsor", "nothing")
"""One that is modified, with few exhibits, and one that isn't."""


@contextmanager
def _two_kinds() -> Iterator[pytest.MonkeyPatch]:
    """The dev split without all of its organisms but two."""
    every = Entries.of("dev").organisms
    chosen = tuple(next(one for one in every if one.recipe.kind == kind) for kind in KINDS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(entry.Entries, "of", classmethod(lambda cls, split: Entries(organisms=chosen)))
        yield patched


@pytest.fixture
def two_kinds() -> Iterator[None]:
    with _two_kinds():
        yield


@pytest.fixture(scope="session")
def small_suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made in this process, which has PyTorch already: each organism costs three processes their start. One of them is
    lost by a test and made again in processes of its own, as the same model."""
    out = tmp_path_factory.mktemp("forge") / "suite"
    with _two_kinds() as patched:
        patched.setattr(making, "make_all", lambda make, orders, *_: [make(order) for order in orders])
        patched.setattr(trial, "Opener", AtOnce)
        making.make_suite(out, size="tiny", seed=3)
    return out
