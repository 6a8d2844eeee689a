"""One table of codes: each explained in a sentence, and an error of another code cannot be made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from casefiles.status import STATUS, Refusal


def test_every_code_is_a_subject_and_a_state_and_is_explained_in_a_sentence() -> None:
    for code, sentence in STATUS.items():
        assert re.fullmatch(r"[a-z0-9]+(\.[a-z0-9-]+)?", code), code
        assert re.fullmatch(r"[A-Z].*\.", sentence), code


def test_nobody_can_add_to_the_table() -> None:
    with pytest.raises(TypeError):
        STATUS["new.code"] = "New."  # type: ignore[index]


def test_a_refusal_has_a_code_of_the_table_and_says_what_why_and_what_to_try() -> None:
    refused = Refusal("io.disk-full", "Full.", "No space.", "Free some.")
    assert [refused.code, refused.what, refused.why, refused.try_this] == [
        "io.disk-full", "Full.", "No space.", "Free some.",
    ]  # fmt: skip
    with pytest.raises(KeyError):
        Refusal("io.no-such-code", "a", "b", "c")


def test_every_code_that_a_refusal_names_stands_in_the_table() -> None:
    """Whoever names another one would meet a defect of the program where a refusal was due."""
    root = Path(__file__).parents[2]
    named = {
        code
        for wall in ("backends", "casefiles", "views", "workbench")
        for path in (root / wall).rglob("*.py")
        for code in re.findall(r'Refusal\(\s*"([a-z.-]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(named) > 20, "the refusals were not found"
    assert named <= STATUS.keys()
