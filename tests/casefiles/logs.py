"""A small audit log to attack: made with fixed keys, so that the same log has the same bytes everywhere."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casefiles.custody import ticket
from casefiles.custody.receipt import Receipt
from casefiles.custody.ticket import Ticket
from casefiles.documents import reports
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.log import auditlog, export
from casefiles.log.auditlog import Record
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.export import ExportedFile
from casefiles.log.ledger import Ledger, leaf_hash
from casefiles.verification.steps import Verification
from tests.casefiles.material import safetensors

AUDITOR = SigningKey(bytes([1]) * 32)
JUDGE = SigningKey(bytes([2]) * 32)
MATE = SigningKey(bytes([3]) * 32)
STRANGER = SigningKey(bytes([4]) * 32)
CASE = hashlib.sha256(b"a case").hexdigest()
OTHER_CASE = hashlib.sha256(b"another case").hexdigest()
TICKET = Ticket("ab" * 16, CASE, AUDITOR.public, 1_795_000_000)
START_US = 1_795_000_000_000_000
ARRAYS = safetensors({"lens": bytes(range(32))})
ARRAYS_DIGEST = hashlib.sha256(ARRAYS).hexdigest()


@dataclass
class Log:
    """A log in the making: the bodies can be changed before the auditor signs them."""

    bodies: list[bytes] = field(default_factory=list)
    key: SigningKey = AUDITOR
    session: str = TICKET.session_id
    ticket: bytes | None = field(default_factory=lambda: ticket.seal(TICKET, JUDGE))
    receipts: list[bytes] = field(default_factory=list)
    report: bytes | None = None
    blobs: dict[str, bytes] = field(default_factory=lambda: {ARRAYS_DIGEST: ARRAYS})

    @property
    def origin(self) -> str:
        return origin_of(self.session)

    def records(self) -> list[Record]:
        ledger, records = Ledger(), []
        for body in self.bodies:
            leaf = leaf_hash(body)
            root = ledger.append(leaf)
            records.append(Record(body, leaf, root, Checkpoint(self.origin, ledger.size, root).sign(self.key)))
        return records

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.bodies) if size is None else size
        ledger = Ledger(leaf_hash(body) for body in self.bodies[:size])
        return Checkpoint(self.origin, size, ledger.root)

    def receipt(self, size: int, key: SigningKey = JUDGE, time: int = 1_795_000_100) -> Receipt:
        return Receipt.sign(self.checkpoint(size), key, time)

    def write(self, out: Path) -> Path:
        scratch = out.parent / f".{out.name}.arrays"
        scratch.mkdir()
        for digest, data in self.blobs.items():
            (scratch / digest).write_bytes(data)
        auditlog.write(
            out,
            self.records(),
            origin=self.origin,
            seal=self.key,
            ticket=self.ticket,
            receipts=self.receipts,
            blobs=[(digest, scratch / digest) for digest in self.blobs],
            report=self.report,
        )
        return out

    def copy(self) -> Log:
        return copy.deepcopy(self)

    def edited(self, number: int, /, **changes: Any) -> Log:
        """The same log with fields of one record changed."""
        twin = self.copy()
        value = canonical.decode(self.bodies[number])
        assert isinstance(value, dict)
        twin.bodies[number] = canonical.encode({**value, **changes})
        return twin


def body(seq: int, kind: str, data: Mapping[str, Any], session: str = TICKET.session_id, **changes: Any) -> bytes:
    value = {"v": 1, "seq": seq, "ts_us": START_US + seq * 1000, "session": session, "kind": kind, "data": data}
    return canonical.encode(value | changes)


def genesis(permit: Ticket | None = TICKET, key: VerifyKey = AUDITOR.public, case: str = CASE) -> dict[str, Any]:
    return {
        "workbench": "1.0.0",
        "case": case,
        "title": "Small",
        "specification": "cd" * 32,
        "model": "ef" * 32,
        "rules": {"affordances": ["sample"], "findings": 3},
        "auditor": {"format": "audit-workbench/public-identity/1", "name": "Ada", "verify": key.text, "recipient": "-"},
        "ticket": permit.to_json() if permit else None,
        "probes": {"sample": {"version": 1, "digest": "00" * 32}},
    }


def intent(seq: int) -> bytes:
    actor = {"kind": "person", "name": "Ada"}
    arguments = {"prompt": f"What is the capital of “France”? {seq} 🗼", "temperature": 0.7}
    return body(seq, "intent", {
        "probe": "sample", "version": 1, "arguments": arguments, "actor": actor, "model": "ef" * 32,
        "engine": "toy", "elicitation": "natural", "reserved": {"probes": 1},
    })  # fmt: skip


def result(seq: int, answers: int, arrays: Mapping[str, Any] | None = None) -> bytes:
    return body(seq, "result", {
        "intent": answers, "status": "ok", "error": None, "cost": {"probes": 1}, "environment": {"engine": "toy"},
        "result": {"text": "Paris", "logprobs": [-0.25, -1.5e-7, 0, 12345.678], "tokens": [17, 31999]},
        "blobs": dict(arrays or {}), "elapsed_us": 1234,
    })  # fmt: skip


def small_log(pairs: int = 4) -> Log:
    """A genesis, a note, and pairs of intent and result; the first result has arrays."""
    bodies = [body(0, "genesis", genesis()), body(1, "note", {"text": "Begin."})]
    for number in range(pairs):
        seq = len(bodies)
        arrays = {"lens": {"sha256": ARRAYS_DIGEST, "dtype": "uint8", "shape": [32]}} if number == 0 else None
        bodies += [intent(seq), result(seq + 1, seq, arrays)]
    return Log(bodies)


def report_value(log: Log, /, cites: Sequence[int] = (2, 3), **changes: Any) -> dict[str, Any]:
    """A report on a log as it stands: valid, and with no more in it than the published schema demands."""
    checkpoint = log.checkpoint()
    cost = {"probes": 4, "generated_tokens": 0, "forward_tokens": 0}
    return {
        "format": "audit-workbench/report/1",
        "workbench": "1.0.0",
        "written_us": START_US + 1_000_000,
        "case": {"digest": CASE, "title": "Small", "specification": "cd" * 32, "model": "ef" * 32},
        "log": {
            "origin": log.origin, "session": log.session, "size": checkpoint.size, "root": checkpoint.root.hex(),
            "witnessed": 0, "witnesses": [],
        },
        "ticket": TICKET.ticket_id if log.ticket else None,
        "auditor": {"name": "Ada", "key": log.key.public.text, "fingerprint": log.key.public.fingerprint},
        "rules": {"affordances": ["sample"], "budget": {}, "inputs": "free", "findings": 3},
        "conclusion": {"verdict": "inconclusive", "probability": 0.5, "summary": ""},
        "findings": [],
        "meaning": "Little.",
        "cited": [_cited(log, seq) for seq in cites],
        "activity": {
            "first_us": START_US, "last_us": START_US + 9000, "ok": 4, "failed": 0, "cancelled": 0, "refused": 0,
            "orphans": [], "resumed": 0, "spent": cost, "by_probe": [],
        },
        "environments": [],
    } | changes  # fmt: skip


def _cited(log: Log, seq: int) -> dict[str, Any]:
    value = canonical.decode(log.bodies[seq])
    assert isinstance(value, dict)
    return {"seq": seq, "kind": value["kind"], "leaf": leaf_hash(log.bodies[seq]).hex()}


def report(log: Log, /, cites: Sequence[int] = (2, 3), **changes: Any) -> bytes:
    payload = canonical.encode(report_value(log, cites, **changes))
    return envelope.sign(reports.PAYLOAD_TYPE, payload, [log.key])


def full_log() -> Log:
    """A log with everything: ticket, two receipts, arrays and a report."""
    log = small_log()
    log.receipts = [log.receipt(4).note(), log.receipt(8, time=1_795_000_200).note()]
    log.report = report(log)
    return log


def resealed(folder: Path, key: SigningKey = AUDITOR, **changes: Any) -> None:
    """Sign the list of an export anew, as an auditor who changed its files would: nothing but `changes` differs."""
    opened = envelope.read((folder / export.EXPORT).read_bytes(), export.PAYLOAD_TYPE, trusted=None)
    value = canonical.decode(opened.payload)
    assert isinstance(value, dict)
    paths = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != export.EXPORT)
    files = [listed(folder, path).to_json() for path in paths]
    payload = canonical.encode({**value, "files": files, **changes})
    (folder / export.EXPORT).write_bytes(envelope.sign(export.PAYLOAD_TYPE, payload, [key]))


def listed(folder: Path, path: str) -> ExportedFile:
    data = (folder / path).read_bytes()
    return ExportedFile(path, len(data), hashlib.sha256(data).hexdigest())


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def codes(found: Verification) -> list[tuple[str, str]]:
    """Every step of a verification: its stage and its code."""
    return [(step.stage.value, step.code) for step in found.steps]


def renumbered(bodies: Iterable[bytes]) -> list[bytes]:
    """The same records numbered afresh from 0."""
    return [
        canonical.encode({**value, "seq": seq})
        for seq, value in enumerate(map(canonical.decode, bodies))
        if isinstance(value, dict)
    ]
