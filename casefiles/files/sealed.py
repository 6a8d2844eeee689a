"""Folders that are closed by a signed list of their files: with anything else in them everybody refuses them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from casefiles.status import Refusal

CASE: Final = "case.dsse.json"
"""The list of a case's files, and"""
LOG: Final = "export.dsse.json"
"""of those of a log that was handed in."""


def refuse_sealed(folder: Path) -> None:
    """Raises Refusal if nothing new may be put into a folder, which need not be there yet: it is closed, or lies in one
    that is."""
    place = Path(os.path.realpath(folder))
    for around in (place, *place.parents):
        if found := [name for name in (CASE, LOG) if os.path.lexists(around / name)]:
            raise Refusal(
                "input.invalid", f"Nothing is written into {around.name}.",
                f"Its files are listed in {found[0]}: with another one it is refused by whoever verifies it.",
                "Name a place beside it.",
            )  # fmt: skip
