"""The audit log: one append-only DuckDB table whose every row is hashed into a ledger and signed."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

import duckdb

from casefiles import clock
from casefiles.files import canonical
from casefiles.files.disk import sync_folder
from casefiles.keys.identity import SigningKey
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from casefiles.status import Refusal
from workbench.log.entry import Entry
from workbench.log.log_record import LogRecord
from workbench.log.records import BY_HAND, Genesis
from workbench.log.stored_log import Row, StoredLog, create_table, damaged, entry_of, refused, storage
from workbench.whole_text import refuse_halves

_LONGEST: Final = 4 * 1024 * 1024
"""The most bytes of a record that a person writes."""


class AuditLog(StoredLog):
    """The log of one session on the auditor's machine. `append` returns only when the record is durable."""

    def __init__(self, path: Path, key: SigningKey) -> None:
        """Open an existing log to go on with it; `create` makes a new one."""
        self._key = key
        self._ledger: Ledger | None = None
        super().__init__(path, read_only=False)

    @classmethod
    def create(cls, folder: Path, session: str, key: SigningKey, genesis: Genesis) -> Self:
        """Begin the log of a new session and open it."""
        return cls(cls.begin(folder, session, key, genesis), key)

    @classmethod
    def begin(cls, folder: Path, session: str, key: SigningKey, genesis: Genesis) -> Path:
        """Write the file of a new session's log with its genesis record. Raises Refusal if the folder already holds
        one."""
        path = folder / cls.FILE
        if path.exists():
            raise Refusal(
                "session.exists", f"{folder} already holds a session.", "A log is never overwritten.",
                "Reopen that session, or name another folder.",
            )  # fmt: skip
        with storage(path):
            create_table(path, [_row(Ledger(), session, genesis, key)])
            sync_folder(folder)
        return path

    def _connect(self) -> None:
        super()._connect()
        # Parsed once: parsing takes as long as a row takes to be written.
        self._insert = self._writer.extract_statements("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)")[0]

    def append(self, record: LogRecord) -> Entry:
        """Make one record durable. Raises Refusal if the disk does not take it; the log is then as it was."""
        with self._lock:
            ledger = self._ledger_now().copy()
            row = _row(ledger, self.session, record, self._key)
            try:
                self._writer.execute(self._insert, row)
            except (duckdb.Error, OSError) as error:
                self._settle(row, error)
            self._ledger, self._root, self._size = ledger, ledger.root, ledger.size
            return entry_of((row[0], row[1], record.kind, row[4]))

    def _settle(self, row: Row, error: Exception) -> None:
        """After an error, learn from the file itself whether the row is in it: an error may follow a durable commit."""
        try:
            self.close()
            self._connect()
        except (duckdb.Error, OSError) as again:
            raise refused(self.path, again) from error
        if self._size == row[0]:
            raise refused(self.path, error) from error
        if self._size != row[0] + 1 or self._root != row[6]:
            raise RuntimeError(f"the log holds {self._size} records after record {row[0]} failed") from error

    def _ledger_now(self) -> Ledger:
        """The ledger up to the last record, rebuilt from the rows the first time it is needed."""
        if self._ledger is None:
            ledger = Ledger(self.leaves())
            if (ledger.size, ledger.root) != (self._size, self._root):
                raise damaged(self.path, "Its rows do not add up to its own last root.")
            self._ledger = ledger
        return self._ledger


def _row(ledger: Ledger, session: str, record: LogRecord, key: SigningKey) -> Row:
    """The next row, with `ledger` moved on to it. Raises Refusal if the record holds what no file can hold."""
    kind, data = record.kind, record.model_dump(mode="json")
    seq, ts_us = ledger.size, clock.microseconds()
    try:
        body = canonical.encode({"v": 1, "seq": seq, "ts_us": ts_us, "session": session, "kind": kind, "data": data})
    except ValueError:
        refuse_halves(data)
        raise
    if isinstance(record, BY_HAND) and len(body) > _LONGEST:
        raise Refusal(
            "input.invalid", f"The {kind} is too long for the log.",
            f"What a person writes has at most {_LONGEST >> 20} MiB there, and this has {len(body) >> 20}.",
            "Say it shorter, or take a file in with `workbench record import`.",
        )  # fmt: skip
    leaf = leaf_hash(body)
    root = ledger.append(leaf)
    return seq, ts_us, kind, session, body, leaf, root, Checkpoint(origin_of(session), ledger.size, root).sign(key)
