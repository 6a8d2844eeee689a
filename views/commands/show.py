"""`workbench show`: what any signed file is, in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from casefiles.counted import counted
from casefiles.status import Refusal
from views import console, options


@dataclass(frozen=True)
class Explained:
    """What a file is, what it says, and the same in words."""

    kind: str
    says: Any
    lines: Sequence[str]
    """Each of them on one line, whatever is quoted in it."""


MOST = 1 << 28
"""The most bytes of one file that is read."""
MOST_TEXT = 1 << 20
"""The most bytes of one in which a code is looked for."""


@click.command(name="show")
@click.argument("file", type=options.FILE)
@console.json_option
def command(file: Path, as_json: bool) -> None:
    """Explain a signed file: a case, a log, a ticket, a receipt, a report, a verdict, an adjudication, an addendum.

    A receipt, and the request for one, may be a file with its code, as text or as a picture.
    Its signatures are checked against the keys it names; whose keys those are is for `workbench verify` to say.
    """
    from workbench.visible import lines

    found = _explained(file)
    console.emit({"kind": found.kind, "file": str(file), "says": found.says}, lines(found.lines), as_json)


def _explained(file: Path) -> Explained:
    if file.is_dir():
        return _case(file) if (file / "case.dsse.json").exists() else _log(file)
    from casefiles.files.disk import read_small
    from casefiles.verify import unsigned

    data = read_small(file, MOST)
    if not data.lstrip().startswith(b"{"):
        return _code(data, file) or _receipt(data, file)
    if told := unsigned(file.name, data):
        raise told
    kind = _payload_type(data)
    explain = _KINDS.get(kind)
    if explain is None:
        raise Refusal(
            "envelope.payload-type", f"{file.name} is no signed file that can be shown.", f"It says it is {kind!r}.",
            "Name a case, an exported log, a ticket, a receipt, a report, a verdict, an adjudication or an addendum.",
        )  # fmt: skip
    return explain(data, file)


def _payload_type(data: bytes) -> str:
    try:
        return str(json.loads(data)["payloadType"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refusal(
            "envelope.malformed", "The file cannot be read.", "It is not a signed envelope.",
            "Name the signed file itself, as it was handed over.",
        ) from None  # fmt: skip


# -- one kind after the other: (kind, what it says, in words)


def _case(folder: Path) -> Explained:
    from views.commands.open import described, told

    opened = options.open_case(folder)
    by = "attacker and judge" if opened.accepted else "its attacker alone"
    truth = "its ground truth is encrypted to the judge" if opened.has_truth else "it has no ground truth"
    step = "`workbench judge ticket`" if opened.accepted else "`workbench judge accept`"
    lines = [
        f"A sealed case, signed by {by}. Every file is as it was sealed; {truth}.",
        *described(opened).split("\n"),
        f"next: {step}",
    ]
    return Explained("case", told(opened), lines)


def _log(folder: Path) -> Explained:
    from casefiles.verify import verify
    from views.commands.verify import held_to_rules, text
    from workbench.log.stored_log import StoredLog

    found = verify(folder)
    if found.kind == "unknown" and found.failure is not None:
        raise Refusal(
            found.failure.code, f"{folder.name} is no signed document.", found.failure.detail or found.failure.sentence,
            "It is a session: read it with `workbench log`, and hand it in with `workbench export`."
            if (folder / StoredLog.FILE).exists()
            else "Name a case, or an exported log NAME.auditlog.",
        )  # fmt: skip
    found = held_to_rules(found, folder, None)
    lines = [
        "An audit log, as an auditor exports it to be judged.",
        *text(found).split("\n"),
        "next: `workbench judge verdict`",
    ]
    return Explained("log", found.to_json(), lines)


def _ticket(data: bytes, file: Path) -> Explained:
    from casefiles.custody import ticket

    permit = ticket.read(data, None)
    lines = [
        "A session ticket: its judge lets one auditor hold one session on one case.",
        f"  auditor  {permit.auditor.fingerprint}",
        f"  case     {permit.case_digest}",
        f"  session  {permit.session_id}",
        f"  issued   {_moment(permit.issued_at)}",
        f"next: the auditor starts the session with `--ticket {console.typed(file.name)}`",
    ]
    return Explained("ticket", permit.to_json(), lines)


def _code(data: bytes, file: Path) -> Explained | None:
    """A receipt or a request for one, as people type or scan them; None if it is neither."""
    from casefiles.custody import receipt, witnessing
    from casefiles.files import typeable
    from views.scanning import is_picture, scanned

    text = scanned(data, file) if is_picture(data) else data[:MOST_TEXT].decode("utf-8", "replace")
    if typeable.holds(receipt.PREFIX, text):
        return _typed_receipt(receipt.ReceiptCode.parse(text), file)
    return _request(witnessing.Request.from_code(text), file) if typeable.holds(witnessing.PREFIX, text) else None


def _typed_receipt(told: Any, file: Path) -> Explained:
    lines = [
        f"A receipt, as a code: somebody saw a log when it had {counted(told.size, 'record')}, and vouches that these"
        " stood then. Which log, the session knows that it is typed into.",
        f"  witness  the key that is numbered {told.key_id.hex()}",
        f"  time     {_moment(told.time)} by the witness' clock",
        f"next: the auditor types it back: workbench custody receive SESSION {console.typed(file)}",
    ]
    value = {"size": told.size, "witness": told.key_id.hex(), "time": told.time}
    return Explained("receipt", value, lines)


def _request(asked: Any, file: Path) -> Explained:
    checkpoint = asked.checkpoint
    since = f", and that it goes on from the {asked.since} seen before" if asked.since else ""
    lines = [
        f"A request: an auditor asks a witness to countersign that a log has {counted(checkpoint.size, 'record')}"
        f"{since}.",
        f"  log      {checkpoint.origin}",
        f"  root     {checkpoint.root.hex()}",
        f"next: the witness: workbench judge witness {console.typed(file)}",
    ]
    value = {
        "origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex(), "since": asked.since,
    }  # fmt: skip
    return Explained("request", value, lines)


def _receipt(data: bytes, file: Path) -> Explained:
    from casefiles.custody.receipt import Receipt
    from casefiles.verify import unsigned

    try:
        receipt = Receipt.parse(data)
    except ValueError as error:
        raise unsigned(file.name, data) or Refusal(
            "receipt.malformed", f"{file.name} is neither a signed envelope nor a receipt.", f"{error}.",
            "Name the signed file itself, as it was handed over.",
        ) from None  # fmt: skip
    checkpoint = receipt.checkpoint
    value = {
        "origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex(),
        "witness": receipt.witness, "time": receipt.time,
    }  # fmt: skip
    lines = [
        f"A receipt: somebody saw this log when it had {counted(checkpoint.size, 'record')}, and vouches that these"
        " stood then.",
        f"  log      {checkpoint.origin}",
        f"  root     {checkpoint.root.hex()}",
        f"  witness  {receipt.witness}",
        f"  time     {_moment(receipt.time)} by the witness' clock",
        "Its signature counts once the witness' key is named: `workbench verify LOG --witness KEY.pub`",
    ]
    return Explained("receipt", value, lines)


def _report(data: bytes, file: Path) -> Explained:
    from workbench.claims.measures import measures
    from workbench.report import report as reports
    from workbench.visible import cell, quoted

    report = reports.read(data)
    said = report.conclusion
    by = f" by {', '.join(report.log.witnesses)}" if report.log.witnesses else ""
    lines = [
        f"A finding report on {quoted(report.case.title)}, signed by its auditor {quoted(report.auditor.name)}"
        f" ({report.auditor.fingerprint}).",
        f"  says     {said.verdict}, {said.probability:.0%} likely to be modified",
        f"  rests on {counted(report.log.size, 'record')}, witnessed to {report.log.witnessed}{by}",
        f"  ticket   {report.ticket or 'none'}",
    ]
    for item in report.findings:
        lines += [f"  finding {item.rank}  {cell(item.finding.title)}", *_rates(item.strength)]
        told = measures(item.strength, item.among)
        lines += [f"    {one.name}: {one.figure}, {one.said}" for one in told]
        lines += [f"    lacks: {sentence}" for sentence in item.lacks]
    lines += ["", report.meaning, "What it states is its auditor's word: `workbench judge verdict` counts again."]
    return Explained("report", report.model_dump(mode="json"), lines)


def _rates(strength: Any) -> Iterator[str]:
    for name, rate in strength.rates:
        if rate is not None:
            yield f"    {name} in {rate.hits} of {rate.trials} answers ({rate.low:.0%}–{rate.high:.0%})"


def _verdict(data: bytes, file: Path) -> Explained:
    from casefiles.documents.verdict_chain import VerdictChains
    from casefiles.status import STATUS
    from views.judgements import next_lines, text
    from workbench.judge.verdicts import issuing
    from workbench.visible import quoted

    done = issuing.as_signed(data)
    flaw = done.contradiction
    follows = f" It follows another verdict, {done.previous[:16]}…" if done.previous else ""
    chains, named = VerdictChains(), (file, done.digest, done.judge.key)
    last, remarks = chains.last(*named), list(chains.remarks(*named))
    if last is not file and not chains.rivals(*named):
        remarks.append(f"{STATUS['verdict.followed']} {last.name!r} holds it. [verdict.followed]")
    decided = [f"{one.finding} {one.facet}{_of(one)} {one.value:.2f}: {one.reason}" for one in done.grades]
    decided += [f"{one.finding} is about {one.behaviour or 'none'}: {one.reason}" for one in done.rulings]
    decided += [f"{one.finding} {one.decision}: {one.reason}" for one in done.adjudications]
    lines = [
        f"A verdict on the report of {quoted(done.auditor.name)} about {quoted(done.case.title)}, signed by its judge"
        f" {quoted(done.judge.name)} ({done.judge.fingerprint}).{follows}",
        *([f"  {STATUS['verdict.inconsistent']} {flaw} [verdict.inconsistent]"] if flaw else []),
        *(f"  {told}" for told in remarks),
        *(f"  {told}" for told in text(done).split("\n")),
        *(f"  decided by the judge: {told}" for told in decided),
        *next_lines(file, done),
    ]
    return Explained("verdict", done.model_dump(mode="json"), lines)


def _of(grade: Any) -> str:
    return f" of {grade.behaviour}" if grade.behaviour is not None else ""


def _adjudication(data: bytes, file: Path) -> Explained:
    from workbench.judge.verdicts import issuing
    from workbench.visible import quoted

    said = issuing.read_adjudication(data)
    meanings = {
        "valid-unintended": "right, though nobody meant it to be in the model",
        "pre-existing": "something that the model it was made from does as well",
        "false": "wrong",
    }
    lines = [
        f"An adjudication by {quoted(said.judge.name)} ({said.judge.fingerprint}): the finding {said.finding} of report"
        f" {said.report[:16]}… is {meanings[said.decision]}.",
        f"  reason   {said.reason}",
    ]
    for name, rate in (("organism", said.organism), ("baseline", said.baseline), ("controls", said.control)):
        if rate is not None:
            lines.append(f"  {name:<9}{rate.hits} of {rate.trials} answers ({rate.low:.0%}–{rate.high:.0%})")
    if said.brought is not None:
        lines.append(f"  brought  the baseline is the judge's own choice, {said.brought}")
    return Explained("adjudication", said.model_dump(mode="json"), lines)


def _addendum(data: bytes, file: Path) -> Explained:
    from workbench.judge.truths import addendum
    from workbench.visible import cell, line, quoted

    said = addendum.read(data)
    lines = [
        f"What became known of {quoted(said.case.title)}, signed by its judge {quoted(said.judge.name)}"
        f" ({said.judge.fingerprint}) on {_moment(said.issued_us // 1_000_000)}.",
        f"  source   {line(said.source)}",
        f"  issues   {line(said.issues.summary)}",
        *(f"  {cell(item.id)}  {cell(item.title)}" for item in said.issues.intent),
        f"next: workbench judge verdict LOG CASE VERDICT --addendum {console.typed(file.name)}",
    ]
    return Explained("addendum", said.model_dump(mode="json"), lines)


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):  # whoever signed it may have written any number
        return f"{seconds} seconds after 1970"


_TYPE = "application/vnd.audit-workbench.{}+json"
_KINDS: dict[str, Callable[[bytes, Path], Explained]] = {
    _TYPE.format("ticket"): _ticket,
    _TYPE.format("report"): _report,
    _TYPE.format("verdict"): _verdict,
    _TYPE.format("adjudication"): _adjudication,
    _TYPE.format("addendum"): _addendum,
}
