"""The arguments of a probe or plan, of a few kinds: form, command line and tool schema are readings of this one list.

Every kind parses from text and prints to text, and the two undo each other.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

import assets
from casefiles.files.disk import read_small
from casefiles.status import Refusal
from workbench.contract.edits import Change
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.recorded_array import RecordedArray
from workbench.docstrings import docstrings
from workbench.document import Document
from workbench.visible import quoted
from workbench.written_json import value_of

FILE_LIMIT = 16 << 20
"""Bytes of a file that an argument may be read from."""


@dataclass(frozen=True)
class Argument:
    """One declared argument. `default` is None where it is required or may be left out."""

    name: str
    hint: str
    """Its docstring."""
    required: bool
    default: Any
    annotation: Any
    """The declared type, without `| None`."""
    schema: Mapping[str, Any]
    """Its JSON Schema, whole: no references, bounds kept and told in words too."""

    @property
    def title(self) -> str:
        """As people write it."""
        return self.name.replace("_", " ").capitalize()

    @property
    def flag(self) -> str:
        """As the command line writes it."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What it may be, in a few words; empty where anything goes."""
        return ""

    def parse(self, text: str) -> Any:
        """The value that a text stands for. Raises ValueError, in words; what a declaration forbids is left to it."""
        raise NotImplementedError

    def print(self, value: Any) -> str:
        """The text that stands for a value."""
        return str(value)


class Text(Argument):
    """A line of text."""

    def parse(self, text: str) -> str:
        return text


class Texts(Argument):
    """Several texts, one a line; as a JSON list where one of them is empty, holds a line break or looks like a list."""

    def parse(self, text: str) -> tuple[str, ...]:
        if text.startswith("["):
            return tuple(str(item) for item in _json(text, list))
        return tuple(line for line in text.split("\n") if line)

    def print(self, value: Any) -> str:
        plain = all(item and "\n" not in item for item in value) and not "".join(value[:1]).startswith("[")
        return "\n".join(value) if plain else json.dumps(list(value), ensure_ascii=False)


@dataclass(frozen=True)
class Number(Argument):
    """A whole or real number within its declared bounds."""

    whole: bool = False
    low: float = -math.inf
    high: float = math.inf
    """The least and the greatest number that is allowed; just beside an end of reals that is not."""
    words: str = ""

    @property
    def allowed(self) -> str:
        return self.words

    def parse(self, text: str) -> int | float:
        try:
            return int(text) if self.whole else float(text)
        except ValueError:
            raise ValueError(f"{quoted(text)} is no {'whole ' if self.whole else ''}number") from None

    def print(self, value: Any) -> str:
        return str(value) if self.whole else repr(float(value))


class Numbers(Argument):
    """Several numbers, with commas or spaces between them."""

    def parse(self, text: str) -> tuple[int | float, ...]:
        whole = get_args(self.annotation)[0] is int
        try:
            return tuple((int if whole else float)(item) for item in text.replace(",", " ").split())
        except ValueError:
            what = f"{'whole ' if whole else ''}numbers with commas between them"
            raise ValueError(f"{quoted(text)} is not {what}") from None

    def print(self, value: Any) -> str:
        return ", ".join(map(str, value))


class Seed(Number):
    """A number that only chooses noise; a form offers a fresh one."""


class Switch(Argument):
    """Yes or no."""

    def parse(self, text: str) -> bool:
        try:
            return {"yes": True, "true": True, "no": False, "false": False}[text.strip().lower()]
        except KeyError:
            raise ValueError(f"{quoted(text)} is neither yes nor no") from None

    def print(self, value: Any) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True)
class Choice(Argument):
    """One of a few values."""

    values: tuple[Any, ...] = ()

    @property
    def allowed(self) -> str:
        return ", ".join(map(self.print, self.values))

    def parse(self, text: str) -> Any:
        for value in self.values:
            if self.print(value) == text.strip():
                return value
        raise ValueError(f"{quoted(text)} is none of {self.allowed}")

    def print(self, value: Any) -> str:
        return str(value.value if isinstance(value, Enum) else value)


