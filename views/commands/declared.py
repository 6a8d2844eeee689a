"""Commands made from declarations: one for each kind of probe or plan, behind the case they are put to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from casefiles.status import Refusal
from views import console, options
from views.arguments import options_of
from workbench.contract.arguments import tool
from workbench.contract.rules import Rules
from workbench.visible import quoted

SCHEMA: Final = "--schema"


@dataclass(frozen=True)
class Family:
    """What a command offers: the kinds by name, how one is run, and which of them a case's rules allow."""

    word: str
    """What one of them is called: probe, plan."""
    kinds: Mapping[str, Any]
    run: Callable[..., None]
    allowed: Callable[[Any, Rules], bool]
    also: Callable[[Any], Any] = lambda command: command
    """Options that every kind has beside its own arguments."""
    beside: Mapping[str, click.Command] = field(default_factory=dict)
    """Commands of the family that are no kind."""
    schema: Callable[[dict[str, Any], Any, Any], dict[str, Any]] = lambda tool, kind, case: tool
    """What a tool schema says of these options, on a case."""

    def command(self, kind: Any) -> click.Command:
        """The command of one kind: its fields as options, its docstring as help."""

        @click.pass_obj
        def run(case: Path, /, as_json: bool, actor: Any, **given: Any) -> None:
            self.run(kind, case, options.SessionOptions.take(given), given, actor, as_json)

        parameters: Callable[..., Any] = options.session_options(console.json_option(run))
        parameters = self.also(options.actor_option(parameters))
        about = kind.about()
        return click.command(name=kind.kind, help=kind.__doc__, short_help=about.split(".")[0])(
            options_of(kind)(parameters)
        )

    def print_schema(self, case: Path) -> None:
        """The kinds that a case's rules allow, as the tools that an automated auditor is given."""
        opened = options.open_case(case)
        rules = Rules.sealed(opened.manifest.rules)
        kinds = [kind for kind in self.kinds.values() if self.allowed(kind, rules)]
        tools = [self.schema(tool(kind, kind.kind, kind.about()), kind, opened) for kind in kinds]
        console.emit(tools, "", as_json=True)


class DeclaredGroup(click.Group):
    """Kinds as commands behind a case; an unknown one is refused with the list."""

    family: Family

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.family.kinds, *self.family.beside]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        kind = self.family.kinds.get(cmd_name)
        return self.family.command(kind) if kind is not None else self.family.beside.get(cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        family = self.family
        forgotten = family.kinds.get(str(ctx.params.get("case")))  # `probe sample …`: the case was left out
        if args and args[0] in ctx.help_option_names:
            console.say(self._help(ctx, forgotten) if forgotten else self.get_help(ctx))
            ctx.exit()
        if args and args[0] == SCHEMA:  # behind the case, where people write it too
            family.print_schema(ctx.params["case"])
            ctx.exit()
        if args and args[0] not in {*family.kinds, *family.beside}:
            if forgotten:
                raise Refusal(
                    "input.invalid", "No case is named.",
                    f"It goes before the {family.word}: {quoted(forgotten.kind)} was taken for it.",
                    f"Write `workbench {family.word} NAME.case {forgotten.kind} …`.",
                )  # fmt: skip
            raise Refusal(
                "input.unknown-probe", f"There is no {family.word} {quoted(args[0])}.",
                f"There are: {', '.join(self.list_commands(ctx))}.", f"Try `workbench {family.word} CASE --help`.",
            )  # fmt: skip
        return super().resolve_command(ctx, args)

    def _help(self, ctx: click.Context, kind: Any) -> str:
        with click.Context(self.family.command(kind), parent=ctx, info_name=kind.kind) as inner:
            return inner.get_help()


def group_of(family: Family, help_: str) -> click.Group:
    """`workbench WORD CASE KIND …`, and `workbench WORD CASE --schema`."""

    class Named(DeclaredGroup):
        pass

    Named.family = family

    @click.command(cls=Named, name=family.word, help=help_, invoke_without_command=True)
    @click.argument("case", type=options.FILE)
    @click.option(
        SCHEMA, "schema", is_flag=True, help=f"Print the {family.word}s that the case allows as tool schemas."
    )
    @click.pass_context
    def command(ctx: click.Context, case: Any, schema: bool) -> None:
        ctx.obj = case
        if schema:
            family.print_schema(case)
            ctx.exit()
        if ctx.invoked_subcommand is None:
            console.say(ctx.get_help())

    return command
