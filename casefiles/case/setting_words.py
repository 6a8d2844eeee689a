"""What settings say that names nothing an engine knows: a list of them may hold a sentence, a piece in each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from casefiles.case import known_fields, tensor_names

ENOUGH: Final = 24
"""So many letters of their own have the settings of a file, of which usual ones have a few."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[\d./:+@_-]{12,}")
"""A word, or more signs than a version has."""
_CHOSEN: Final = 16
"""More things than any model's settings name: those that name most have eleven."""
_MADE: Final = 8
"""More names that are made of known pieces, as those of classes and of roles of tokens are, has no file."""
_SHORT: Final = 2
"""A word of so many letters is a name's piece, and means nothing where no name stands."""


def strange(settings: Iterable[str]) -> tuple[str, ...]:
    """The words in them that are no piece of a field's name, of a kind of model or of a known value, in their order and
    as often as they stand there: a sentence repeats its letters. Pieces are words too, where more settings are made of
    them than usual ones, and so is whatever is known where more of it stands than engines choose at once."""
    read = [text for text in settings if not _is_number(text) and not _is_module(text)]
    whole = {text for text in read if _is_known(text)}
    of_pieces = {text for text in read if text not in whole and not any(map(_is_strange, _WORD.findall(text)))}
    chosen, made = len(whole) > _CHOSEN, len(of_pieces) > _MADE or len(whole | of_pieces) > _CHOSEN
    return tuple(
        word
        for text in read
        if chosen or text not in whole
        for word in _WORD.findall(text)
        if _is_strange(word) or chosen or made
    )


def _is_strange(word: str) -> bool:
    return len(word) <= _SHORT or word.lower() not in _pieces()


@cache
def _is_module(text: str) -> bool:
    """Whether a setting is a module's path."""
    return len(text) > _SHORT and any(map(str.isalpha, text)) and not tensor_names.own_parts([text])


def _is_number(text: str) -> bool:
    return not any(map(str.isalpha, text)) and _WORD.search(text) is None


@cache
def _is_known(text: str) -> bool:
    """Whether all of a setting is something that an engine knows."""
    return text in known_fields.values() or text in known_fields.names()


@cache
def _pieces() -> frozenset[str]:
    names = known_fields.names() | known_fields.values()
    return frozenset(word.lower() for name in names for word in _WORD.findall(name))
