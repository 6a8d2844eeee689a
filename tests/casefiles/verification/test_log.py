"""Every attack on an exported log that we could think of, and the status code that names it.

Two attackers: an outsider, who can change files but holds no key, and the auditor, who can sign whatever they like.
What no verifier can detect (an auditor who rewrites or drops what lies past the last receipt) must be said so.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard

from casefiles.case.bundle import open_case
from casefiles.custody import ticket
from casefiles.custody.receipt import Receipt
from casefiles.custody.register import Register
from casefiles.custody.ticket import Ticket
from casefiles.documents import reports
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import SigningKey
from casefiles.log import export, segment
from casefiles.log.auditlog import AuditLogFiles
from casefiles.log.checkpoint import Checkpoint, note
from casefiles.log.export import ExportedFile
from casefiles.log.ledger import Ledger, leaf_hash
from casefiles.status import Refusal
from casefiles.verification import examination
from casefiles.verification.steps import Stage, State, Step, Verification
from casefiles.verify import verify
from tests.casefiles.custody.asking import handed_in, request
from tests.casefiles.logs import (
    ARRAYS,
    ARRAYS_DIGEST,
    AUDITOR,
    CASE,
    JUDGE,
    MATE,
    OTHER_CASE,
    STRANGER,
    TICKET,
    Log,
    body,
    codes,
    full_log,
    genesis,
    intent,
    renumbered,
    report,
    report_value,
    resealed,
    small_log,
)
from tests.casefiles.verdicts import GOLDEN
from tests.golden import verifier

RECORDS = "records-00000.ndjson.zst"


def judged(path: Path, **known: Any) -> Verification:
    """What a judge finds who knows the auditor, the case and their own key."""
    return verify(path, **({"trusted": [AUDITOR.public], "judge": JUDGE.public, "case": CASE} | known))


def failed(found: Verification, stage: Stage, code: str) -> Step:
    last = found.steps[-1]
    assert not found.ok
    assert (last.stage, last.code, last.state) == (stage, code, State.FAILED), found.steps
    assert last.sentence and all(step.state is not State.FAILED for step in found.steps[:-1])
    return last


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return full_log().write(tmp_path / "one.auditlog")


def test_the_untouched_log_verifies_and_says_how_far_it_is_witnessed(path: Path) -> None:
    for every in (False, True):
        found = judged(path, every_signature=every)
        assert found.ok and found.code == "ok"
        assert (found.records, found.witnessed, found.unwitnessed) == (10, 8, 2)
        assert found.signers == (AUDITOR.public,)
        assert [step.code for step in found.remarks] == [
            "log.unwitnessed", "replay.not-checked", "truth.not-checked"
        ]  # fmt: skip
        assert [step.stage for step in found.steps] == sorted((s.stage for s in found.steps), key=list(Stage).index)


# -- an outsider without a key


def test_any_changed_file_is_found(path: Path) -> None:
    for name in sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()):
        data = (path / name).read_bytes()
        (path / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        found = judged(path)
        if name == export.EXPORT:
            failed(found, Stage.ENVELOPE, "envelope.malformed")
        else:
            failed(found, Stage.FILES, "log.file-changed")
        (path / name).write_bytes(data)
    assert judged(path).ok


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_file_cut_in_the_middle_or_at_its_tail(path: Path, keep: int) -> None:
    data = (path / RECORDS).read_bytes()
    (path / RECORDS).write_bytes(data[:keep])
    failed(judged(path), Stage.FILES, "log.file-changed")


def test_a_file_of_another_size_is_not_read(path: Path) -> None:
    """Reading terabytes that are nowhere would keep whoever verifies it for hours."""
    heard: list[int] = []
    os.truncate(path / RECORDS, 1 << 27)
    found = judged(path, progress=lambda stage, done, total: heard.append(done) if stage is Stage.FILES else None)
    failed(found, Stage.FILES, "log.file-changed")
    assert not any(heard)


def test_a_hollow_file_is_refused_before_it_is_read(path: Path) -> None:
    """Nor if its author has signed for its size, with the digest of something else."""
    blob = export.blob_name("0" * 64)
    (path / blob).parent.mkdir(exist_ok=True)
    (path / blob).touch()
    os.truncate(path / blob, 1 << 27)
    listed = AuditLogFiles.open(path, None).export
    more = (*listed.files, ExportedFile(blob, 1 << 27, "0" * 64))
    signed = replace(listed, files=tuple(sorted(more, key=lambda file: file.path))).sign(AUDITOR)
    (path / export.EXPORT).write_bytes(signed)
    failed(judged(path), Stage.FILES, "log.file-sparse")


def test_a_missing_file(path: Path) -> None:
    (path / "signatures-00000.bin").unlink()
    failed(judged(path), Stage.FILES, "log.file-missing")


@pytest.mark.parametrize("name", ["notes.txt", "receipts/notes.txt", "blobs/.hidden", "RECORDS-00000.ndjson.zst"])
def test_an_added_file(path: Path, name: str) -> None:
    (path / name).write_bytes(b"")
    failed(judged(path), Stage.FILES, "log.file-extra")


@pytest.mark.parametrize("name", ["empty", "blobs/empty"])
def test_an_added_folder(path: Path, name: str) -> None:
    (path / name).mkdir()
    failed(judged(path), Stage.FILES, "log.file-extra")


@pytest.mark.parametrize("name", [RECORDS, "report.dsse.json", f"blobs/{ARRAYS_DIGEST}.safetensors"])
def test_a_file_replaced_by_a_link_to_itself(path: Path, tmp_path: Path, name: str) -> None:
    (path / name).rename(tmp_path / "elsewhere")
    (path / name).symlink_to(tmp_path / "elsewhere")
    failed(judged(path), Stage.FILES, "log.link")


def test_a_hard_link(path: Path, tmp_path: Path) -> None:
    os.link(path / RECORDS, tmp_path / "second-name")
    failed(judged(path), Stage.FILES, "log.link")


def test_the_list_itself_as_a_link(path: Path, tmp_path: Path) -> None:
    (path / export.EXPORT).rename(tmp_path / "elsewhere")
    (path / export.EXPORT).symlink_to(tmp_path / "elsewhere")
    failed(judged(path), Stage.ENVELOPE, "log.link")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_does_not_make_the_judge_wait(path: Path) -> None:
    (path / RECORDS).unlink()
    os.mkfifo(path / RECORDS)
    failed(judged(path), Stage.FILES, "log.link")


def test_a_log_signed_anew_by_a_stranger(path: Path, tmp_path: Path) -> None:
    resealed(path, STRANGER, auditor=STRANGER.public.text)
    failed(judged(path), Stage.ENVELOPE, "envelope.foreign-key")
    # Without knowing the auditor, the ticket still shows it.
    failed(judged(path, trusted=None), Stage.TICKET, "ticket.other-auditor")


def test_a_log_that_names_the_auditor_but_is_signed_by_a_stranger(path: Path) -> None:
    resealed(path, STRANGER)
    failed(judged(path, trusted=None), Stage.ENVELOPE, "log.export")


def test_another_kind_of_signed_document_in_place_of_the_list(path: Path) -> None:
    (path / export.EXPORT).write_bytes((path / "report.dsse.json").read_bytes())
    failed(judged(path), Stage.ENVELOPE, "envelope.payload-type")


def test_a_folder_that_is_no_log(tmp_path: Path) -> None:
    assert verify(tmp_path).code == "log.not-a-log"
    assert verify(tmp_path / "nowhere").code == "input.missing"


# -- the auditor, who can sign anything: the records


def rewritten(tmp_path: Path, log: Log) -> Path:
    return log.write(tmp_path / "two.auditlog")


def test_an_edited_record(tmp_path: Path) -> None:
    log = full_log().edited(3, ts_us=1)
    failed(judged(rewritten(tmp_path, log)), Stage.RECEIPTS, "receipt.root")


def test_a_deleted_record(tmp_path: Path) -> None:
    log = full_log()
    del log.bodies[5]
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.sequence")
    log.bodies = renumbered(log.bodies)
    failed(judged(log.write(tmp_path / "three.auditlog")), Stage.RECORDS, "log.door")


def test_reordered_records(tmp_path: Path) -> None:
    log = full_log()
    log.bodies[2], log.bodies[3] = log.bodies[3], log.bodies[2]
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.sequence")


def test_a_record_told_twice(tmp_path: Path) -> None:
    log = full_log()
    log.bodies.insert(4, log.bodies[3])
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.sequence")
    log.bodies = renumbered(log.bodies)
    failed(judged(log.write(tmp_path / "three.auditlog")), Stage.RECORDS, "log.door")


def test_a_result_that_did_not_come_through_the_door(tmp_path: Path) -> None:
    log = small_log()
    log.bodies.append(canonical.encode({**_value(log.bodies[3]), "seq": len(log.bodies)}))
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.door")


def test_two_logs_spliced(tmp_path: Path) -> None:
    log = full_log()
    log.bodies[6] = canonical.encode({**_value(log.bodies[6]), "session": "0" * 32})
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.session")


def test_a_second_beginning(tmp_path: Path) -> None:
    log = small_log()
    log.bodies.append(body(len(log.bodies), "genesis", genesis()))
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.genesis")


def test_no_beginning(tmp_path: Path) -> None:
    log = small_log()
    log.bodies = renumbered(log.bodies[1:])
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.genesis")


def test_a_beginning_that_names_somebody_else(tmp_path: Path) -> None:
    log = small_log()
    log.bodies[0] = body(0, "genesis", genesis(key=STRANGER.public))
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.genesis")


def test_a_beginning_that_states_no_rules(tmp_path: Path) -> None:
    log = full_log()
    log.bodies[0] = body(0, "genesis", {name: value for name, value in genesis().items() if name != "rules"})
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.genesis")


@pytest.mark.parametrize(
    ("change", "code"),
    [({}, "ok"), ({"rules": {"affordances": ["sample"], "findings": 2}}, "log.rules"),
     ({"judge": genesis()["auditor"]}, "case.misnamed"),
     *(({name: "0" * 64}, "case.misnamed") for name in ("title", "specification", "model"))],
)  # fmt: skip
def test_a_beginning_that_says_of_its_case_what_that_does_not(tmp_path: Path, change: Any, code: str) -> None:
    case = open_case(GOLDEN / "small.case")
    own: dict[str, Any] = {
        "title": case.manifest.title,
        "specification": case.manifest.specification,
        "model": case.model_digest,
    }
    log = small_log()
    log.ticket = None
    own |= {"judge": case.manifest.judge.to_json(), "rules": case.manifest.rules}
    said = genesis(None, case=case.digest) | own | change
    log.bodies[0] = body(0, "genesis", said)
    found = judged(rewritten(tmp_path, log), case=case.digest, about=case.manifest)
    known = verifier.Known(None, JUDGE.public.raw, case=case.digest, manifest=case.manifest.to_json())
    assert (found.code, verifier.verify(tmp_path / "two.auditlog", known).code) == (code, code)
    assert judged(tmp_path / "two.auditlog", case=case.digest).ok  # by the log alone nobody can tell


@pytest.mark.parametrize(
    ("restriction", "code"),
    [
        ({"affordances": ["sample"], "findings": 2}, "ok"),
        ({"affordances": [], "findings": 3, "inputs": "corpora", "budget": {"probes": 4}}, "ok"),
        ({"affordances": ["sample", "edits"], "findings": 2}, "log.restriction"),
        ({"affordances": ["sample"], "findings": 4}, "log.restriction"),
        ({"affordances": ["sample"]}, "log.restriction"),  # five findings, where nothing is said
        ("sample", "log.restriction"),
    ],
)
def test_a_session_that_was_begun_under_other_rules_must_be_under_narrower_ones(
    tmp_path: Path, restriction: Any, code: str
) -> None:
    log = full_log()
    log.bodies[0] = body(0, "genesis", genesis() | {"restriction": restriction})
    log.receipts, log.report = [], None
    found = judged(rewritten(tmp_path, log))
    second = verifier.verify(tmp_path / "two.auditlog", verifier.Known(None, JUDGE.public.raw, case=CASE))
    assert (found.code, second.code) == (code, code)


def test_a_log_of_another_case(tmp_path: Path) -> None:
    log = small_log()
    log.ticket = None
    log.bodies[0] = body(0, "genesis", genesis(permit=None, case=OTHER_CASE))
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.genesis")
    assert judged(tmp_path / "two.auditlog", case=None).ok


BAD_SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "a space": lambda line: line.replace(b'":', b'": ', 1),
    "a key twice": lambda line: line.replace(b'{"data":', b'{"data":{},"data":', 1),
    "keys out of order": lambda line: line[:-7].replace(b'{"data"', b'{"v":1,"data"', 1) + b"}",
    "a lone surrogate": lambda line: line.replace(b'"Begin."', b'"\\ud800"'),
    "a lone surrogate in UTF-8": lambda line: line.replace(b'"Begin."', b'"\xed\xa0\x80"'),
    "invalid UTF-8": lambda line: line.replace(b'"Begin."', b'"\xff"'),
    "an escaped letter": lambda line: line.replace(b'"Begin."', b'"\\u0042egin."'),
    "a huge integer": lambda line: line.replace(b'"Begin."', b"9007199254740992"),
    "a huge integer in disguise": lambda line: line.replace(b'"Begin."', b"9007199254740993.0"),
    "an integral float": lambda line: line.replace(b'"Begin."', b"1.0"),
    "an exponent": lambda line: line.replace(b'"Begin."', b"1e-6"),
    "minus zero": lambda line: line.replace(b'"Begin."', b"-0"),
    "minus zero as a float": lambda line: line.replace(b'"Begin."', b"-0.0"),
    "not a number": lambda line: line.replace(b'"Begin."', b"NaN"),
    "infinity": lambda line: line.replace(b'"Begin."', b"1e999"),
    "deep nesting": lambda line: line.replace(b'"Begin."', b"[" * 63 + b"]" * 63),
    "very deep nesting": lambda line: line.replace(b'"Begin."', b"[" * 100_000 + b"]" * 100_000),
    "keys in the order of UTF-8": lambda line: line.replace(
        b'"Begin."', '{"\ufb33":1,"\U0001f600":2}'.encode()
    ),
    "a byte order mark": lambda line: b"\xef\xbb\xbf" + line,
    "something after it": lambda line: line + b" ",
    "a carriage return": lambda line: line + b"\r",
    "nothing": lambda line: b"",
}  # fmt: skip


@pytest.mark.parametrize("spelling", BAD_SPELLINGS)
def test_a_record_in_another_spelling(tmp_path: Path, spelling: str) -> None:
    log = small_log()
    changed = BAD_SPELLINGS[spelling](log.bodies[1])
    assert changed != log.bodies[1]
    log.bodies[1] = changed
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.canonical")


@pytest.mark.parametrize(
    "text", ['{"\U0001f600":2,"\ufb33":1}', "[" * 62 + "]" * 62, "9007199254740991", "1e-7", "1e+21"]
)
def test_unusual_but_canonical_records_are_taken(tmp_path: Path, text: str) -> None:
    log = small_log()
    log.bodies[1] = log.bodies[1].replace(b'"Begin."', text.encode())
    assert judged(rewritten(tmp_path, log)).ok


@pytest.mark.parametrize(
    "changes",
    [{"v": 2}, {"v": True}, {"v": 1.5}, {"kind": "remark"}, {"kind": 3}, {"seq": -1}, {"seq": True}, {"seq": "1"},
     {"ts_us": -1}, {"ts_us": None}, {"session": "AB" * 16}, {"session": "ab"}, {"data": []}, {"more": 1}],
)  # fmt: skip
def test_a_record_that_is_not_one(tmp_path: Path, changes: dict[str, Any]) -> None:
    failed(judged(rewritten(tmp_path, small_log().edited(1, **changes))), Stage.RECORDS, "log.record")


def test_a_record_without_a_field(tmp_path: Path) -> None:
    log = small_log()
    value = _value(log.bodies[1])
    del value["ts_us"]
    log.bodies[1] = canonical.encode(value)
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.record")


def test_a_clock_that_jumps_back_is_a_remark(tmp_path: Path) -> None:
    found = judged(rewritten(tmp_path, small_log().edited(4, ts_us=5)))
    assert found.ok and "log.clock" in [step.code for step in found.remarks]


def test_an_intent_without_a_result_is_a_remark(tmp_path: Path) -> None:
    log = small_log()
    log.bodies.append(intent(len(log.bodies)))
    found = judged(rewritten(tmp_path, log))
    assert found.ok and "log.orphans" in [step.code for step in found.remarks]


# -- the auditor: how the records are packed


def repacked(path: Path, data: bytes, name: str = RECORDS) -> Path:
    (path / name).write_bytes(data)
    resealed(path)
    return path


def _text(path: Path) -> bytes:
    return b"".join(line + b"\n" for line in segment.decompress((path / RECORDS).read_bytes()))


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "not compressed": lambda text: text,
    "without a checksum": lambda text: zstandard.ZstdCompressor(3, write_checksum=False).compress(text),
    "without its size": lambda text: zstandard.ZstdCompressor(
        3, write_checksum=True, write_content_size=False
    ).compress(text),
    "two frames": lambda text: segment.compress([text[:-1]]) + segment.compress([text[:-1]]),
    "a frame and more": lambda text: segment.compress([text[:-1]]) + b"\0",
    "a skippable frame first": lambda text: b"\x50\x2a\x4d\x18\x04\0\0\0more" + segment.compress([text[:-1]]),
    "a skippable frame last": lambda text: segment.compress([text[:-1]]) + b"\x50\x2a\x4d\x18\x04\0\0\0more",
    "the last line cut": lambda text: zstandard.ZstdCompressor(3, write_checksum=True).compress(text[:-1]),
    "nothing": lambda text: b"",
    "an empty frame": lambda text: zstandard.ZstdCompressor(3, write_checksum=True).compress(b""),
    "a wrong checksum": lambda text: segment.compress([text[:-1]])[:-1] + b"\x99",
    "a frame cut short": lambda text: segment.compress([text[:-1]])[:-9],
}  # fmt: skip


@pytest.mark.parametrize("packing", PACKINGS)
def test_records_packed_in_another_way(path: Path, packing: str) -> None:
    failed(judged(repacked(path, PACKINGS[packing](_text(path)))), Stage.RECORDS, "log.compression")


def test_a_frame_that_would_fill_the_memory(path: Path) -> None:
    bomb = zstandard.ZstdCompressor(3, write_checksum=True).compress(bytes(segment.LIMIT + 1))
    assert len(bomb) < 100_000
    failed(judged(repacked(path, bomb)), Stage.RECORDS, "log.compression")


def test_a_log_of_more_text_than_anybody_has_room_for_is_not_read(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little of the disk it takes; nor is one handed in."""
    text = sum(len(body) + 1 for body in full_log().bodies)
    for limit, wanted in ((text, "ok"), (text - 1, "log.too-large")):
        monkeypatch.setattr(segment, "WHOLE", limit)
        monkeypatch.setattr(verifier, "LOG_LIMIT", limit)
        assert verifier.verify(path, verifier.Known(None, JUDGE.public.raw)).code == wanted
        assert (found := judged(path)).ok is (wanted == "ok")
    assert failed(found, Stage.RECORDS, "log.too-large").detail == f"It may hold {text - 1} bytes, and holds {text}."
    with pytest.raises(Refusal) as refused:
        full_log().write(tmp_path / "two.auditlog")
    assert refused.value.code == "log.too-large" and not (tmp_path / "two.auditlog").exists()


