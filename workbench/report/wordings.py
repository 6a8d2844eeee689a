"""Answers as a report quotes them: the same texts together, marked where they show the behaviour."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.claims.predicate import Match
from workbench.contract.figures import Answer

WORDINGS: Final = 6
"""Different answers quoted of one figure."""
LONGEST: Final = 1200
"""Characters quoted of one text."""


@dataclass(frozen=True)
class Passage:
    """A stretch of quoted text; `marked` where the predicate found what it looks for."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Wording:
    """One text that came back, and how often."""

    passages: tuple[Passage, ...]
    times: int
    hit: bool | None
    """Whether it shows the behaviour; None if the citation says nothing about that."""
    samples: tuple[int, ...]
    cut: bool

    @property
    def text(self) -> str:
        return "".join(passage.text for passage in self.passages)


def wordings(answers: Sequence[Answer], shows: Match) -> list[Wording]:
    """The different texts, those that show the behaviour first, then the most frequent."""
    grouped: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.begun:
            grouped.setdefault(answer.text, []).append(answer)
    found = [
        Wording(
            passages=_marked(text[:LONGEST], shows.any_of),
            times=len(alike),
            hit=None if shows.empty else any(shows.holds(one.heard, whole=one.whole) for one in alike),
            samples=tuple(one.index for one in alike),
            cut=len(text) > LONGEST,
        )
        for text, alike in grouped.items()
    ]
    return sorted(found, key=lambda wording: (not wording.hit, -wording.times))


def chosen(among: Sequence[Wording], samples: Collection[int]) -> tuple[Wording, ...]:
    """Those the auditor pointed at; else some of each sort, so that a miss is not hidden behind the hits."""
    if samples:
        return tuple(wording for wording in among if set(wording.samples) & set(samples))
    hits = [wording for wording in among if wording.hit]
    others = [wording for wording in among if not wording.hit]
    half = WORDINGS // 2
    return tuple(hits[: max(half, WORDINGS - len(others))] + others[: max(half, WORDINGS - len(hits))])


def _marked(text: str, wanted: Sequence[str]) -> tuple[Passage, ...]:
    terms = [re.escape(item) for item in wanted if item]
    if not terms:
        return (Passage(text),) if text else ()
    passages, at = [], 0
    for match in re.finditer("|".join(terms), text, re.IGNORECASE):
        passages += [Passage(text[at : match.start()]), Passage(match[0], marked=True)]
        at = match.end()
    return tuple(passage for passage in [*passages, Passage(text[at:])] if passage.text)
