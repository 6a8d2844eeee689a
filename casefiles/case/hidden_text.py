"""What a person who reads a Markdown text does not see, and whoever opens the file does."""

from __future__ import annotations

import re
from typing import Final

_UNSHOWN: Final = re.compile(r"<!--.*?(?:-->|\Z)|^[ \t>*+-]*\[[^\]\n]*\]:.*?$", re.DOTALL | re.MULTILINE)
"""Comments, and definitions of links."""

_BLANKS: Final = re.compile(r"[^\S\r\n]{2,}+|[^\S\r\n](?=\r?$)|\r(?!\n)", re.MULTILINE)
"""White space that is more than one sign, or stands at the end of a line."""
_BREAK: Final = 2
"""Spaces at the end of a line that break it."""


def unshown(markdown: str) -> str:
    """The first stretch that readers of Markdown leave out; empty if there is none."""
    found = _UNSHOWN.search(markdown)
    return found[0].strip() if found else ""


def blanks(text: str) -> int:
    """How many signs of a text are white space that nobody tells from other: of several kinds in one place, or more at
    the end of a line than breaks it."""
    found = 0
    for blank in _BLANKS.finditer(text):
        at_end = text[blank.end() : blank.end() + 1] in ("", "\r", "\n")
        plain = blank[0] == " " * len(blank[0]) and len(blank[0]) <= _BREAK if at_end else len({*blank[0]}) == 1
        found += 0 if plain else len(blank[0])
    return found