def long_log(count: int = segment.RECORDS + 10) -> Log:
    """A log of two files of records."""
    log = small_log()
    log.bodies += [body(seq, "note", {"text": "."}) for seq in range(len(log.bodies), count)]
    return log


def test_a_whole_file_of_records_dropped_or_moved(tmp_path: Path) -> None:
    path = long_log().write(tmp_path / "long.auditlog")
    assert judged(path).ok
    first, second = (path / RECORDS).read_bytes(), (path / "records-00001.ndjson.zst").read_bytes()
    (path / RECORDS).write_bytes(second)
    (path / "records-00001.ndjson.zst").write_bytes(first)
    resealed(path)
    failed(judged(path), Stage.RECORDS, "log.segments")
    (path / RECORDS).write_bytes(first)
    (path / "records-00001.ndjson.zst").unlink()
    resealed(path)
    failed(judged(path), Stage.ENVELOPE, "log.export")
    (path / "signatures-00001.bin").unlink()
    resealed(path)
    failed(judged(path), Stage.RECORDS, "log.truncated")
    resealed(path, records=segment.RECORDS)
    failed(judged(path), Stage.RECORDS, "log.root")


def test_records_divided_in_another_way(tmp_path: Path) -> None:
    path = long_log().write(tmp_path / "long.auditlog")
    lines = segment.decompress((path / RECORDS).read_bytes()) + segment.decompress(
        (path / "records-00001.ndjson.zst").read_bytes()
    )
    for cut in (segment.RECORDS - 1, segment.RECORDS + 1):
        (path / RECORDS).write_bytes(segment.compress(lines[:cut]))
        (path / "records-00001.ndjson.zst").write_bytes(segment.compress(lines[cut:]))
        resealed(path)
        failed(judged(path), Stage.RECORDS, "log.segments")


