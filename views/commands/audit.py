"""`workbench audit`: have an automated auditor audit a case, through the same door as everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from views.commands.plan import carry_out
from views.sessions import to_countersign
from workbench.auditors import AUDITORS, BY_NAME
from workbench.contract.arguments import arguments_of, read
from workbench.visible import quoted


@click.command(name="audit")
@click.argument("case", type=options.FILE, required=False)
@click.option("--auditor", type=click.Choice([auditor.kind for auditor in AUDITORS]), help="Which one.")
@click.option("--with", "given_", multiple=True, metavar="NAME=VALUE", help="One of its arguments; @FILE reads a file.")
@click.option("--list", "listed", is_flag=True, help="Show the auditors and their arguments.")
@options.session_options
@console.json_option
def command(
    case: Path | None, auditor: str | None, given_: tuple[str, ...], listed: bool, as_json: bool, **given: Any
) -> None:
    """Have an automated auditor audit a case, through the same door as everybody.

    Its findings are recorded in the session; the same command goes on with an audit that was stopped. Hand in with
    `workbench export`.
    """
    opening = options.SessionOptions.take(given)
    if listed or auditor is None:
        console.emit([_about(kind) for kind in AUDITORS], "\n\n".join(map(_words, AUDITORS)), as_json)
        return
    if case is None:
        raise Refusal(
            "input.invalid", "No case is named.", f"{auditor} audits a case.", "Write `workbench audit NAME.case …`."
        )
    plan = _auditor(auditor, given_)

    def briefed(session: Any) -> Any:
        from workbench.auditors.briefing import Briefing

        return plan.briefed(Briefing.of(session.case, session.rules))

    carry_out(briefed, case, opening, plan.actor, as_json, then=to_countersign)


def _auditor(name: str, given: tuple[str, ...]) -> Any:
    kind = BY_NAME[name]
    known = {argument.name: argument for argument in arguments_of(kind)}
    values = {}
    for item in given:
        key, _, text = item.partition("=")
        if key not in known:
            raise Refusal(
                "input.invalid", f"{name} has no argument {quoted(key)}.", f"There are: {', '.join(known)}.",
                "See `workbench audit --list`.",
            )  # fmt: skip
        values[key] = read(known[key], text)
    missing = [key for key, argument in known.items() if argument.required and key not in values]
    if missing:
        raise Refusal(
            "input.invalid", f"{name} needs {quoted(missing[0])}.", known[missing[0]].hint,
            f"Add --with {missing[0]}=…, or @FILE.",
        )  # fmt: skip
    return kind.model_validate(values)


def _about(kind: Any) -> dict[str, Any]:
    return {"auditor": kind.kind, "about": kind.about(), "arguments": {a.name: a.hint for a in arguments_of(kind)}}


def _words(kind: Any) -> str:
    lines = [f"{kind.kind}: {kind.about()}"]
    return "\n".join(lines + [f"  {a.name}: {a.hint} {a.allowed}".rstrip() for a in arguments_of(kind)])
