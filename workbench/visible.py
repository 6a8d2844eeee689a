"""One visible spelling for every text that is not ours: nothing that was said can rearrange what shows it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from casefiles import quotation, unseen
from casefiles.counted import counted

_NAMED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})
"""Controls, directions and other invisible characters, halves of pairs, line and paragraph separators, and characters
that nobody has agreed upon."""
_MANY_SPACES: Final = re.compile(r"\s{17,}")
"""More than what is indented four times has."""
_COLUMN: Final = re.compile(r"\s{2,}|\u3000")
"""What parts two columns, and a space that is as wide as two."""
_HIGH: Final = 4
"""Marks that may stand upon one letter: no script needs more, and a tower of them covers the lines beside it."""


def ignoring(text: str) -> str:
    """A text without characters that are drawn as nothing: with them it only looks the same."""
    return text if text.isascii() else text.translate(unseen.IGNORED)


@cache
def _named(letter: str) -> bool:
    return unicodedata.category(letter) in _NAMED or ord(letter) in unseen.IGNORED or letter in unseen.BLANK


@cache
def _stacked(letter: str) -> bool:
    """Whether it is drawn above or below the letter before it."""
    return unicodedata.combining(letter) != 0 or unicodedata.category(letter) == "Me"


def _letters(text: str) -> Iterator[tuple[str, bool]]:
    """Every letter, and whether it is shown by its name."""
    high = 0
    for letter in text:
        high = high + 1 if _stacked(letter) else 0
        yield letter, high > _HIGH or _named(letter)


def visible(text: str, keep: str = "\n\t") -> str:
    """A text with control, direction and invisible characters named, and towers of marks; those in `keep` stay as they
    are."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"⟨U+{ord(letter):04X}⟩" if named and letter not in keep else letter for letter, named in _letters(text)
    )


def token(piece: str) -> str:
    """A token with its white space shown."""
    return visible(piece.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")) or "∅"


def spelled(shown: str) -> str:
    """The piece that `token` shows as this; empty where it is not known from that."""
    piece = shown.replace("␣", " ").replace("↵", "\n").replace("⇥", "\t")
    return "" if shown == "∅" or "⟨" in piece or "\ufffd" in piece else piece


def line(text: str) -> str:
    """A text on one line, its breaks and tabs shown, and how many spaces there are where many are: they fill a line up,
    so that what comes after them seems to be one of its own."""
    shown = visible(text.replace("\n", "↵").replace("\t", "⇥"), keep="")
    return _MANY_SPACES.sub(lambda found: f"⟨{len(found[0])} spaces⟩", shown)


def cell(text: str) -> str:
    """A text on one line beside columns of ours: more than one space would end its own, and begin another."""
    return _COLUMN.sub(lambda found: f"⟨{counted(len(found[0]), 'space')}⟩", line(text))


def quoted(text: str) -> str:
    """A text of somebody's within a line of ours, in quotation marks that it cannot close: its own are single ones."""
    return quotation.quoted(line(text))


def enumerated(texts: Iterable[str]) -> str:
    """Texts of somebody's in a list within a line of ours: none of them passes for several."""
    return ", ".join(map(quoted, texts))


def lines(texts: Iterable[str]) -> str:
    """Texts below each other, each on one line: nothing that is quoted in one of them begins another."""
    return "\n".join(map(line, texts))


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
        letter if letter == "\n" or not named else json.dumps(letter)[1:-1] for letter, named in _letters(text)
    )