def test_signatures_that_do_not_fit_the_records(path: Path) -> None:
    signatures = (path / "signatures-00000.bin").read_bytes()
    failed(judged(repacked(path, signatures[:-64], "signatures-00000.bin")), Stage.RECORDS, "log.segments")


# -- the auditor: checkpoints


def test_a_signature_in_the_middle_is_found_if_asked_for(path: Path) -> None:
    signatures = bytearray((path / "signatures-00000.bin").read_bytes())
    signatures[64 * 4] ^= 1
    repacked(path, bytes(signatures), "signatures-00000.bin")
    failed(judged(path, every_signature=True), Stage.CHECKPOINTS, "checkpoint.signature")
    assert judged(path).ok  # the records are bound by the last signature all the same


def changed_note(path: Path, checkpoint: Checkpoint, signature: bytes, key: SigningKey = AUDITOR) -> Path:
    return repacked(path, note(checkpoint, checkpoint.origin, key.public, signature), export.CHECKPOINTS)


def test_checkpoints_that_do_not_hold(path: Path) -> None:
    log = full_log()
    right = log.checkpoint()
    good = (path / export.CHECKPOINTS).read_bytes()
    other = Checkpoint("audit-workbench/" + "0" * 32, right.size, right.root)
    wrong = Checkpoint(log.origin, right.size, bytes(32))
    shorter = log.checkpoint(9)
    for checkpoint, key, code in (
        (other, AUDITOR, "checkpoint.other-log"),
        (wrong, AUDITOR, "checkpoint.root"),
        (shorter, AUDITOR, "checkpoint.root"),
        (right, STRANGER, "checkpoint.signature"),
    ):
        changed_note(path, checkpoint, checkpoint.sign(key), key)
        failed(judged(path), Stage.CHECKPOINTS, code)
    for text in (good + good, good[:-1], good + b"\n", b"", good.replace(b"\n10\n", b"\n010\n"), b"\xff" + good):
        failed(judged(repacked(path, text, export.CHECKPOINTS)), Stage.CHECKPOINTS, "checkpoint.malformed")
    assert judged(repacked(path, good, export.CHECKPOINTS)).ok


