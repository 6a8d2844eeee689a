"""One thing that a case's file tells about its making, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from casefiles.status import Refusal

_SHOWN: Final = 5
"""Of many like things, so many are told; of the rest only how many."""
_LONGEST: Final = 80


class Remedy(StrEnum):
    """What becomes of a leak."""

    STRIP = "strip"
    """`strip` removes it."""
    EDIT = "edit"
    """Only a person can: it stands in the way of sealing."""
    LOOK = "look"
    """It may be harmless: a person should look."""


@dataclass(frozen=True)
class Leak:
    """One thing that a file tells about its making."""

    path: str
    what: str
    """What was found, as a phrase."""
    remedy: Remedy

    @property
    def sentence(self) -> str:
        return f"{self.path}: {self.what}."

    @property
    def blocking(self) -> bool:
        return self.remedy is Remedy.EDIT


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Raises Refusal `model.unreadable` where a file's reader raises ValueError."""
    try:
        yield
    except ValueError as error:
        raise Refusal(
            "model.unreadable",
            f"{name} cannot be read as what its name says.",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "Write the file again with the tool that made it; nobody could run a case with this file.",
        ) from None


def some(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more


def short(value: Any) -> Any:
    """A value as it is told: a short one as it is, a long one as its beginning."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
