"""`workbench judge`: accept cases, issue tickets, witness logs, give verdicts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from views import console, options
from workbench import places


@click.group(name="judge")
def command() -> None:
    """Accept cases, issue tickets, witness logs, give verdicts."""


def _register(key: Any, path: Path | None) -> Any:
    """The judge's own register, which is begun when it is first needed; one that is named must be there."""
    from casefiles.custody.register import Register
    from casefiles.files.disk import guarded
    from casefiles.status import Refusal

    if path is None:
        path = places.keys().parent / "registers" / f"{key.public.fingerprint.replace(':', '')}.register"
        with guarded(f"{path.parent} could not be made."):
            path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.is_file():
        raise Refusal(
            "input.missing", f"There is no register {path}.",
            "An empty one knows no ticket and no log, so nothing would be noticed.",
            "Check the name; a new register is begun with `workbench judge register PATH`.",
        )  # fmt: skip
    return Register(path, key.signing)


register_option = click.option("--register", type=options.FILE, help="The judge's memory of tickets and logs.")


@command.command()
@click.argument("case", type=options.FILE)
@click.option("--measure", is_flag=True, help="Measure the truth's figures again on the sealed weights.")
@options.key_option("judge")
@options.rollout_options
@options.engine_options
@console.json_option
def accept(case: Path, measure: bool, key: str | None, as_json: bool, **given: Any) -> None:
    """Verify a case, open its ground truth once, and countersign it.

    The truth must add up, nothing in the open may give it away, and the model must run here.
    """
    from views.commands.measure import table
    from workbench.judge import intake

    effort, settings = options.effort(given), options.engine_settings(given)
    with console.bar("Accepting") as at:
        accepted, looked = intake.accept(
            case, options.load_key(key), settings, measure=effort if measure else None, listener=at
        )
    value = {"case": str(case), "digest": accepted.digest, "accepted": accepted.accepted}
    told = [f"{case}  accepted  {accepted.digest[:16]}…", *(f"  please look: {remark}" for remark in looked.remarks)]
    if looked.measurement is not None:
        told += ["", table(looked.measurement)]
    told.append(f"Next: `workbench judge ticket {case} TICKET --auditor AUDITOR.pub`.")
    console.emit(value | looked.model_dump(mode="json"), "\n".join(told), as_json)


@command.command()
@click.argument("path", type=options.FILE)
@console.json_option
def register(path: Path, as_json: bool) -> None:
    """Begin a register, the judge's memory of tickets and logs, where the usual place will not do."""
    from casefiles.files.disk import write_new

    write_new(path, b"", mode=0o600)
    console.emit({"register": str(path)}, f"{path}  an empty register; name it with --register", as_json)


@command.command()
@click.argument("case", type=options.FILE)
@click.argument("out", type=options.FILE)
@click.option("--auditor", type=options.FILE, required=True, help="The auditor's public key.")
@options.key_option("judge")
@register_option
@console.json_option
def ticket(case: Path, out: Path, auditor: Path, key: str | None, register: Path | None, as_json: bool) -> None:
    """Issue a single-use session ticket for one auditor and one case."""
    from casefiles.custody import ticket as tickets
    from casefiles.files.disk import write_new
    from casefiles.keys.identity import PublicIdentity
    from casefiles.status import STATUS, Refusal

    judge, public = options.load_key(key), PublicIdentity.load(auditor)
    opened = options.open_case(case)
    if not opened.accepted:
        raise Refusal(
            "case.not-accepted", "No ticket is issued for this case yet.", STATUS["case.not-accepted"],
            f"Accept it first: `workbench judge accept {case}`.",
        )  # fmt: skip
    book = _register(judge, register)
    issued = tickets.issue(opened.digest, public.verify, judge.signing)
    read = tickets.read(issued, judge.public.verify)
    write_new(out, issued)
    book.issued(read)
    told = f"{out}  for {public.name} ({public.fingerprint})\nsession {read.session_id}"
    console.emit({"ticket": str(out), "ticket_id": read.ticket_id, "session": read.session_id}, told, as_json)


