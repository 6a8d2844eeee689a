"""The whole log at a glance: one bar for each stretch of records, as high as what it spent."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from views.desktop import theme

# ruff: noqa: N802  Qt's names

BARS: Final = 60

LogSpan = tuple[int, int, int, int, int]
"""First and last record, first and last time (µs), tokens."""


class Timeline(QWidget):
    """A click goes to the newest record of a bar; bars with lines that pass the filter are brighter."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._stretches: list[LogSpan] = []
        self._from = 0
        self._current = -1
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Timeline of the log")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(BARS * 8, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 24)

    def show_stretches(self, stretches: list[LogSpan]) -> None:
        self._stretches = stretches
        self.setAccessibleDescription(f"{len(stretches)} stretches of records")
        self.update()

    def show_seen(self, oldest: int) -> None:
        """Records since this one came while the window was open: their bars are bright."""
        self._from = oldest
        self.update()

    def show_current(self, number: int) -> None:
        self._current = number
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        most = max((math.log1p(stretch[4]) for stretch in self._stretches), default=0.0)
        for number, (first, last, _start, _end, tokens) in enumerate(self._stretches):
            box = self._box(number)
            share = math.log1p(tokens) / most if most else 0.0
            high = 3 + share * (box.height() - 3)
            colour = QColor(t.accent)
            if last < self._from:
                colour = theme.mixed(t.pane, t.accent, 0.35)
            if first <= self._current <= last:
                colour = QColor(t.warn_bar)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(box.left(), box.bottom() - high, box.width(), high), 1, 1)
        painter.end()

    def _box(self, number: int) -> QRectF:
        step = min(8.0, self.width() / max(1, len(self._stretches)))
        left = self.width() - step * len(self._stretches) + step * number
        return QRectF(left, 1, max(1.0, step - 2), self.height() - 2)

    def _at(self, place: QPoint) -> LogSpan | None:
        for number, stretch in enumerate(self._stretches):
            box = self._box(number)
            if box.left() <= place.x() <= box.right() + 2:
                return stretch
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (stretch := self._at(event.position().toPoint())) is not None:
            self.chosen.emit(stretch[1])

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and (stretch := self._at(event.pos())) is not None:
            first, last, start, end, tokens = stretch
            told = f"record {first}" if first == last else f"records {first} to {last}"
            begun, ended = (datetime.fromtimestamp(ts / 1e6).astimezone().strftime("%H:%M:%S") for ts in (start, end))
            QToolTip.showText(event.globalPos(), f"{told} · {begun} to {ended} · {tokens:,} tokens", self)
            return True
        return super().event(event)
