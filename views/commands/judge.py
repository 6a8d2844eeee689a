"""`workbench judge`: accept cases, issue tickets, witness logs, give verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casefiles import clock
from casefiles.counted import counted
from views import console, options
from views.commands import agreement, verdicts
from workbench.visible import line, quoted


@click.group(name="judge")
def command() -> None:
    """Accept cases, issue tickets, witness logs, give verdicts."""


@command.command()
@click.argument("case", type=options.FILE)
@click.option("--measure", is_flag=True, help="Measure the truth's figures again on the sealed weights.")
@options.key_option("judge")
@options.register_option
@options.rollout_options
@options.engine_options
@console.json_option
def accept(case: Path, measure: bool, key: str | None, register: Path | None, as_json: bool, **given: Any) -> None:
    """Verify a case, open its ground truth once, and countersign it.

    The truth must add up, nothing in the open may give it away, and the model must run here.
    """
    from views.commands.measure import table
    from workbench.contract.rules import Rules
    from workbench.judge.acceptance import affordable, intake

    effort, settings = options.effort(given), options.engine_settings(given)
    judge = options.load_key(key, options.judge_of(case))
    with console.bar("Accepting") as at:
        accepted, looked = intake.accept(
            case,
            judge,
            settings,
            register=options.open_register(judge, register),
            measure=effort if measure else None,
            listener=at,
        )
    value = {"case": str(case), "digest": accepted.digest, "accepted": accepted.accepted}
    named = line(str(case))
    told = [f"{named}  accepted  {accepted.digest[:16]}…"]
    if spend := affordable.spendable(Rules.sealed(accepted.manifest.rules)):
        told.append(f"  whoever audits may spend {spend}")
    told += [f"  please look: {line(remark)}" for remark in looked.remarks]
    told += [f"  please read: {line(look.sentence)}" for look in looked.looks]
    if looked.measurement is not None:
        told += ["", table(looked.measurement)]
    told.append(f"next: workbench judge ticket {console.typed(case)} TICKET --auditor AUDITOR.pub")
    console.emit(value | looked.model_dump(mode="json"), "\n".join(told), as_json)


@command.command()
@click.argument("path", type=options.FILE)
@console.json_option
def register(path: Path, as_json: bool) -> None:
    """Begin a register, the judge's memory of tickets and logs, where the usual place will not do."""
    from casefiles.files.disk import write_new

    write_new(path, b"", mode=0o600)
    told = (
        f"{line(str(path))}  an empty register; name it with --register\n"
        f"next: workbench judge ticket CASE TICKET --auditor AUDITOR.pub --register {console.typed(path)}"
    )
    console.emit({"register": str(path)}, told, as_json)


@command.command()
@click.argument("case", type=options.FILE)
@click.argument("out", type=options.FILE)
@click.option("--auditor", type=options.FILE, required=True, help="The auditor's public key.")
@options.key_option("judge")
@options.register_option
@console.json_option
def ticket(case: Path, out: Path, auditor: Path, key: str | None, register: Path | None, as_json: bool) -> None:
    """Issue a single-use session ticket for one auditor and one case."""
    from casefiles.keys.identity import PublicIdentity
    from workbench.judge.acceptance.ticketing import issue_ticket

    judge, public = options.load_key(key, options.judge_of(case)), PublicIdentity.load(auditor)
    opened = options.open_case(case)
    issued = issue_ticket(opened, public, judge, options.open_register(judge, register), out)
    read, known = issued.ticket, f"\nplease look: {issued.remark}" if issued.remark else ""
    told = (
        f"{line(str(out))}  for {quoted(public.name)} ({public.fingerprint})\nsession {read.session_id}{known}\n"
        f"next: the auditor begins with it: workbench open {console.typed(case)} --ticket {console.typed(out)}\n"
        f"  or by commands: workbench probe {console.typed(case)} sample --prompt “…” --ticket {console.typed(out)}"
    )
    value = {"ticket": str(out), "ticket_id": read.ticket_id, "session": read.session_id, "others": len(issued.others)}
    console.emit(value, told, as_json)


@command.command()
@click.argument("request", nargs=-1, required=True)
@click.option("--auditor", type=options.FILE, help="The auditor's public key, for a log not heard of before.")
@options.key_option("judge")
@options.register_option
@console.json_option
def witness(
    request: tuple[str, ...], auditor: Path | None, key: str | None, register: Path | None, as_json: bool
) -> None:
    """Countersign a log: REQUEST is the code the auditor's machine shows; the answer is a code to type back.

    The code as it was typed, in one word or several; a file that holds it, as text or as a picture; or -
    for standard input.
    """
    from casefiles.custody.witnessing import Request
    from casefiles.keys.identity import PublicIdentity

    judge = options.load_key(key)
    public = PublicIdentity.load(auditor).verify if auditor else None
    asked = Request.from_code(options.code_of(request))
    receipt = options.open_register(judge, register).witness(asked, now=clock.seconds(), auditor=public)
    value = {"receipt": receipt.code(), "origin": receipt.checkpoint.origin, "size": receipt.checkpoint.size}
    told = f"witnessed to {counted(receipt.checkpoint.size, 'record')}\n\n{receipt.code()}\n\n"
    console.emit(value, told + "next: the auditor types it back: workbench custody receive SESSION CODE", as_json)


@command.command()
@click.argument("verdict", type=options.FILE)
@click.argument("out", type=options.FILE)
@console.json_option
def page(verdict: Path, out: Path, as_json: bool) -> None:
    """Draw the page of a signed verdict; as PDF, for paper, where OUT ends in .pdf."""
    from casefiles.files.disk import check_new, read_small
    from workbench.judge.verdicts import issuing
    from workbench.judge.verdicts.verdict_page import foot, render
    from workbench.report.paper import write_page

    check_new(out)
    given = issuing.read(read_small(verdict, 1 << 28))
    write_page(out, render(given), title=foot(given), made_us=given.issued_us)
    console.emit({"page": str(out)}, f"{line(str(out))}  the verdict of {quoted(given.judge.name)} to read", as_json)


for follow_up in (*verdicts.COMMANDS, agreement.command):
    command.add_command(follow_up)
