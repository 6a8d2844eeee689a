"""How values are spread: groups as steps over the same bins, controls dashed."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QPointF

from views.desktop.displays.plotted import PlottedDisplay
from views.desktop.displays.stroke import Stroke, strokes
from views.desktop.displays.ticks import ticks
from workbench.contract.figures import Bar, Counts, Histogram, percent
from workbench.visible import line

_MARKS_UP: Final = 4
_MARKS_ACROSS: Final = 8


class HistogramDisplay(PlottedDisplay):
    """All groups of a figure over one axis."""

    def show_figure(self, figure: Histogram) -> None:
        """Raises ValueError if the bins are none, do not rise, or are not those of every group."""
        edges = figure.edges
        rising = all(math.isfinite(one) and one < other for one, other in pairwise(edges))
        if len(edges) < 2 or not rising or any(len(group.counts) != len(edges) - 1 for group in figure.groups):
            raise ValueError("a histogram whose counts do not belong to its bins")
        self._figure = figure
        self._strokes = strokes([(group.name, group.control) for group in figure.groups])
        self.begin(figure.title, "Histogram", list(zip(self._strokes, map(named, figure.groups), strict=True)))

    def _draw(self) -> None:
        figure = self._figure
        most = max((count for group in figure.groups for count in group.counts), default=0)
        unit = figure.x.unit
        self.plot.lay_out(
            ticks(figure.edges[0], figure.edges[-1], _MARKS_ACROSS, snug=True),
            ticks(0, max(1, most), _MARKS_UP, whole=True),
            x_title=f"{figure.x.name} ({unit})" if unit else figure.x.name,
            y_title="count", percent=False, x_percent=figure.x.unit == "%",
        )  # fmt: skip
        for group, stroke in zip(figure.groups, self._strokes, strict=True):
            self.plot.steps(list(figure.edges), list(group.counts), stroke.colour, dashed=stroke.dashed)

    def _start(self) -> tuple[int, int]:
        """The fullest bin of the first group."""
        counts = self._figure.groups[0].counts
        return 0, counts.index(max(counts))

    def _size(self) -> tuple[int, ...]:
        return tuple(len(group.counts) for group in self._figure.groups)

    def _spot(self, row: int, column: int) -> tuple[float, float]:
        low, high = self._extent(row, column)
        return (low + high) / 2, float(self._figure.groups[row].counts[column])

    def _extent(self, row: int, column: int) -> tuple[float, float]:
        return self._figure.edges[column], self._figure.edges[column + 1]

    def _nearest(self, place: QPointF) -> tuple[int, int] | None:
        """The bin a pixel stands over, of the group whose step is nearest."""
        figure, here = self._figure, self.plot.at(place)
        column = min(len(figure.edges) - 2, max(0, bisect_right(figure.edges, here.x()) - 1))
        rows = range(len(figure.groups))
        row = min(rows, key=lambda row: abs(figure.groups[row].counts[column] - here.y()), default=None)
        return None if row is None else (row, column)

    def _stroke(self, row: int) -> Stroke:
        return self._strokes[row]

    def _reading(self, row: int, column: int) -> tuple[str, tuple[Bar, ...]]:
        """The bin in words, and every group's count in it with its share of the group."""
        figure = self._figure
        low, high = (figure.x.words(edge) for edge in self._extent(row, column))
        most = max(1, *(count for group in figure.groups for count in group.counts))
        counts = [(group, group.counts[column]) for group in figure.groups]
        bars = tuple(
            Bar(named(group), count / most, f"{count:,}", _share(group, count), marked=at == row)
            for at, (group, count) in enumerate(counts)
        )
        return f"{line(figure.x.name).capitalize()} {low} to {high}", bars


def named(group: Counts) -> str:
    """A group's name as it is shown."""
    return f"{line(group.name)} (control)" if group.control else line(group.name)


def _share(group: Counts, count: int) -> str:
    total = sum(group.counts)
    return percent(count / total) if total else ""
