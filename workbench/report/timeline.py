"""All probes of a session in their order, as geometry for a template to draw."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.contract.rules import Elicitation
from workbench.evidence.observations import Observations, Run

SLOTS: Final = 24
"""Fewest places on the axis of a timeline, so that a few probes do not become slabs."""
STINTS: Final = 160
"""Most bars of a timeline; with more probes, each bar stands for several."""


@dataclass(frozen=True)
class Stint:
    """One or several probes, drawn as one bar. `x`, `width` and `height` in hundredths of the figure."""

    x: float
    width: float
    height: float
    elicitation: Elicitation
    """The most forced class among them."""
    cited: bool
    label: str


@dataclass(frozen=True)
class Flag:
    """A moment in a timeline: when a finding first showed, or was written down."""

    x: float
    rank: int
    kind: str


@dataclass(frozen=True)
class TimelineLayout:
    """All probes in order, by what they cost in tokens."""

    stints: tuple[Stint, ...]
    flags: tuple[Flag, ...]
    probes: int
    each: int
    """Probes a bar stands for."""


def timeline(
    observations: Observations, cited: Iterable[int], firsts: Mapping[int, int], recorded: Mapping[int, int]
) -> TimelineLayout | None:
    """`firsts` and `recorded`: rank of a finding → the record where it first showed, and where it was written down."""
    runs = list(observations.runs)
    if not runs:
        return None
    chosen = set(cited)
    each = math.ceil(len(runs) / STINTS)
    groups = [runs[start : start + each] for start in range(0, len(runs), each)]
    tokens = [sum(_tokens(run) for run in group) for group in groups]
    highest = max([1, *tokens])
    width = 100 / max(SLOTS, len(groups))
    classes = list(Elicitation)
    stints = tuple(
        Stint(
            x=number * width,
            width=width,
            height=max(4.0, 100 * math.sqrt(spent / highest)),  # a square root, so that small probes stay visible
            elicitation=max((run.elicitation for run in group), key=classes.index),
            cited=any(run.seq in chosen for run in group),
            label=_span(group, spent),
        )
        for number, (group, spent) in enumerate(zip(groups, tokens, strict=True))
    )
    places = [run.seq for run in runs]
    share = width * len(groups)
    flags = [Flag(share * _place(seq, places), rank, "shown") for rank, seq in firsts.items()]
    flags += [Flag(share * _place(seq, places), rank, "recorded") for rank, seq in recorded.items()]
    return TimelineLayout(stints, tuple(flags), len(runs), each)


def _tokens(run: Run) -> int:
    return run.cost.tokens


def _span(group: Sequence[Run], spent: int) -> str:
    first, last = group[0], group[-1]
    name = f"#{first.seq} {first.kind}" if first is last else f"#{first.seq} to #{last.seq}"
    return f"{name}: {spent:,} tokens"


def _place(seq: int, places: Sequence[int]) -> float:
    """Where a record lies among the probes, 0 … 1: in the middle of its own, or after those before it."""
    before = bisect_left(places, seq)
    own = before < len(places) and places[before] == seq
    return (before + (0.5 if own else 0.0)) / len(places)
