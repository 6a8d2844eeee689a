"""The audit log: one append-only DuckDB table whose every row is hashed into a ledger and signed."""

from __future__ import annotations

import errno
import json
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb

from casefiles import canonical
from casefiles.auditlog import Record
from casefiles.checkpoint import Checkpoint, origin_of
from casefiles.files import sync_folder
from casefiles.keys import SigningKey
from casefiles.ledger import Ledger, leaf_hash
from casefiles.status import Refusal
from workbench.entry import Entry

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
CREATE VIEW probe AS SELECT
    intent.seq AS intent, result.seq AS result, intent.ts_us AS ts_us,
    json_extract_string(decode(intent.body), '$.data.probe') AS probe,
    json_extract_string(decode(intent.body), '$.data.actor.kind') AS actor,
    json_extract_string(decode(intent.body), '$.data.elicitation') AS elicitation,
    coalesce(json_extract_string(decode(result.body), '$.data.status'), 'orphan') AS status,
    CAST(json_extract(decode(result.body), '$.data.cost.generated_tokens') AS BIGINT) AS generated_tokens,
    CAST(json_extract(decode(result.body), '$.data.cost.forward_tokens') AS BIGINT) AS forward_tokens
FROM record AS intent LEFT JOIN record AS result
    ON result.kind = 'result' AND CAST(json_extract(decode(result.body), '$.data.intent') AS BIGINT) = intent.seq
