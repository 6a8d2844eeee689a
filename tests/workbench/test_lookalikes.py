"""Letters of other scripts that are drawn as Latin ones are taken for these, and no others."""

from __future__ import annotations

import pytest

from workbench.lookalikes import bare, skeleton


@pytest.mark.parametrize(
    ("drawn", "latin"),
    [
        # Number plates hold what is read in both alphabets: GOST R 50577 for Russia, and those of Greece.
        ("АВЕКМНОРСТУХ", "abekmhopctyx"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx"),
        ("Аarhus", "aarhus"),
        ("Dеnmаrk", "denmark"),
        ("Aаr\u200bhus", "aarhus"),
        ("ＡＡＲＨＵＳ", "aarhus"),
        ("ᴀᴀʀʜᴜꜱ", "aarhus"),
        ("🅐🅐🅡🅗🅤🅢 🅐🅩", "aarhus az"),
        ("🅰🅰🆁🅷🆄🆂 🅰🆉", "aarhus az"),
    ],
)
def test_what_looks_the_same_has_one_skeleton(drawn: str, latin: str) -> None:
    assert skeleton(drawn) == latin


def test_what_looks_otherwise_stays_what_it_is() -> None:
    assert skeleton("Łódź, Köln, Москва") == "łódź, köln, mоcквa".replace("о", "o")
    assert skeleton("🇳🇴") != "no"
    assert skeleton("Wien") != skeleton("Wein")
    assert skeleton("rn") != skeleton("m") and skeleton("O") != skeleton("0")


def test_bare_of_marks() -> None:
    assert bare("Kraków") == bare("Krakow") == "krakow"
    assert bare("Aа\u0301rhus") == "aarhus"
    assert skeleton("Kraków") != "krakow"
