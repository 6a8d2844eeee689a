"""What the records of every kind have in common."""

from __future__ import annotations

from typing import ClassVar

from workbench.document import Document


class LogRecord(Document):
    """What a record of one kind says. The kinds themselves are in `records.py`."""

    kind: ClassVar[str]
    words: ClassVar[tuple[str, ...]] = ()
    """Fields that hold what somebody wrote or read, which a search for text looks through."""
