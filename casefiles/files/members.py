"""The members of a JSON object that is a document: all that it needs, and none that is not known.

Documents may grow: a member that was added later has a value that its absence meant before, and a file without it is
read as if it stood there. One that is not known here is refused, because only a newer workbench knows what it means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from casefiles.files.canonical import Json

NONE: Final[Mapping[str, Any]] = MappingProxyType({})
NEWER: Final = "is not known here, a newer workbench may have written it"


def members(value: Json, needed: Collection[str], later: Mapping[str, Any] = NONE) -> dict[str, Any]:
    """The object's members, with those of `later` that it lacks; ValueError says what is wrong with it."""
    if not isinstance(value, dict):
        raise ValueError("not an object")
    if missing := sorted(set(needed) - value.keys()):
        raise ValueError(f"the field {missing[0]} is missing")
    if unknown := sorted(value.keys() - set(needed) - later.keys()):
        raise ValueError(f"the field {unknown[0][:60]} {NEWER}")
    return {**later, **value}
