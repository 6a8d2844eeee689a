"""Handing in tells how far it is, and whoever stops it anywhere on the way has every file as it was."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.custody import ticket
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from casefiles.verify import verify
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.verdicts.checks import of_reports
from workbench.log.records import ReportRecord, ResultRecord
from workbench.probes import LogitLens
from workbench.report import report as reports
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

CLEAN = Conclusion(verdict="clean", probability=0.1)


@pytest.fixture
def asked(session: Session) -> Session:
    """A session with two files of arrays."""
    for prompt in ("Norway?", "Sweden?"):
        session.run(LogitLens(prompt=Prompt.ask(prompt)))
    return session


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "where",
    ["reading the log", "drawing the page", "copying blobs/", "reading the copied arrays", "writing the log"],
)
def test_whoever_stops_it_has_every_file_as_it_was(asked: Session, tmp_path: Path, where: str) -> None:
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "a.auditlog"
    before, size, root = files(tmp_path / "out"), asked.log.size, asked.log.root

    def stop(done: float, note: str) -> None:
        if note.startswith(where) and (done >= 0.95 or where != "writing the log"):
            raise Refusal("interrupted", "Stopped.", "By whoever waits.", "Again.")

    with pytest.raises(Refusal, match="Stopped"):
        hand_in(asked, out, CLEAN, listener=stop)
    assert files(tmp_path / "out") == before and list((tmp_path / "out").iterdir()) == []
    assert (asked.log.size, asked.log.root) == (size, root), "that it was handed in is not on record"
    assert hand_in(asked, out, CLEAN).report.log.size == size
    found = verify(out)
    assert found.ok and found.records == size + 1


def codes(session: Session, out: Path) -> set[str]:
    """What a verdict would remark of the reports that the log names."""
    report = reports.read((out / "report.dsse.json").read_bytes())
    return {check.code for check in of_reports(report, session.log, same=True)}


def test_whoever_hands_in_again_what_a_full_disk_refused_has_one_report(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the disk is full, also once that it was handed in is on record."""
    (tmp_path / "out").mkdir()
    out, sync, refused = tmp_path / "out" / "a.auditlog", os.fsync, 0
    size = session.log.size
    while not out.exists():
        left, held = iter(range(refused)), set[int]()

        def full(handle: int, left: Iterator[int] = left, held: set[int] = held) -> None:
            """What lies on the disk has its room."""
            found = os.fstat(handle)
            if stat.S_ISREG(found.st_mode) and found.st_ino not in held and next(left, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            held.add(found.st_ino)
            sync(handle)

        monkeypatch.setattr(os, "fsync", full)
        try:
            hand_in(session, out, CLEAN)
        except Refusal as refusal:
            assert refusal.code == "io.disk-full"
            assert list((tmp_path / "out").iterdir()) == [], refused
            refused += 1
    assert refused > 5 and session.log.size > size + 1, "it was on record before"
    monkeypatch.undo()
    assert verify(out).ok and codes(session, out) == set()
    hand_in(session, tmp_path / "b.auditlog", CLEAN.model_copy(update={"probability": 0.2}))
    assert codes(session, tmp_path / "b.auditlog") == {"report.several"} == codes(session, out)


def test_a_report_that_says_another_thing_than_its_record_is_one_of_several(session: Session, tmp_path: Path) -> None:
    out = tmp_path / "a.auditlog"
    other = hand_in(session, tmp_path / "b.auditlog", Conclusion(verdict="modified", probability=0.9)).report
    size, root = session.log.size, session.log.root.hex()
    said = reports.build(session.log, CLEAN)
    session.log.append(ReportRecord(report=said.digest, size=size, root=root, says=other.says))
    out.mkdir()
    (out / "report.dsse.json").write_bytes(reports.sign(said, session.auditor))
    assert codes(session, out) == {"report.several"}


def test_it_tells_how_far_it_is_and_never_goes_back(asked: Session, tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    hand_in(asked, tmp_path / "a.auditlog", CLEAN, listener=lambda done, note: told.append((done, note)))
    shares = [done for done, _ in told]
    assert shares == sorted(shares) and shares[0] > 0 and 0.95 < shares[-1] <= 1
    assert len({note for _, note in told}) >= 5


def test_what_there_is_one_of_is_told_as_one(session: Session, tmp_path: Path) -> None:
    session.run(LogitLens(prompt=Prompt.ask("Norway?")))
    hand_in(session, tmp_path / "a.auditlog", CLEAN)
    details = [step.detail for step in verify(tmp_path / "a.auditlog").steps]
    assert "1 file." in details, "of arrays"
    assert not [detail for detail in details if re.search(r"\b1 \w+s\b", detail)]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("garbage", "ticket.malformed"), ("another", "ticket.mismatch"), ("a stranger's", "ticket.other-judge"),
        ("none", "input.missing"), ("pipe", "io.failed"),
    ],
)  # fmt: skip
def test_a_session_is_handed_in_with_the_very_ticket_that_it_was_begun_under(
    case: Case,
    auditor: Identity,
    judge: Identity,
    open_toy: Callable[[], ToyModel],
    tmp_path: Path,
    kind: str,
    code: str,
) -> None:
    given = ticket.issue(case.digest, auditor.public.verify, judge.signing)
    with Session.create(case, tmp_path / "s", auditor, open_toy, ticket=given) as session:
        there, size = session.folder / Session.TICKET, session.log.size
        if kind in ("none", "pipe"):
            there.unlink()
        if kind == "pipe":
            os.mkfifo(there)
        by = {"another": judge, "a stranger's": auditor}.get(kind)
        if by is not None:
            there.write_bytes(ticket.issue(case.digest, auditor.public.verify, by.signing))
        if kind == "garbage":
            there.write_bytes(b"garbage")
        with pytest.raises(Refusal) as refused:
            hand_in(session, tmp_path / "one.auditlog", CLEAN)
        assert refused.value.code == code
        assert session.log.size == size and not (tmp_path / "one.auditlog").exists()
        if kind != "pipe":
            there.write_bytes(given)
            assert verify(hand_in(session, tmp_path / "one.auditlog", CLEAN).auditlog).ok


def test_a_session_without_a_ticket_is_not_handed_in_with_one(
    session: Session, auditor: Identity, judge: Identity, tmp_path: Path
) -> None:
    later = ticket.issue(session.case.digest, auditor.public.verify, judge.signing)
    (session.folder / Session.TICKET).write_bytes(later)
    with pytest.raises(Refusal) as refused:
        hand_in(session, tmp_path / "one.auditlog", CLEAN)
    assert refused.value.code == "ticket.mismatch"


def test_a_pipe_in_place_of_arrays_has_nobody_wait(asked: Session) -> None:
    for blob in (asked.folder / Session.BLOBS).iterdir():
        blob.unlink()
        os.mkfifo(blob)
    for result in asked.log.entries({ResultRecord.kind}):
        with pytest.raises(KeyError):
            asked.arrays(result)
