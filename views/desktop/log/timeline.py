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
    """A click goes to the newest record of a bar; drawn over several, it asks for the records of all of them."""

    chosen = Signal(int)
    spanned = Signal(int, int)
    """The first and the last record of the bars that were drawn over."""

    def __init__(self) -> None:
        super().__init__()
        self._stretches: list[LogSpan] = []
        self._from = 0
        self._current = -1
        self._drawn: tuple[int, int] | None = None
        """The bars between which the pointer is drawn."""
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
        if self._drawn is not None:
            low, high_bar = (self._box(number) for number in sorted(self._drawn))
            painter.setBrush(QColor(t.accent_ground))
            painter.drawRect(QRectF(low.left() - 1, 0, high_bar.right() - low.left() + 2, self.height()))
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

    def _bar(self, place: QPoint) -> int:
        """The bar at a place, −1 if there is none."""
        boxes = ((number, self._box(number)) for number in range(len(self._stretches)))
        return next((number for number, box in boxes if box.left() <= place.x() <= box.right() + 2), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        bar = self._bar(event.position().toPoint())
        self._drawn = (bar, bar) if bar >= 0 else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        bar = self._bar(event.position().toPoint())
        if self._drawn is not None and bar >= 0:
            self._drawn = self._drawn[0], bar
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drawn, self._drawn = self._drawn, None
        self.update()
        if drawn is None:
            return
        first, last = (self._stretches[bar] for bar in sorted(drawn))
        if first is last:
            self.chosen.emit(last[1])
        else:
            self.spanned.emit(first[0], last[1])

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and (bar := self._bar(event.pos())) >= 0:
            first, last, start, end, tokens = self._stretches[bar]
            told = f"record {first}" if first == last else f"records {first} to {last}"
            begun, ended = (datetime.fromtimestamp(ts / 1e6).astimezone().strftime("%H:%M:%S") for ts in (start, end))
            QToolTip.showText(event.globalPos(), f"{told} · {begun} to {ended} · {tokens:,} tokens", self)
            return True
        return super().event(event)
