"""A card that reads one place of a figure out: its bars, each with a value and a figure beside it."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from views.desktop import theme
from workbench.contract.figures import Bar
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_ROW: Final = 20
_LINE: Final = 17
_LABEL: Final = 116
_BAR: Final = 84
_VALUE: Final = 56
_BESIDE: Final = 60
_GAP: Final = 14
_MOST_ROWS: Final = 9
_LEAST_ROWS: Final = 3
WIDTH: Final = 330
"""Of a card with one column of bars."""


class ReadingCard(QWidget):
    """The heading of a place, and its bars. Labels come as they are to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading, self.bars = "", ()  # type: str, tuple[Bar, ...]
        self._hint = "Point at a place, or move with the arrow keys, to read it."
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._narrow = self._tall = False
        self.setAccessibleName("Reading")

    def read(self, heading: str, bars: tuple[Bar, ...]) -> None:
        tall = self._takes_two(heading)
        grows = self._rows(bars) != self._rows(self.bars) or tall != self._tall
        self.heading, self.bars, self._tall = heading, bars, tall
        said = ", ".join(f"{bar.label} {bar.value}" for bar in bars)
        self.setAccessibleDescription(f"{heading}: {said}" if said else heading)
        if grows:
            self.updateGeometry()
        self.update()

    def stand(self, *, narrow: bool) -> None:
        """In one column beside a drawing, or as wide as there is room."""
        self._narrow = narrow
        self.setFixedWidth(WIDTH) if narrow else self.setMaximumWidth(16_777_215)
        self.setMinimumWidth(WIDTH if narrow else 0)
        self.updateGeometry()

    def _takes_two(self, heading: str) -> bool:
        """Whether headings have two lines: from the first that takes them on, so that nothing moves to and fro."""
        long = QFontMetrics(theme.sans()).horizontalAdvance(heading or self._hint) > self.width() - 24
        return long or (self._tall and bool(heading))

    def _head(self) -> int:
        return 28 + (_LINE if self._tall else 0)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, self._head() + 8 + _ROW * max(_LEAST_ROWS, self._rows(self.bars)))

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH - 20, self.sizeHint().height())

    def _widths(self, bars: tuple[Bar, ...]) -> tuple[int, int, int]:
        """Of labels, values and what stands beside them; in a narrow card the labels get what the others leave."""
        plain, small = QFontMetrics(theme.mono(bold=True)), QFontMetrics(theme.mono(theme.SMALL_PX))
        value = max([_VALUE, *(plain.horizontalAdvance(line(bar.value)) + 4 for bar in bars)])
        beside = max([_BESIDE, *(small.horizontalAdvance(line(bar.beside)) + 2 for bar in bars)])
        label = max([_LABEL, *(plain.horizontalAdvance(bar.label) + 12 for bar in bars)])
        return min(label, 2 * _LABEL if not self._narrow else WIDTH - 28 - _BAR - value - beside), value, beside

    def _column(self, bars: tuple[Bar, ...]) -> int:
        return _BAR + sum(self._widths(bars)) + _GAP

    def _rows(self, bars: tuple[Bar, ...]) -> int:
        columns = 1 if self._narrow else max(1, self.width() // self._column(bars))
        return min(_MOST_ROWS, math.ceil(len(bars) / columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tall = False
        self._tall = self._takes_two(self.heading)
        self.updateGeometry()

    def paintEvent(self, _: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(t.line))
        painter.setBrush(QColor(t.window))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(theme.sans())
        painter.setPen(QColor(t.ink if self.heading else t.dim))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        room = QRectF(12, 6, self.width() - 24, self._head() - 8)
        shown = int(room.width() * (1.9 if self._tall else 1))  # a line that is broken is not filled to its end
        heading = painter.fontMetrics().elidedText(self.heading or self._hint, Qt.TextElideMode.ElideRight, shown)
        painter.drawText(room, left | int(Qt.TextFlag.TextWordWrap), heading)
        rows, column = max(_LEAST_ROWS, self._rows(self.bars)), self._column(self.bars)
        for number, bar in enumerate(self.bars):
            x, y = 12 + column * (number // rows), self._head() + _ROW * (number % rows)
            if number // rows and x + column - _GAP > self.width():
                break
            self._bar(painter, t, bar, x, y)
        painter.end()

    def _bar(self, painter: QPainter, t: theme.Tokens, bar: Bar, x: int, y: int) -> None:
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label, value, beside = self._widths(self.bars)
        painter.setFont(theme.mono(bold=bar.marked))
        painter.setPen(QColor(t.ink))
        named = painter.fontMetrics().elidedText(bar.label, Qt.TextElideMode.ElideRight, label - 8)
        painter.drawText(QRectF(x, y, label, _ROW), left, named)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.trough))
        painter.drawRoundedRect(QRectF(x + label, y + 7, _BAR, 6), 3, 3)
        painter.setBrush(QColor(t.accent))
        length = min(1.0, max(0.0, bar.share)) * _BAR
        if length >= 1:
            painter.drawRoundedRect(QRectF(x + label, y + 7, max(3.0, length), 6), 3, 3)
        painter.setFont(theme.mono())
        painter.setPen(QColor(t.ink))
        painter.drawText(QRectF(x + label + _BAR, y, value, _ROW), right, line(bar.value))
        painter.setPen(QColor(t.dim))
        painter.setFont(theme.mono(theme.SMALL_PX))
        painter.drawText(QRectF(x + label + _BAR + value + 4, y, beside, _ROW), left, line(bar.beside))
