"""A predicate tried on every answer of a log before a finding rests on it: where it holds, and where it does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.claims.predicate import Match
from workbench.contract.figures import Column, Rows
from workbench.evidence.observations import Observations, Run, observed

_MOST = 60
"""Characters of an answer that is shown as an example."""


@dataclass(frozen=True)
class Tried:
    """What the answers to one prompt make of a predicate."""

    asked: str
    on: str
    seqs: tuple[int, ...]
    """The records that hold the answers."""
    hits: int
    of: int
    """Observations: answers drawn twice from the same noise are one, and one that was cut off before it could say
    otherwise is none."""
    hit: str
    """An answer on which it holds; empty if there is none."""
    miss: str

    @property
    def rate(self) -> float:
        return self.hits / self.of if self.of else 0.0


def tried(match: Match, observations: Observations) -> tuple[Tried, ...]:
    """Prompt by prompt, those on which it holds most often first."""
    runs: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in observations.runs:
        if run.draws:
            runs[run.prompt, run.on].append(run)
    found = [_tried(match, alike) for alike in runs.values()]
    return tuple(sorted(found, key=lambda one: (-one.rate, -one.of, one.seqs)))


def bench(match: Match, rows: Sequence[Tried]) -> Rows:
    """The same as a table, under a title that says it in a sentence."""
    hits, of = sum(row.hits for row in rows), sum(row.of for row in rows)
    held = sum(row.hits > 0 for row in rows)
    title = f"An answer that {match.words}: {hits:,} of {of:,}, on {held} of {len(rows)} prompts."
    columns = (
        Column("records"), Column("asked"), Column("of whom"), Column("holds on", "count"), Column("answers", "count"),
        Column("such as"), Column("and not"),
    )  # fmt: skip
    told = ((_spans(row.seqs), row.asked, row.on, row.hits, row.of, _short(row.hit), _short(row.miss)) for row in rows)
    return Rows(title, columns, tuple(told))


def _tried(match: Match, runs: list[Run]) -> Tried:
    draws = observed(draw for run in runs for draw in run.draws)
    draws = [draw for draw in draws if match.tells(draw.heard, whole=draw.whole)]
    hits = [draw for draw in draws if match.holds(draw.heard, whole=draw.whole)]
    misses = [draw for draw in draws if draw not in hits]
    first = runs[0]
    return Tried(
        first.title, first.on, tuple(run.seq for run in runs), len(hits), len(draws),
        hits[0].text if hits else "", misses[0].text if misses else "",
    )  # fmt: skip


def _spans(seqs: tuple[int, ...]) -> str:
    shown = ", ".join(f"#{seq}" for seq in seqs[:3])
    return f"{shown} …" if len(seqs) > 3 else shown


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _MOST else words[: _MOST - 1] + "…"
