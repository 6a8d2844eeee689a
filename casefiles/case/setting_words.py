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
_SHORT: Final = 2
"""A word of so many letters is a name's piece, and means nothing where no name stands."""


def strange(settings: Iterable[str]) -> tuple[str, ...]:
    """The words in them that are no piece of a field's name, of a kind of model or of a known value, in their order and
    as often as they stand there: a sentence repeats its letters."""
    return tuple(word for text in settings if not _is_known(text) for word in _WORD.findall(text) if _is_strange(word))


def _is_strange(word: str) -> bool:
    return len(word) <= _SHORT or word.lower() not in _pieces()


@cache
def _is_known(text: str) -> bool:
    """Whether all of a setting is something that an engine knows, be it a module's path."""
    module = len(text) > _SHORT and any(map(str.isalpha, text)) and not tensor_names.own_parts([text])
    return module or text in known_fields.values() or text in known_fields.names()


@cache
def _pieces() -> frozenset[str]:
    names = known_fields.names() | known_fields.values()
    return frozenset(word.lower() for name in names for word in _WORD.findall(name))
