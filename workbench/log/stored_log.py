"""A log in a DuckDB file of ours: the `record` table as designed, and reading it."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self

import duckdb

from casefiles.counted import counted
from casefiles.log import segment
from casefiles.log.auditlog import Record
from casefiles.log.checkpoint import Checkpoint, origin_of, session_of
from casefiles.log.ledger import EMPTY_ROOT, HASH_SIZE
from casefiles.status import STATUS, Refusal
from workbench.log import columns
from workbench.log.entry import Entry
from workbench.log.records import Intent, ResultRecord

# A database that came from somebody else may do what its views say; ours may do nothing but hold rows.
LOCKED_DOWN: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}

SCHEMA: Final = """
CREATE TABLE record (
    seq     BIGINT  NOT NULL,
    ts_us   BIGINT  NOT NULL,
    kind    VARCHAR NOT NULL,
    session VARCHAR NOT NULL,
    body    BLOB    NOT NULL USING COMPRESSION zstd,
    leaf    BLOB    NOT NULL,
    root    BLOB    NOT NULL,
    sig     BLOB    NOT NULL
);
"""
"""The log of record. What else a query may name stands in `columns.py`."""

_COLUMNS: Final = [
    ("seq", "BIGINT"), ("ts_us", "BIGINT"), ("kind", "VARCHAR"), ("session", "VARCHAR"),
    ("body", "BLOB"), ("leaf", "BLOB"), ("root", "BLOB"), ("sig", "BLOB"),
]  # fmt: skip
_FOUND: Final = """SELECT name, type FROM pragma_table_info('record') WHERE "notnull" AND dflt_value IS NULL"""
"""The plain columns of the table `record`. A view has none that are never null, and what is computed has a default."""

_FEW, _MANY, _TOGETHER = 1024, 10_000, 256 * 1024 * 1024
"""Records that are read at first and at most at a time, and the bytes of their bodies that may be."""

AHEAD: Final = ".wal"
"""What DuckDB adds to a file's name for what was written ahead of it."""