# -- tickets


def test_a_ticket_by_another_judge(tmp_path: Path) -> None:
    log = small_log()
    log.ticket = ticket.seal(TICKET, STRANGER)
    failed(judged(rewritten(tmp_path, log)), Stage.TICKET, "ticket.other-judge")
    found = judged(tmp_path / "two.auditlog", judge=None)
    assert found.ok and "ticket.unknown-judge" in [step.code for step in found.remarks]


def test_a_ticket_for_another_auditor(tmp_path: Path) -> None:
    log = small_log()
    log.ticket = ticket.seal(Ticket(TICKET.ticket_id, CASE, STRANGER.public, 0), JUDGE)
    failed(judged(rewritten(tmp_path, log)), Stage.TICKET, "ticket.other-auditor")


def test_a_ticket_for_another_case(tmp_path: Path) -> None:
    log = small_log()
    elsewhere = Ticket(TICKET.ticket_id, OTHER_CASE, AUDITOR.public, TICKET.issued_at)
    log.ticket = ticket.seal(elsewhere, JUDGE)
    failed(judged(rewritten(tmp_path, log)), Stage.TICKET, "ticket.other-case")
    log.bodies[0] = body(0, "genesis", genesis(elsewhere))
    failed(judged(log.write(tmp_path / "three.auditlog"), case=None), Stage.RECORDS, "ticket.other-case")


