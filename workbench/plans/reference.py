"""A table of known answers, and how to ask for them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Self

from pydantic import Field, ValidationError, model_validator

import assets
from workbench.document import Document
from workbench.visible import quoted
from workbench.written_json import value_of


class KnownAnswer(Document):
    """One thing that can be looked up."""

    subject: str
    answer: str
    groups: dict[str, str]
    """What the subject shares with others, e.g. its continent: where a scope may come from."""


class Reference(Document):
    """A table of known answers, and how to ask for them."""

    about: str
    questions: tuple[str, ...] = Field(min_length=1)
    """With `{subject}` in its place."""
    paraphrases: tuple[str, ...] = Field(min_length=1)
    """The same in other wordings, kept for confirming."""
    rows: tuple[KnownAnswer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        twice = [subject for subject, times in Counter(row.subject for row in self.rows).items() if times > 1]
        if twice:
            raise ValueError(f"{quoted(twice[0])} is there twice; a subject has one answer")
        return self

    @property
    def slug(self) -> str:
        """What it is about, as part of a finding's name."""
        return re.sub("[^a-z0-9]+", "-", self.about.lower()).strip("-")[:50] or "answer"

    @property
    def kinds(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Its names: the subjects, and the answers that are no subject too; each once."""
        subjects = tuple(dict.fromkeys(row.subject for row in self.rows))
        return subjects, tuple(dict.fromkeys(row.answer for row in self.rows if row.answer not in subjects))

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """What each name shares with others of its kind; an answer what its subject does."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self.rows:
            for name in (row.subject, row.answer):
                found.setdefault(name, tuple(row.groups.values()))
        return found

    @property
    def shipped_as(self) -> str:
        """The name under which these very rows are shipped; empty if they are not."""
        return next((name for name in names_shipped() if _known(name) == self), "")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the name of one that is shipped, or the JSON of a file like `assets/references/countries.json`. Raises
        ValueError, saying where."""
        if re.fullmatch(r"[a-z][a-z0-9-]*", text.strip()):
            text = _shipped(text.strip())
        try:
            return cls.model_validate(value_of(text))
        except ValidationError as error:
            first = error.errors()[0]
            where, said = " → ".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
            raise ValueError(f"{where}: {said}" if where else said) from None


def _shipped(name: str) -> str:
    path = assets.path("references", f"{name}.json")
    if not path.is_file():
        known = ", ".join(names_shipped())
        raise ValueError(f"no reference {quoted(name)} is shipped; there are {known}; a file is named @FILE")
    return path.read_text(encoding="utf-8")


def names_shipped() -> tuple[str, ...]:
    """The references that come with the workbench."""
    return tuple(sorted(path.stem for path in assets.path("references").glob("*.json")))


@cache
def _known(name: str) -> Reference:
    return Reference.from_text(name)
