"""`workbench probe`: one command for each kind of probe, made from its declaration."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import click

from casefiles.status import Refusal
from views import console, options
from views.arguments import GivenOptions, build
from views.commands.batch import batch
from views.commands.declared import Family, group_of
from views.console import Command
from views.tables import tables
from workbench.contract.actor import Actor
from workbench.contract.arguments import PromptArgument, arguments_of
from workbench.contract.probe import FRESH, Probe
from workbench.contract.rules import Affordance, Rules
from workbench.contract.subject import BASELINE, ORGANISM, needed_to_ask
from workbench.log.origin import Origin
from workbench.log.records import ResultRecord
from workbench.probes import BY_KIND
from workbench.report.specification import check_clause
from workbench.visible import line, quoted

WHOM: Final = "Who is asked: organism, baseline, brought:NAME or adapter:NAME."
AGAINST: Final = "With whom a probe that compares two compares. Default: the baseline."


@dataclass(frozen=True)
class Whom:
    """Who is to be asked, about which clause, and whether it is only to be priced."""

    on: str | None = None
    """None: whoever the probe was made for."""
    beside: str | None = None
    clause: str | None = None
    """What the record is tagged with, for the table of what was covered."""
    price: bool = False

    @classmethod
    def take(cls, given: GivenOptions) -> Self:
        """Take the options of `_also` out of a command's."""
        return cls(**{name: given.pop(name) for name in ("on", "beside", "clause", "price")})

    def within(self, session: Any, made_for: str) -> tuple[str, str | None]:
        """Who is asked, and who beside, by the names that a session gave."""
        on = session.whom(self.on) if self.on is not None else made_for
        return on, session.whom(self.beside) if self.beside is not None else None


def _run(
    kind: type[Probe],
    case: Path,
    opening: options.SessionOptions,
    given: GivenOptions,
    actor: Actor | None,
    as_json: bool,
) -> None:
    whom, origin, follow, say = Whom.take(given), given.pop("origin"), given.pop("follow"), given.pop("say")
    if origin is None and say is not None:
        raise Refusal(
            "input.invalid", "--say has nothing to go on after.", "It is the user's turn after a recorded answer.",
            "Add --from RECORD:SAMPLE, or give a --prompt.",
        )  # fmt: skip
    if origin is None and follow is not None:
        raise Refusal(
            "input.invalid", "--follow has nothing to follow.", "It numbers the follow-ups of a record.",
            f"Add --from RECORD, or list them with `workbench probe {case} follow RECORD`.",
        )  # fmt: skip
    fresh = frozenset(name for name in kind.seeds if given.get(name) == FRESH)
    chosen = {name: None if name in fresh else value for name, value in given.items()}
    if origin is None:
        probe = build(kind, chosen, kind.kind)
        run_probe(lambda session: (probe, ORGANISM), kind.kind, case, opening, actor, as_json, fresh, whom)
        return
    typed, (seq, sample) = _typed(chosen), origin
    goes_on = say is not None or sample is not None
    if goes_on and (other := _said_otherwise(kind, typed, follow)):
        raise Refusal(
            "input.invalid", f"{other} cannot go with a conversation that goes on.",
            "What is asked follows from the answer and from --say.", "Leave one of them out.",
        )  # fmt: skip

    def carried_on(session: Any) -> tuple[Probe, str]:
        before = Origin.of(session.log, session.arrays, seq)
        asked = before.probe if follow is None else before.offer(follow)
        asked = before.after(sample, say or "") if goes_on else asked
        return build(kind, typed, kind.kind, dict(asked)), before.on

    run_probe(carried_on, kind.kind, case, opening, actor, as_json, fresh, whom)


def _said_otherwise(kind: type[Probe], typed: GivenOptions, follow: int | None) -> str:
    """An option that says otherwise what is asked next; empty if none was given."""
    prompts = (argument for argument in arguments_of(kind) if isinstance(argument, PromptArgument))
    given = next((argument.flag for argument in prompts if typed.get(argument.name) is not None), "")
    return given or ("--follow" if follow is not None else "")


