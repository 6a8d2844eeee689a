"""What a person who reads a Markdown text does not see, and whoever opens the file does."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSHOWN: Final = re.compile(r"<!--.*?(?:-->|\Z)|^[ \t]*\[[^\]\n]*\]:[ \t].*?$", re.DOTALL | re.MULTILINE)
"""Comments, and definitions of links."""
_INVISIBLE: Final = ("Cc", "Cf", "Co", "Cs")
"""Controls, directions and other characters without a shape, private ones, halves of pairs."""


def unshown(markdown: str) -> str:
    """The first stretch that readers of Markdown leave out; empty if there is none."""
    found = _UNSHOWN.search(markdown)
    return found[0].strip() if found else ""


def invisible(text: str) -> tuple[str, ...]:
    """Every character in it that has no shape."""
    unseen = {letter for letter in text if unicodedata.category(letter) in _INVISIBLE and letter not in "\n\r\t"}
    return tuple(sorted(unseen))
