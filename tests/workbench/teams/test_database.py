"""The receiver's own database: typed rows, locked down, and Parquet that another program reads."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from casefiles.status import Refusal
from tests.workbench.teams.rows import draw_row, log_row, probe_row
from workbench.teams.database import TeamDatabase, team_database
from workbench.teams.tables import TABLES, LogRow, columns


def test_a_field_that_may_be_missing_is_a_column_that_may_be_empty() -> None:
    told = columns(LogRow)
    assert (told["log"], told["said"], told["recall"]) == ("BIGINT NOT NULL", "VARCHAR", "DOUBLE")
    assert (told["ticket"], told["modified"]) == ("BOOLEAN NOT NULL", "BOOLEAN")


def test_it_reads_and_writes_nothing_but_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with TeamDatabase(tmp_path / "team.duckdb") as database:
        for sql in (
            f"FROM '{tmp_path / 'secret.csv'}'", f"COPY log TO '{tmp_path / 'out.csv'}'",
            f"ATTACH '{tmp_path / 'other.duckdb'}'", "SET enable_external_access = true", "INSTALL httpfs",
        ):  # fmt: skip
            with pytest.raises(duckdb.Error):
                database.query(sql)
    assert {path.name for path in tmp_path.iterdir()} == {"team.duckdb", "secret.csv"}


def test_its_tables_leave_as_parquet_with_what_they_leave_out(tmp_path: Path) -> None:
    hostile = "a\x00b\u202e'; DROP TABLE log; --\n"
    out = tmp_path / "it's here"
    with team_database() as database:
        database.add([log_row(0, name=hostile), probe_row(0, 2), draw_row(0, 2, 0, "x" * 100_000), log_row(1)])
        written = database.write_parquet(out, "It's not judged.")
        assert database.query("SELECT count(*) FROM log") == [(2,)], "it goes on as before"
    assert [path.name for path in written] == [f"{row.table}.parquet" for row in TABLES]
    with duckdb.connect() as other:
        read = other.read_parquet(str(out / "log.parquet")).fetchall()
        assert [row[:2] for row in read] == [(0, hostile), (1, "log 1")]
        assert other.read_parquet(str(out / "draw.parquet")).fetchall()[0][3] == "x" * 100_000
        (about,) = other.execute(f"SELECT value FROM parquet_kv_metadata($${out / 'log.parquet'}$$)").fetchone() or ()
    assert about.decode() == "It's not judged."


def test_what_stands_there_already_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with TeamDatabase(tmp_path / "team.duckdb") as database, pytest.raises(Refusal):
        database.write_parquet(tmp_path / "out", "")
    assert list((tmp_path / "out").iterdir()) == []
