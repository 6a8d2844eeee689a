"""The filter line of the audit log: a small language, the query it means, and what is wrong with it in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from workbench.contract.rules import Elicitation
from workbench.contract.subject import SORTS
from workbench.log.records import RECORDS, Intent
from workbench.probes import BY_KIND
from workbench.visible import quoted
from workbench.whole_text import HALF

STATUSES: Final = ("ok", "failed", "cancelled", "refused", "orphan")
FIELDS: Final = {
    "kind": "the probe, or the kind of record: kind:sample",
    "status": f"how it went ({', '.join(STATUSES)}): status:failed",
    "class": f"elicitation ({', '.join(Elicitation)}): class:natural",
    "seq": "the number, or a range: seq:10-20",
    "text": 'words in prompts and answers: text:"of Norway"',
    "on": f"who was asked ({', '.join(SORTS)}): on:baseline",
    "tag": "a label given with Ctrl+D: tag:odd",
}


_MOST: Final = 400
"""Words of a filter: what is nested deeper than that neither this reads nor the database."""


class FilterError(ValueError):
    """What is wrong with a filter, in a sentence a person can act on; `at` counts characters from 0."""

    def __init__(self, sentence: str, at: int) -> None:
        super().__init__(sentence)
        self.at = at


@dataclass(frozen=True)
class Filter:
    """A condition on the columns of a log's lines (`columns.py`), with its parameters. No condition: every line."""

    condition: str = ""
    parameters: tuple[Any, ...] = ()

    def query(self, start: int, stop: int, unanswered: list[int]) -> tuple[str, list[Any]]:
        """The numbers of the lines among the records `start` … `stop - 1`, newest first.

        An intent is a line of its own only while it is `unanswered`; otherwise it shows in its result's line.
        """
        # Without a condition nothing of a record is read but its kind.
        lines, condition = ("line", f" AND {self.condition}") if self.condition else ("record", "")
        sql = (
            f"SELECT seq FROM {lines} WHERE seq >= ? AND seq < ? AND (kind <> '{Intent.kind}' OR list_contains(?, seq))"
            f"{condition} ORDER BY seq DESC"
        )
        return sql, [start, stop, unanswered, *self.parameters]


_TOKEN: Final = re.compile(r'\s*(?:(?P<mark>[()])|(?P<field>[A-Za-z]+):|"(?P<quoted>[^"]*)"|(?P<word>[^\s()"]+))')


def parse(text: str) -> Filter:
    """Read a filter line. Raises FilterError."""
    if half := HALF.search(text):
        raise FilterError("Half of a character stands in no record.", half.start())
    reader = _Reader(text)
    if reader.ended:
        return Filter()
    condition, parameters = reader.either()
    if not reader.ended:
        raise FilterError("A closing parenthesis has no opening one.", reader.place)
    return Filter(condition, tuple(parameters))


_Part = tuple[str, list[Any]]


