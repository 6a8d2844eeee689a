"""The audit log keeps what it acknowledged, in order, signed, and tells when it cannot."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pymerkle
import pytest

from casefiles.keys.identity import Identity, SigningKey
from casefiles.log.checkpoint import Checkpoint
from casefiles.status import Refusal
from tests.workbench.logbook import ORGANISM, genesis
from workbench.contract.actor import Actor
from workbench.contract.rules import Cost, Elicitation
from workbench.log import stored_log
from workbench.log.audit_log import AuditLog
from workbench.log.records import Intent, Note, Tag
from workbench.log.stored_log import StoredLog

SESSION = "0" * 32


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def log(tmp_path: Path, key: SigningKey):
    with AuditLog.create(tmp_path, SESSION, key, genesis(Identity.generate("Ada"))) as log:
        yield log


def test_a_record_is_read_back_as_it_was_written(log: AuditLog) -> None:
    entry = log.append(Note(text="Ü ␣ 𝄞", actor=Actor(kind="agent", name="Norn")))
    assert log.entry(1) == entry
    assert json.loads(entry.body) == {
        "v": 1, "seq": 1, "ts_us": entry.ts_us, "session": SESSION, "kind": "note",
        "data": {"text": "Ü ␣ 𝄞", "actor": {"kind": "agent", "name": "Norn"}},
    }  # fmt: skip


def test_every_row_carries_leaf_root_and_signature_that_an_outsider_can_check(log: AuditLog, key: SigningKey) -> None:
    for number in range(9):
        log.append(Note(text=str(number)))
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    rows = log.query("SELECT seq, body, leaf, root, sig FROM record ORDER BY seq")
    assert [row[0] for row in rows] == list(range(10))
    for seq, body, leaf, root, sig in rows:
        tree.append_entry(bytes(body))
        assert bytes(leaf) == hashlib.sha256(b"\0" + bytes(body)).digest()
        assert bytes(root) == tree.get_root()
        assert Checkpoint(f"audit-workbench/{SESSION}", seq + 1, bytes(root)).verify(bytes(sig), key.public)


def test_a_reopened_log_goes_on_where_it_stopped(tmp_path: Path, key: SigningKey) -> None:
    with AuditLog.create(tmp_path, SESSION, key, genesis(Identity.generate("Ada"))) as log:
        log.append(Note(text="before"))
    with AuditLog(tmp_path / AuditLog.FILE, key) as log:
        assert log.append(Note(text="after")).seq == 2
        assert [entry.kind for entry in log.entries()] == ["genesis", "note", "note"]


def test_entries_can_be_chosen_by_kind_and_by_place(log: AuditLog) -> None:
    for record in (Note(text="one"), Tag(record=1, label="odd"), Note(text="two")):
        log.append(record)
    assert [entry.seq for entry in log.entries({"note"})] == [1, 3]
    assert [entry.seq for entry in log.page(2, 4)] == [2, 3]


def test_long_records_are_written_and_read_a_few_at_a_time(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_log, "_TOGETHER", 3_500)
    sizes = [10, 10, 1000, 1000, 10, 1000, 1000, 1000]
    for size in sizes:
        log.append(Note(text="x" * size))
    monkeypatch.setattr(stored_log, "_FEW", 2)
    select, read = log._select, list[int]()

    def counted(sql: str, parameters: Any = None) -> Any:
        rows = select(sql, parameters)
        read.append(sum(len(value) for row in rows for value in row if isinstance(value, bytes)))
        return rows

    monkeypatch.setattr(log, "_select", counted)
    assert [len(entry.data["text"]) for entry in log.page(1, log.size)] == sizes
    assert [record.body for record in log.records()] == [entry.body for entry in log.entries()]
    assert max(read) < 2 * 3_500 and len(read) > 6
    row = log.query("SELECT seq, ts_us, kind, session, body, leaf, root, sig FROM record")[0]
    rows: list[Any] = [(*row[:4], bytes(size << 20), *row[5:]) for size in (3, 3, 3, 9, 1, 1)]
    assert [len(batch) for batch in stored_log._batches(rows)] == [3, 1, 2]
    assert [len(batch) for batch in stored_log._batches(row for _ in range(5001))] == [5000, 1]


def test_what_a_person_writes_is_no_longer_than_a_log_has_room_for(log: AuditLog) -> None:
    with pytest.raises(Refusal, match="The note is too long") as refused:
        log.append(Note(text="a" * (4 << 20)))
    assert refused.value.code == "input.invalid" and log.size == 1
    assert log.append(Note(text="a" * ((4 << 20) - 1000))).seq == 1


def test_memory_that_runs_out_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_log, "LOCKED_DOWN", stored_log.LOCKED_DOWN | {"memory_limit": "20MB"})
    row: Any = (0, 0, "note", SESSION, bytes(1 << 20), b"", b"", b"")
    with pytest.raises(Refusal) as refused:
        stored_log.create_table(tmp_path / "audit.duckdb", [row] * 30)
    assert refused.value.code == "io.memory"


def test_an_unknown_record_is_a_key_error(log: AuditLog) -> None:
    with pytest.raises(KeyError):
        log.entry(7)


def test_a_second_log_is_refused_in_the_same_folder(log: AuditLog, tmp_path: Path, key: SigningKey) -> None:
    before = (tmp_path / AuditLog.FILE).read_bytes()
    with pytest.raises(Refusal) as refused:
        AuditLog.create(tmp_path, SESSION, key, genesis(Identity.generate("Ada")))
    assert refused.value.code == "session.exists"
    assert (tmp_path / AuditLog.FILE).read_bytes() == before


def test_a_folder_without_a_log_is_not_a_session(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        StoredLog(tmp_path / StoredLog.FILE)
    assert refused.value.code == "session.not-a-session"


def test_a_session_open_in_another_process_is_refused(log: AuditLog, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\nfrom casefiles.status import Refusal\nfrom workbench.log.stored_log import StoredLog\n"
        "try: StoredLog(pathlib.Path(sys.argv[1]))\nexcept Refusal as refusal: print(refusal.code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / AuditLog.FILE)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "session.locked"


def test_a_changed_row_is_noticed_before_anything_is_added(tmp_path: Path, key: SigningKey) -> None:
    with AuditLog.create(tmp_path, SESSION, key, genesis(Identity.generate("Ada"))) as log:
        log.append(Note(text="one"))
    with duckdb.connect(tmp_path / AuditLog.FILE) as database:
        database.execute("UPDATE record SET leaf = ?::BLOB WHERE seq = 0", [b"\1" * 32])
    with AuditLog(tmp_path / AuditLog.FILE, key) as log:
        with pytest.raises(Refusal) as refused:
            log.append(Note(text="two"))
        assert refused.value.code == "log.damaged"


@pytest.mark.parametrize(
    "change",
    [
        "DROP VIEW probe; DROP TABLE record",
        "ALTER TABLE record RENAME TO other; CREATE VIEW record AS SELECT other.* FROM other, range(10000000000)",
        "ALTER TABLE record DROP COLUMN sig",
        "ALTER TABLE record DROP COLUMN sig; ALTER TABLE record ADD COLUMN sig BLOB DEFAULT 'x'::BLOB",
        "DELETE FROM record WHERE seq = 1",
        "UPDATE record SET seq = seq + 10 WHERE seq = 2",
        "UPDATE record SET root = 'x'::BLOB",
        "UPDATE record SET session = 'x'",
    ],
)
def test_a_file_that_holds_no_records_as_they_were_written_is_refused_when_it_is_opened(
    tmp_path: Path, key: SigningKey, change: str
) -> None:
    damage(tmp_path, key, change)
    for opened in (StoredLog, lambda path: AuditLog(path, key)):
        with pytest.raises(Refusal) as refused:
            opened(tmp_path / StoredLog.FILE)
        assert refused.value.code == "log.damaged"
    duckdb.connect(tmp_path / StoredLog.FILE).close()  # nobody holds what was refused


@pytest.mark.parametrize("body", ["{", "\\xFF\\xFE", "null", "[]", '{"data": null}', "[" * 100_000], ids=repr)
def test_a_body_that_is_none_of_a_record_is_refused_where_it_is_read(
    tmp_path: Path, key: SigningKey, body: str
) -> None:
    damage(tmp_path, key, f"UPDATE record SET body = '{body}'::BLOB WHERE seq = 1")
    with StoredLog(tmp_path / StoredLog.FILE) as log:
        assert log.entry(2).data["text"] == "two"
        with pytest.raises(Refusal) as refused:
            log.entry(1)
        assert refused.value.code == "log.damaged" and "Record 1" in refused.value.what


def test_what_a_query_cannot_read_is_refused(tmp_path: Path, key: SigningKey) -> None:
    damage(tmp_path, key, "UPDATE record SET body = '{'::BLOB, leaf = 'x'::BLOB WHERE seq = 1")
    with StoredLog(tmp_path / StoredLog.FILE) as log:
        for read in (lambda: log.query("SELECT text FROM note"), log.leaves):
            with pytest.raises(Refusal) as refused:
                read()
            assert refused.value.code == "log.damaged"


def test_what_a_file_calls_as_duckdb_does_is_not_run(tmp_path: Path, key: SigningKey) -> None:
    damage(tmp_path, key, 'CREATE MACRO decode(body) AS \'{"data": {"text": "another"}}\'')
    with StoredLog(tmp_path / StoredLog.FILE) as log:
        assert log.query("SELECT text FROM note ORDER BY seq") == [("one",), ("two",)]


@pytest.mark.parametrize("change", [lambda data: data[:-9000], lambda data: b"x" * len(data)], ids=["cut", "other"])
def test_a_file_of_which_a_part_was_lost_is_refused(
    tmp_path: Path, key: SigningKey, change: Callable[[bytes], bytes]
) -> None:
    path = damage(tmp_path, key, "")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(Refusal) as refused:
        StoredLog(path)
    assert refused.value.code == "log.damaged"


def test_a_pipe_in_place_of_what_was_written_ahead_does_not_make_it_wait(tmp_path: Path, key: SigningKey) -> None:
    path = damage(tmp_path, key, "")
    os.mkfifo(path.with_name(f"{path.name}.wal"))
    with pytest.raises(Refusal) as refused:
        StoredLog(path)
    assert refused.value.code == "log.damaged"


def damage(folder: Path, key: SigningKey, change: str) -> Path:
    """The file of a log of three records, changed by whoever has it."""
    with AuditLog.create(folder, SESSION, key, genesis(Identity.generate("Ada"))) as log:
        for text in ("one", "two"):
            log.append(Note(text=text))
    with duckdb.connect(folder / AuditLog.FILE) as database:
        database.execute(change) if change else None
        database.execute("CHECKPOINT")
    return folder / AuditLog.FILE


class Failing:
    """A DuckDB connection whose next INSERT fails, before or after it is durable."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, committed: bool) -> None:
        self._connection, self._committed = connection, committed

    def execute(self, sql: str, parameters: object = None) -> object:
        if self._committed:
            self._connection.execute(sql, parameters)
            raise duckdb.IOException("COMMIT succeeded and is durable, but the autocheckpoint failed")
        raise duckdb.IOException("Could not write file: No space left on device")

    def close(self) -> None:
        self._connection.close()


