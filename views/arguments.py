"""A declaration's arguments as options of a command, and the options that were given as the declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

import click
from pydantic import ValidationError

from casefiles.status import Refusal
from views.console import Command
from workbench.contract.arguments import (
    Argument,
    Choice,
    Edits,
    Number,
    PromptArgument,
    Switch,
    Texts,
    arguments_of,
    read,
)
from workbench.contract.probe import FRESH, Probe
from workbench.contract.prompt import Prompt, Speaker, SwitchSetting
from workbench.document import Document
from workbench.plans.condition import Condition

DeclaredDocument = TypeVar("DeclaredDocument", bound=Document)

GivenOptions = dict[str, Any]
"""What the options of a command were given, by name."""

_BESIDE = ("system", "prefill", "raw", "speaker", "begin", "switch")
"""Parts of a prompt that have options of their own."""


def options_of(kind: type[Document]) -> Callable[[Command], Command]:
    """Options for every argument of a declaration, in its order: its docstrings as help, its bounds too."""

    def decorate(command: Command) -> Command:
        for argument in reversed(arguments_of(kind)):
            seeds = issubclass(kind, Probe) and argument.name in kind.seeds
            for option in reversed(_options(argument, f", or {FRESH}: one that nobody picks" if seeds else "")):
                command = option(command)
        return command

    return decorate


def _options(argument: Argument, beside: str) -> list[Callable[[Any], Any]]:
    if isinstance(argument, PromptArgument):
        return _prompt_options(argument)
    allowed = f"  [{argument.allowed}{beside}]" if argument.allowed and not isinstance(argument, Choice) else ""
    told: dict[str, Any] = {"help": argument.hint + allowed, "required": argument.required}
    if isinstance(argument, Texts | Edits):
        told["help"] += "  Repeatable; @FILE holds one a line."
        return [click.option(argument.flag, argument.name, multiple=True, **told)]
    if beside:
        told |= {"default": FRESH, "show_default": True}
    elif argument.default is not None:
        shown = isinstance(argument, Number | Choice | Switch)
        told |= {"default": argument.print(argument.default), "show_default": shown}
    if isinstance(argument, Choice):
        values = [argument.print(value) for value in argument.values]
        return [click.option(argument.flag, argument.name, type=click.Choice(values), **told)]
    kinds = {True: "INTEGER", False: "NUMBER"}
    told["metavar"] = kinds[argument.whole] if isinstance(argument, Number) else "TEXT|@FILE"
    if isinstance(argument, Switch):
        told["metavar"] = "yes|no"
    return [click.option(argument.flag, argument.name, type=click.STRING, **told)]


def _prompt_options(argument: Argument) -> list[Callable[[Any], Any]]:
    flag, name, before = argument.flag, argument.name, _before(argument)
    about = argument.hint.rstrip(".")
    return [
        click.option(flag, name, help=f"{about}: the user's message, or @FILE with a chat as JSON."),
        click.option(f"{before}system", f"{name}__system", default="", help="A system prompt before it."),
        click.option(f"{before}prefill", f"{name}__prefill", default="", help="How the answer is made to begin."),
        click.option(f"{before}raw", f"{name}__raw", is_flag=True, help="Raw text, without the chat template."),
        click.option(
            f"{before}begin",
            f"{name}__begin",
            type=click.Choice(["yes", "no"]),
            help="Whether raw text begins with the token that the tokenizer puts before every text.  [default: yes]",
        ),
        click.option(
            f"{before}switch",
            f"{name}__switch",
            multiple=True,
            metavar="NAME=VALUE",
            help="What the chat template is told besides, such as enable_thinking=no; needs `system`.  Repeatable.",
        ),
        click.option(
            f"{before}speaker",
            f"{name}__speaker",
            type=click.Choice(list(get_args(Speaker))),
            default="assistant",
            help=f"Whose turn is drawn; user: the user's turn is left open, and {flag} may begin it as raw text may.",
        ),
    ]


def _before(argument: Argument) -> str:
    """What the options beside a prompt begin with; those of the prompt called so go without its name."""
    return "--" if argument.name == "prompt" else f"{argument.flag}-"


def build(
    kind: type[DeclaredDocument], given: GivenOptions, name: str, carried: Mapping[str, Any] | None = None
) -> DeclaredDocument:
    """The declaration that the options ask for, under the command `name`; what they leave open is as in `carried`.
    Raises Refusal if the declaration does not allow them."""
    before = carried or {}
    values = {argument.name: _value(argument, given, before.get(argument.name)) for argument in arguments_of(kind)}
    try:
        return kind.model_validate({key: value for key, value in values.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else name
        said = first["msg"].removeprefix("Value error, ")
        raise Refusal(
            "input.invalid", f"{where} cannot be used so.", f"{said[:1].upper()}{said[1:]}.", f"See `{name} --help`."
        ) from None


def _value(argument: Argument, given: GivenOptions, before: Any) -> Any:
    """What an option says, or what is carried over; None where neither is and the declaration has a default or wants to
    say so itself."""
    if isinstance(argument, PromptArgument):
        return _prompt(argument, given, before)
    value = given.get(argument.name)
    if isinstance(argument, Texts | Edits) and value:
        plain = isinstance(argument, Texts)  # a text given as it stands is one, whatever it holds
        told = [(text,) if plain and not text.startswith("@") else read(argument, text) for text in value]
        return tuple(one for several in told for one in several)
    if isinstance(argument, Texts | Edits):
        return before
    return before if value is None else read(argument, value)


def _prompt(argument: Argument, given: GivenOptions, carried: Prompt | None) -> Prompt | None:
    name, before = argument.name, _before(argument)
    text, parts = given.get(name), {part: given.get(f"{name}__{part}") for part in _BESIDE}
    overheard = parts["speaker"] == "user"
    beside = [before + part for part, on in parts.items() if (overheard if part == "speaker" else on)]
    if text is None and carried is not None and not parts["raw"] and not overheard:
        return _told(_changed(carried, parts["system"] or "", parts["prefill"] or ""), parts, before)
    if text is None and overheard:
        text = ""
    if text is None:
        if beside:
            raise _unused(
                f"{beside[0]} has nothing to go with.", f"There is no {argument.flag}.", f"Add {argument.flag} “…”."
            )
        return None
    if text.startswith("@"):
        if beside:
            raise _unused(
                f"{beside[0]} cannot go with a chat from a file.", "The file holds every turn.", "Write it there."
            )
        whole: Prompt = read(argument, text)
        return whole
    if parts["raw"] and (parts["system"] or parts["prefill"]):
        raise _unused(
            f"{beside[0]} cannot go with {before}raw.", "Raw text is given as it stands, without turns.",
            f"Write it into the text, or leave {before}raw out.",
        )  # fmt: skip
    if overheard and (barred := next((part for part in ("raw", "prefill") if parts[part]), "")):
        raise _unused(
            f"{before}{barred} cannot go with {before}speaker user.",
            "The user's turn is drawn, and nobody answers it yet.", "Ask the assistant, or leave it out.",
        )  # fmt: skip
    if not (text or overheard):
        raise Refusal("input.invalid", "The prompt is empty.", "A model needs at least one token.", "Write something.")
    if overheard:
        prompt = Prompt.overheard(text, system=parts["system"] or "")
    elif parts["raw"]:
        prompt = Prompt.raw(text)
    else:
        prompt = Prompt.ask(text, system=parts["system"] or "", prefill=parts["prefill"] or "")
    return _told(prompt, parts, before)


def _told(prompt: Prompt, parts: Mapping[str, Any], before: str) -> Prompt:
    """A prompt with what the tokenizer and the template are told besides."""
    if parts["begin"] and not prompt.text:
        raise _unused(
            f"{before}begin goes with raw text only.", "The template of a chat writes how it begins.", "Leave it out."
        )
    if parts["switch"] and prompt.text:
        raise _unused(
            f"{before}switch goes with a chat only.", "Raw text is given without the chat template.", "Leave it out."
        )
    told: dict[str, Any] = {"begin": parts["begin"] == "yes"} if parts["begin"] else {}
    try:
        if parts["switch"]:
            told["switches"] = tuple(map(SwitchSetting.parse, parts["switch"]))
        return Prompt.model_validate(dict(prompt) | told)
    except ValueError as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise _unused(
            f"{before}switch cannot be read.", f"{said[:1].upper()}{said[1:]}.", "Write enable_thinking=no."
        ) from None


def _changed(prompt: Prompt, system: str, prefill: str) -> Prompt:
    """A prompt that is carried over, with another system prompt or beginning of an answer."""
    change = Condition(name="as given", system=system, prefill=prefill)
    if not change.applies(prompt):
        raise _unused(
            "The record's prompt has no place for it.",
            "It is raw text, or a turn of the user's that nobody answers yet.", "Give a --prompt of your own.",
        )  # fmt: skip
    return change.prompt(prompt)


def _unused(what: str, why: str, try_this: str) -> Refusal:
    """An option that would have been passed over in silence, and the record would not be of what was meant."""
    return Refusal("input.invalid", what, why, try_this)
