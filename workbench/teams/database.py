"""The receiver's own database of many logs: typed rows in, queries and Parquet out. Nobody else's is ever opened."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb

from casefiles.files.disk import guarded, new_folder
from casefiles.files.unfinished import scratch
from workbench.listener import Listener, silent
from workbench.log.stored_log import LOCKED_DOWN, storage
from workbench.teams.tables import TABLES, TeamRow, columns, schema

_TOGETHER: Final = 50_000
"""Rows that wait before they are written."""


class TeamDatabase:
    """A DuckDB file made here, with the tables of `tables.py`, and with more where somebody tells more of each log."""

    def __init__(self, path: Path, more: Sequence[type[TeamRow]] = ()) -> None:
        """Make the file. Raises Refusal if it cannot be."""
        self._path, self._tables = path, (*TABLES, *more)
        self._waiting: defaultdict[type[TeamRow], list[TeamRow]] = defaultdict(list)
        self._connection = self._opened()
        self._connection.execute(schema(self._tables))

    def _opened(self) -> duckdb.DuckDBPyConnection:
        with storage(self._path):
            return duckdb.connect(self._path, config=LOCKED_DOWN | {"lock_configuration": "true"})

    def add(self, rows: Iterable[TeamRow]) -> None:
        """Put in rows of any tables. They are written together, when there are many or somebody asks: each writing
        waits for the disk."""
        for row in rows:
            self._waiting[type(row)].append(row)
        if sum(map(len, self._waiting.values())) > _TOGETHER:
            self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        with storage(self._path):
            self._connection.execute("BEGIN")
            for kind, rows in self._waiting.items():
                # Column by column: DuckDB takes a list a hundred times faster than as many rows.
                told = columns(kind)
                places = ", ".join(f"unnest(?::{sql.split()[0]}[])" for sql in told.values())
                values = [[getattr(row, name) for row in rows] for name in told]
                self._connection.execute(f"INSERT INTO {kind.table} SELECT {places}", values)
            self._connection.execute("COMMIT")
        self._waiting.clear()

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a SELECT over the tables."""
        self._write()
        return self._connection.execute(sql, parameters or []).fetchall()

    def write_parquet(self, out: Path, about: str, listener: Listener = silent) -> tuple[Path, ...]:
        """Write every table as a Parquet file into a new folder, with a sentence about it in each.

        Raises Refusal if something stands there already, or nothing can be written, and leaves nothing of it if the
        `listener`, who hears of each table, raises one. Writing files is what the
        lock-down forbids, so it is done on a connection of its own that reads nothing else.
        """
        self._write()
        self._connection.close()
        try:
            with new_folder(out) as folder:
                for number, kind in enumerate(self._tables):
                    listener(number / len(self._tables), f"writing {kind.table}")
                    self._copy(kind, folder / f"{kind.table}.parquet", about)
        finally:
            self._connection = self._opened()
        return tuple(out / f"{kind.table}.parquet" for kind in self._tables)

    def _copy(self, kind: type[TeamRow], file: Path, about: str) -> None:
        free = LOCKED_DOWN | {"enable_external_access": "true"}
        with storage(self._path), duckdb.connect(self._path, read_only=True, config=free) as connection:
            connection.execute(
                f"COPY (SELECT * FROM {kind.table} ORDER BY ALL) TO {_quoted(file)}"
                f" (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{about: {_quoted(about)}}})"
            )
        with guarded(f"{file.name} could not be written."), file.open("rb+") as written:
            os.fsync(written.fileno())

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def team_database(more: Sequence[type[TeamRow]] = ()) -> Iterator[TeamDatabase]:
    """A new one, which lasts as long as the block."""
    with (
        guarded("A temporary database could not be made."),
        scratch("team") as folder,
        TeamDatabase(folder / "team.duckdb", more) as database,
    ):
        yield database


def _quoted(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"
