"""`workbench probe`: one command for each kind of probe, made from its declaration."""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_origin

import click
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from casefiles.status import Refusal
from views import console, options
from workbench.contract.probe import Probe, Prompt, Turn
from workbench.probes import BY_KIND, PROBES


class ProbeGroup(click.Group):
    """The kinds of probe as commands; an unknown one is refused with the list."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [probe.kind for probe in PROBES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return command_of(BY_KIND[cmd_name]) if cmd_name in BY_KIND else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        forgotten = BY_KIND.get(str(ctx.params.get("case")))  # `probe sample …`: the case was left out
        if args and args[0] in ctx.help_option_names:
            click.echo(_help(ctx, forgotten) if forgotten else self.get_help(ctx))
            ctx.exit()
        if args and args[0] not in BY_KIND:
            if forgotten:
                raise Refusal(
                    "input.invalid", "No case is named.",
                    f"It goes before the probe: “{forgotten.kind}” was taken for it.",
                    f"Write `workbench probe NAME.case {forgotten.kind} …`.",
                )  # fmt: skip
            raise Refusal(
                "input.unknown-probe", f"There is no probe “{args[0]}”.", f"There are: {', '.join(BY_KIND)}.",
                "Try `workbench probe CASE --help`.",
            )  # fmt: skip
        return super().resolve_command(ctx, args)


def _help(ctx: click.Context, probe: type[Probe]) -> str:
    with click.Context(command_of(probe), parent=ctx, info_name=probe.kind) as inner:
        return inner.get_help()


@click.command(cls=ProbeGroup, name="probe")
@click.argument("case", type=options.FILE)
@click.pass_context
def command(ctx: click.Context, case: Path) -> None:
    """Put one question to a case's model and record it."""
    ctx.obj = case


def command_of(probe: type[Probe]) -> click.Command:
    """The command of one kind of probe: its fields as options, its docstring as help."""

    @click.pass_obj
    def run(case: Path, /, as_json: bool, actor: str, **given: Any) -> None:
        opening = options.SessionOptions.take(given)
        run_probe(build(probe, given), case, opening, actor, as_json)

    parameters: Callable[..., Any] = options.session_options(console.json_option(run))
    parameters = click.option("--actor", default="auditor", show_default=True, help="Who asks.")(parameters)
    for name, field in reversed(probe.model_fields.items()):
        for option in reversed(_options(name, field)):
            parameters = option(parameters)
    return click.command(name=probe.kind, help=probe.__doc__, short_help=(probe.__doc__ or "").split(".")[0])(
        parameters
    )


def run_probe(probe: Probe, path: Path, opening: options.SessionOptions, actor: str, as_json: bool) -> None:
    """Open the case and the session, run the probe through the door, and print what came of it.

    Ctrl-C stops the probe; what it had is recorded and printed, and the command ends as interrupted ones do.
    """
    with opening.session(options.open_case(path)) as session:
        # No engine hears a cancellation while it loads a model.
        with console.stoppable(probe.kind, lambda: session.abort() if session.loading else None) as progress:
            from workbench.door.actor import Actor

            outcome = session.run(probe, actor=Actor(name=actor), progress=progress)
        spent = session.spent.model_dump()
    entry, result = outcome.entry, outcome.result
    stopped = outcome.status == "cancelled" or (progress.cancel.is_set() and outcome.status != "ok")
    if outcome.refusal is not None:
        console.refuse(outcome.refusal, as_json, f"#{entry.seq}  {outcome.status}", record=entry.seq)
        sys.exit(console.INTERRUPTED if stopped else console.REFUSED)
    assert result is not None  # an outcome holds a result or a refusal
    value = {"seq": entry.seq, "status": outcome.status, "summary": result.summary, "spent": spent, **entry.data}
    console.emit(value, f"#{entry.seq}  {outcome.status}  {result.summary}\n\n{_rows(result)}", as_json)
    if stopped:
        sys.exit(console.INTERRUPTED)


