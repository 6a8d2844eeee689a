"""JSON or TOML that somebody wrote by hand or with another program."""

from __future__ import annotations

import json
import tomllib
from typing import Any


def value_of(text: str | bytes) -> Any:
    """The value of a text. Raises ValueError also for one that is nested deeper than can be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise json.JSONDecodeError("it is nested too deeply", "", 0) from None


def toml_of(text: str) -> dict[str, Any]:
    """The table of a text in TOML. Raises ValueError also for one that is nested deeper than can be read."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("it is nested too deeply") from None
