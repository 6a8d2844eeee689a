"""Texts that no file can hold: half of a character, as bytes that are no UTF-8 become when somebody types them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from casefiles.status import Refusal
from workbench.visible import quoted

HALF: Final = re.compile("[\ud800-\udfff]")


def refuse_halves(value: object) -> None:
    """Raises Refusal if a text, or one in plain JSON values, holds half of a character."""
    if isinstance(value, str):
        if not value.isascii() and HALF.search(value):
            raise Refusal(
                "input.invalid", f"{quoted(value)} holds half of a character.", "No record and no file can hold it.",
                "Write it anew; give a file with such a name another one.",
            )  # fmt: skip
    elif isinstance(value, Mapping):
        for name, item in value.items():
            refuse_halves(name)
            refuse_halves(item)
    elif isinstance(value, Sequence):
        for item in value:
            refuse_halves(item)