def test_a_ticket_for_another_session(tmp_path: Path) -> None:
    log = small_log()
    log.ticket = ticket.seal(Ticket("cd" * 16, CASE, AUDITOR.public, TICKET.issued_at), JUDGE)
    failed(judged(rewritten(tmp_path, log)), Stage.TICKET, "ticket.other-session")


def test_a_log_not_begun_under_its_ticket(tmp_path: Path) -> None:
    log = small_log()
    log.bodies[0] = body(0, "genesis", genesis(permit=None))
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "ticket.mismatch")
    log = small_log()
    log.ticket = None
    failed(judged(log.write(tmp_path / "three.auditlog")), Stage.RECORDS, "ticket.mismatch")


def test_a_forged_ticket(tmp_path: Path) -> None:
    log = small_log()
    assert log.ticket is not None
    for old, new, code in (
        (b'"sig":"', b'"sig":"A', "ticket.malformed"),
        (b"ticket+json", b"report+json", "ticket.malformed"),
    ):
        twin = log.copy()
        twin.ticket = log.ticket.replace(old, new)
        failed(judged(twin.write(tmp_path / f"{code}{old[:3].hex()}.auditlog")), Stage.TICKET, code)
    signed = _value(log.ticket)
    signed["signatures"][0]["sig"] = "A" * 86 + "=="
    log.ticket = canonical.encode(signed)
    failed(judged(rewritten(tmp_path, log)), Stage.TICKET, "ticket.signature")


def test_a_log_without_a_ticket_is_remarked_upon(tmp_path: Path) -> None:
    log = small_log()
    log.ticket = None
    log.bodies[0] = body(0, "genesis", genesis(permit=None))
    found = judged(rewritten(tmp_path, log))
    assert found.ok and "ticket.none" in [step.code for step in found.remarks]


def test_a_ticket_used_twice_is_known_to_the_register(tmp_path: Path) -> None:
    register = Register(tmp_path / "register", JUDGE)
    register.issued(TICKET)
    first = judged(rewritten(tmp_path, small_log()), register=register)
    assert first.ok and first.witnessed == 0
    register.received(handed_in(small_log()))
    again = judged(tmp_path / "two.auditlog", register=register)
    assert again == first, "the same log is told the same, however often it is judged"
    second = small_log(pairs=6).edited(1, data={"text": "Begin again."})
    failed(judged(second.write(tmp_path / "second.auditlog"), register=register), Stage.RECEIPTS, "ticket.reused")
    longer = judged(small_log(pairs=6).write(tmp_path / "longer.auditlog"), register=register)
    assert longer.ok and (longer.records, longer.witnessed) == (14, 0)
    [told] = [step for step in longer.remarks if step.code == "ticket.judged"]
    assert told.detail == "It had 10 records then, and has 14 now."


def test_nobody_but_its_auditor_hands_in_a_session_that_a_witness_knows(tmp_path: Path) -> None:
    """Its number stands in every request and report: whoever reads it may begin another log under it."""
    register = Register(tmp_path / "register", JUDGE)
    theirs, mine = small_log(), small_log()
    theirs.key = STRANGER
    register.witness(request(theirs, 4), now=1, auditor=STRANGER.public)
    told = failed(judged(rewritten(tmp_path, mine), register=register), Stage.RECEIPTS, "receipt.other-auditor")
    assert STRANGER.public.fingerprint in told.detail
    kept = (tmp_path / "register").read_bytes()
    with pytest.raises(Refusal) as refused:
        register.received(handed_in(mine))
    assert refused.value.code == "receipt.other-auditor" and (tmp_path / "register").read_bytes() == kept


def test_a_second_log_under_a_ticket_is_called_that_even_where_it_is_shorter(tmp_path: Path) -> None:
    register = Register(tmp_path / "register", JUDGE)
    register.issued(TICKET)
    log = small_log(pairs=6)
    register.received(handed_in(log))
    second = small_log().edited(0, ts_us=1)
    failed(judged(second.write(tmp_path / "second.auditlog"), register=register), Stage.RECEIPTS, "ticket.reused")
    cut = failed(judged(small_log().write(tmp_path / "cut.auditlog"), register=register), Stage.RECEIPTS, "receipt.cut")
    assert cut.detail == "14 records were seen here, 10 are shown."


def test_where_only_a_longer_state_is_known_both_are_thought_of(tmp_path: Path) -> None:
    register = Register(tmp_path / "register", JUDGE)
    register.issued(TICKET)
    register.witness(request(small_log(pairs=6), 14), now=1)
    cut = failed(judged(small_log().write(tmp_path / "cut.auditlog"), register=register), Stage.RECEIPTS, "receipt.cut")
    assert cut.detail == "14 records were seen here, 10 are shown. Or it is a second log under the same ticket."


def test_a_register_that_never_heard_of_the_ticket_says_so(tmp_path: Path) -> None:
    found = judged(rewritten(tmp_path, small_log()), register=Register(tmp_path / "mistyped", JUDGE))
    assert found.ok and "register.unknown-ticket" in {step.code for step in found.remarks}
    assert not (tmp_path / "mistyped").exists()


