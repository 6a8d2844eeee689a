"""Verify anything that crosses a trust boundary, offline: a case, an exported log, a report or a verdict.

Stages come in a fixed order and end at the first failure: envelope, files, ticket, records, checkpoints, receipts,
report, blobs, replay, commitment. A stage that does not apply to a kind of document is left out; one that needs more
than custody knows (replay needs the model) leaves a remark that says so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from casefiles.case import manifest
from casefiles.custody import ticket
from casefiles.custody.register import Register
from casefiles.documents import addenda, reports, verdicts
from casefiles.files import canonical
from casefiles.files.disk import read_small
from casefiles.keys.identity import SealingKey, VerifyKey
from casefiles.log import export
from casefiles.log.auditlog import SMALL
from casefiles.status import Refusal
from casefiles.verification.case import verify_case
from casefiles.verification.documents import verify_addendum, verify_report, verify_ticket, verify_verdict
from casefiles.verification.log import LogVerifier
from casefiles.verification.steps import Findings, Stage, StageListener, State, Step, Verification
from casefiles.verification.trust import Trust

__all__ = ["Stage", "State", "Step", "Trust", "Verification", "unsigned", "verify"]


def verify(
    path: Path,
    *,
    trusted: Sequence[VerifyKey] | None = None,
    judge: VerifyKey | None = None,
    witnesses: Sequence[VerifyKey] = (),
    register: Register | None = None,
    case: str | None = None,
    about: manifest.Manifest | None = None,
    log: Path | None = None,
    every_signature: bool = False,
    processes: int = 1,
    sealing: SealingKey | None = None,
    revealed: bytes | None = None,
    progress: StageListener | None = None,
) -> Verification:
    """Look at the document as far as the first failure. What is wrong with it is in the answer, never an exception.

    - `trusted`: whose signature the document needs; None checks its integrity and says who signed.
    - `judge`, `witnesses`: whose tickets and receipts count. `register`: the reader's own memory of logs.
    - `case`: digest of the case that a log, report or verdict should be about.
    - `about`: that case's manifest, which what a document says of the case should agree with: title, model,
      specification, rules, the sealed truth.
    - `log`: the exported log a report or verdict rests on, if it was handed over by itself.
    - `every_signature`: check the auditor's signature at each record, not just at the end of each file of records.
    - `processes`: how many read the records of a long log side by side.
    - `sealing`, or `revealed` (nonce and plaintext): opens a case's ground truth, so that its commitment is checked.
    """
    trust = Trust(trusted, judge, witnesses, register, case, about)
    try:
        kind = _kind(path)
        if kind == "case":
            return verify_case(path, trusted, sealing, revealed, progress)
        data = b"" if kind == "log" else read_small(path, SMALL)
    except Refusal as refusal:
        found = Findings()
        found.fails(Stage.ENVELOPE, refusal)
        return Verification("unknown", tuple(found.steps))
    folder = path if kind == "log" else log
    beneath = None
    if folder is not None:
        report = data if kind == "report" else None
        beneath = LogVerifier(
            folder, trust, every_signature=every_signature, processes=processes, report=report, progress=progress
        )
    match kind:
        case "ticket":
            return verify_ticket(data, judge, case)
        case "addendum":
            return verify_addendum(data, trust)
        case "verdict":
            return verify_verdict(data, trust, beneath)
        case _:
            return beneath.run() if beneath and kind == "log" else verify_report(data, trust, beneath)


def _kind(path: Path) -> str:
    """What a path holds, going by what it says of itself; Refusal if it is nothing of ours."""
    if path.is_dir():
        if os.path.lexists(path / manifest.ENVELOPE):
            return "case"
        if os.path.lexists(path / export.EXPORT) or path.suffix == export.SUFFIX:
            return "log"
        raise Refusal(
            "log.not-a-log", f"{path.name} is neither a case nor an exported log.",
            f"It holds neither {manifest.ENVELOPE} nor {export.EXPORT}.", "Name the folder itself.",
        )  # fmt: skip
    kinds = {
        reports.PAYLOAD_TYPE: "report",
        verdicts.PAYLOAD_TYPE: "verdict",
        addenda.PAYLOAD_TYPE: "addendum",
        ticket.PAYLOAD_TYPE: "ticket",
    }
    data = read_small(path, SMALL)
    if told := unsigned(path.name, data):
        raise told
    said = _payload_type(data)
    if said not in kinds:
        raise Refusal(
            "envelope.payload-type", f"{path.name} is no document that can be verified by itself.",
            f"It says it is {said!r}.", "Name a case, an exported log, a report, a verdict, a ticket or an addendum.",
        )  # fmt: skip
    return kinds[said]


def unsigned(name: str, data: bytes) -> Refusal | None:
    """What to say of the files that lie beside signed ones and are none themselves."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        what, holds = "a page to read", "A page shows what a report says, and carries no signature."
    elif start.startswith(b"%pdf-"):
        what, holds = "a page to print", "It shows what a report says, and carries no signature."
    elif start.startswith(b"{") and b'"payloadtype"' not in data.lower():
        what, holds = "an unsigned copy", "It is plain JSON, which anybody can change."
    elif start.startswith((b"audit-workbench/", b"awr1", b"awq1")):
        what, holds = "a receipt or a code", "It says something only beside the log it belongs to."
    else:
        return None
    signed = "Name what was signed: the folder NAME.auditlog, or a file that ends in .dsse.json."
    # A verification tells the reason alone, so that holds the whole.
    return Refusal("envelope.malformed", f"{name} is {what}.", f"{name} is {what}. {holds} {signed}", signed)


def _payload_type(data: bytes) -> str:
    """What kind of document an envelope says it holds; read again, with its signatures, by whoever opens it."""
    try:
        value: Any = canonical.decode_canonical(data, depth=8)
        return str(value["payloadType"])
    except (ValueError, KeyError, TypeError):
        raise Refusal(
            "envelope.malformed", "The document cannot be read.", "It is not a signed envelope.",
            "Ask its sender for the original file, and copy it byte for byte.",
        ) from None  # fmt: skip
