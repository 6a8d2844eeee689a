"""One visible spelling for every text that is not ours: nothing that was said can rearrange what shows it."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Final

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


def json_text(value: Any) -> str:
    """A value as JSON for people's eyes too: the same characters escaped, and what is readable left as it is."""
    return escaped(json.dumps(value, ensure_ascii=False, indent=2))


def json_line(value: Any) -> str:
    """The same on one line, for whoever reads line by line."""
    return escaped(json.dumps(value, ensure_ascii=False))


def escaped(text: str) -> str:
    r"""A JSON text with those characters as `\uXXXX`, which says the same to whoever reads it as JSON."""
    if text.isascii() and "\x7f" not in text:  # the other controls of ASCII JSON escapes itself
        return text
    return "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in _NAMED else json.dumps(letter)[1:-1]
        for letter in text
    )
