"""Which result answers which intent, for whoever reads a log record by record."""

from __future__ import annotations

from workbench.log.entry import Entry
from workbench.log.records import Intent, ResultRecord


def answered(entry: Entry) -> int | None:
    """The number of the intent that a result says it answers; None for every other record."""
    number = entry.data.get("intent") if entry.kind == ResultRecord.kind else None
    return number if type(number) is int else None


class Answering:
    """Told of each record in its turn, it finds a result's intent; what is left over in the end are the orphans.

    A stored log tells its orphans faster (`StoredLog.orphans`), by the same rule.
    """

    def __init__(self) -> None:
        self._open: dict[int, Entry] = {}

    def take(self, entry: Entry) -> Entry | None:
        """The intent that this record answers, if it is a result.

        Raises ValueError if it is a result that answers no open intent: it did not come through the door.
        """
        if entry.kind == Intent.kind:
            self._open[entry.seq] = entry
        if entry.kind != ResultRecord.kind:
            return None
        number = answered(entry)
        intent = self._open.pop(number, None) if number is not None else None
        if intent is None:
            raise ValueError(f"record {entry.seq} answers no open intent")
        return intent

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """Intents that have no result so far."""
        return tuple(self._open.values())

    @property
    def orphans(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(self._open)
