"""The figures of a report as geometry: what goes where, for a template to draw."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.contract.comparison import Array
from workbench.contract.rules import Elicitation
from workbench.evidence.observations import Observations, Run
from workbench.evidence.rates import Rate

SLOTS: Final = 24
"""Fewest places on the axis of a timeline, so that a few probes do not become slabs."""
BARS: Final = 160
"""Most bars of a timeline; with more probes, each bar stands for several."""
COLUMNS: Final = 12
"""Most positions of a lens that are drawn."""


@dataclass(frozen=True)
class Interval:
    """A rate on an axis from 0 to 100 %."""

    low: float
    value: float
    high: float
    control: bool = False

    @classmethod
    def of(cls, rate: Rate, *, control: bool = False) -> Interval:
        value = rate.hits / rate.trials if rate.trials else 0.0
        return cls(100 * rate.low, 100 * value, 100 * rate.high, control)


@dataclass(frozen=True)
class Bar:
    """One or several probes in a timeline. `x`, `width` and `height` in hundredths of the figure."""

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
class Timeline:
    """All probes in order, by what they cost in tokens."""

    bars: tuple[Bar, ...]
    flags: tuple[Flag, ...]
    probes: int
    each: int
    """Probes a bar stands for."""
    highest: int
    """Tokens of the highest bar."""


def timeline(
    observations: Observations, cited: Iterable[int], firsts: Mapping[int, int], recorded: Mapping[int, int]
) -> Timeline | None:
    """`firsts` and `recorded`: rank of a finding → the record where it first showed, and where it was written down."""
    runs = list(observations.runs)
    if not runs:
        return None
    chosen = set(cited)
    each = math.ceil(len(runs) / BARS)
    groups = [runs[start : start + each] for start in range(0, len(runs), each)]
    tokens = [sum(_tokens(run) for run in group) for group in groups]
    highest = max([1, *tokens])
    width = 100 / max(SLOTS, len(groups))
    classes = list(Elicitation)
    bars = tuple(
        Bar(
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
    return Timeline(bars, tuple(flags), len(runs), each, highest)


def _tokens(run: Run) -> int:
    return run.cost.generated_tokens + run.cost.forward_tokens


def _span(group: Sequence[Run], spent: int) -> str:
    first, last = group[0], group[-1]
    name = f"#{first.seq} {first.kind}" if first is last else f"#{first.seq} to #{last.seq}"
    return f"{name}: {spent:,} tokens"


def _place(seq: int, places: Sequence[int]) -> float:
    """Where a record lies among the probes, 0 … 1: in the middle of its own, or after those before it."""
    before = bisect_left(places, seq)
    own = before < len(places) and places[before] == seq
    return (before + (0.5 if own else 0.0)) / len(places)


@dataclass(frozen=True)
class LensCell:
    """The top prediction at one layer and position. `weight` is its probability."""

    piece: str
    weight: float
    pointed: bool


@dataclass(frozen=True)
class LensRow:
    """One layer of a lens."""

    layer: int
    cells: tuple[LensCell, ...]


@dataclass(frozen=True)
class Curve:
    """The probability of one tracked token through the layers, at the last position; points in hundredths."""

    name: str
    control: bool
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Tick:
    """A layer named under the curves; `x` in hundredths."""

    x: float
    layer: int


@dataclass(frozen=True)
class Lens:
    """A logit lens: the last layer on top, positions from left to right."""

    pieces: tuple[str, ...]
    rows: tuple[LensRow, ...]
    curves: tuple[Curve, ...]
    ticks: tuple[Tick, ...]
    hidden: int
    """Positions that are not drawn."""


def lens(result: Mapping[str, Any], arrays: Mapping[str, Array], cells: Iterable[tuple[int, int]]) -> Lens | None:
    """The figure of a lens record; `cells` are the cited (layer, position). None if its arrays are not at hand."""
    grid, layers = result["grid"], tuple(result["layers"])
    if "top_ids" not in arrays or "top_logprobs" not in arrays:
        return None
    pointed = set(cells)
    read = list(grid["positions"])
    wanted = {position for _, position in pointed if position in read}
    # The end of the prompt is where the answer is made; a cited cell is drawn wherever it lies.
    rest = [position for position in reversed(read) if position not in wanted][: max(0, COLUMNS - len(wanted))]
    shown = sorted(wanted | set(rest))
    columns = [read.index(position) for position in shown]
    best, weight = arrays["top_ids"][:, :, 0], arrays["top_logprobs"][:, :, 0]  # (layer, position)
    rows = tuple(
        LensRow(
            layer,
            tuple(
                LensCell(
                    str(result["vocabulary"][str(int(best[row, column]))]),
                    math.exp(min(0.0, float(weight[row, column]))),
                    (layer, position) in pointed,
                )
                for column, position in zip(columns, shown, strict=True)
            ),
        )
        for row, layer in reversed(list(enumerate(layers)))
    )
    pieces = tuple(str(grid["pieces"][position]) for position in shown)
    return Lens(pieces, rows, _curves(result, arrays), _ticks(layers), len(read) - len(shown))


def _ticks(layers: Sequence[int]) -> tuple[Tick, ...]:
    """At most a dozen layers, evenly spread, from the first on."""
    step = math.ceil(len(layers) / 12)
    scale = 100 / max(1, len(layers) - 1)
    return tuple(Tick(number * scale, layer) for number, layer in enumerate(layers) if number % step == 0)


def _curves(result: Mapping[str, Any], arrays: Mapping[str, Array]) -> tuple[Curve, ...]:
    curves = []
    for name, control in (("tracked_logprobs", False), ("control_tracked_logprobs", True)):
        if name not in arrays or not result["tracked"]:
            continue
        last = arrays[name][:, -1, :]  # (layer, tracked)
        step = 100 / max(1, len(last) - 1)
        for number, tracked in enumerate(result["tracked"]):
            points = tuple((row * step, 100 * math.exp(min(0.0, float(v)))) for row, v in enumerate(last[:, number]))
            curves.append(Curve(str(tracked["text"]), control, points))
    return tuple(curves)
