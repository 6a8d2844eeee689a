"""Exporting and importing: whole or not at all, byte for byte, and no bit of it free."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casefiles.log import auditlog, export, segment
from casefiles.log.auditlog import Record
from casefiles.status import Refusal
from casefiles.verify import verify
from tests.casefiles.logs import AUDITOR, CASE, JUDGE, STRANGER, Log, body, bytes_of, full_log, report, small_log


def again(folder: Path, out: Path) -> Path:
    """Import an export and write it again without the auditor's key, as a judge could."""
    files = auditlog.read(folder)
    auditlog.write(
        out,
        list(files.records()),
        origin=files.export.checkpoint.origin,
        seal=files.envelope,
        ticket=files.optional(export.TICKET),
        receipts=files.receipts(),
        blobs=[(digest, files.blob(digest)) for digest in files.export.blobs],
        report=files.optional(export.REPORT),
    )
    return out


def test_export_import_export_is_byte_identical(tmp_path: Path) -> None:
    first = full_log().write(tmp_path / "one.auditlog")
    assert bytes_of(again(first, tmp_path / "two.auditlog")) == bytes_of(first)
    assert bytes_of(full_log().write(tmp_path / "three.auditlog")) == bytes_of(first)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(max_size=40), max_size=20),
    receipts=st.sets(st.integers(1, 8), max_size=3),
    with_report=st.booleans(),
)
def test_any_log_comes_back_as_it_was(
    tmp_path: Path, texts: list[str], receipts: set[int], with_report: bool
) -> None:  # fmt: skip
    log = small_log()
    log.bodies += [body(10 + i, "note", {"text": text}) for i, text in enumerate(texts)]
    log.receipts = [log.receipt(size).note() for size in sorted(receipts)]
    log.report = report(log) if with_report else None
    for folder in ("one.auditlog", ".one.auditlog.arrays", "two.auditlog"):
        shutil.rmtree(tmp_path / folder, ignore_errors=True)
    first = log.write(tmp_path / "one.auditlog")
    assert bytes_of(again(first, tmp_path / "two.auditlog")) == bytes_of(first)
    assert [record.body for record in auditlog.read(first).records()] == log.bodies
    assert list(auditlog.read(first).records()) == log.records()
    found = verify(first, trusted=[AUDITOR.public], judge=JUDGE.public, case=CASE, every_signature=True)
    assert found.ok and found.witnessed == max(receipts, default=0) and found.records == len(log.bodies)


@pytest.mark.slow
def test_every_byte_of_a_small_export_counts(tmp_path: Path) -> None:
    """All of the signed list, which is read; of the files whose digests it names both ends and every fifth between."""
    log = small_log(pairs=1)
    log.receipts, log.report = [log.receipt(2).note()], report(log)
    folder = log.write(tmp_path / "one.auditlog")
    draw = random.Random(1)
    toggled = 0
    for name, data in bytes_of(folder).items():
        places = range(len(data))
        for position in places if name == export.EXPORT else sorted({*places[:9], *places[::5], *places[-9:]}):
            mask = 1 << draw.randrange(8)
            (folder / name).write_bytes(data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :])
            assert not verify(folder).ok, (name, position, mask)
            toggled += 1
        (folder / name).write_bytes(data)
    assert toggled > 2500 and verify(folder).ok


@pytest.mark.slow
def test_every_byte_of_the_signed_documents_counts(tmp_path: Path) -> None:
    folder = full_log().write(tmp_path / "one.auditlog")
    draw = random.Random(2)
    for name in ("report.dsse.json", "ticket.dsse.json"):
        data = (folder / name).read_bytes()
        path = tmp_path / name
        for position in range(len(data)):
            mask = 1 << draw.randrange(8)
            path.write_bytes(data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :])
            assert not verify(path, trusted=[AUDITOR.public], judge=JUDGE.public).ok, (name, position, mask)
        path.write_bytes(data)
        assert verify(path, trusted=[AUDITOR.public], judge=JUDGE.public).ok


def refusal(code: str, log: Log, out: Path, **changes: object) -> None:
    arguments: dict[str, object] = {"origin": log.origin, "seal": log.key} | changes
    records = arguments.pop("records", log.records())
    with pytest.raises(Refusal) as refused:
        auditlog.write(out, records, **arguments)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not out.exists() and not list(out.parent.glob(f".{out.name}.*"))


def test_nothing_is_written_that_would_not_verify(tmp_path: Path) -> None:
    out, log = tmp_path / "one.auditlog", small_log()
    records = log.records()
    forged: list[list[Record]] = [
        [],
        records[1:],
        [*records[:3], replace(records[3], root=bytes(32)), *records[4:]],
        [*records[:3], replace(records[3], leaf=bytes(32)), *records[4:]],
        [*records[:3], replace(records[3], sig=bytes(63)), *records[4:]],
        [*records[:-1], replace(records[-1], sig=bytes(64))],
    ]
    for bad in forged:
        refusal("log.damaged", log, out, records=bad)
    refusal("log.damaged", log, out, seal=STRANGER)
    refusal("log.damaged", log, out, origin="audit-workbench/" + "0" * 32)
    (tmp_path / "arrays").write_bytes(b"something else")
    refusal("log.damaged", log, out, blobs=[("ab" * 32, tmp_path / "arrays")])
    refusal("input.invalid", log, tmp_path / "one.log")
    log.write(out)
    with pytest.raises(Refusal):
        auditlog.write(out, records, origin=log.origin, seal=log.key)


def test_an_old_list_does_not_cover_other_files(tmp_path: Path) -> None:
    folder = full_log().write(tmp_path / "one.auditlog")
    sealed = (folder / export.EXPORT).read_bytes()
    refusal("log.export", small_log(), tmp_path / "two.auditlog", seal=sealed)


def test_what_changes_between_verifying_and_reading_is_noticed(tmp_path: Path) -> None:
    folder = full_log().write(tmp_path / "one.auditlog")
    files = auditlog.read(folder)
    other = small_log().edited(1, data={"text": "Something else."}).write(tmp_path / "two.auditlog")
    shutil.copy(other / "records-00000.ndjson.zst", folder)
    with pytest.raises(Refusal) as refused:
        list(files.records())
    assert refused.value.code == "log.file-changed"


def test_a_signature_leaves_with_each_record(tmp_path: Path) -> None:
    log = small_log()
    folder = log.write(tmp_path / "one.auditlog")
    for size, record in enumerate(auditlog.read(folder).records(), 1):
        assert log.checkpoint(size).verify(record.sig, AUDITOR.public)


def test_a_long_log_has_a_note_at_the_end_of_each_file(tmp_path: Path) -> None:
    log = small_log()
    log.bodies += [body(seq, "note", {"text": "."}) for seq in range(10, segment.RECORDS + 5)]
    folder = log.write(tmp_path / "long.auditlog")
    notes = (folder / export.CHECKPOINTS).read_text().split("\n")
    assert [notes[1], notes[6]] == [str(segment.RECORDS), str(segment.RECORDS + 5)]
    assert (folder / "signatures-00001.bin").stat().st_size == 5 * 64
