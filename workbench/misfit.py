"""What does not fit a document that somebody wrote by hand: the place, what stands there, and what would be right."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Sequence
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

_SHOWN: Final = 5
_LONGEST: Final = 60

_RIGHT: Final = {
    "string_type": "a text",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a table",
    "model_type": "a table of fields",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
}
"""pydantic's kind of error → what would be right."""
_NOT_MEANT: Final = 1000
"""What counts against a kind that a table of fields cannot have been meant to be."""

Location = tuple[int | str, ...]


def misfits(error: ValidationError, kind: type[BaseModel]) -> str:
    """The first few things that do not fit, in sentences."""
    told = list(dict.fromkeys(_told(error, kind)))
    return " ".join(told[:_SHOWN]) + (f" And {len(told) - _SHOWN} more." if len(told) > _SHOWN else "")


def place(location: Sequence[int | str]) -> str:
    """Where in the document: `intent[0].exhibits[3].prompt`."""
    found = ""
    for part in location:
        found += f"[{part}]" if isinstance(part, int) else f".{part}" if found else part
    return found or "the document"


def _told(error: ValidationError, kind: type[BaseModel]) -> Iterator[str]:
    walked = [(_walked(item["loc"], kind), item) for item in error.errors()]
    # A value that may be of several kinds is held against each: what it most likely was meant to be has least against.
    against: dict[Location, dict[str, int]] = {}
    for found, item in walked:
        for where, arm in found.arms:
            counts = against.setdefault(where, {})
            other = isinstance(item["input"], dict) and item["type"] == "string_type"
            counts[arm] = counts.get(arm, 0) + (_NOT_MEANT if other else 1)
    for found, item in walked:
        if all(arm == min(against[where], key=against[where].__getitem__) for where, arm in found.arms):
            yield _sentence(place(found.location), item, found.holder)


class _Walked:
    """A location without the names of kinds, those it went through, and the document that holds the last field."""

    def __init__(self) -> None:
        self.location: Location = ()
        self.arms: list[tuple[Location, str]] = []
        self.holder: type[BaseModel] | None = None


def _walked(location: Sequence[int | str], kind: Any) -> _Walked:
    found = _Walked()
    for part in location:
        if isinstance(part, int):
            found.location, kind = (*found.location, part), next(iter(get_args(kind)), None)
            continue
        every = _kinds(kind)
        if len(every) > 1:
            found.arms.append((found.location, part))
            named = part.rstrip("]").rpartition(" ")[2]  # of a kind with checks: `function-after[_one_form(), Prompt]`
            kind = next((one for one in every if getattr(one, "__name__", "") == named), None)
            continue
        holder = every[0] if every and isinstance(every[0], type) and issubclass(every[0], BaseModel) else None
        found.holder, found.location = holder, (*found.location, part)
        field = holder.model_fields.get(part) if holder is not None else None
        kind = field.annotation if field is not None else None
    return found


def _kinds(kind: Any) -> tuple[Any, ...]:
    """What a value may be, but for nothing at all."""
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(one for one in get_args(kind) if one is not type(None))
    return (kind,)


def _sentence(where: str, item: Any, holder: type[BaseModel] | None) -> str:
    name, given = str(item["loc"][-1]) if item["loc"] else "", _shortened(item["input"])
    field = holder.model_fields.get(name) if holder is not None else None
    about = f" ({' '.join(field.description.split()).rstrip('.:')})" if field is not None and field.description else ""
    match item["type"]:
        case "missing":
            return f"{where} is missing{about}."
        case "extra_forbidden":
            known = list(holder.model_fields) if holder is not None else []
            near = difflib.get_close_matches(name, known, 1)
            right = f"Did you mean {near[0]}?" if near else f"Known there are {', '.join(known)}."
            return f"{where} is not known. {right}"
        case "literal_error" | "enum":
            return f"{where} is {given}. It is {item['ctx']['expected']}."
        case kind if kind in _RIGHT:
            return f"{where} is {given}. It is {_RIGHT[kind]}{about}."
        case _:
            wanted = str(item["msg"]).removeprefix("Input ").removeprefix("Value error, ")
            return f"{where} is {given}. It {wanted}{about}." if wanted.startswith("should") else (
                f"{where} is {given}. {wanted[:1].upper()}{wanted[1:]}{about}."
            )  # fmt: skip


def _shortened(value: Any) -> str:
    text = repr(value) if not isinstance(value, BaseModel) else type(value).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