WHERE intent.kind = 'intent';
"""


class AuditLog:
    """The log of one session on the auditor's machine. `append` returns only when the record is durable.

    Safe to read from several threads while one appends.
    """

    FILE: Final = "audit.duckdb"

    def __init__(self, path: Path, session: str, key: SigningKey) -> None:
        """Open an existing log; `create` makes a new one."""
        self._path, self._key, self.session = path, key, session
        self._ledger: Ledger | None = None
        self._lock = threading.RLock()
        self._connect()

    @classmethod
    def create(cls, folder: Path, session: str, key: SigningKey) -> Self:
        """Start the log of a new session. Raises Refusal if the folder already holds one."""
        path = folder / cls.FILE
        if path.exists():
            raise Refusal(
                "session.exists", f"{folder} already holds a session.", "A log is never overwritten.",
                "Reopen that session, or name another folder.",
            )  # fmt: skip
        with _storage(path):
            connection = duckdb.connect(path, config=LOCKED_DOWN)
            connection.execute(SCHEMA)
            connection.close()
            sync_folder(folder)
        return cls(path, session, key)

    @classmethod
    def session_in(cls, folder: Path) -> str:
        """The id of the session whose log the folder holds. Raises Refusal if there is none."""
        path = folder / cls.FILE
        if not path.is_file():
            raise _no_session(folder)
        with _storage(path), duckdb.connect(path, config=LOCKED_DOWN) as connection:
            row = connection.execute("SELECT session FROM record WHERE seq = 0").fetchone()
        if row is None:
            raise _no_session(folder)
        return str(row[0])

    # -- writing

    def append(self, kind: str, data: dict[str, Any]) -> Entry:
        """Make one record durable. Raises Refusal if the disk does not take it; the log is then as it was."""
        with self._lock:
            ledger = self._ledger_now().copy()
            seq, ts_us = ledger.size, time.time_ns() // 1000
            body = canonical.encode(
                {"v": 1, "seq": seq, "ts_us": ts_us, "session": self.session, "kind": kind, "data": data}
            )
            leaf = leaf_hash(body)
            root = ledger.append(leaf)
            signature = Checkpoint(origin_of(self.session), ledger.size, root).sign(self._key)
            row = (seq, ts_us, kind, self.session, body, leaf, root, signature)
            try:
                self._writer.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            except (duckdb.Error, OSError) as error:
                self._settle(row, error)
            self._ledger, self._root, self._size = ledger, root, ledger.size
            return _entry((seq, ts_us, kind, body))

    def _settle(self, row: tuple[Any, ...], error: Exception) -> None:
        """After an error, learn from the file itself whether the row is in it: an error may follow a durable commit."""
        try:
            self.close()
            self._connect()
        except (duckdb.Error, OSError) as again:
            raise _refused(self._path, again) from error
        if self._size == row[0]:
            raise _refused(self._path, error) from error
        if self._size != row[0] + 1 or self._root != row[6]:
            raise RuntimeError(f"the log holds {self._size} records after record {row[0]} failed") from error

    def _connect(self) -> None:
        with _storage(self._path):
            self._writer = duckdb.connect(self._path, config=LOCKED_DOWN)
            self._writer.execute("SET lock_configuration = true")
            # A result that is still being read owns its connection, so readers get their own.
            self._reader = self._writer.cursor()
        tail = self._reader.execute("SELECT seq, root FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        self._size, self._root = (int(tail[0]) + 1, bytes(tail[1])) if tail else (0, Ledger().root)
        self._ledger = None

    def _ledger_now(self) -> Ledger:
        """The ledger up to the last record, rebuilt from the rows the first time it is needed."""
        if self._ledger is None:
            rows = self._select("SELECT leaf FROM record ORDER BY seq")
            ledger = Ledger(bytes(leaf) for (leaf,) in rows)
            if (ledger.size, ledger.root) != (self._size, self._root):
                raise Refusal(
                    "log.damaged", f"{self._path} is damaged.", "Its rows do not add up to its own last root.",
                    "Keep the file as it is and go on in a new session; what was witnessed can still be shown.",
                )  # fmt: skip
            self._ledger = ledger
        return self._ledger

    # -- reading

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

    def entry(self, seq: int) -> Entry:
        """One record. Raises KeyError if there is none with that number."""
        rows = self._select("SELECT seq, ts_us, kind, body FROM record WHERE seq = ?", [seq])
        if not rows:
            raise KeyError(seq)
        return _entry(rows[0])

    def entries(self, kinds: Collection[str] | None = None) -> Iterator[Entry]:
        """All records, oldest first, or those of some kinds."""
        return self.page(0, self._size, kinds)

    def page(self, start: int, stop: int, kinds: Collection[str] | None = None) -> Iterator[Entry]:
        """The records `start` … `stop - 1`, oldest first, or those of some kinds among them."""
        where, wanted = "seq >= ? AND seq < ?", list(kinds) if kinds is not None else None
        for first in range(start, stop, 10_000):
            parameters: list[Any] = [first, min(stop, first + 10_000)]
            if wanted is not None:
                where = "seq >= ? AND seq < ? AND list_contains(?, kind)"
                parameters.append(wanted)
            yield from map(
                _entry,
                self._select(f"SELECT seq, ts_us, kind, body FROM record WHERE {where} ORDER BY seq", parameters),
            )

    def records(self) -> Iterator[Record]:
        """The rows as they are exported: exact bytes, leaf, root and signature."""
        for first in range(0, self._size, 10_000):
            rows = self._select(
                "SELECT body, leaf, root, sig FROM record WHERE seq >= ? AND seq < ? ORDER BY seq",
                [first, first + 10_000],
            )
            yield from (Record(*map(bytes, row)) for row in rows)

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT over `record` and the views; for reading only."""
        return self._select(sql, parameters)

    def _select(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._reader.execute(sql, parameters or []).fetchall()

    # -- ending

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


def _entry(row: tuple[Any, ...]) -> Entry:
    body = bytes(row[3])
    return Entry(int(row[0]), int(row[1]), str(row[2]), json.loads(body)["data"], body)


def _no_session(folder: Path) -> Refusal:
    return Refusal(
        "session.not-a-session", f"{folder} is not a session.", f"It holds no {AuditLog.FILE} with records.",
        "Name the folder a session was started in.",
    )  # fmt: skip


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    """Turn what DuckDB and the system say about the file into a refusal."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: Exception) -> Refusal:
    words = str(error)
    if "lock" in words.lower():
        return Refusal(
            "session.locked", f"{path} is in use.", "Another process has this session open.",
            "Close the other window or command and try again.",
        )  # fmt: skip
    if "No space left" in words or getattr(error, "errno", None) == errno.ENOSPC:
        return Refusal(
            "io.disk-full", f"{path} could not be written.", "The disk is full.",
            "Free some space and try again; every record acknowledged so far is kept.",
        )  # fmt: skip
    return Refusal(
        "io.failed", f"{path} could not be used.", words.splitlines()[0] if words else type(error).__name__,
        "Check the disk and the folder's permissions; every record acknowledged so far is kept.",
    )  # fmt: skip