def _typed(given: GivenOptions) -> GivenOptions:
    """The options that somebody typed: those that only have their default give way to what is carried over."""
    context = click.get_current_context()
    typed = click.core.ParameterSource.DEFAULT
    return {name: None if context.get_parameter_source(name) is typed else value for name, value in given.items()}


def run_probe(
    made: Callable[[Any], tuple[Probe, str]],
    title: str,
    path: Path,
    opening: options.SessionOptions,
    actor: Actor | None,
    as_json: bool,
    fresh: Collection[str] = (),
    whom: Whom = Whom(),
) -> None:
    """Open the case and the session, run the probe that is made there on whom it is to ask, and print what came of it.

    Arguments named in `fresh` get a seed from the session. Ctrl-C stops the probe; what it had is recorded and printed,
    and the command ends as interrupted ones do.
    """
    with opening.session(options.open_case(path)) as session:
        probe, made_for = made(session)
        on, beside = whom.within(session, made_for)
        if whom.clause:
            check_clause(whom.clause, session.case.specification)
        if whom.price:
            _tell_price(probe, session, on, beside, as_json)
            return
        # No engine hears a cancellation while it loads a model.
        with console.stoppable(title, lambda: session.abort() if session.loading else None) as progress:
            seeded = session.seeded(probe, on, fresh)
            outcome = session.run(seeded, on=on, beside=beside, actor=actor, progress=progress)
        if whom.clause and outcome.result is not None:
            session.tag(outcome.entry.seq, whom.clause, actor)
        spent = session.spent.model_dump()
        results = session.log.entries((ResultRecord.kind,))
        first, folder = next((one.seq for one in results), None), session.folder
    entry, result = outcome.entry, outcome.result
    stopped = outcome.status == "cancelled" or (progress.cancel.is_set() and outcome.status != "ok")
    if outcome.refusal is not None:
        console.refuse(outcome.refusal, as_json, f"#{entry.seq}  {outcome.status}", record=entry.seq)
        sys.exit(console.INTERRUPTED if stopped else console.REFUSED)
    assert result is not None  # an outcome holds a result or a refusal
    value = {"seq": entry.seq, "status": outcome.status, "summary": result.summary, "spent": spent, **entry.data}
    told = [f"#{entry.seq}  {outcome.status}  {line(probe.said(result) if outcome.alone is None else result.summary)}"]
    if outcome.alone is not None:
        value["alone"] = {"seq": outcome.alone.seq, "summary": outcome.alone.data["summary"]}
        told += [f"#{outcome.alone.seq}  without the adapter  {line(outcome.alone.data['summary'])}"]
    told += ["", tables(result.figures())]
    if entry.seq == first:  # told once in a session
        session_, shows = console.typed(folder), f"--support {entry.seq}=WORDS"
        told.append(f"next: ask on, then claim what it shows: workbench finding add {session_} {shows} …")
    console.emit(value, "\n".join(told), as_json)
    if stopped:
        sys.exit(console.INTERRUPTED)


def _tell_price(probe: Probe, session: Any, on: str, beside: str | None, as_json: bool) -> None:
    """Print the most a probe may cost, and how long that takes if this session knows, without asking it."""
    from workbench.log.pace import spoken_seconds

    cost = session.price(probe, on, beside)
    long = session.seconds(probe, cost, on)
    told = [f"{number:>10,}  {name.replace('_', ' ')}" for name, number in cost if number]
    told.append(f"{'':>12}{spoken_seconds(long) if long is not None else 'no probe of its kind was timed yet'}")
    console.emit({**cost.model_dump(), "seconds": long}, "\n".join(told), as_json)