class PromptArgument(Argument):
    """A prompt: the user's message as it stands, or JSON for a longer chat, an open turn of the user's or raw text."""

    def parse(self, text: str) -> Prompt:
        if text.startswith("{"):
            return Prompt.model_validate(_json(text, dict))
        if text.startswith("["):
            return Prompt(chat=TypeAdapter(tuple[Turn, ...]).validate_python(_json(text, list)))
        return Prompt.ask(text)

    def print(self, value: Any) -> str:
        assert isinstance(value, Prompt)
        if value.text or value.switches or value.speaker == "user":
            return json.dumps(value.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
        simple = value == Prompt.ask(value.title) and not value.title.startswith(("{", "[", "@"))
        turns = [turn.model_dump() for turn in value.chat]
        return value.title if simple else json.dumps(turns, ensure_ascii=False)


class ArrayArgument(Argument):
    """An array that an earlier record holds, as `#12/direction`."""

    def parse(self, text: str) -> RecordedArray:
        return RecordedArray.parse(text)


class Edits(Argument):
    """Changes to the model's inside, one a line, as `add 4 #12/direction at blocks.3.hook_resid_post`."""

    def parse(self, text: str) -> tuple[Change, ...]:
        return tuple(Change.parse(line) for line in text.split("\n") if line.strip())

    def print(self, value: Any) -> str:
        return "\n".join(map(str, value))


class Structure(Argument):
    """Anything else, as JSON: a new kind of argument has a way in and out before it has a widget of its own.

    A type that reads other texts too, such as a file of prompts, has a class method `from_text`; one that reads the
    name of what is shipped has a property `shipped_as`, which tells it.
    """

    def parse(self, text: str) -> Any:
        if reader := getattr(self.annotation, "from_text", None):
            return reader(text)
        value = _json(text, object)
        try:
            return TypeAdapter(self.annotation).validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = " → ".join(map(str, first["loc"]))
            raise ValueError(f"{where}: {first['msg']}" if where else str(first["msg"])) from None

    def print(self, value: Any) -> str:
        if named := getattr(value, "shipped_as", ""):
            return str(named)
        return json.dumps(TypeAdapter(self.annotation).dump_python(value, mode="json"), ensure_ascii=False)


@cache
def arguments_of(kind: type[Document]) -> tuple[Argument, ...]:
    """The arguments of a probe or plan, in the order of their declaration."""
    seeds: frozenset[str] = getattr(kind, "seeds", frozenset())
    schemas = parameters(kind)["properties"]
    hints = docstrings(kind)
    return tuple(
        _argument(name, info, schemas[name], hints.get(name, ""), seed=name in seeds)
        for name, info in kind.model_fields.items()
    )


_SEVERAL: dict[object, type[Argument]] = {str: Texts, int: Numbers, float: Numbers, Change: Edits}


def _argument(name: str, info: FieldInfo, schema: Mapping[str, Any], hint: str, *, seed: bool) -> Argument:
    annotation = bare(info.annotation)
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    told = (name, hint, info.is_required(), default, annotation, schema)
    if annotation in (int, float):
        low, high = _ends(info, whole=annotation is int)
        words = _bounds(schema, low, high, whole=annotation is int)
        return (Seed if seed else Number)(*told, whole=annotation is int, low=low, high=high, words=words)
    if get_origin(annotation) is Literal:
        return Choice(*told, values=get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Choice(*told, values=tuple(annotation))
    if get_origin(annotation) is tuple and (several := _SEVERAL.get(get_args(annotation)[0])):
        return several(*told)
    plain: dict[object, type[Argument]] = {
        bool: Switch, str: Text, Prompt: PromptArgument, RecordedArray: ArrayArgument
    }  # fmt: skip
    return plain.get(annotation, Structure)(*told)


def bare(annotation: Any) -> Any:
    """The type itself, without `Annotated` and without `| None`."""
    if get_origin(annotation) is typing.Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [item for item in get_args(annotation) if item is not type(None)]
        return bare(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _ends(info: FieldInfo, *, whole: bool) -> tuple[float, float]:
    """The least and the greatest number that a declaration allows."""
    low, high = -math.inf, math.inf
    for bound in info.metadata:
        match bound:
            case annotated_types.Ge():
                low = bound.ge  # type: ignore[assignment]
            case annotated_types.Gt():
                low = bound.gt + 1 if whole else math.nextafter(bound.gt, math.inf)  # type: ignore[operator, arg-type]
            case annotated_types.Le():
                high = bound.le  # type: ignore[assignment]
            case annotated_types.Lt():
                high = bound.lt - 1 if whole else math.nextafter(bound.lt, -math.inf)  # type: ignore[operator, arg-type]
    return low, high


def read(argument: Argument, text: str) -> Any:
    """The value of a text that a person typed: what it says, or what stands in the file after an `@`; where there is no
    such file, in the list of names that ships as it is called.

    Raises Refusal if the file or the text cannot be read.
    """
    try:
        if text.startswith("@"):
            text = read_small(_file(text[1:]), FILE_LIMIT).decode("utf-8-sig").removesuffix("\n")
        return argument.parse(text)
    except UnicodeDecodeError as error:
        raise Refusal(
            "input.invalid", f"{argument.flag} cannot be read.", f"Byte {error.start} of the file is no UTF-8.",
            "Save it as UTF-8.",
        ) from None  # fmt: skip
    except ValueError as error:
        said = (
            error.errors()[0]["msg"].removeprefix("Value error, ") if isinstance(error, ValidationError) else str(error)
        )
        raise Refusal(
            "input.invalid", f"{argument.flag} cannot be read.", f"{said[:1].upper()}{said[1:]}.",
            f"{argument.title}: {argument.hint}" + (f" ({argument.allowed})" if argument.allowed else ""),
        ) from None  # fmt: skip


def _file(name: str) -> Path:
    path, shipped = Path(name), assets.path("candidates", name)
    return shipped if name == path.name and not path.exists() and shipped.is_file() else path


# -- the tool schema that an automated auditor sees


def tool(kind: type[Document], name: str, about: str) -> dict[str, Any]:
    """A probe or plan as a tool with parameters, in the form that language models are given."""
    return {"name": name, "description": about, "parameters": parameters(kind)}


def parameters(kind: type[Document]) -> dict[str, Any]:
    """The JSON Schema of a declaration's arguments: flat, without references; bounds stand in words too, because
    some readers drop them."""
    whole = kind.model_json_schema()
    definitions = whole.pop("$defs", {})
    properties = {name: _told(_inlined(part, definitions)) for name, part in whole.get("properties", {}).items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(whole.get("required", ())),
        "additionalProperties": False,
    }


def _inlined(part: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        rest = {name: value for name, value in part.items() if name != "$ref"}
        return _inlined(definitions[part["$ref"].rsplit("/", 1)[-1]] | rest, definitions)
    return {name: _inlined(value, definitions) for name, value in part.items()}


_WORDS: dict[str, str] = {
    "minimum": "at least {}", "exclusiveMinimum": "more than {}", "maximum": "at most {}",
    "exclusiveMaximum": "less than {}", "minItems": "at least {} of them", "maxItems": "at most {} of them",
    "minLength": "at least {} characters", "maxLength": "at most {} characters",
}  # fmt: skip


def _said(schema: Mapping[str, Any]) -> str:
    return ", ".join(words.format(schema[name]) for name, words in _WORDS.items() if name in schema)


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    said = _said(schema)
    return schema | {"description": f"{schema.get('description', '').rstrip()} ({said})".strip()} if said else schema


def _bounds(schema: Mapping[str, Any], low: float, high: float, *, whole: bool) -> str:
    """The bounds of a number in words: `1 to 512`, or how its schema tells them."""
    closed = whole or not {"exclusiveMinimum", "exclusiveMaximum"} & schema.keys()
    if closed and math.isfinite(low) and math.isfinite(high):
        return f"{low:.0f} to {high:.0f}" if whole else f"{low:g} to {high:g}"
    return _said(schema)


def _json(text: str, wanted: type) -> Any:
    try:
        value = value_of(text)
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(value, wanted):
        raise ValueError(f"a JSON {'list' if wanted is list else 'object'} is needed")
    return value
