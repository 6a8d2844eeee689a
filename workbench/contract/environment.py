"""What a record says of the engine that it was made on: whoever wrote the record may have put anything there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LONGEST: Final = 200
"""The most characters of a name."""


def environment_of(result: Mapping[str, Any], which: str = "environment") -> Mapping[str, Any]:
    """Where a result record says that it was made; empty if it says nothing that can be read."""
    told = result.get(which)
    return told if isinstance(told, dict) else {}


def name_in(environment: Mapping[str, object], field: str) -> str:
    """The name that stands in a field, such as of the engine or number format; empty if none can be read."""
    told = environment.get(field)
    return told if isinstance(told, str) and len(told) <= LONGEST else ""
