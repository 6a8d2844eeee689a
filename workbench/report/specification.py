"""A specification as blocks of plain text: the little Markdown it is written in, and the clause a finding names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from casefiles.status import Refusal


@dataclass(frozen=True)
class TextRun:
    """A stretch of text in one face."""

    text: str
    face: Literal["plain", "bold", "code"] = "plain"


@dataclass(frozen=True)
class Block:
    """A heading, paragraph or list item."""

    kind: Literal["heading", "paragraph", "item"]
    runs: tuple[TextRun, ...]
    level: int = 0
    """Of a heading, from 1."""
    clause: str = ""
    """The clause it states, if it begins with a name such as `S1`, in whatever face."""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


_FACES = re.compile(r"\*\*(?P<bold>.+?)\*\*|`(?P<code>[^`]+)`")
_CLAUSE = re.compile(r"([A-Z]{1,3}\d{1,3})\b")


def blocks(markdown: str) -> tuple[Block, ...]:
    """The blocks of a text. Whatever is no heading, list item, bold or code is text as it stands."""
    return tuple(_block(lines) for lines in _paragraphs(markdown))


def clause(name: str, among: tuple[Block, ...]) -> Block | None:
    """The block that states a clause."""
    return next((block for block in among if block.clause and block.clause == name.strip()), None)


def stated_clauses(markdown: str) -> tuple[str, ...]:
    """The names of the clauses that a specification states, in their order."""
    return tuple(dict.fromkeys(block.clause for block in blocks(markdown) if block.clause))


def check_clause(name: str, markdown: str) -> None:
    """Raises Refusal for a clause that a specification with clauses does not state: it would count for none."""
    stated = stated_clauses(markdown)
    if stated and name not in stated:
        raise Refusal(
            "input.invalid", f"There is no clause {name}.", f"The specification states {', '.join(stated)}.",
            "Name one of them, or none.",
        )  # fmt: skip


def _paragraphs(markdown: str) -> Iterator[list[str]]:
    gathered: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        starts_anew = not line.strip() or line.startswith(("#", "- ", "* "))
        if starts_anew and gathered:
            yield gathered
            gathered = []
        if line.strip():
            gathered.append(line.strip())
        if line.startswith("#"):
            yield gathered
            gathered = []


def _block(lines: list[str]) -> Block:
    text = " ".join(lines)
    if heading := re.match(r"(#{1,6})\s+(.*)", text):
        return _stating(Block("heading", _runs(heading[2]), level=len(heading[1])))
    if text.startswith(("- ", "* ")):
        return _stating(Block("item", _runs(text[2:])))
    return _stating(Block("paragraph", _runs(text)))


def _stating(block: Block) -> Block:
    stated = _CLAUSE.match(block.text.lstrip())
    return replace(block, clause=stated[1]) if stated else block


def _runs(text: str) -> tuple[TextRun, ...]:
    runs, at = [], 0
    for match in _FACES.finditer(text):
        if match.start() > at:
            runs.append(TextRun(text[at : match.start()]))
        runs.append(TextRun(match["bold"], "bold") if match["bold"] else TextRun(match["code"], "code"))
        at = match.end()
    if at < len(text) or not runs:
        runs.append(TextRun(text[at:]))
    return tuple(runs)
