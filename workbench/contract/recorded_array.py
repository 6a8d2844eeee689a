"""A reference to an array that another record of the same log holds, e.g. a direction found by an earlier probe."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field

from workbench.document import Document
from workbench.visible import quoted


class RecordedArray(Document):
    """One array of one result record."""

    record: int = Field(ge=0)
    """The number of the result record."""
    array: str = Field(min_length=1, max_length=200)
    """The array's name in it."""

    def __str__(self) -> str:
        return f"#{self.record}/{self.array}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `#12/direction`. Raises ValueError."""
        match = re.fullmatch(r"#?(\d+)/(\S+)", text.strip())
        if match is None:
            raise ValueError(f"{quoted(text)} names no record's array, as #12/direction does")
        return cls(record=int(match[1]), array=match[2])
