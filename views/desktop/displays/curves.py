"""Curves over a number, with their intervals as shaded bands and controls dashed."""

from __future__ import annotations

import math
from typing import Final

from views.desktop.displays.plotted import PlottedDisplay
from views.desktop.displays.stroke import Stroke, strokes
from views.desktop.displays.ticks import Ticks, ticks
from workbench.contract.figures import Bar, Curve, Curves, signed
from workbench.visible import line

_POINTS_SHOWN: Final = 48
"""Longer curves are drawn without their points."""
_MARKS_UP: Final = 4
_MARKS_ACROSS: Final = 8


class CurvesDisplay(PlottedDisplay):
    """All curves of a figure over one pair of axes."""

    def show_figure(self, figure: Curves) -> None:
        """Raises ValueError if a curve has not as many values as places."""
        for curve in figure.curves:
            if {len(curve.xs), len(curve.low or curve.xs), len(curve.high or curve.xs)} != {len(curve.ys)}:
                raise ValueError("a curve whose values are not as many as its places")
        self._figure = figure
        self._strokes = strokes([(curve.name, curve.control) for curve in figure.curves])
        self.begin(figure.title, "Curves", list(zip(self._strokes, map(named, figure.curves), strict=True)))

    def _draw(self) -> None:
        figure = self._figure
        across, up = self._axes()
        self.plot.lay_out(
            across, up, x_title=figure.x, y_title=_titled(figure.scale.name, figure.scale.unit),
            percent=figure.scale.unit == "%", x_percent=False,
        )  # fmt: skip
        for curve, stroke in zip(figure.curves, self._strokes, strict=True):
            self._band(curve, stroke)
        for curve, stroke in zip(figure.curves, self._strokes, strict=True):
            ys = [y if math.isfinite(y) else math.nan for y in curve.ys]
            symbol = stroke.symbol if len(curve.xs) <= _POINTS_SHOWN else None
            self.plot.curve(list(curve.xs), ys, stroke.colour, dashed=stroke.dashed, symbol=symbol)

    def _band(self, curve: Curve, stroke: Stroke) -> None:
        """The stretch of a curve whose intervals have ends."""
        points = zip(curve.xs, curve.low, curve.high, strict=False)
        whole = [(x, low, high) for x, low, high in points if math.isfinite(low) and math.isfinite(high)]
        if whole:
            xs, low, high = (list(column) for column in zip(*whole, strict=True))
            self.plot.band(xs, low, high, stroke.colour)

    def _axes(self) -> tuple[Ticks, Ticks]:
        """Across as far as there are points; upward from no colour, where the scale has one, to what is reached."""
        scale, curves = self._figure.scale, self._figure.curves
        xs = [x for curve in curves for x in curve.xs if math.isfinite(x)] or [0.0]
        ys = [y for curve in curves for y in (*curve.ys, *curve.low, *curve.high) if math.isfinite(y)] or [0.0, 1.0]
        foot = (scale.low + scale.high) / 2 if scale.diverging else scale.low
        whole = all(float(x).is_integer() for x in xs)
        up = ticks(min(*ys, foot), max(*ys, foot), _MARKS_UP)
        return ticks(min(xs), max(xs), _MARKS_ACROSS, whole=whole, snug=True), up

    def _size(self) -> tuple[int, ...]:
        return tuple(len(curve.xs) for curve in self._figure.curves)

    def _spot(self, row: int, column: int) -> tuple[float, float]:
        curve = self._figure.curves[row]
        return curve.xs[column], curve.ys[column]

    def _extent(self, row: int, column: int) -> tuple[float, float]:
        x = self._figure.curves[row].xs[column]
        return x, x

    def _stroke(self, row: int) -> Stroke:
        return self._strokes[row]

    def _reading(self, row: int, column: int) -> tuple[str, tuple[Bar, ...]]:
        """This point and its interval in words, and every curve's value at the same place."""
        figure, scale = self._figure, self._figure.scale
        curve = figure.curves[row]
        x = curve.xs[column]
        said = f"{line(figure.x).capitalize()} {_number(x)}: {named(curve)} {scale.words(curve.ys[column])}"
        if curve.low:
            said += f", interval {scale.words(curve.low[column])} to {scale.words(curve.high[column])}"
        bars = tuple(
            Bar(named(other), abs(scale.strength(y)), scale.words(y), marked=other is curve)
            for other in figure.curves
            for y in [y for place, y in zip(other.xs, other.ys, strict=True) if place == x][:1]
        )
        return said, bars


def named(curve: Curve) -> str:
    """A curve's name as it is shown."""
    name = line(curve.name)
    return f"{name} (control)" if curve.control else name


def _titled(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _number(x: float) -> str:
    return signed(x, 0) if float(x).is_integer() else signed(x, 4).rstrip("0")
