"""What tests of the workbench's core share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbench.logbook import LogBook


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LogBook]:
    """A log whose answers a test chooses."""
    book = LogBook(tmp_path)
    yield book
    book.log.close()
