"""A judge's register, with the ticket of the small log in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.custody.register import Register
from tests.casefiles.logs import JUDGE, TICKET


@pytest.fixture
def register(tmp_path: Path) -> Register:
    register = Register(tmp_path / "judge.register", JUDGE)
    register.issued(TICKET)
    return register