def test_an_error_before_the_commit_refuses_and_leaves_the_log_as_it_was(log: AuditLog) -> None:
    log.append(Note(text="kept"))
    root = log.root
    log._writer = Failing(log._writer, committed=False)  # type: ignore[assignment]
    with pytest.raises(Refusal) as refused:
        log.append(Note(text="lost"))
    assert refused.value.code == "io.disk-full"
    assert (log.size, log.root) == (2, root)
    assert log.append(Note(text="next")).seq == 2


def test_an_error_after_the_commit_keeps_the_record_and_does_not_repeat_it(log: AuditLog) -> None:
    log._writer = Failing(log._writer, committed=True)  # type: ignore[assignment]
    assert log.append(Note(text="durable")).seq == 1
    assert log.append(Note(text="next")).seq == 2
    assert [entry.data.get("text") for entry in log.entries()] == [None, "durable", "next"]


WRITER = """
import pathlib, sys
from casefiles.keys.identity import Identity
from tests.workbench.logbook import genesis
from workbench.log.audit_log import AuditLog
from workbench.log.records import Note
ada = Identity.generate("Ada")
log = AuditLog.create(pathlib.Path(sys.argv[1]), "0" * 32, ada.signing, genesis(ada))
while True:
    print(log.append(Note(text="x" * 500)).seq, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kills with SIGKILL")
def test_no_acknowledged_record_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    for trial in range(4):
        folder = tmp_path / str(trial)
        folder.mkdir()
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.01 + 0.09 * trial)
            process.send_signal(signal.SIGKILL)
            acknowledged = [int(line) for line in process.stdout.read().splitlines() if line.strip().isdigit()]
        with StoredLog(folder / StoredLog.FILE) as log:
            assert log.size > max(acknowledged, default=1)
            assert [entry.seq for entry in log.entries()] == list(range(log.size))


def test_a_number_that_json_cannot_carry_is_a_defect_not_a_record(log: AuditLog) -> None:
    asked = Intent(
        probe="sample", version=1, arguments={}, actor=Actor(), model=ORGANISM, engine="toy", reserved=Cost(),
        elicitation=Elicitation.NATURAL,
    )  # fmt: skip
    with pytest.raises(ValueError, match="nan"):
        log.append(asked.model_copy(update={"arguments": {"temperature": float("nan")}}))
    assert log.size == 1