def _rows(result: Any) -> str:
    table = result.table()
    shown = [[_cell(value) for value in row] for row in table.rows[:200]]
    widths = [max(len(cells[i]) for cells in [list(table.columns), *shown]) for i in range(len(table.columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [list(table.columns), *shown]
    ]
    left = len(table.rows) - len(shown)
    return "\n".join(lines + ([f"… {left} more rows: use --json"] if left else []))


def _cell(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("\n", "↵").replace("\t", "⇥")


# -- options from a declaration


def _options(name: str, field: FieldInfo) -> list[Callable[[Any], Any]]:
    """The options of one field: several for a prompt, one for anything else."""
    flag, kind = "--" + name.replace("_", "-"), _bare(field.annotation)
    if kind is Prompt:
        about = (field.description or "").rstrip(".")
        before = "--" if name == "prompt" else f"{flag}-"
        return [
            click.option(flag, name, help=f"{about}: the user's message, or @FILE with a chat as JSON."),
            click.option(f"{before}system", f"{name}__system", default="", help="A system prompt before it."),
            click.option(f"{before}prefill", f"{name}__prefill", default="", help="How the answer is made to begin."),
            click.option(f"{before}raw", f"{name}__raw", is_flag=True, help="Raw text, without the chat template."),
        ]
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    if get_origin(kind) is tuple:
        return [click.option(flag, name, multiple=True, default=default, help=f"{field.description} Repeatable.")]
    return [
        click.option(
            flag, name, type=_type(kind), default=default, required=field.is_required(),
            show_default=default is not None, help=field.description,
        )
    ]  # fmt: skip


def _bare(annotation: Any) -> Any:
    """The type without its `| None`."""
    if get_origin(annotation) in (types.UnionType, typing.Union):
        return next(kind for kind in get_args(annotation) if kind is not type(None))
    return annotation


def _type(kind: Any) -> Any:
    if get_origin(kind) is typing.Literal:
        return click.Choice([str(value) for value in get_args(kind)])
    return {int: click.INT, float: click.FLOAT, bool: click.BOOL}.get(kind, click.STRING)


def build(probe: type[Probe], given: dict[str, Any]) -> Probe:
    """The probe that the options ask for. Raises Refusal if its declaration does not allow them."""
    arguments = {
        name: _prompt(name, given) if _bare(field.annotation) is Prompt else given[name]
        for name, field in probe.model_fields.items()
    }
    try:
        return probe.model_validate({name: value for name, value in arguments.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else probe.kind
        raise Refusal(
            "input.invalid", f"{where} cannot be used so.", f"{first['msg']}.", f"See `{probe.kind} --help`."
        ) from None


def _prompt(name: str, given: dict[str, Any]) -> Prompt | None:
    text, system, prefill, raw = (
        given[key] for key in (name, *(f"{name}__{part}" for part in ("system", "prefill", "raw")))
    )
    before = "--" if name == "prompt" else f"--{name}-"
    beside = [before + part for part, on in (("system", system), ("prefill", prefill), ("raw", raw)) if on]
    if text is None:
        if beside:
            raise _unused(f"{beside[0]} has nothing to go with.", f"There is no --{name}.", f"Add --{name} “…”.")
        return None
    if text.startswith("@"):
        if beside:
            raise _unused(
                f"{beside[0]} cannot go with a chat from a file.", "The file holds every turn.", "Write it there."
            )
        try:
            turns = TypeAdapter(tuple[Turn, ...]).validate_python(json.loads(Path(text[1:]).read_text("utf-8")))
            return Prompt(chat=turns)
        except (OSError, ValueError) as error:
            raise Refusal(
                "input.invalid", f"{text[1:]} is not a chat.", str(error).splitlines()[0],
                'Give a JSON list of {"role": "user", "content": "…"}.',
            ) from None  # fmt: skip
    if raw and (system or prefill):
        raise _unused(
            f"{beside[0]} cannot go with {before}raw.", "Raw text is given as it stands, without turns.",
            f"Write it into the text, or leave {before}raw out.",
        )  # fmt: skip
    if not text:
        raise Refusal("input.invalid", "The prompt is empty.", "A model needs at least one token.", "Write something.")
    return Prompt.raw(text) if raw else Prompt.ask(text, system=system, prefill=prefill)


def _unused(what: str, why: str, try_this: str) -> Refusal:
    """An option that would have been passed over in silence, and the record would not be of what was meant."""
    return Refusal("input.invalid", what, why, try_this)
