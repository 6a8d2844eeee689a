"""`workbench verify`: what is proven about a document, and what is not."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casefiles.counted import counted
from views import console, options
from workbench.visible import lines

if TYPE_CHECKING:
    from casefiles.case.bundle import Case
    from casefiles.verification.steps import Verification

MARKS = {"ok": "✓", "remark": "·", "failed": "✗"}


@click.command(name="verify")
@click.argument("path", type=options.FILE)
@click.option("--trust", type=options.FILE, multiple=True, help="A public key whose signature it needs. Repeatable.")
@click.option("--judge", type=options.FILE, help="The judge's public key: whose ticket and receipts count.")
@click.option("--witness", type=options.FILE, multiple=True, help="A public key whose receipts count. Repeatable.")
@click.option("--log", type=options.FILE, help="The exported log that a report or verdict rests on.")
@click.option("--case", type=options.FILE, help="The case it should be about.")
@click.option("--every-signature", is_flag=True, help="Check the signature at each record.")
@console.json_option
def command(
    path: Path, trust: tuple[Path, ...], judge: Path | None, witness: tuple[Path, ...], log: Path | None,
    case: Path | None, every_signature: bool, as_json: bool,
) -> None:  # fmt: skip
    """Verify a case, a log, a report or a verdict.

    Exits with 0 if nothing failed. What is not proven is said, not hidden.
    """
    from casefiles.keys.identity import PublicIdentity
    from casefiles.verify import verify

    def key(file: Path) -> Any:
        return PublicIdentity.load(file).verify

    opened = options.open_case(case) if case else None
    with console.bar("Verifying") as at:
        found = verify(
            path,
            trusted=[key(file) for file in trust] or None,
            judge=key(judge) if judge else opened.manifest.judge.verify if opened else None,
            witnesses=[key(file) for file in witness],
            case=opened.digest if opened else None,
            about=opened.manifest if opened else None,
            log=log,
            every_signature=every_signature,
            processes=os.cpu_count() or 1,
            progress=lambda stage, done, total: at(done / max(1, total), str(stage)),
        )
        found = held_to_rules(_stating(found, path, opened), log or path, opened)
    step = _step(path, found, log) if found.ok else ""
    console.emit(found.to_json(), "\n".join([text(found), *([step] if step else [])]), as_json)
    if not found.ok:
        sys.exit(console.REFUSED)


def held_to_rules(found: Verification, log: Path, case: Case | None) -> Verification:
    """The same with whether the session of a log that verified kept to the rules: those of the case if it is at hand,
    or else those that the log states. What a verdict says of its own log is not said again."""
    if not found.ok or found.kind not in ("log", "report") or not found.records:
        return found
    from casefiles.status import Refusal
    from casefiles.verification.steps import Findings, Stage
    from workbench.judge.scores.engagement import Terms, examine
    from workbench.log.imported_log import imported
    from workbench.log.records import Genesis

    told = Findings(list(found.steps))
    try:
        with imported(log, replace(found, kind="log")) as records:
            terms = Terms.of(case) if case is not None else Terms.stated(records.entry(0).read(Genesis))
            engagement = examine(records, terms)
        if engagement.breaches:
            first, among = engagement.breaches[0], f"{len(engagement.breaches)} of {engagement.probes} probes"
            why = f"{among}. Record {first.record}: {first.why}"
            raise Refusal("rules.broken", "The rules were not kept.", why, "Have its judge give a verdict on it.")
    except Refusal as refusal:
        told.fails(Stage.RULES, refusal)
    else:
        if case is None:
            told.remark(Stage.RULES, "rules.not-checked")
        else:
            told.holds(Stage.RULES, "Every probe was one that the rules allow, by what the log holds.")
    return replace(found, steps=tuple(told.steps))


def _stating(found: Verification, path: Path, case: Case | None) -> Verification:
    """The same with whether a report, by itself or in its log, states the rules of the case, if that is at hand."""
    from casefiles.files.disk import read_small
    from casefiles.log.auditlog import SMALL
    from casefiles.log.export import REPORT
    from casefiles.status import Refusal
    from casefiles.verification.steps import Findings, Stage
    from workbench.contract.rules import Rules
    from workbench.report import report as reports

    place = path / REPORT if path.is_dir() else path
    if case is None or not found.ok or found.kind not in ("report", "log") or not place.exists():
        return found
    told = Findings(list(found.steps))
    try:
        report, rules = reports.read(read_small(place, SMALL)), Rules.sealed(case.manifest.rules)
        if (report.case_rules or report.rules) != rules:
            why = f"The report states {report.case_rules or report.rules!r}, and the case {rules!r}."
            raise Refusal("case.misnamed", "The report states other rules.", why, "Ask its author for the original.")
    except Refusal as refusal:
        told.fails(Stage.REPORT, refusal)
    return replace(found, steps=tuple(told.steps))


def _step(path: Path, found: Any, log: Path | None) -> str:
    """What is done next with a document of which nothing failed, as commands."""
    named = console.typed(path)
    if found.kind == "case":
        accepted = _judge_of(path) in found.signers
        return f"next: workbench open {named}" if accepted else f"next: the judge: workbench judge accept {named}"
    judged = console.typed(log if log and found.kind == "report" else path)
    of_log = f"workbench replay {judged} CASE, or the judge: workbench judge verdict {judged} CASE VERDICT"
    steps = {
        "log": of_log,
        # What the judge scores is the report that the log brings.
        "report": ""
        if {"report.replaced", "report.unrecorded"} & {one.code for one in found.remarks}
        else of_log
        if log
        else f"workbench verify {named} --log LOG, which it rests on",
        "verdict": f"workbench show {named}",
        "ticket": f"the auditor: workbench open CASE --ticket {named}"
        if not found.remarks
        else f"workbench verify {named} --judge JUDGE.pub, whose ticket it has to be",
        "addendum": f"the judge: workbench judge verdict LOG CASE VERDICT --addendum {named}",
    }
    step = steps.get(found.kind, "")
    return f"next: {step}" if step else ""


def _judge_of(case: Path) -> Any:
    """Whom a case that verified names as its judge."""
    from casefiles.case.manifest import ENVELOPE, PAYLOAD_TYPE, Manifest
    from casefiles.keys import envelope

    return Manifest.read(envelope.read((case / ENVELOPE).read_bytes(), PAYLOAD_TYPE, trusted=None).payload).judge.verify


def text(found: Any) -> str:
    """A verification for people."""
    sound = "nothing failed" + (f", {counted(len(found.remarks), 'remark')}" if found.remarks else "")
    told = [f"{found.kind}: {sound if found.ok else found.failure.sentence}"]
    for step in found.steps:
        code = "" if step.code == "ok" else f"  [{step.code}]"
        told.append(f"  {MARKS[step.state.value]} {step.stage.value:<11} {step.sentence}{code}")
        told += [f"      {step.detail}"] if step.detail else []
    told += [f"  signed by {key.fingerprint}" for key in found.signers]
    if found.records:
        told.append(f"  witnessed to {found.witnessed} of {found.records} records, by the receipts that it brings")
    return lines(told)
