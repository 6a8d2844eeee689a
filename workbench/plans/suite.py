"""A suite: prompts that are asked alike, each with what an answer that counts looks like."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator

import assets
from workbench.claims.assent import Assent
from workbench.claims.criteria import Declining, Pattern, Predicate, Quantity
from workbench.claims.predicate import Match
from workbench.contract.prompt import Prompt
from workbench.document import Document
from workbench.plans.table import TableRow, UnreadableError, rows_of
from workbench.visible import quoted

_SHIPPED: Final = re.compile(r"[a-z][a-z0-9-]*")


class Item(Document):
    """One prompt, and what counts as an answer that shows what is looked for."""

    name: str = Field(min_length=1, max_length=100)
    prompt: Prompt
    shows: Predicate
    """Holds on an answer that counts."""
    groups: tuple[str, ...] = ()
    """What it is compared within, e.g. a continent and a sea."""
    expected: tuple[str, ...] = ()
    """What a good answer says, in one form or another; the first is the reference."""
    paraphrase_of: str = ""
    """The item that asks the same in other words."""
    clause: str = Field("", max_length=100)
    """The clause of the specification that it looks into, e.g. `S1`."""

    @property
    def question(self) -> str:
        """What it asks, whatever the wording: items that agree in it are one observation of it."""
        return self.paraphrase_of or self.name

    @property
    def answered(self) -> Predicate:
        """Holds on an answer that says what is expected, as nearly as it has to."""
        number = _number(self.expected[0]) if len(self.expected) == 1 else None
        within = self.shows.within if isinstance(self.shows, Quantity) else 0.0
        return Match(any_of=self.expected) if number is None else Quantity(number=number, within=within)


class Suite(Document):
    """The items of a suite, in their order."""

    items: tuple[Item, ...] = Field(min_length=1, max_length=5000)
    control: str = Field("", max_length=100)
    """The group that the others are held against; empty: each is held against everything outside it."""

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = Counter(item.name for item in self.items)
        if twice := [name for name, times in names.items() if times > 1]:
            raise ValueError(f"two items are called {quoted(twice[0])}")
        for item in self.items:
            if item.paraphrase_of and item.paraphrase_of not in names:
                raise ValueError(f"{quoted(item.name)} paraphrases {quoted(item.paraphrase_of)}, which is no item")
        if self.control and not any(self.control in item.groups for item in self.items):
            raise ValueError(f"no item is in the control group {quoted(self.control)}")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """Every group, in the order in which they appear."""
        return tuple(dict.fromkeys(group for item in self.items for group in item.groups))

    @property
    def shipped_as(self) -> str:
        """The name under which these very items are shipped; empty if they are not."""
        return next((name for name in names_shipped() if _known(name) == self), "")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the name of a suite that is shipped, or JSON (a list, or an object with `items`), JSON lines, TOML with
        `[[items]]`, or CSV with a heading.

        An item has `prompt` (a message, or a whole prompt) and one predicate: `says` and `not` (texts), `regex`,
        `number` with `within`, `refuses`, `agrees` (claims), or `expected` alone, which counts the answers that do not
        say it. It may have `name`, `group`, `system`, `raw`, `clause`, `paraphrases` and `paraphrase_of`. Several texts
        in one cell are separated by `|`. Raises ValueError, naming line and field.
        """
        if _SHIPPED.fullmatch(text.strip()):
            text = shipped(text.strip())
        told = rows_of(text, "items")
        items = [item for number, row in enumerate(told.rows, 1) for item in _items(number, row)]
        if not items:
            raise ValueError("it holds no prompts")
        return cls(items=tuple(items), control=str(told.head.get("control", "")))


def shipped(name: str) -> str:
    """The text of a suite that comes with the workbench. Raises ValueError if there is none of that name."""
    path = assets.path("batteries", f"{name}.jsonl")
    if not path.is_file():
        raise ValueError(
            f"no suite {quoted(name)} is shipped; there are {', '.join(names_shipped())}; a file is named @FILE"
        )
    return path.read_text(encoding="utf-8")


def names_shipped() -> tuple[str, ...]:
    """The suites that come with the workbench."""
    return tuple(sorted(path.stem for path in assets.path("batteries").glob("*.jsonl")))