class StoredLog:
    """The records of one session in a DuckDB file made on this machine. Safe to read from several threads."""

    FILE: Final = "audit.duckdb"
    TABLES: ClassVar[frozenset[str]] = frozenset()
    """Relations of `columns.py` that the file itself holds."""

    def __init__(self, path: Path, *, read_only: bool = True) -> None:
        """Open an existing file. Raises Refusal if there is none, it is damaged, or another process has it open."""
        self.path, self._read_only = path, read_only
        self._lock = threading.RLock()
        if not path.is_file():
            raise _no_session(path.parent)
        ahead = path.with_name(path.name + AHEAD)
        if ahead.exists() and not ahead.is_file():
            raise damaged(path, f"{ahead.name} is no plain file.")
        self._connect()
        try:
            self.session = self._first()
        except Refusal:
            self.close()
            raise

    def _connect(self) -> None:
        with storage(self.path):
            self._writer = duckdb.connect(self.path, read_only=self._read_only, config=LOCKED_DOWN)
            if not self._read_only:
                # For one row at a time, waking workers and optimising take longer than writing it.
                self._writer.execute("SET threads = 1; PRAGMA disable_optimizer")
            # A result that is still being read owns its connection, so readers get their own.
            self._reader = self._writer.cursor()
            # What DuckDB itself calls so goes before what a file may call so too.
            self._reader.execute(f"SET search_path = 'system.main,\"{self.path.stem}\".main'")
            self._writer.execute("SET lock_configuration = true")
        try:
            self._size, self._root = self._last()
        except Refusal:
            self.close()
            raise

    def _last(self) -> tuple[int, bytes]:
        """How many records there are, and the root over them, once the table is the one that is made here."""
        if self._select(_FOUND) != _COLUMNS:
            raise damaged(self.path, "It holds no table of records as the workbench makes it.")
        ((count,),) = self._select("SELECT count(*) FROM record")
        tail = self._select("SELECT seq, root FROM record ORDER BY seq DESC LIMIT 1")
        if not tail:
            return 0, EMPTY_ROOT
        ((seq, root),) = tail
        if count != seq + 1:
            raise damaged(self.path, f"It holds {counted(count, 'record')}, and the last is number {seq}.")
        return count, self._hash(root)

    def _first(self) -> str:
        """Whose records these are."""
        first = self._select("SELECT session FROM record WHERE seq = 0")
        if not first:
            raise _no_session(self.path.parent)
        try:
            return session_of(origin_of(first[0][0]))
        except ValueError as error:
            raise damaged(self.path, f"{error}.") from None

    @property
    def size(self) -> int:
        return self._size

    @property
    def root(self) -> bytes:
        return self._root

    def checkpoint(self) -> Checkpoint:
        """The state of the log after its last record."""
        with self._lock:
            return Checkpoint(origin_of(self.session), self._size, self._root)

    def signed_checkpoint(self) -> tuple[Checkpoint, bytes]:
        """The same with its author's signature."""
        with self._lock:
            rows = self._select("SELECT sig FROM record WHERE seq = ?", [self._size - 1])
            return self.checkpoint(), bytes(rows[0][0])

    def root_at(self, size: int) -> bytes | None:
        """The root over the first `size` records (at least one), or None beyond the end."""
        rows = self._select("SELECT root FROM record WHERE seq = ?", [size - 1])
        return self._hash(rows[0][0]) if rows else None

    def leaves(self) -> list[bytes]:
        """The leaf hashes of all records, in order."""
        return [self._hash(leaf) for (leaf,) in self._select("SELECT leaf FROM record ORDER BY seq")]

    def _hash(self, value: bytes) -> bytes:
        if len(value) != HASH_SIZE:
            raise damaged(self.path, f"It holds a hash of {counted(len(value), 'byte')}.")
        return bytes(value)

    def _in_turn(self, fields: str, start: int, stop: int, kinds: Collection[str] | None) -> Iterator[tuple[Any, ...]]:
        """Some columns, the body among them, of the records `start` … `stop - 1`: together no more at a time than
        memory has room for, by what the last ones took."""
        where, parameters = "seq >= ? AND seq < ?", []  # type: str, list[Any]
        if kinds is not None:
            where, parameters = f"{where} AND list_contains(?, kind)", [list(kinds)]
        body, step = fields.split(", ").index("body"), _FEW
        while start < stop:
            after = min(stop, start + step)
            rows = self._select(f"SELECT {fields} FROM record WHERE {where} ORDER BY seq", [start, after, *parameters])
            taken = sum(len(row[body]) for row in rows)
            yield from rows
            start, step = after, min(_MANY, max(1, step * _TOGETHER // max(1, taken)))

    def entry(self, seq: int) -> Entry:
        """One record. Raises KeyError if there is none with that number."""
        rows = self._select("SELECT seq, ts_us, kind, body FROM record WHERE seq = ?", [seq])
        if not rows:
            raise KeyError(seq)
        return entry_of(rows[0])

    def entries(self, kinds: Collection[str] | None = None) -> Iterator[Entry]:
        """All records, oldest first, or those of some kinds."""
        return self.page(0, self._size, kinds)

    def page(self, start: int, stop: int, kinds: Collection[str] | None = None) -> Iterator[Entry]:
        """The records `start` … `stop - 1`, oldest first, or those of some kinds among them."""
        return map(entry_of, self._in_turn("seq, ts_us, kind, body", start, stop, kinds))

    def records(self, start: int = 0) -> Iterator[Record]:
        """The rows from `start` on as they are exported: exact bytes, leaf, root and signature."""
        for row in self._in_turn("body, leaf, root, sig", start, self._size, None):
            yield Record(*map(bytes, row))

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT over `record` and the relations of `columns.py`; for reading only."""
        return self._select(columns.over(sql, self.TABLES), parameters)

    def orphans(self, until: int | None = None) -> tuple[int, ...]:
        """Intents without a result among the first `until` records, or all. If there are none, no result is read."""
        until = self._size if until is None else until
        counts = dict(self._select("SELECT kind, count(*) FROM record WHERE seq < ? GROUP BY kind", [until]))
        if counts.get(Intent.kind, 0) == counts.get(ResultRecord.kind, 0):
            return ()
        return tuple(int(seq) for (seq,) in self.query("SELECT seq FROM orphan WHERE seq < ? ORDER BY seq", [until]))

    def _select(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._reader.execute(sql, parameters or []).fetchall()
            except (duckdb.Error, MemoryError) as error:
                if _ran_out(error):
                    raise refused(self.path, error) from error
                raise damaged(self.path, next(iter(str(error).splitlines()), type(error).__name__)) from error

    def close(self) -> None:
        """Give the file back to other processes. Closing twice is fine."""
        with self._lock:
            self._reader.close()
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Row = tuple[int, int, str, str, bytes, bytes, bytes, bytes]
"""seq, ts_us, kind, session, body, leaf, root, sig"""


def create_table(path: Path, rows: Iterable[Row]) -> None:
    """Make the file with its table, views and first rows in one durable step. Raises Refusal if that cannot be."""
    with storage(path), duckdb.connect(path, config=LOCKED_DOWN) as connection:
        connection.execute("BEGIN")
        connection.execute(SCHEMA + columns.VIEWS)
        for batch in _batches(rows):
            # Column by column: DuckDB takes a list a hundred times faster than as many rows.
            connection.execute(
                """INSERT INTO record SELECT unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[]),
                unnest(?::VARCHAR[]), unnest(?::BLOB[]), unnest(?::BLOB[]), unnest(?::BLOB[]), unnest(?::BLOB[])""",
                [list(column) for column in zip(*batch, strict=True)],
            )
        connection.execute("COMMIT")


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that are written together: a number of them, or fewer where they are long."""
    batch, taken = [], 0  # type: list[Row], int
    for row in rows:
        batch.append(row)
        taken += len(row[4])
        if len(batch) >= 5000 or taken >= segment.BYTES:
            yield batch
            batch, taken = [], 0
    if batch:
        yield batch


def entry_of(row: tuple[Any, ...]) -> Entry:
    """The entry of a row (seq, ts_us, kind, body). Raises Refusal if the body is none of a record."""
    seq, ts_us, kind, body = row
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, dict):
        raise damaged(f"Record {seq}", "It is not the text of a record.")
    return Entry(seq, ts_us, kind, data, body)


