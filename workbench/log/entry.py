"""One record of an audit log as the workbench reads it, and what every log offers its readers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Entry:
    """A record: its place, time (µs since the epoch, UTC), kind, parsed data and the exact bytes it was parsed from."""

    seq: int
    ts_us: int
    kind: str
    data: dict[str, Any]
    body: bytes


class Records(Protocol):
    """Read access to an audit log, whether it is the auditor's own or one that was verified and imported."""

    @property
    def size(self) -> int: ...

    @property
    def root(self) -> bytes: ...

    def entry(self, seq: int) -> Entry:
        """Raises KeyError if there is no such record."""

    def entries(self, kinds: Collection[str] | None = None) -> Iterator[Entry]:
        """All records, oldest first, or those of some kinds."""
