"""Kills, failing disks, cut files, other processes, wrong clocks: nothing acknowledged is lost, nothing is hidden."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.custody.receipt import Receipt
from casefiles.keys.identity import Identity
from casefiles.log import auditlog
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from casefiles.verify import verify
from tests.workbench.logbook import genesis
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.audit_log import AuditLog
from workbench.log.stored_log import StoredLog
from workbench.probes import Sample

linux = pytest.mark.skipif(sys.platform != "linux", reason="kills processes and preloads a failing disk, as on Linux")


@linux
@pytest.mark.slow
def test_of_30_killed_sessions_none_lost_what_it_had_acknowledged(case: Case) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.workbench.log.kill_loop", str(case.root.parent), "30", "1"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    trials = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(trials) == 30
    for trial in trials:
        assert trial["wrong"] == []
        assert trial["size"] > max(trial["acknowledged"], default=0)
        assert trial["orphans"] <= 1
    assert 0 < sum(trial["orphans"] for trial in trials) < 30, "kills fell only before or only after an intent"


WRITER = """
import pathlib, sys
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.log.audit_log import AuditLog
from workbench.log.records import Note
log = AuditLog(pathlib.Path(sys.argv[1]), Identity.load(pathlib.Path(sys.argv[2])).signing)
for number in range(40):
    try:
        print("kept", log.append(Note(text=f"{number:03}" + "x" * 300)).seq, flush=True)
    except Refusal as refusal:
        print("refused", refusal.code, flush=True)
"""


@pytest.fixture(scope="module")
def faulty_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build the failing disk with")
    library = tmp_path_factory.mktemp("disk") / "faulty_disk.so"
    source = Path(__file__).with_name("faulty_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@linux
@pytest.mark.parametrize("call", ["write", "sync"])
@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "io.disk-full"), (errno.EIO, "io.failed")])
@pytest.mark.parametrize("after", [3, 11])
def test_a_failing_disk_refuses_and_keeps_what_was_acknowledged(
    faulty_disk: Path, tmp_path: Path, auditor: Identity, call: str, number: int, code: str, after: int
) -> None:
    auditor.save(tmp_path / "ada.key", None)
    AuditLog.create(tmp_path, "0" * 32, auditor.signing, genesis(auditor)).close()
    environment = {
        **os.environ, "LD_PRELOAD": str(faulty_disk), "FAULT_CALL": call, "FAULT_AFTER": str(after),
        "FAULT_ERRNO": str(number), "FAULT_TIMES": "4",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path / AuditLog.FILE), str(tmp_path / "ada.key")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line.split() for line in done.stdout.splitlines()]
    kept = [int(value) for word, value in lines if word == "kept"]
    refused = {value for word, value in lines if word == "refused"}
    assert refused <= {code, "io.failed"}, done.stdout
    assert refused, done.stdout + done.stderr
    with StoredLog(tmp_path / AuditLog.FILE) as log:
        assert {entry.seq for entry in log.entries()} == set(range(log.size))
        assert set(kept) <= set(range(log.size))
        numbers = [entry.data["text"] for entry in log.entries({"note"})]
        assert len(numbers) == len(set(numbers)), "a record was written twice"


def exported(session: Session, out: Path) -> Path:
    auditlog.write(
        out, session.log.records(), origin=origin_of(session.log.session), seal=session.auditor.signing,
        receipts=session.custody.notes,
    )  # fmt: skip
    return out


def witness(session: Session, judge: Identity) -> None:
    session.custody.take(Receipt.sign(session.log.checkpoint(), judge.signing, 1_700_000_000).code())


@pytest.mark.parametrize("cut", ["deleted", "truncated"])
def test_a_lost_write_ahead_log_is_reported_by_whoever_holds_a_receipt(
    session: Session, case: Case, auditor: Identity, judge: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path,
    cut: str,
) -> None:  # fmt: skip
    for number in range(6):
        session.note(str(number))
    witness(session, judge)
    receipts = session.custody.notes
    wal = session.folder / f"{AuditLog.FILE}.wal"
    crashed = tmp_path / "crashed.session"
    shutil.copytree(session.folder, crashed)  # as a power cut leaves it: rows still in the write-ahead log
    assert (crashed / wal.name).stat().st_size > 0
    if cut == "deleted":
        (crashed / wal.name).unlink()
    else:
        with (crashed / wal.name).open("rb+") as file:
            file.truncate(wal.stat().st_size // 2)
    with Session.reopen(case, crashed, auditor, open_toy) as again:
        assert again.log.size < session.log.size
        auditlog.write(
            tmp_path / "cut.auditlog", again.log.records(), origin=origin_of(again.log.session),
            seal=auditor.signing, receipts=receipts,
        )  # fmt: skip
    found = verify(tmp_path / "cut.auditlog", judge=judge.public.verify, witnesses=[judge.public.verify])
    assert found.code == "receipt.cut"


def test_what_is_past_the_last_receipt_is_reported_as_unwitnessed(
    session: Session, judge: Identity, tmp_path: Path
) -> None:
    witness(session, judge)
    session.note("after the receipt")
    found = verify(
        exported(session, tmp_path / "a.auditlog"), judge=judge.public.verify, witnesses=[judge.public.verify]
    )
    assert found.ok
    assert (found.witnessed, found.records) == (1, 2)
    assert "log.unwitnessed" in {step.code for step in found.remarks}


@linux
def test_a_read_only_mount_is_refused_in_words(case: Case, auditor: Identity, tmp_path: Path) -> None:
    auditor.save(tmp_path / "ada.key", None)
    (tmp_path / "media").mkdir()
    code = f"""
import pathlib
from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.door.session import Session
try:
    Session.create(open_case(pathlib.Path({str(case.root)!r})), pathlib.Path({str(tmp_path / "media" / "s.session")!r}),
                   Identity.load(pathlib.Path({str(tmp_path / "ada.key")!r})), lambda: None)
except Refusal as refusal:
    print(refusal.code)
"""
    mount = f'mount -t tmpfs -o ro tmpfs {tmp_path / "media"} && exec {sys.executable} -c "$CODE"'
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mount],
        env={**os.environ, "CODE": code}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
    assert done.stdout.strip() == "io.failed", done.stderr


def test_a_clock_that_jumps_back_is_remarked_and_breaks_nothing(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.note("now")
    monkeypatch.setattr("casefiles.clock.time.time_ns", lambda: 10**18)
    session.note("in 2001")
    found = verify(exported(session, tmp_path / "a.auditlog"))
    assert found.ok
    assert "log.clock" in {step.code for step in found.remarks}


def test_a_probe_that_cannot_store_its_arrays_is_no_evidence(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise Refusal("io.disk-full", "Full.", "No space.", "Free some.")

    from workbench.probes import LogitLens

    monkeypatch.setattr("workbench.log.blobs.write_atomic", full)
    with pytest.raises(Refusal):
        session.run(LogitLens(prompt=Prompt.ask("Hi")))
    assert [entry.kind for entry in session.log.entries()] == ["genesis", "intent"]
    monkeypatch.undo()
    assert session.run(Sample(prompt=Prompt.ask("Hi"), max_tokens=1)).status == "ok"