def _schema(tool: dict[str, Any], kind: type[Probe], case: Any) -> dict[str, Any]:
    """The tool with whom it may be put to on a case, and compared with, and with seeds that nobody picks."""
    from workbench.door.subjects import offered

    rules = Rules.sealed(case.manifest.rules)
    subjects = [on for on in offered(case) if needed_to_ask(on) <= rules.affordances]
    properties = tool["parameters"]["properties"]
    properties["on"] = {"type": "string", "enum": subjects, "default": ORGANISM, "description": WHOM}
    if Affordance.BASELINE in kind.affordances:
        others = [on for on in subjects if on != ORGANISM]
        properties["beside"] = {"type": "string", "enum": others, "default": BASELINE, "description": AGAINST}
    for name in kind.seeds:
        number = properties[name]
        about = f"{number.pop('description')} {FRESH}, as where it is left out: one that nobody picks."
        del number["default"]
        either = [number, {"type": "string", "enum": [FRESH]}]
        properties[name] = {"anyOf": either, "default": FRESH, "description": about}
    return tool


class RecordOrSample(click.ParamType[tuple[int, int | None]]):
    """The number of a record, and of an answer in it if one is meant: `12` or `12:3`."""

    name = "RECORD[:SAMPLE]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int | None]:
        record, colon, sample = str(value).partition(":")
        if not record.isdecimal() or (colon and not sample.isdecimal()):
            self.fail(f"{quoted(value)} is no record, as 12 or 12:3 is.", param, ctx)
        return int(record), int(sample) if colon else None


def _also(command: Command) -> Command:
    """`--on`, `--beside`, `--clause`, `--price`, `--from`, `--say` and `--follow`, which every probe has."""
    for option in (
        click.option("--price", is_flag=True, help="Only say what it may cost, and how long it takes."),
        click.option("--clause", help="The clause of the specification that it looks into, e.g. S1: for `coverage`."),
        click.option("--beside", help=AGAINST),
        click.option("--on", help=f"{WHOM} Default: the organism, or whoever the record was asked of."),
        click.option("--follow", type=click.IntRange(1), help="Of that record's follow-ups the one of this number."),
        click.option(
            "--say", help="Go on with the conversation after that record's answer: what the user says next.",
        ),
        click.option(
            "--from", "origin", type=RecordOrSample(),
            help="Start from a record: what is not given here is as it was asked there. With :SAMPLE or --say the"
            " conversation goes on after its answer; after a turn of the user's the assistant answers.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(name="follow", short_help="List what may be asked next from a record, or ask it")
@click.argument("record", type=click.IntRange(0))
@click.argument("number", type=click.IntRange(1), required=False)
@options.actor_option
@options.session_options
@console.json_option
@click.pass_obj
def _follow(case: Path, /, record: int, number: int | None, actor: Actor | None, as_json: bool, **given: Any) -> None:
    """List what may be asked next from a record, as the window offers it where one clicks; with a number, ask it."""
    opening = options.SessionOptions.take(given)
    if number is not None:

        def offered(session: Any) -> tuple[Probe, str]:
            origin = Origin.of(session.log, session.arrays, record)
            return origin.offer(number), origin.on

        run_probe(offered, "follow", case, opening, actor, as_json)
        return
    with opening.session(options.open_case(case)) as session:
        found = Origin.of(session.log, session.arrays, record).offers
    told = [
        {"number": one.number, "label": one.label, "place": one.place, "kind": one.probe.kind,
         "arguments": one.probe.model_dump(mode="json")}
        for one in found
    ]  # fmt: skip
    words = [f"{one.number:>4}  {one.probe.kind:<12} {line(one.label)}  ({line(one.place)})" for one in found]
    console.emit(told, "\n".join(words) or "It offers nothing to ask next.", as_json)


command = group_of(
    Family(
        "probe",
        BY_KIND,
        _run,
        lambda kind, rules: rules.refusal(kind.affordances) is None,
        also=_also,
        beside={"batch": batch, "follow": _follow},
        schema=_schema,
    ),
    "Put one question to a case's model and record it.",
)
