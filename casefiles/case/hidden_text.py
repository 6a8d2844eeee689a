"""What a person who reads a Markdown text does not see, and whoever opens the file does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

_UNSHOWN: Final = re.compile(r"<!--.*?(?:-->|\Z)|^[ \t>*+-]*\[[^\]\n]*\]:.*?$", re.DOTALL | re.MULTILINE)
"""Comments, and definitions of links."""

_BLANKS: Final = re.compile(r"[^\S\r\n]{2,}+|[^\S\r\n](?=\r?$)|\r(?!\n)|[^\S\r\n \t]", re.MULTILINE)
"""White space that is more than one sign, stands at the end of a line, or is none that a keyboard has,"""
_SET: Final = re.compile(
    r".[\u00a0\u202f][:;!?\u00bb%\u20ac\d]|[\u00ab\d][\u00a0\u202f].|\u3000(?=[\u2e80-\U0003ffff])", re.DOTALL
)
"""but where a language is set so: before and behind some signs in French, within numbers, between Chinese letters."""
_BETWEEN: Final = re.compile(r"(?<=\S)(?:(?<=[.!?:]) {3,}|(?<![.!?:]) {2,}|\t+)(?=\S)")
"""White space between two words of a line that is more than one, or two behind a sentence; and tabs."""
_ALIKE: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN")
_BREAK: Final = 2
"""Spaces at the end of a line that break it."""


def unshown(markdown: str) -> str:
    """The first stretch that readers of Markdown leave out; empty if there is none."""
    found = _UNSHOWN.search(markdown)
    return found[0].strip() if found else ""


def blanks(text: str) -> int:
    """How many signs of a text are white space that nobody tells from other: of several kinds in one place, of another
    kind than a keyboard's, more at the end of a line than breaks it, or more than one between two words where no code
    and no table has them."""
    found = 0
    for blank in _BLANKS.finditer(text):
        at_end, signs = text[blank.end() : blank.end() + 1] in ("", "\r", "\n"), {*blank[0]}
        plain = signs == {" "} and len(blank[0]) <= _BREAK if at_end else signs in ({" "}, {"\t"})
        usual = len(blank[0]) == 1 and not at_end and _SET.search(text, max(0, blank.start() - 1), blank.end() + 1)
        found += 0 if plain or usual else len(blank[0])
    return found + sum(len(one[0]) for line in _plain_lines(text) for one in _BETWEEN.finditer(line))


def mixed(text: str) -> int:
    """How many words of a text have letters of two alphabets that look alike: nobody tells which of them stands
    there."""
    return sum(len({_alphabet(letter) for letter in word} - {""}) > 1 for word in re.findall(r"[^\W\d_]+", text))


@cache
def _alphabet(letter: str) -> str:
    return next((one for one in _ALIKE if unicodedata.name(letter, "").startswith(one)), "")


def _plain_lines(text: str) -> Iterator[str]:
    """The lines that are neither code nor rows of a table."""
    fenced = False
    for line in text.splitlines():
        fence = line.lstrip().startswith(("```", "~~~"))
        fenced ^= fence
        if not (fenced or fence or "|" in line or line.startswith(("    ", "\t"))):
            yield line
