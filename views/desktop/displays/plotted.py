"""What curves and histograms have in common: a plot under its keys, and a cursor that mouse and arrows move."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from views.desktop import theme
from views.desktop.displays.display import Display
from views.desktop.displays.stroke import Stroke, StrokeKey
from views.desktop.flow import Flow
from views.desktop.labels import words
from workbench.contract.figures import Bar
from workbench.visible import line

# ruff: noqa: N802  Qt's names


class PlottedDisplay(Display):
    """Rows (curves or groups) of columns (points or bins), one of which is read."""

    reads = True

    def __init__(self) -> None:
        super().__init__()
        from views.desktop.displays.plot import Plot  # takes half a second, and most sessions plot nothing

        self.plot = Plot()
        self.row = self.column = 0
        self._drawn_in = ""
        self._marks: list[Any] = []
        self._shown = False
        self._title = words(dim=True)
        self._keys = QWidget()
        self._flow = Flow(self._keys, gap=14, line_gap=2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(4)
        layout.addWidget(self._title)
        layout.addWidget(self._keys)
        layout.addWidget(self.plot, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.pointed.connect(self._point)
        self.plot.pressed.connect(self.setFocus)
        self.plot.asked.connect(self._ask)

    # -- what a kind of plot says

    def _draw(self) -> None:
        """Draw the figure into the plot, in the colours of now."""
        raise NotImplementedError

    def _size(self) -> tuple[int, ...]:
        """How many columns each row has."""
        raise NotImplementedError

    def _start(self) -> tuple[int, int]:
        """Where one would look first: the end of the first row that has anything."""
        sizes = self._size()
        row = next(row for row, size in enumerate(sizes) if size)
        return row, sizes[row] - 1

    def _spot(self, row: int, column: int) -> tuple[float, float]:
        """Where a place lies in the plot."""
        raise NotImplementedError

    def _extent(self, row: int, column: int) -> tuple[float, float]:
        """The stretch of the axis that a place takes up."""
        raise NotImplementedError

    def _reading(self, row: int, column: int) -> tuple[str, tuple[Bar, ...]]:
        raise NotImplementedError

    # -- showing

    def begin(self, title: str, kind: str, keys: list[tuple[Stroke, str]]) -> None:
        """Title, keys and plot; then the place where one would look first is read."""
        self._title.setText(line(title))
        self._title.setVisible(bool(title))
        self.setAccessibleName(f"{kind}: {line(title)}" if title else kind)
        for stroke, text in keys:
            self._flow.addWidget(StrokeKey(stroke, text))
        self._keys.setVisible(len(keys) > 1 or not title)
        self._shown = True
        self._redraw()
        if sum(self._size()):
            self.move_to(*self._start())

    def _redraw(self) -> None:
        self._drawn_in = theme.tokens().name
        self._marks = []
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        changes = (QEvent.Type.StyleChange, QEvent.Type.PaletteChange)
        if self._shown and event.type() in changes and theme.tokens().name != self._drawn_in:
            self._redraw()
            self._show_cursor()

    # -- the cursor

    def move_to(self, row: int, column: int) -> None:
        """Read this place."""
        self.row, self.column = row, column
        self._show_cursor()
        heading, bars = self._reading(row, column)
        self.setAccessibleDescription(heading)
        self.read.emit(heading, bars)

    def _show_cursor(self) -> None:
        for mark in self._marks:
            self.plot.removeItem(mark)
        self._marks = []
        sizes = self._size()
        if self.row < len(sizes) and self.column < sizes[self.row]:
            x, y = self._spot(self.row, self.column)
            self._marks = self.plot.cursor(
                x, *self._extent(self.row, self.column), y if math.isfinite(y) else None, self._stroke(self.row).colour
            )

    def _stroke(self, row: int) -> Stroke:
        raise NotImplementedError

    def keyPressEvent(self, event: QKeyEvent) -> None:
        across = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        along = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        sizes = self._size()
        if not sum(sizes):
            super().keyPressEvent(event)
        elif across is not None:
            self.move_to(self.row, min(sizes[self.row] - 1, max(0, self.column + across)))
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.move_to(self.row, 0 if event.key() == Qt.Key.Key_Home else sizes[self.row] - 1)
        elif along is not None:
            self._change_row(along)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask(self.plot.mapToGlobal(self.plot.place(*self._spot(self.row, self.column)).toPoint()))
        else:
            super().keyPressEvent(event)

    def _change_row(self, step: int) -> None:
        """To the next row that has anything, where it is nearest."""
        sizes = self._size()
        rows = range(self.row + step, len(sizes) if step > 0 else -1, step)
        row = next((row for row in rows if sizes[row]), None)
        if row is not None:
            x, _ = self._spot(self.row, self.column)
            self.move_to(row, min(range(sizes[row]), key=lambda column: abs(self._spot(row, column)[0] - x)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()
        if sum(self._size()):
            self.move_to(self.row, self.column)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme.frame(self)

    def _point(self, place: QPointF) -> None:
        found = self._nearest(place)
        if found is not None and found != (self.row, self.column):
            self.move_to(*found)

    def _nearest(self, place: QPointF) -> tuple[int, int] | None:
        """The place that is drawn nearest to a pixel."""
        here, per = self.plot.at(place), self.plot.pixels()
        best, least = None, math.inf
        for row, size in enumerate(self._size()):
            for column in range(size):
                x, y = self._spot(row, column)
                distance = math.hypot((x - here.x()) * per.x(), (y - here.y()) * per.y())
                if distance < least:
                    best, least = (row, column), distance
        return best

    def _ask(self, at: QPoint) -> None:
        if sum(self._size()):
            self.asked.emit(self.row, self.column, False, at)
