"""One record of an audit log as the workbench reads it, and what every log offers its readers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from casefiles.status import Refusal
from workbench.contract.comparison import Array
from workbench.document import first_flaw
from workbench.log.log_record import LogRecord
from workbench.log.records import RECORDS

Kind = TypeVar("Kind", bound="LogRecord")


@dataclass(frozen=True)
class Entry:
    """A record: its place, time (µs since the epoch, UTC), kind, parsed data and the exact bytes it was parsed from."""

    seq: int
    ts_us: int
    kind: str
    data: dict[str, Any]
    """The plain JSON, for whoever shows it as it stands; everybody else asks `as_` or `read`."""
    body: bytes

    @property
    def record(self) -> LogRecord:
        """What the record says, as one of its kind.

        Raises ValueError if this workbench does not know the kind or the form of it.
        """
        if self.kind not in RECORDS:
            raise ValueError(f"records of kind {self.kind} are not known here")
        return self.as_(RECORDS[self.kind])

    def as_(self, kind: type[Kind]) -> Kind:
        """What the record says, as one of that kind.

        Raises ValueError if it is of another kind, or has a form that this workbench does not know.
        """
        if self.kind != kind.kind:
            raise ValueError(f"record {self.seq} is of kind {self.kind}, not {kind.kind}")
        return kind.model_validate(self.data)

    def read(self, kind: type[Kind]) -> Kind:
        """The same; raises Refusal `log.record` instead, for a log that came from somebody else."""
        try:
            return self.as_(kind)
        except ValueError as error:
            raise unreadable(self, error) from None


ArraysOf = Callable[[Entry], Mapping[str, Array]]
"""The side-car arrays of a result record."""


def unreadable(entry: Entry, error: Exception) -> Refusal:
    """The refusal for a record that does not say what one of its kind says."""
    why = first_flaw(error) if isinstance(error, ValidationError) else str(error)
    return Refusal(
        "log.record", f"Record {entry.seq} cannot be read as {entry.kind}.", f"{why}.",
        "Verify the log; a newer workbench may know this form of record.",
    )  # fmt: skip


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
