"""The specification of a case: the one text of it that people and programs read, at whichever door."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from casefiles.files import disk
from casefiles.status import STATUS, Refusal

_LIMIT: Final = 1 << 20


def read(path: Path) -> str:
    """Its text, whatever ends its lines. Raises Refusal `case.specification` if it is none that everybody can read."""
    with disk.guarded(f"{path.name} could not be read."):
        if path.stat().st_size > _LIMIT:
            raise _unreadable(f"It has more than {_LIMIT} bytes.")
    try:
        text = disk.read_small(path, _LIMIT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(f"Byte {error.start + 1} does not belong to any text in UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(why: str) -> Refusal:
    return Refusal(
        "case.specification",
        STATUS["case.specification"],
        why,
        "Save it as plain text in UTF-8 and seal the case again.",
    )
