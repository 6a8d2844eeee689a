"""What a person who reads a Markdown text does not see, and whoever opens the file does."""

from __future__ import annotations

import re
from typing import Final

_UNSHOWN: Final = re.compile(r"<!--.*?(?:-->|\Z)|^[ \t>*+-]*\[[^\]\n]*\]:.*?$", re.DOTALL | re.MULTILINE)
"""Comments, and definitions of links."""


def unshown(markdown: str) -> str:
    """The first stretch that readers of Markdown leave out; empty if there is none."""
    found = _UNSHOWN.search(markdown)
    return found[0].strip() if found else ""