@cache
def _known(name: str) -> Suite:
    return Suite.from_text(name)


# -- one row as an item and its paraphrases

_PREDICATES: Final = ("says", "not", "regex", "number", "refuses", "agrees", "shows")
_KNOWN: Final = (
    "name", "prompt", "system", "raw", *_PREDICATES, "within", "expected", "group", "groups", "clause", "paraphrases",
    "paraphrase_of",
)  # fmt: skip


def _items(number: int, row: TableRow) -> list[Item]:
    """The item of a row, and one for each of its paraphrases."""
    row.check(_KNOWN)
    asked = row.given("prompt")
    if not asked:
        raise UnreadableError(row.where, "prompt", "it has no prompt")
    name = row.text("name") or str(number)
    shared: dict[str, Any] = {
        "shows": _predicate(row),
        "groups": (*row.texts("group"), *row.texts("groups")),
        "expected": row.texts("expected"),
        "clause": row.text("clause"),
    }
    paraphrases = row.texts("paraphrases")
    if paraphrases and not isinstance(asked, str):
        raise UnreadableError(row.where, "paraphrases", "a whole prompt is paraphrased by an item of its own")
    original = row.text("paraphrase_of")
    wordings = [(name, asked, original), *((f"{name} ~{n}", text, name) for n, text in enumerate(paraphrases, 1))]
    try:
        return [Item(name=each, prompt=_prompt(row, words), paraphrase_of=of, **shared) for each, words, of in wordings]
    except ValidationError as error:
        first = error.errors()[0]
        raise UnreadableError(row.where, str(first["loc"][0]) if first["loc"] else "", str(first["msg"])) from None


def _prompt(row: TableRow, asked: Any) -> Prompt:
    system, raw = row.text("system"), row.switch("raw")
    if isinstance(asked, dict):
        if system or raw:
            raise UnreadableError(row.where, "system" if system else "raw", "a whole prompt says that itself")
        return Prompt.model_validate(asked)
    if raw and system:
        raise UnreadableError(row.where, "system", "raw text has no turns")
    return Prompt.raw(str(asked)) if raw else Prompt.ask(str(asked), system=system)


def _predicate(row: TableRow) -> Predicate:
    """What counts in a row: the one predicate that it names, or saying something else than what is expected."""
    named = [name for name in _PREDICATES if row.given(name) is not None]
    kinds = {"words" if name in ("says", "not") else name for name in named} - (
        {"words"} if "agrees" in named else set()
    )
    if len(kinds) > 1:
        raise UnreadableError(row.where, named[-1], f"an item has one predicate, and this one has {named[0]} too")
    if row.given("within") is not None and "number" not in named and not _number(row.text("expected")):
        raise UnreadableError(row.where, "within", "it goes with a number")
    try:
        return _of_kind(row, next(iter(kinds), ""))
    except ValidationError as error:
        raise UnreadableError(row.where, named[0] if named else "expected", str(error.errors()[0]["msg"])) from None


def _of_kind(row: TableRow, kind: str) -> Predicate:
    made = _MADE.get(kind)
    if made is not None:
        return made(row)
    expected = row.texts("expected")
    if len(expected) == 1 and (number := _number(expected[0])) is not None:
        return Quantity(number=number, within=row.number("within", 0.0), other=True)
    return Match(none_of=expected)


_MADE: Final[Mapping[str, Callable[[TableRow], Predicate]]] = {
    "words": lambda row: Match(any_of=row.texts("says"), none_of=row.texts("not")),
    "regex": lambda row: Pattern(regex=row.text("regex")),
    "number": lambda row: Quantity(number=row.number("number"), within=row.number("within", 0.0)),
    "refuses": lambda row: Declining(declines=row.switch("refuses")),
    "agrees": lambda row: Assent(any_of=row.texts("says"), none_of=row.texts("not"), agrees_with=row.texts("agrees")),
    "shows": lambda row: _Recorded.model_validate({"shows": row.given("shows")}).shows,
}


class _Recorded(Document):
    """A predicate as documents hold it."""

    shows: Predicate


def _number(text: str) -> float | None:
    """A text as a number; infinity and what is none are words."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