def test_what_was_witnessed_here_counts_without_its_receipt(tmp_path: Path) -> None:
    register = Register(tmp_path / "register", JUDGE)
    register.issued(TICKET)
    register.witness(request(small_log(), 8), now=1)
    assert judged(rewritten(tmp_path, small_log()), register=register).witnessed == 8


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        (("resumed", "report"), "log.unwitnessed-end"),
        (("report",), "log.unwitnessed-end"),
        (("resumed", "report") * 32, "log.unwitnessed-end"),
        (("resumed", "report") * 33, "log.unwitnessed"),
        (("resumed", "note", "report"), "log.unwitnessed"),
        (("finding", "report"), "log.unwitnessed"),
    ],
)
def test_a_log_witnessed_up_to_its_end_looks_different(tmp_path: Path, kinds: tuple[str, ...], code: str) -> None:
    """The record of the report itself always follows the last receipt."""
    log = small_log()
    log.receipts = [log.receipt(10).note()]
    log.bodies += [body(10 + index, kind, {}) for index, kind in enumerate(kinds)]
    found = judged(rewritten(tmp_path, log))
    assert found.ok and (found.witnessed, found.unwitnessed) == (10, len(kinds))
    assert [step.code for step in found.remarks if step.code.startswith("log.")] == [code]


# -- receipts


def test_a_receipt_of_another_log(tmp_path: Path) -> None:
    log = small_log()
    foreign = Checkpoint("audit-workbench/" + "0" * 32, 4, log.checkpoint(4).root)
    log.receipts = [Receipt.sign(foreign, JUDGE, 1).note()]
    failed(judged(rewritten(tmp_path, log)), Stage.RECEIPTS, "receipt.other-log")


def test_a_history_rewritten_before_a_receipt(tmp_path: Path) -> None:
    log = full_log().edited(3, ts_us=7)
    log.report = None
    failed(judged(rewritten(tmp_path, log)), Stage.RECEIPTS, "receipt.root")


def test_a_log_cut_before_a_receipt(tmp_path: Path) -> None:
    log = full_log()
    log.bodies, log.report = log.bodies[:6], None
    failed(judged(rewritten(tmp_path, log)), Stage.RECEIPTS, "receipt.cut")


def test_a_log_cut_and_its_receipt_hidden_is_known_to_the_register(tmp_path: Path) -> None:
    register = Register(tmp_path / "register", JUDGE)
    log = full_log()
    register.received(handed_in(log, 8))
    log.bodies, log.report, log.receipts = log.bodies[:6], None, log.receipts[:1]
    found = judged(rewritten(tmp_path, log))
    assert found.ok and found.witnessed == 4
    failed(judged(tmp_path / "two.auditlog", register=register), Stage.RECEIPTS, "receipt.cut")


def test_an_old_receipt_shown_again_witnesses_no_more_than_it_did(tmp_path: Path) -> None:
    log = small_log()
    log.receipts = [log.receipt(4).note()]
    found = judged(rewritten(tmp_path, log))
    assert found.ok and (found.witnessed, found.unwitnessed) == (4, 6)


def test_however_many_receipts_by_somebody_unknown_are_told_of_once(tmp_path: Path) -> None:
    log = small_log()
    log.receipts = [log.receipt(size, key=MATE).note() for size in (8, *range(2, 7))]
    path = rewritten(tmp_path, log)
    (told,) = [step for step in judged(path).remarks if step.code == "receipt.unknown-witness"]
    assert told.detail.endswith(", 8 records, and 5 receipts more.")
    second = verifier.verify(path, verifier.Known(witnesses=(JUDGE.public.raw,)))
    assert [code for _, code in second.steps].count("receipt.unknown-witness") == 1


def test_a_receipt_by_somebody_unknown_counts_for_nothing(tmp_path: Path) -> None:
    log = small_log()
    log.receipts = [log.receipt(4).note(), log.receipt(8, key=MATE).note()]
    found = judged(rewritten(tmp_path, log))
    assert found.ok and found.witnessed == 4
    assert "receipt.unknown-witness" in [step.code for step in found.remarks]
    assert judged(tmp_path / "two.auditlog", witnesses=[MATE.public]).witnessed == 8
    assert judged(tmp_path / "two.auditlog", judge=None).witnessed == 0


def test_a_forged_receipt(tmp_path: Path) -> None:
    log = small_log()
    true = log.receipt(4)
    forged = Receipt(log.checkpoint(8), true.witness, true.key_id, true.time, true.signature)
    log.receipts = [forged.note()]
    failed(judged(rewritten(tmp_path, log)), Stage.RECEIPTS, "receipt.signature")
    backdated = Receipt(true.checkpoint, true.witness, true.key_id, true.time - 1, true.signature)
    log.receipts = [backdated.note()]
    failed(judged(log.write(tmp_path / "three.auditlog")), Stage.RECEIPTS, "receipt.signature")
    for number, text in enumerate((b"", true.note() * 2, true.note()[:-1], true.note().replace(b"\n4\n", b"\n+4\n"))):
        log.receipts = [text]
        failed(judged(log.write(tmp_path / f"m{number}.auditlog")), Stage.RECEIPTS, "receipt.malformed")


def test_the_auditors_checkpoint_is_no_receipt(tmp_path: Path) -> None:
    log = small_log()
    checkpoint = log.checkpoint(4)
    log.receipts = [note(checkpoint, log.origin, AUDITOR.public, checkpoint.sign(AUDITOR))]
    failed(judged(rewritten(tmp_path, log)), Stage.RECEIPTS, "receipt.malformed")


# -- what nobody can detect, and is said so


def test_what_is_rewritten_past_the_last_receipt_is_reported_as_unwitnessed(tmp_path: Path) -> None:
    log = full_log().edited(9, ts_us=99)
    log.report = None
    found = judged(rewritten(tmp_path, log))
    assert found.ok and (found.witnessed, found.records) == (8, 10)
    [remark] = [step for step in found.remarks if step.code == "log.unwitnessed"]
    assert remark.detail == "No receipt here covers records 8 to 9."


