"""Letters that are drawn as nothing: what is written in them is read by whoever opens a file, and by nobody else."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Final

_IGNORABLE: Final = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFC), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""Default_Ignorable_Code_Point: what is drawn as nothing where it is not understood; and what stands for an object that
is not there. (Unicode 15.1, DerivedCoreProperties)"""
IGNORED: Final = dict.fromkeys(code for first, last in _IGNORABLE for code in range(first, last + 1))
BLANK: Final = frozenset("\u2800")
"""Letters without ink that are no spaces."""
_CATEGORIES: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Controls, directions and other characters without a shape, private ones, halves of pairs."""
_AS_PICTURE: Final = "\ufe0f"
"""What makes a sign a picture, behind it."""
_PICTURES: Final = re.compile(rf"[^\w\s]{_AS_PICTURE}")


@cache
def is_unseen(letter: str) -> bool:
    """Whether a letter is drawn as nothing, or stands for no letter."""
    return unicodedata.category(letter) in _CATEGORIES or ord(letter) in IGNORED or letter in BLANK


def unseen(text: str, keep: str = "\n\r\t") -> tuple[str, ...]:
    """Every letter of a text that nobody sees, each once: but for those in `keep`, and what makes a picture of a
    sign."""
    found = {
        letter
        for before, letter in zip(f" {text}", text, strict=False)
        if is_unseen(letter) and letter not in keep
        if letter != _AS_PICTURE or unicodedata.category(before) != "So"
    }
    return tuple(sorted(found))


def counted_unseen(text: str, keep: str = "\n\r\t\f") -> Counter[str]:
    """How often each letter of a long text stands there that nobody sees: but for those in `keep`, and as many of what
    makes a picture of a sign as there are signs before one."""
    found = Counter({one: text.count(one) for one in {*text} if is_unseen(one) and one not in keep})
    found[_AS_PICTURE] -= len(_PICTURES.findall(text)) if found[_AS_PICTURE] else 0
    return +found
