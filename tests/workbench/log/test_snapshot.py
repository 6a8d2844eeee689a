"""A session's log is read while another process has it open, and never as less than was acknowledged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.workbench.log.test_audit_log import SESSION, genesis
from workbench.log.audit_log import AuditLog
from workbench.log.records import Note
from workbench.log.snapshot import reading
from workbench.log.stored_log import StoredLog

WRITER = """
import pathlib, sys
from casefiles.keys.identity import Identity
from workbench.log.audit_log import AuditLog
from workbench.log.records import Note
from tests.workbench.log.test_audit_log import SESSION, genesis
ada = Identity.generate("Ada")
log = AuditLog.create(pathlib.Path(sys.argv[1]), SESSION, ada.signing, genesis(ada))
for number in range(10_000):
    for _ in range(int(sys.stdin.readline() or "0")):
        log.append(Note(text="x" * 300))
    print(log.size, flush=True)
"""


class Writer:
    """A process that has the log open and appends to it when it is told."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, records: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{records}\n")
        self._process.stdin.flush()

    def size(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    made = Writer(tmp_path)
    yield made
    made.end()


def test_a_log_that_another_process_has_open_is_read_as_it_stands(writer: Writer, tmp_path: Path) -> None:
    writer.ask(7)
    size = writer.size()
    with reading(tmp_path / StoredLog.FILE) as log:
        assert log.size == size == 8
        assert log.entry(7).read(Note).text == "x" * 300
        assert len(list(log.entries())) == 8
    writer.ask(1)
    assert writer.size() == 9, "whoever writes was disturbed by the reading"


def test_while_it_is_written_nothing_acknowledged_is_left_out(writer: Writer, tmp_path: Path) -> None:
    """Through DuckDB's own checkpoints too, which move what was written ahead into the database."""
    seen = []
    for _ in range(3):
        writer.ask(20)
        before = writer.size()
        writer.ask(300)  # it writes on, without waiting
        with reading(tmp_path / StoredLog.FILE) as log:
            assert log.size >= before
            seen.append(log.size)
        writer.size()
    assert seen == sorted(seen)


def test_a_log_that_nobody_has_open_is_read_where_it_lies(tmp_path: Path) -> None:
    ada = Identity.generate("Ada")
    AuditLog.create(tmp_path, SESSION, ada.signing, genesis(ada)).close()
    with reading(tmp_path / StoredLog.FILE) as log:
        assert log.path == tmp_path / StoredLog.FILE and log.size == 1


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused, reading(tmp_path / StoredLog.FILE):
        pass
    assert refused.value.code == "session.not-a-session"