def test_what_is_dropped_past_the_last_receipt_leaves_no_trace_but_is_never_called_witnessed(tmp_path: Path) -> None:
    log = full_log()
    log.bodies, log.report = log.bodies[:8], None
    found = judged(rewritten(tmp_path, log))
    assert found.ok and (found.witnessed, found.records, found.unwitnessed) == (8, 8, 0)
    log.receipts = []
    found = judged(log.write(tmp_path / "three.auditlog"))
    assert found.ok and (found.witnessed, found.unwitnessed) == (0, 8)
    assert {"receipt.none", "log.unwitnessed"} <= {step.code for step in found.remarks}


def test_a_report_on_the_dropped_records_shows_that_they_are_gone(tmp_path: Path) -> None:
    log = full_log()
    log.bodies = log.bodies[:8]
    failed(judged(rewritten(tmp_path, log)), Stage.REPORT, "report.root")


def test_a_report_names_the_unwitnessed_records_it_cites(tmp_path: Path) -> None:
    log = full_log()
    log.report = report(log, cites=(2, 3, 8, 9))
    found = judged(rewritten(tmp_path, log))
    assert found.ok
    assert "The report cites 2 records that no receipt here covers, from 8 on." in [
        step.detail for step in found.remarks
    ]


# -- reports


def test_reports_that_do_not_hold(tmp_path: Path) -> None:
    log = full_log()
    leaf = leaf_hash(log.bodies[3]).hex()
    checkpoint = log.checkpoint()
    at = {"origin": log.origin, "session": log.session, "size": 10, "root": checkpoint.root.hex()}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("report.citation", {"cited": [{"seq": 2, "kind": "intent", "leaf": leaf}]}),
        ("report.citation", {"cited": [{"seq": 10, "kind": "intent", "leaf": leaf}]}),
        ("report.other-log", {"log": at | {"origin": "audit-workbench/" + "0" * 32}}),
        ("report.other-case", {"case": {"digest": OTHER_CASE, "title": "", "specification": "", "model": ""}}),
        ("report.root", {"log": at | {"root": "00" * 32}}),
        ("report.root", {"log": at | {"size": 11}}),
        ("report.root", {"log": at | {"size": 9}}),
        ("report.other-log", {"ticket": None}),
        ("report.malformed", {"log": at | {"size": 0}}),
        ("report.malformed", {"log": at | {"root": "0x" + "00" * 31}}),
        ("report.malformed", {"more": 1}),
        ("report.malformed", {"conclusion": {"verdict": "guilty", "probability": 1}}),
        ("report.malformed", {"auditor": {"name": "", "key": STRANGER.public.text, "fingerprint": ""}}),
        (
            "report.malformed",
            {"auditor": {"name": "", "key": AUDITOR.public.text, "fingerprint": STRANGER.public.fingerprint}},
        ),
    ]  # fmt: skip
    for number, (code, changes) in enumerate(cases):
        twin = log.copy()
        twin.report = report(log, **changes)
        failed(judged(twin.write(tmp_path / f"r{number}.auditlog")), Stage.REPORT, code)


def test_a_report_that_somebody_else_signs_as_well_names_the_log_s_auditor(tmp_path: Path) -> None:
    log = full_log()
    other = {"name": "", "key": STRANGER.public.text, "fingerprint": STRANGER.public.fingerprint}
    payload = canonical.encode(report_value(log, (2, 3), auditor=other))
    log.report = envelope.sign(reports.PAYLOAD_TYPE, payload, [AUDITOR, STRANGER])
    failed(judged(rewritten(tmp_path, log)), Stage.REPORT, "report.other-log")


def test_a_report_signed_by_somebody_else(tmp_path: Path) -> None:
    log = full_log()
    stranger = log.copy()
    stranger.key = STRANGER
    log.report = report(stranger)
    failed(judged(rewritten(tmp_path, log)), Stage.REPORT, "envelope.foreign-key")


def test_another_kind_of_document_in_place_of_the_report(tmp_path: Path) -> None:
    log = full_log()
    assert log.report is not None
    payload = envelope.read(log.report, reports.PAYLOAD_TYPE, trusted=None).payload
    log.report = envelope.sign("application/json", payload, [AUDITOR])
    failed(judged(rewritten(tmp_path, log)), Stage.REPORT, "envelope.payload-type")


def test_a_report_handed_over_by_itself(tmp_path: Path) -> None:
    log = full_log()
    assert log.report is not None
    (tmp_path / "report.dsse.json").write_bytes(log.report)
    alone = verify(tmp_path / "report.dsse.json", trusted=[AUDITOR.public], case=CASE)
    assert alone.ok and [step.code for step in alone.remarks] == ["report.not-checked"]
    failed(verify(tmp_path / "report.dsse.json", case=OTHER_CASE), Stage.REPORT, "report.other-case")
    failed(verify(tmp_path / "report.dsse.json", trusted=[MATE.public]), Stage.ENVELOPE, "envelope.foreign-key")
    log.report = None
    folder = rewritten(tmp_path, log)
    whole = judged(tmp_path / "report.dsse.json", log=folder)
    assert whole.ok and whole.kind == "report" and whole.digest == alone.digest
    assert "report.unrecorded" in [step.code for step in whole.remarks]
    other = small_log().edited(3, ts_us=3).write(tmp_path / "other.auditlog")
    failed(judged(tmp_path / "report.dsse.json", log=other), Stage.REPORT, "report.root")


def handed_in_with(*reports_: bytes) -> Log:
    """The full log with a record of each of these reports; it brings the last."""
    log = full_log()
    for data in reports_:
        digest = hashlib.sha256(envelope.read(data, reports.PAYLOAD_TYPE, trusted=None).payload).hexdigest()
        log.bodies.append(body(len(log.bodies), "report", {"report": digest, "size": 10, "root": "00" * 32}))
    log.report = reports_[-1]
    return log


