"""Names: each safe on every system, no two that meet on one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles.files import names


@pytest.mark.parametrize(
    "name", ["spec.md", "weights/model-00001-of-00002.safetensors", "corpora/日本語/été.txt", "a b/c+d.json"]
)
def test_ordinary_names(name: str) -> None:
    names.check_name(name)


UNSAFE = [
    "", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".hidden", "a/.git/config", "a.", "a ",
    " a", "a\\b", "C:a", "c:/a", "a:stream", "a*", "a?", 'a"b', "a<b", "a|b", "con", "CON.txt", "a/NUL", "com1.json",
    "Lpt9", "a\0b", "a\nb", "a\x7f", "a\u202eb", "a\u200b", "a\u00a0b", "e\u0301", "\ud800", "a" * 241, "é" * 121,
    "a/" * 8 + "a",
]  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE, ids=ascii)
def test_unsafe_names(name: str) -> None:
    with pytest.raises(names.UnsafeNameError):
        names.check_name(name)


COLLISIONS = [
    ("Model.json", "model.json"),
    ("straße", "strasse"),
    ("STRASSE", "straße"),
    ("ﬁle", "file"),
    ("Å", "å"),
    ("ω", "Ω"),
    ("a/b", "a"),
    ("A/b", "a"),
    ("A/b", "a/c"),
    ("x/Y/1", "x/y/2"),
    ("a", "a"),
]


@pytest.mark.parametrize("pair", COLLISIONS, ids=ascii)
def test_names_that_collide(pair: tuple[str, str]) -> None:
    for order in (pair, pair[::-1]):
        with pytest.raises(names.UnsafeNameError):
            names.check_names(order)


def test_names_that_do_not_collide() -> None:
    names.check_names(["a/b", "a/c", "ab", "a-b", "b/a", "a.b/c"])


@given(st.text(max_size=30))
def test_a_name_that_passes_stays_inside(name: str) -> None:
    try:
        names.check_name(name)
    except names.UnsafeNameError:
        return
    depth = 0
    for part in name.split("/"):
        assert part and part.strip(".") and not part.startswith(".")
        depth += 1
    assert depth <= names.NAME_LEVELS
    assert not name.startswith("/") and "\\" not in name and "\0" not in name
    assert unicodedata.is_normalized("NFC", name)


def test_the_folders_above_a_name() -> None:
    assert names.parents("a/b/c") == ["a", "a/b"]
    assert names.parents("a") == []
