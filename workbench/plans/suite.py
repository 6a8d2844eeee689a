"""A suite: prompts that are asked alike, each with what an answer that counts looks like."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections import Counter
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from workbench.claims.predicate import Match
from workbench.contract.prompt import Prompt
from workbench.document import Document


class Item(Document):
    """One prompt, and what counts as an answer that shows what is looked for."""

    name: str = Field(min_length=1, max_length=100)
    prompt: Prompt
    shows: Match
    """Holds on an answer that counts."""
    group: str = Field("", max_length=100)
    """What it is compared within, e.g. a continent."""


class Suite(Document):
    """The items of a suite, in their order."""

    items: tuple[Item, ...] = Field(min_length=1, max_length=5000)

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        twice = [name for name, times in Counter(item.name for item in self.items).items() if times > 1]
        if twice:
            raise ValueError(f"two items are called “{twice[0]}”")
        return self

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read JSON (a list, or an object with `items`), JSON lines, TOML with `[[items]]`, or CSV with a heading.

        An item has `prompt` (a message, or a whole prompt), `says` and `not` (texts, in CSV separated by `|`), and may
        have `name`, `group` and `system`. Raises ValueError, saying where.
        """
        rows = _rows(text)
        items = []
        for number, row in enumerate(rows, 1):
            try:
                items.append(_item(number, row))
            except (ValidationError, ValueError, TypeError) as error:
                said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
                raise ValueError(f"item {number}: {said}") from None
        return cls(items=tuple(items))


def _rows(text: str) -> list[dict[str, Any]]:
    stripped = text.strip()
    if not stripped:
        raise ValueError("the suite is empty")
    if stripped.startswith("[["):
        return list(tomllib.loads(stripped).get("items", ()))
    if stripped.startswith("["):
        return list(json.loads(stripped))
    if stripped.startswith("{"):
        try:
            whole = json.loads(stripped)
            return list(whole["items"]) if "items" in whole else [whole]
        except ValueError:
            return [json.loads(line) for line in stripped.splitlines() if line.strip()]
    return list(csv.DictReader(io.StringIO(text)))


_KNOWN = frozenset({"name", "prompt", "system", "says", "not", "group", "shows"})


def _item(number: int, row: dict[str, Any]) -> Item:
    if not isinstance(row, dict) or not row.get("prompt"):
        raise ValueError("it has no prompt")
    if unknown := set(row) - _KNOWN:
        raise ValueError(f"“{sorted(map(str, unknown))[0]}” is not known; there are {', '.join(sorted(_KNOWN))}")
    asked, system = row["prompt"], str(row.get("system") or "")
    if isinstance(asked, dict) and system:
        raise ValueError("a whole prompt holds its own system turn")
    prompt = Prompt.model_validate(asked) if isinstance(asked, dict) else Prompt.ask(str(asked), system=system)
    words = Match(any_of=_texts(row.get("says")), none_of=_texts(row.get("not")))
    return Item(
        name=str(row.get("name") or number),
        prompt=prompt,
        shows=Match.model_validate(row["shows"]) if row.get("shows") else words,
        group=str(row.get("group") or ""),
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    parts = value.split("|") if isinstance(value, str) else value
    return tuple(str(part).strip() for part in parts if str(part).strip())
