"""`workbench plan`: carry a plan out, go on with one, or sum one up from the log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from views.arguments import GivenOptions, build
from views.commands.declared import Family, group_of
from views.console import Command
from views.offered import Offered
from views.tables import tables
from workbench.contract.actor import Actor
from workbench.contract.arguments import PromptArgument, arguments_of
from workbench.contract.rules import Rules
from workbench.plans import BY_KIND
from workbench.plans.plan import Plan
from workbench.visible import line


def _run(
    kind: type[Plan],
    case: Path,
    opening: options.SessionOptions,
    given: GivenOptions,
    actor: Actor | None,
    as_json: bool,
) -> None:
    origin = given.pop("origin")
    if origin is None:
        carry_out(build(kind, given, kind.kind), case, opening, actor, as_json)
        return

    def carried_on(session: Any) -> Plan:
        return build(kind, given, kind.kind, carried(kind, session, origin))

    carry_out(carried_on, case, opening, actor, as_json)


def carried(kind: type[Plan], session: Any, seq: int) -> Mapping[str, Any]:
    """What a plan takes over from a record: the prompts that both have."""
    from workbench.log.origin import Origin

    probe = Origin.of(session.log, session.arrays, seq).probe
    prompts = {argument.name for argument in arguments_of(kind) if isinstance(argument, PromptArgument)}
    found = {name: value for name, value in probe if name in prompts}
    if not found:
        raise Refusal(
            "input.invalid", f"Record {seq} has no prompt that {kind.kind} could begin with.",
            "What is taken over are prompts.", "Name a record that has one, or give the plan's own options.",
        )  # fmt: skip
    return found


def carry_out(
    made: Plan | Callable[[Any], Plan],
    path: Path,
    opening: options.SessionOptions,
    actor: Actor | None,
    as_json: bool,
    then: Callable[[Path], str] = lambda folder: "",
) -> None:
    """Conduct a plan, or the one that is made in the session, and print what it found. What the log holds already is
    not asked again; Ctrl-C ends the plan where it stands, and the same command goes on with it. `then`: what is to be
    done in the session's folder once it is finished, in words."""
    with opening.session(options.open_case(path)) as session:
        plan = made if isinstance(made, Plan) else made(session)
        with console.stoppable(plan.kind, lambda: session.abort() if session.loading else None) as progress:
            from workbench.plans.conduct import conduct

            done = conduct(plan, session, actor=actor, progress=progress)
        spent, step = session.spent.model_dump(), then(session.folder) if done.finished else ""
    offered = Offered(path, opening.folder)
    records = [one.seq for one in done.answered if one.seq is not None]
    told = {"plan": plan.kind, "finished": done.finished, "summary": done.summary.summary, "records": records,
            "result": offered.told(done.summary.model_dump(mode="json")), "spent": spent}  # fmt: skip
    shown = tables(offered.figures(done.summary.figures()))
    console.emit(told, "\n".join([line(done.summary.summary), "", shown, *([step] if step else [])]), as_json)
    if done.refusal is not None:
        console.refuse(done.refusal, as_json=False)
        sys.exit(console.REFUSED)
    if not done.finished:
        sys.exit(console.INTERRUPTED)


def _allowed(kind: type[Plan], rules: Rules) -> bool:
    """A plan asks probes, and each of them meets the rules at the door."""
    return True


def _from_option(command: Command) -> Command:
    return click.option(
        "--from", "origin", type=click.IntRange(0), metavar="RECORD", help="Begin with the prompt of this record."
    )(command)


command = group_of(
    Family("plan", BY_KIND, _run, _allowed, _from_option), "Ask a case's model many questions by a plan."
)