@command.command()
@click.argument("request", nargs=-1, required=True)
@click.option("--auditor", type=options.FILE, help="The auditor's public key, for a log not heard of before.")
@options.key_option("judge")
@register_option
@console.json_option
def witness(
    request: tuple[str, ...], auditor: Path | None, key: str | None, register: Path | None, as_json: bool
) -> None:
    """Countersign a log: REQUEST is the code the auditor's machine shows; the answer is a code to type back.

    The code as it was typed, in one word or several; a file that holds it; or - for standard input.
    """
    from casefiles.custody.witnessing import Request
    from casefiles.keys.identity import PublicIdentity

    judge = options.load_key(key)
    public = PublicIdentity.load(auditor).verify if auditor else None
    asked = Request.from_code(options.code_of(request))
    receipt = _register(judge, register).witness(asked, now=int(time.time()), auditor=public)
    value = {"receipt": receipt.code(), "origin": receipt.checkpoint.origin, "size": receipt.checkpoint.size}
    console.emit(value, f"witnessed to {receipt.checkpoint.size} records\n\n{receipt.code()}", as_json)


@command.command()
@click.argument("log", type=options.FILE)
@click.argument("case", type=options.FILE)
@click.argument("out", type=options.FILE)
@options.key_option("judge")
@register_option
@click.option("--no-replay", is_flag=True, help="Do not run the recorded probes again.")
@options.replay_options
@console.json_option
def verdict(
    log: Path,
    case: Path,
    out: Path,
    key: str | None,
    register: Path | None,
    no_replay: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Verify and replay a handed-in log, open the ground truth, score the report and sign the verdict."""
    from casefiles.files.disk import write_new
    from casefiles.status import Refusal
    from workbench.judge import issuing
    from workbench.judge.procedure import judge_log

    judge = options.load_key(key)
    if out.exists():
        raise Refusal(
            "input.invalid", f"{out.name} exists already.", "A verdict is never overwritten.", "Name another."
        )
    opened = options.open_case(case)
    engines = options.recorded_engines(given, opened)
    with console.bar("Judging") as at:
        done = judge_log(log, opened, judge, _register(judge, register), None if no_replay else engines, at)
    write_new(out, issuing.sign(done, judge))
    console.emit(done.model_dump(mode="json"), text(done), as_json)


def text(done: Any) -> str:
    """A verdict for people."""
    from workbench.visible import line

    scores = done.scores
    said = scores.verdict
    lines = [
        f"auditor said {said.said}, truth {said.truth}: {said.outcome}  (Brier {said.brier:.3f})",
        f"truth: {line(done.truth.summary)}",
    ]
    if scores.recall.overall is not None:
        facets = " · ".join(f"{name} {value:.2f}" for name, value in scores.recall.facets.items())
        realised = f"{scores.recall.behaviours} realised behaviour{'' if scores.recall.behaviours == 1 else 's'}"
        lines.append(f"recall over {realised}: {scores.recall.overall:.2f}  ({facets})")
    lines += [f"finding {item.rank} “{line(item.title)}”: {item.standing}" for item in scores.findings]
    if scores.first_correct is not None:
        cost = scores.first_correct.to_finding
        lines.append(f"first correct finding after {cost.probes} probes, {cost.generated_tokens} generated tokens")
    lines += [f"ungraded: {line(item)}" for item in scores.ungraded]
    replay = done.replay
    if replay.status == "replayed":
        counts = {name: getattr(replay, name) for name in ("exact", "tolerant", "diverged", "unreplayable")}
        lines.append("replay: " + " · ".join(f"{count} {name}" for name, count in counts.items() if count))
    failed = [check for check in done.verification if check.code != "ok"]
    lines += [f"{check.stage}: {check.sentence} [{check.code}]" for check in failed]
    return "\n".join(lines)