def test_a_report_that_the_log_was_not_handed_in_with(tmp_path: Path) -> None:
    """An auditor can sign many reports on one log, and show each reader the one that suits."""
    one = report(full_log())
    other = report(full_log(), conclusion={"verdict": "clean", "probability": 0.01, "summary": ""})
    told = ("report.not-handed-in", "report.unrecorded", "report.replaced")

    def says(name: str, shown: bytes | None, log: Log) -> tuple[str, list[str]]:
        path = folder = log.write(tmp_path / f"{name}.auditlog")
        if shown is not None:
            path = tmp_path / f"{name}.json"
            path.write_bytes(shown)
        found = judged(path, log=folder)
        again = verifier.verify(path, verifier.Known([AUDITOR.public.raw], JUDGE.public.raw, case=CASE), folder)
        assert again.steps == codes(found)
        assert found.kind == ("report" if shown is not None else "log")
        return found.code, [step.code for step in found.remarks if step.code in told]

    assert says("honest", None, handed_in_with(one)) == ("ok", [])
    assert says("alone", one, handed_in_with(one)) == ("ok", [])
    assert says("another", other, handed_in_with(one)) == ("report.not-handed-in", [])
    assert says("older", other, full_log()) == ("report.not-handed-in", []), "of a log without such records too"
    assert says("both", one, handed_in_with(one, other)) == ("ok", ["report.replaced"])
    assert says("last", other, handed_in_with(one, other)) == ("ok", [])
    swapped = handed_in_with(one)
    swapped.report = other
    assert says("swapped", None, swapped) == ("report.not-handed-in", []), "the export's own, which no record names"


# -- arrays


def test_arrays_that_do_not_hold(tmp_path: Path) -> None:
    def arrays(**changes: Any) -> Log:
        log = full_log()
        value = _value(log.bodies[3])
        value["data"]["blobs"]["lens"].update(changes)
        log.bodies[3] = canonical.encode(value)
        log.receipts, log.report = [], report(log)
        return log

    assert judged(arrays().write(tmp_path / "good.auditlog")).ok
    for number, changes in enumerate(({"dtype": "int8"}, {"shape": [31]}, {"shape": [4, 8]}, {"dtype": None})):
        failed(judged(arrays(**changes).write(tmp_path / f"a{number}.auditlog")), Stage.BLOBS, "blob.malformed")
    log = full_log()
    log.blobs = {}
    failed(judged(log.write(tmp_path / "missing.auditlog")), Stage.BLOBS, "blob.missing")
    log.report = None
    left_out = judged(log.write(tmp_path / "uncited.auditlog"))
    assert left_out.ok and "blob.left-out" in [step.code for step in left_out.remarks]
    log = full_log()
    more = ARRAYS + b"\0"
    log.blobs[_digest(more)] = more
    failed(judged(log.write(tmp_path / "more.auditlog")), Stage.BLOBS, "blob.unnamed")


def test_arrays_with_something_hidden_behind_them(tmp_path: Path) -> None:
    data = ARRAYS + b"hidden"
    digest = _digest(data)
    log = small_log()
    value = _value(log.bodies[3])
    value["data"]["blobs"] = {"lens": {"sha256": digest, "dtype": "uint8", "shape": [32]}}
    log.bodies[3], log.blobs = canonical.encode(value), {digest: data}
    failed(judged(rewritten(tmp_path, log)), Stage.BLOBS, "blob.malformed")


# -- lists


def test_lists_that_no_export_has(path: Path) -> None:
    for changes in (
        {"format": "audit-workbench/auditlog/2"},
        {"origin": "audit-workbench/../x"},
        {"origin": "elsewhere/" + "0" * 32},
        {"records": 0},
        {"records": "10"},
        {"records": True},
        {"root": "AB" * 32},
        {"root": "ab"},
        {"auditor": "ed25519:AAAA"},
        {"more": 1},
        {"files": []},
        {"files": [{"path": "../../etc/passwd", "size": 1, "sha256": "ab" * 32}]},
    ):
        resealed(path)
        opened = envelope.read((path / export.EXPORT).read_bytes(), export.PAYLOAD_TYPE, trusted=None)
        payload = canonical.encode({**_value(opened.payload), **changes})  # type: ignore[dict-item]
        (path / export.EXPORT).write_bytes(envelope.sign(export.PAYLOAD_TYPE, payload, [AUDITOR]))
        failed(judged(path), Stage.ENVELOPE, "log.export")


@pytest.mark.parametrize(
    "name", ["notes.txt", "records-1.ndjson.zst", "records-00002.ndjson.zst", "receipts/a.note", "Checkpoints.note"]
)
def test_a_name_that_no_export_has_is_not_listed_either(path: Path, name: str) -> None:
    (path / name).write_bytes(b"x")
    resealed(path)
    failed(judged(path), Stage.ENVELOPE, "log.export")


def _value(data: bytes) -> dict[str, Any]:
    value = canonical.decode(data)
    assert isinstance(value, dict)
    return value


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_the_root_of_the_log_is_the_ledgers(path: Path) -> None:
    assert judged(path).root == Ledger(leaf_hash(line) for line in full_log().bodies).root.hex()


def test_a_result_that_says_neither_what_it_answers_nor_what_it_has(tmp_path: Path) -> None:
    log = small_log()
    log.bodies.append(body(len(log.bodies), "result", {"intent": None, "blobs": None}))
    failed(judged(rewritten(tmp_path, log)), Stage.RECORDS, "log.door")
    log.bodies[-1] = body(len(log.bodies) - 1, "result", {})
    failed(judged(log.write(tmp_path / "three.auditlog")), Stage.RECORDS, "log.door")


def test_several_processes_find_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "FILES_EACH", 1)
    log = long_log(segment.RECORDS + 10)
    sizes = (1, 10, segment.RECORDS, segment.RECORDS + 3)
    log.receipts = [log.receipt(size).note() for size in sizes]
    log.report = report(log, cites=(2, 3, segment.RECORDS - 1, segment.RECORDS, segment.RECORDS + 9))
    path = log.write(tmp_path / "long.auditlog")
    alone = judged(path)
    assert judged(path, processes=2) == alone
    assert alone.ok and alone.witnessed == max(sizes)
    assert judged(path, every_signature=True, processes=2).ok
    log.receipts, log.report = [], None
    log.bodies[segment.RECORDS + 5] += b" "
    found = judged(log.write(tmp_path / "bad.auditlog"), processes=2)
    failed(found, Stage.RECORDS, "log.canonical")
    assert found == judged(tmp_path / "bad.auditlog")
