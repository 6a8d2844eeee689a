"""Curves, histograms and rates as geometry: where all lies on its axes, in hundredths, for a template to draw."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from workbench.claims.rates import Rate
from workbench.contract.figures import Counts, Curve, Curves, Histogram, Scale, percent

COLOURS: Final = 4
"""Colours there are; more names than that share them."""
TRACES: Final = 8
"""Most curves or groups of one plot that are drawn."""
TICKS: Final = 12
"""Most values named along an axis."""

Point = tuple[float, float]
"""A place in a plot: from the left and from the bottom."""


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
class Tick:
    """A value named on an axis."""

    at: float
    words: str


@dataclass(frozen=True)
class Trace:
    """One curve, or the outline of one group. A control has the colour of what it stands against."""

    name: str
    colour: int
    control: bool
    points: tuple[Point, ...]
    band: tuple[Point, ...] = ()
    """The outline of its interval."""


@dataclass(frozen=True)
class PlotLayout:
    """Traces over a number. `filled`: they are outlines of groups."""

    macro: ClassVar[str] = "plot"
    wide: ClassVar[bool] = False

    title: str
    x: str
    y: str
    traces: tuple[Trace, ...]
    along: tuple[Tick, ...]
    """Values named under the plot."""
    up: tuple[Tick, ...]
    """Values named beside it."""
    more: int
    """Traces that are not drawn."""
    filled: bool = False


@dataclass(frozen=True)
class _Axis:
    """Maps values to hundredths."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Iterable[float]) -> _Axis:
        kept = [value for value in values if math.isfinite(value)]
        return cls(min(kept, default=0.0), max(kept, default=1.0))

    def at(self, value: float) -> float:
        return 100 * (value - self.low) / (self.high - self.low) if self.high > self.low else 50.0

    def point(self, up: _Axis, x: float, y: float) -> Point | None:
        """None: nowhere, for there is no such number."""
        return (self.at(x), up.at(y)) if math.isfinite(x) and math.isfinite(y) else None


def curves(figure: Curves) -> PlotLayout:
    """Curves over a number, each with its interval; what lies beyond the scale widens it."""
    drawn = figure.curves[:TRACES]
    along = _Axis.over(x for curve in drawn for x in curve.xs)
    scale = figure.scale
    up = _Axis.over(
        [scale.low, scale.high, *(y for curve in drawn for ys in (curve.ys, curve.low, curve.high) for y in ys)]
    )
    colours = _colours(curve.name for curve in drawn)
    return PlotLayout(
        title=figure.title,
        x=figure.x,
        y=_named(scale),
        traces=tuple(_trace(curve, colours[curve.name], along, up) for curve in drawn),
        along=_along(sorted({x for curve in drawn for x in curve.xs if math.isfinite(x)}), along),
        up=tuple(Tick(up.at(value), _short(value, scale)) for value in (up.low, (up.low + up.high) / 2, up.high)),
        more=len(figure.curves) - len(drawn),
    )


def histogram(figure: Histogram) -> PlotLayout:
    """How values are spread, one outline a group."""
    drawn = figure.groups[:TRACES]
    along, highest = _Axis.over(figure.edges), max((count for group in drawn for count in group.counts), default=0)
    up = _Axis(0.0, float(max(1, highest)))
    colours = _colours(group.name for group in drawn)
    named = (along.low, (along.low + along.high) / 2, along.high)
    return PlotLayout(
        title=figure.title,
        x=_named(figure.x),
        y="count",
        traces=tuple(
            Trace(group.name, colours[group.name], group.control, _outline(figure.edges, group, along, up))
            for group in drawn
        ),
        along=tuple(Tick(along.at(value), _short(value, figure.x)) for value in named),
        up=(Tick(0.0, "0"), Tick(100.0, f"{highest:,}")),
        more=len(figure.groups) - len(drawn),
        filled=True,
    )


def _trace(curve: Curve, colour: int, along: _Axis, up: _Axis) -> Trace:
    band: list[Point | None] = []
    if curve.low:
        band += [along.point(up, x, y) for x, y in zip(curve.xs, curve.low, strict=True)]
        band += reversed([along.point(up, x, y) for x, y in zip(curve.xs, curve.high, strict=True)])
    return Trace(
        name=curve.name,
        colour=colour,
        control=curve.control,
        points=_there(along.point(up, x, y) for x, y in zip(curve.xs, curve.ys, strict=True)),
        band=_there(band),
    )


def _outline(edges: Sequence[float], group: Counts, along: _Axis, up: _Axis) -> tuple[Point, ...]:
    """Up at the first edge, along the tops of the bins, and down at the last."""

    def corners() -> Iterator[Point | None]:
        yield along.point(up, edges[0], 0.0)
        for low, high, count in zip(edges[:-1], edges[1:], group.counts, strict=True):
            yield along.point(up, low, float(count))
            yield along.point(up, high, float(count))
        yield along.point(up, edges[-1], 0.0)

    return _there(corners())


def _there(points: Iterable[Point | None]) -> tuple[Point, ...]:
    return tuple(point for point in points if point is not None)


def _colours(names: Iterable[str]) -> dict[str, int]:
    return {name: number % COLOURS for number, name in enumerate(dict.fromkeys(names))}


def _along(values: Sequence[float], axis: _Axis) -> tuple[Tick, ...]:
    """At most a dozen of the values, evenly chosen, from the first on."""
    step = max(1, math.ceil(len(values) / TICKS))
    return tuple(Tick(axis.at(value), f"{value:g}".replace("-", "−")) for value in values[::step])


def _short(value: float, scale: Scale) -> str:
    """A value on an axis, in as few letters as will do."""
    return percent(value, 0) if scale.unit == "%" else f"{value:.3g}".replace("-", "−")


def _named(scale: Scale) -> str:
    return scale.name if scale.unit in ("", "%") else f"{scale.name} ({scale.unit})"
