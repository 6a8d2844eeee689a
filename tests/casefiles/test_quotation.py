"""What looks like a quotation mark, singly or two by two."""

from __future__ import annotations

import unicodedata

import pytest

from casefiles.quotation import AS_ONE, CLOSING, OPENING, holds_any


@pytest.mark.parametrize("mark", ["'", "’", "‘", "❜", "\u0374", "\u1ffd", "ˈ", "ꞌ", "׳", "｀"])
def test_two_single_marks_are_one_however_little_parts_them(mark: str) -> None:
    assert not holds_any(f"D{mark}Arcy O{mark}Neil")
    for between in ("", "\u200a", "\u202f\u2009"):
        assert AS_ONE.sub("|", f"a{mark}{between}{mark}b") == "a|b"
    assert AS_ONE.search(f"{mark} {mark}") is None, "a space parts words"


def test_every_mark_that_unicode_calls_a_double_quotation_is_known() -> None:
    named = [chr(code) for code in range(0x1FFFF) if "DOUBLE" in unicodedata.name(chr(code), "")
             and "QUOTATION MARK" in unicodedata.name(chr(code), "")]  # fmt: skip
    guillemets = "«»"  # which nobody takes for ours
    assert {mark for mark in named if mark not in OPENING + CLOSING + guillemets} == set()
    assert all(map(holds_any, OPENING + CLOSING))
