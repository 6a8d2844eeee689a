"""How text is spelled where it is shown, so that nothing in it is unseen and nothing in it rearranges the page."""

from __future__ import annotations

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that steer, hide or reorder other letters."""


def visible(text: str) -> str:
    """Text with control, direction and invisible characters named; line breaks and tabs stay what they are."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"⟨U+{ord(letter):04X}⟩" if letter not in "\n\t" and unicodedata.category(letter) in _UNSEEN else letter
        for letter in text
    )


def token(piece: str) -> str:
    """A token, or anything else whose blanks matter, on one line with its white space shown; `∅` if it is empty."""
    return visible(piece.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")) or "∅"


def cell(text: str) -> str:
    """Text on one line, as a table has room for: blanks stay blanks, line breaks and tabs are shown."""
    return visible(text.replace("\n", "↵").replace("\t", "⇥"))
