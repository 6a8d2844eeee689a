"""Quotation marks, and what looks like them: what stands between some of ours must not be able to close them.

After Unicode's confusables of U+0022 and U+0027 (UTS 39, 15.1) and its property Quotation_Mark.
"""

from __future__ import annotations

import re
from typing import Final

OPENING: Final = "“„‟❝〝🙶˵⹂"
"""Double marks that begin a quotation."""
CLOSING: Final = '"”❞〞〟″‴‶‷⁗ʺ＂ˮ˝״ײ〃❠🙷🙸˶᳓'
"""Those that end one, or look as if they did."""
_INNER: Final = str.maketrans(dict.fromkeys(OPENING, "‘") | dict.fromkeys(CLOSING, "’"))
_SINGLE: Final = (
    r"'‘’‚‛❛❜❟′‵`´ʹ\u0374\u02bb-\u02bf\u02c8\u02ca\u02cb\u02f4\u0384\u055a\u055b\u055d\u05f3\u07f4\u07f5"
    r"\u1fbd\u1fbf\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd\u1ffe＇｀ᑊᛌꞋꞌ\U00016f51\U00016f52"
)
_THIN: Final = "\u2005\u2006\u2008\u2009\u200a\u202f"
"""Spaces that hardly part two of them."""
AS_ONE: Final = re.compile(f"[{_SINGLE}](?:[{_THIN}]*[{_SINGLE}])+")
"""Single ones that look like a double one together."""


def quoted(text: str) -> str:
    """A printable text of somebody's within a line of ours, in quotation marks that it cannot close: its own are single
    ones."""
    shown = AS_ONE.sub("’", text.translate(_INNER))
    return f"“{shown}”"


def holds_any(text: str) -> bool:
    """Whether a text holds what ends a quotation, or looks like it."""
    return any(mark in text for mark in OPENING + CLOSING) or AS_ONE.search(text) is not None