def _no_session(folder: Path) -> Refusal:
    return Refusal(
        "session.not-a-session", f"{folder} is not a session.", f"It holds no {StoredLog.FILE} with records.",
        "Name the folder a session was started in.",
    )  # fmt: skip


def damaged(what: Path | str, why: str) -> Refusal:
    """The refusal of a log, or of a record in it, that is not what the workbench wrote."""
    return Refusal(
        "log.damaged", f"{what} is damaged.", why,
        "Keep the file as it is and go on in a new session; what was witnessed can still be shown.",
    )  # fmt: skip


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turn what DuckDB and the system say about the file into a refusal."""
    try:
        yield
    except (duckdb.Error, OSError, MemoryError) as error:
        raise refused(path, error) from error


def _ran_out(error: Exception) -> bool:
    """Whether there was no more memory, which DuckDB says in other words where it commits."""
    return isinstance(error, duckdb.OutOfMemoryException | MemoryError) or "failed to pin block" in str(error)


def refused(path: Path, error: Exception) -> Refusal:
    words = str(error)
    if _ran_out(error):
        return Refusal(
            "io.memory", f"{path} could not be read or written.", STATUS["io.memory"],
            "Give it more memory, or read it on a larger machine; every record acknowledged so far is kept.",
        )  # fmt: skip
    if "set lock on file" in words:
        return Refusal(
            "session.locked", f"{path} is in use.", "Another process has this session open.",
            "Close the other window or command and try again.",
        )  # fmt: skip
    if "not a valid DuckDB" in words:
        return damaged(path, "It is no database of DuckDB's.")
    if "No space left" in words or getattr(error, "errno", None) == errno.ENOSPC:
        return Refusal(
            "io.disk-full", f"{path} could not be written.", "The disk is full.",
            "Free some space and try again; every record acknowledged so far is kept.",
        )  # fmt: skip
    return Refusal(
        "io.failed", f"{path} could not be used.", words.splitlines()[0] if words else type(error).__name__,
        "Check the disk and the folder's permissions; every record acknowledged so far is kept.",
    )  # fmt: skip
