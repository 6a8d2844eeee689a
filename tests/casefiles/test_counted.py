"""What is told of one thing is told of one."""

from __future__ import annotations

import pytest

from casefiles.counted import counted


@pytest.mark.parametrize(("number", "told"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (10_000, "10,000 files")])
def test_one_is_one_and_everything_else_is_several(number: int, told: str) -> None:
    assert counted(number, "file") == told


def test_several_may_have_another_word() -> None:
    assert [counted(number, "answer was", "answers were") for number in (1, 3)] == ["1 answer was", "3 answers were"]