class _Reader:
    """Recursive descent: either := both (or both)*, both := one ((and)? one)*, one := not one | ( either ) | term."""

    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, str, int]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise FilterError('The quotation is not closed: add a “"” at its end.', at)
            if len(self._words) == _MOST:
                raise FilterError(f"A filter has at most {_MOST} words.", at)
            kind = str(match.lastgroup)
            self._words.append((kind, match[kind], match.start(kind)))
            at = match.end()
        self._next, self._length = 0, len(text)

    @property
    def ended(self) -> bool:
        return self._next >= len(self._words)

    @property
    def place(self) -> int:
        return self._length if self.ended else self._words[self._next][2]

    def _at(self, *words: str) -> bool:
        return not self.ended and self._words[self._next][0] == "word" and self._words[self._next][1].lower() in words

    def _mark(self, mark: str) -> bool:
        return not self.ended and self._words[self._next][:2] == ("mark", mark)

    def either(self) -> _Part:
        condition, parameters = self._both()
        while self._at("or"):
            self._next += 1
            more, others = self._both()
            condition, parameters = f"({condition} OR {more})", parameters + others
        return condition, parameters

    def _both(self) -> _Part:
        condition, parameters = self._one()
        while not self.ended and not self._at("or") and not self._mark(")"):
            if self._at("and"):
                self._next += 1
            more, others = self._one()
            condition, parameters = f"({condition} AND {more})", parameters + others
        return condition, parameters

    def _one(self) -> _Part:
        if self.ended:
            raise FilterError("Something is missing at the end.", self.place)
        if self._at("not"):
            self._next += 1
            condition, parameters = self._one()
            return f"NOT coalesce({condition}, false)", parameters
        if self._mark("("):
            opened = self.place
            self._next += 1
            part = self.either()
            if not self._mark(")"):
                raise FilterError("A parenthesis is not closed.", opened)
            self._next += 1
            return part
        kind, word, at = self._words[self._next]
        if kind == "mark" or (kind == "word" and word.lower() in ("or", "and")):
            raise FilterError(f"{quoted(word)} stands where a condition should.", at)
        self._next += 1
        if kind != "field":
            return _text(word, at)
        if word.lower() not in _TERMS:
            raise FilterError(f"There is no field {quoted(word)}; there are {', '.join(FIELDS)}.", at)
        if self.ended or self._words[self._next][0] not in ("word", "quoted"):
            raise FilterError(
                f"{quoted(f'{word}:')} needs a value, as in {FIELDS[word.lower()].split(': ')[-1]}.", self.place
            )
        _, value, place = self._words[self._next]
        self._next += 1
        return _TERMS[word.lower()](value, place)


def _text(value: str, _: int) -> _Part:
    # As it stands in the JSON: quotes and line breaks are escaped there.
    needle = value.lower().replace("\\", "\\\\").replace('"', '\\"')
    return "contains(text, ?)", [needle]


def _kind(value: str, at: int) -> _Part:
    _known("kind", value.lower(), (*BY_KIND, *RECORDS), at)
    return "(probe = ? OR kind = ?)", [value.lower(), value.lower()]


def _status(value: str, at: int) -> _Part:
    _known("status", value.lower(), STATUSES, at)
    return "status = ?", [value.lower()]


def _class(value: str, at: int) -> _Part:
    _known("class", value.lower(), tuple(Elicitation), at)
    return "class = ?", [value.lower()]


def _seq(value: str, at: int) -> _Part:
    match = re.fullmatch(r"#?(\d{1,15})(?:-(\d{0,15}))?", value)
    if match is None:
        raise FilterError(f"{quoted(value)} is no number or range: write seq:12, seq:10-20 or seq:10-.", at)
    first, last = match[1], match[2]
    if last is None:
        return "seq = ?", [int(first)]
    if last == "":
        return "seq >= ?", [int(first)]
    if int(last) < int(first):
        raise FilterError(f"The range {value} runs backwards.", at)
    return "seq BETWEEN ? AND ?", [int(first), int(last)]


def _tag(value: str, _: int) -> _Part:
    return "seq IN (SELECT record FROM tag WHERE lower(label) = ?)", [value.lower()]


def _known(field: str, value: str, values: tuple[str, ...], at: int) -> None:
    if value in values:
        return
    near = difflib.get_close_matches(value, values, 1)
    hint = f"did you mean {field}:{near[0]}?" if near else f"there are {', '.join(values)}."
    raise FilterError(f"No {field} is called {quoted(value)}; {hint}", at)


def _on(value: str, at: int) -> _Part:
    """A sort of subject, or one of them by the beginning of its name."""
    _known("on", value.lower().partition(":")[0], SORTS, at)
    return "(starts_with(subject, ?) OR starts_with(beside, ?))", [value.lower(), value.lower()]


_TERMS: Final[dict[str, Callable[[str, int], _Part]]] = {
    "kind": _kind, "status": _status, "class": _class, "seq": _seq, "text": _text, "tag": _tag, "on": _on,
}  # fmt: skip
