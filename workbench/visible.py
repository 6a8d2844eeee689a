"""One visible spelling for every text that is not ours: nothing that was said can rearrange what shows it."""

from __future__ import annotations

import unicodedata
from typing import Final

_NAMED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, directions and other invisible characters, halves of pairs, line and paragraph separators."""


def visible(text: str, keep: str = "\n\t") -> str:
    """A text with control, direction and invisible characters named; those in `keep` stay as they are."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"⟨U+{ord(letter):04X}⟩" if unicodedata.category(letter) in _NAMED and letter not in keep else letter
        for letter in text
    )


def token(piece: str) -> str:
    """A token with its white space shown."""
    return visible(piece.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")) or "∅"


def line(text: str) -> str:
    """A text on one line, its breaks and tabs shown."""
    return visible(text.replace("\n", "↵").replace("\t", "⇥"), keep="")
