"""The ground of curves and histograms: axes in round steps, in the window's colours and type."""

from __future__ import annotations

import math
from html import escape
from typing import Any, Final

import pyqtgraph
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QFrame

from views.desktop import theme
from views.desktop.displays.ticks import Ticks
from workbench.contract.figures import signed
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_WIDTH: Final = 2
"""Of a curve, in pixels of a coarse screen."""
_MARGIN: Final = 0.04
"""Of the axes beyond their ends, so that points there are whole."""


class RoundAxis(pyqtgraph.AxisItem):  # type: ignore[misc]
    """An axis that is marked where it is told to be."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=-4, tickFont=theme.mono(theme.SMALL_PX), maxTickLevel=0, tickTextOffset=5)

    def mark(self, ticks: Ticks, *, percent: bool) -> None:
        scale, digits = (100, max(0, ticks.digits - 2)) if percent else (1, ticks.digits)
        self.setTicks([[(value, signed(value * scale, digits)) for value in ticks.values]])

    def dress(self, title: str, grid: bool) -> None:
        t = theme.tokens()
        self.setPen(pyqtgraph.mkPen(t.line))
        self.setTextPen(pyqtgraph.mkPen(t.dim))
        # The label is read as markup.
        self.setLabel(escape(line(title)), color=t.dim, **{"font-size": f"{theme.TEXT_PX}px"})
        self.label.setFont(theme.sans())
        self.setGrid(255 if grid else False)


class CurveItem(pyqtgraph.PlotCurveItem):  # type: ignore[misc]
    """A curve that is as wide on a fine screen as on a coarse one."""

    def paint(self, painter: QPainter, *given: Any) -> None:
        device = painter.paintEngine().paintDevice()
        self.opts["pen"].setWidthF(_WIDTH * device.devicePixelRatioF())
        super().paint(painter, *given)


class Plot(pyqtgraph.PlotWidget):  # type: ignore[misc]
    """A plot that stands still: the wheel scrolls what it stands in, and the mouse points."""

    pointed = Signal(QPointF)
    """The mouse is here, in pixels of the widget."""
    pressed = Signal()
    asked = Signal(QPoint)
    """A menu is wanted here, on the screen."""

    def __init__(self) -> None:
        self._left, self._bottom = RoundAxis("left"), RoundAxis("bottom")
        super().__init__(axisItems={"left": self._left, "bottom": self._bottom})
        for axis in (self._left, self._bottom):
            axis.setZValue(-1)  # its grid lies beneath what is drawn
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setMinimumSize(220, 150)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.getPlotItem().getViewBox().disableAutoRange()

    def lay_out(self, x: Ticks, y: Ticks, *, x_title: str, y_title: str, percent: bool, x_percent: bool) -> None:
        """Draw the axes over these values; empties the plot."""
        self.clear()
        self.setBackground(theme.tokens().pane)
        self._bottom.dress(x_title, grid=False)
        self._left.dress(y_title, grid=True)
        self._bottom.mark(x, percent=x_percent)
        self._left.mark(y, percent=percent)
        self.setXRange(x.low, x.high, padding=_MARGIN)
        self.setYRange(y.low, y.high, padding=_MARGIN)

    def band(self, xs: list[float], low: list[float], high: list[float], colour: str) -> None:
        """A shaded interval."""
        edges = [pyqtgraph.PlotCurveItem(xs, ys, antialias=True) for ys in (low, high)]
        self.addItem(pyqtgraph.FillBetweenItem(*edges, brush=_shade(colour, 46)))

    def curve(self, xs: list[float], ys: list[float], colour: str, *, dashed: bool, symbol: str | None) -> None:
        """A line through the points that are finite."""
        self.addItem(CurveItem(xs, ys, pen=_pen(colour, dashed), connect="finite", antialias=True))
        points = [(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(y)]
        if symbol is not None and points:
            inside = theme.tokens().pane if dashed else colour
            pen = pyqtgraph.mkPen(colour)
            self.addItem(
                pyqtgraph.ScatterPlotItem(pos=points, symbol=symbol, size=6, pen=pen, brush=inside, antialias=True)
            )

    def steps(self, edges: list[float], counts: list[int], colour: str, *, dashed: bool) -> None:
        """The outline of a histogram; filled, unless it is dashed."""
        fill = {} if dashed else {"fillLevel": 0, "brush": _shade(colour, 70)}
        self.addItem(CurveItem(edges, counts, stepMode="center", pen=_pen(colour, dashed), antialias=True, **fill))

    def cursor(self, x: float, low: float, high: float, y: float | None, colour: str) -> list[Any]:
        """What marks a place: a stretch of the axis, and the point itself. Returned to be taken away again."""
        t = theme.tokens()
        if low == high:
            marks: list[Any] = [pyqtgraph.InfiniteLine(x, angle=90, pen=pyqtgraph.mkPen(t.faint))]
        else:
            ground, none = _shade(t.accent, 26), QPen(Qt.PenStyle.NoPen)
            marks = [pyqtgraph.LinearRegionItem((low, high), movable=False, brush=ground, pen=none)]
        if y is not None:
            pen = pyqtgraph.mkPen(t.ink, width=2)
            marks.append(pyqtgraph.ScatterPlotItem([x], [y], size=10, pen=pen, brush=colour, antialias=True))
        for mark in marks:
            self.addItem(mark)
        return marks

    def place(self, x: float, y: float) -> QPointF:
        """A point in pixels of the widget."""
        scene = self.getPlotItem().getViewBox().mapViewToScene(QPointF(x, y))
        return QPointF(self.viewportTransform().map(scene))

    def at(self, place: QPointF) -> QPointF:
        """Pixels of the widget as a point."""
        scene = self.viewportTransform().inverted()[0].map(place)
        return QPointF(self.getPlotItem().getViewBox().mapSceneToView(scene))

    def pixels(self) -> QPointF:
        """How many of them a unit of each axis takes."""
        here, there = self.place(0, 0), self.place(1, 1)
        return there - here

    def sizeHint(self) -> QSize:
        return QSize(320, 210)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(event.position())
        self.pressed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(event.position())
        self.asked.emit(event.globalPosition().toPoint())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.pointed.emit(QPointF(event.pos()))
        self.asked.emit(event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        event.accept()


def _shade(colour: str, alpha: int) -> QColor:
    shade = QColor(colour)
    shade.setAlpha(alpha)
    return shade


def _pen(colour: str, dashed: bool) -> QPen:
    pen: QPen = pyqtgraph.mkPen(colour, width=_WIDTH, style=Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)
    return pen
