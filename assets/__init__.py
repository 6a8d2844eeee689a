"""What ships with the workbench: the demo case, fonts, the report template, specifications."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def path(*parts: str) -> Path:
    """The path of a shipped file or folder, in a clone as in an installed wheel."""
    return Path(str(files(__name__))).joinpath(*parts)
