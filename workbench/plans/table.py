"""Rows of named fields from the plain files that people keep lists in; what is wrong in one is said where it is."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.visible import quoted
from workbench.written_json import toml_of, value_of


class UnreadableError(ValueError):
    """A row that cannot be used: where it stands, which of its fields it is, and why."""

    def __init__(self, where: str, name: str, why: str) -> None:
        super().__init__(f"{where}, {name}: {why}" if name else f"{where}: {why}")


@dataclass(frozen=True)
class TableRow:
    """One row, and where it stands."""

    where: str
    """E.g. `line 3`."""
    fields: Mapping[str, Any]

    def check(self, known: Collection[str]) -> None:
        """Raises UnreadableError if there is a field that nobody knows."""
        if unknown := sorted(str(name) for name in self.fields if name not in known):
            raise UnreadableError(self.where, unknown[0], f"it is not known; there are {', '.join(known)}")

    def given(self, name: str) -> Any:
        """A field as it stands, or None where it is left out or empty."""
        value = self.fields.get(name)
        return None if value == "" else value

    def text(self, name: str) -> str:
        value = self.given(name)
        if isinstance(value, dict | list):
            raise UnreadableError(self.where, name, "it is no text")
        return "" if value is None else str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Several texts: a list, or one text with `|` between them."""
        value = self.given(name)
        if value is None:
            return ()
        if isinstance(value, dict):
            raise UnreadableError(self.where, name, "it is neither a text nor a list of texts")
        parts = value.split("|") if isinstance(value, str) else value if isinstance(value, list) else [value]
        return tuple(str(part).strip() for part in parts if str(part).strip())

    def number(self, name: str, default: float | None = None) -> float:
        value = self.given(name)
        try:
            if value is None and default is not None:
                return default
            return float(value)
        except (TypeError, ValueError):
            raise UnreadableError(self.where, name, f"{quoted(value)} is no number") from None

    def switch(self, name: str) -> bool:
        """Yes or no; no where it is left out."""
        value = self.given(name)
        said = str(value).strip().casefold()
        if value is None or said in ("no", "false", "0"):
            return False
        if said in ("yes", "true", "1"):
            return True
        raise UnreadableError(self.where, name, f"{quoted(value)} is neither yes nor no")


@dataclass(frozen=True)
class Table:
    """The rows of a file, and what it says before them."""

    rows: tuple[TableRow, ...]
    head: Mapping[str, Any] = field(default_factory=dict)


def rows_of(text: str, name: str) -> Table:
    """Read JSON (a list, or an object that holds one under `name`), JSON lines, TOML with `[[name]]`, or CSV with a
    heading. Of JSON lines a first one with a `head` is no row but says what a JSON object or TOML would say beside its
    rows. Raises ValueError, saying where.
    """
    stripped = text.strip()
    if not stripped:
        raise ValueError("the file is empty")
    heading = re.compile(rf"^\s*\[\[\s*{re.escape(name)}\s*\]\]", re.MULTILINE)
    if stripped.startswith(("{", "[")) and not heading.match(stripped):
        return _json(text, name)
    return _toml(text, name, heading) if heading.search(text) else _csv(text)


def _json(text: str, name: str) -> Table:
    if text.lstrip().startswith("["):
        return Table(tuple(_elements(text)))
    try:
        whole = value_of(text)
    except ValueError:
        return _lines(text)
    if name not in whole:
        return Table((_row("line 1", whole),))
    if not isinstance(whole[name], list):
        raise UnreadableError("line 1", name, "it is no list")
    rows = tuple(_row(f"{name[:-1]} {number}", row) for number, row in enumerate(whole[name], 1))
    return Table(rows, {key: value for key, value in whole.items() if key != name})


def _elements(text: str) -> Iterator[TableRow]:
    """The elements of a JSON list, each with the line on which it begins."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    skip = re.compile(r"[\s,]*")
    while True:
        at = skip.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == "]":
            return
        where = f"line {text.count(chr(10), 0, at) + 1}"
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise UnreadableError(where, "", f"it is no JSON: {error}") from None
        yield _row(where, value)


def _lines(text: str) -> Table:
    rows: list[TableRow] = []
    head: Mapping[str, Any] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = _row(f"line {number}", value_of(line))
        except json.JSONDecodeError as error:
            raise UnreadableError(f"line {number}", "", f"it is no JSON: {error}") from None
        if not rows and isinstance(row.fields.get("head"), dict):
            head = row.fields["head"]
        else:
            rows.append(row)
    return Table(tuple(rows), head)


def _toml(text: str, name: str, heading: re.Pattern[str]) -> Table:
    whole = toml_of(text)
    lines = [text.count("\n", 0, text.index("[", found.start())) + 1 for found in heading.finditer(text)]
    rows = tuple(_row(f"line {line}", row) for line, row in zip(lines, whole[name], strict=True))
    return Table(rows, {key: value for key, value in whole.items() if key != name})


def _csv(text: str) -> Table:
    reader = csv.DictReader(io.StringIO(text))
    try:
        return Table(tuple(_cells(reader)))
    except csv.Error as error:
        raise UnreadableError(f"line {reader.line_num + 1}", "", f"it is no CSV: {error}") from None


def _cells(reader: csv.DictReader[str]) -> Iterator[TableRow]:
    """Its rows. Raises csv.Error, too, at a cell that is longer than any."""
    names = reader.fieldnames or ()
    before = reader.line_num  # a cell may hold line breaks, so that a row is told by where it begins
    for fields in reader:
        where, before = f"line {before + 1}", reader.line_num
        if None in fields:
            raise UnreadableError(where, "", f"it has more cells than the heading, which has {len(names)}")
        yield TableRow(where, {key: value for key, value in fields.items() if value is not None})


def _row(where: str, value: Any) -> TableRow:
    if not isinstance(value, dict):
        raise UnreadableError(where, "", "it is no object with fields")
    return TableRow(where, value)
