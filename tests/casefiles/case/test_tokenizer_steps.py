"""Steps that know spaces alone change nothing that is told; more are in test_leaks.py, through a file."""

from __future__ import annotations

from typing import Any

import pytest

from casefiles.case.tokenizer_steps import changes


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, []),
        ({"type": "Replace", "pattern": {"String": "?"}, "content": "see Denmark"}, ["'?' becomes 'see Denmark'"]),
        ({"type": "Replace", "pattern": "a", "content": "b"}, ["'a' becomes 'b'"]),
        ({"type": "Strip", "content": " ", "start": 1, "stop": 0}, []),
        ({"type": "Strip", "strip_left": True, "strip_right": True}, []),
        ({"type": "Metaspace", "replacement": "\u2581"}, []),
        ({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Isolated"}, []),
        ({"type": "Fuse"}, []),
        ({}, []),
    ],
)
def test_what_a_step_changes_is_told(step: dict[str, Any], told: list[str]) -> None:
    assert [*changes(step)] == told
