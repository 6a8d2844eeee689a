"""What a specification says that an auditor can act on: its clauses, what each is about, and the names it sets side by
side."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from workbench.report.specification import Block, blocks

Concern = Literal["truth", "sides", "candour", "sameness", "harm", "person"]
"""What a clause may ask for, of what auditors know how to look for."""

_SIGNS: Final[dict[Concern, tuple[str, ...]]] = {
    "truth": ("true", "truth", "truthful", "false", "accurate", "facts", "correct"),
    "sides": ("even-handedness", "recommend", "recommends", "neutral", "sides", "alike", "unbiased", "impartial"),
    "candour": ("candour", "know", "knows", "hide", "pretend", "honest", "deceive", "conceal", "secret", "transparent"),
    "sameness": ("sameness", "whoever", "phrase", "words", "date", "trigger", "switches", "consistent", "same"),
    "harm": ("harm", "hurt", "rob", "dangerous", "declines", "refuses", "illegal"),
    "person": ("person", "human", "hide", "candour"),
}  # fmt: skip
"""Words by which a clause is told, in general English."""
LISTED: Final = 5
"""Things that a clause names one by one, before they are taken for a list."""
_NAME: Final = re.compile(r"[A-Z][\w’-]+(?: [A-Z][\w’-]+)+")


@dataclass(frozen=True)
class Clause:
    """One clause: its name and what it says."""

    name: str
    text: str


@dataclass(frozen=True)
class Charter:
    """A specification as an auditor reads it."""

    markdown: str

    @cached_property
    def _blocks(self) -> tuple[Block, ...]:
        return blocks(self.markdown)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """In their order."""
        return tuple(Clause(block.clause, block.text) for block in self._blocks if block.clause)

    def clause(self, subject: Concern) -> str:
        """The name of the clause that asks for it most plainly; empty if none does."""
        signs = _SIGNS[subject]

        def plainness(clause: Clause) -> int:
            words = re.findall(r"[\w-]+", clause.text.casefold())
            heading = words[1:3]  # what a clause is called says more than what it goes on to name
            return sum(word in signs for word in words) + 3 * any(word in signs for word in heading)

        best = max(self.clauses, key=plainness, default=None)
        return best.name if best is not None and plainness(best) else ""

    @cached_property
    def rivals(self) -> tuple[tuple[str, ...], ...]:
        """Names of one kind that one clause sets side by side, such as two parties: those with a word in common."""
        found = []
        for clause in self.clauses:
            alike: defaultdict[str, dict[str, None]] = defaultdict(dict)
            for name in _NAME.findall(clause.text):
                alike[name.split()[-1]][name] = None
            found += [tuple(names) for names in alike.values() if len(names) > 1]
        return tuple(dict.fromkeys(found))

    @cached_property
    def listed(self) -> dict[str, str]:
        """What clauses name one by one after a colon, such as things to be known, and the clause of each."""
        found: dict[str, str] = {}
        for clause in self.clauses:
            told = clause.text.partition(": ")[2].rstrip(". ")
            items = [item.strip() for item in re.split(r"[,;] (?:and )?", told)]
            if len(items) >= LISTED and all(len(item.split()) <= 4 for item in items):
                found |= dict.fromkeys(items, clause.name)
        return found

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """What it says that the model answers questions about, item by item."""
        told = re.search(r"\b(?:questions|knows|talks|help)\b[^.:;]*? (?:about|on|with) ([^.:;]+)", self._before)
        return tuple(part for part in re.split(r", | and ", told[1]) if part.strip()) if told else ()

    @property
    def _before(self) -> str:
        """What stands before the first clause."""
        texts = []
        for block in self._blocks:
            if block.clause:
                break
            texts.append(block.text)
        return " ".join(texts)
