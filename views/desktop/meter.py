"""Meters: what is left of a budget, and how sure a rate is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from views.desktop import theme
from views.desktop.labels import plain_tip
from workbench.claims.rates import Rate

# ruff: noqa: N802  Qt's names

NEARLY_SPENT = 0.8


class BudgetBar(QWidget):
    """A share of a budget as a bar: blue, amber when little is left, red when none is."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self.setFixedHeight(5)
        self.setAccessibleName(name)

    def show_share(self, share: float) -> None:
        self._share = min(1.0, max(0.0, share))
        self.setAccessibleDescription(f"{self._share:.0%} spent")
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        painter.setBrush(QColor(t.trough))
        painter.drawRoundedRect(whole, 2.5, 2.5)
        colour = t.bad if self._share >= 1 else t.warn_bar if self._share >= NEARLY_SPENT else t.accent
        painter.setBrush(QColor(colour))
        if self._share > 0:
            painter.drawRoundedRect(QRectF(0, 0, max(5.0, whole.width() * self._share), whole.height()), 2.5, 2.5)
        painter.end()


class RateBar(QWidget):
    """A rate on the line from 0 to 1: its 95 % interval as a band, the rate itself as a tick."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rate: Rate | None = None
        self._tone = "accent"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:
        return QSize(80, 12)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 12)

    def show_rate(self, rate: Rate | None, tone: str = "accent") -> None:
        self._rate, self._tone = rate, tone
        said = "nothing counted" if rate is None else f"{rate.hits} of {rate.trials}, {rate.low:.0%} to {rate.high:.0%}"
        self.setAccessibleDescription(said)
        self.setToolTip(plain_tip(f"95 % interval (Wilson): {said}"))
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        width, middle = self.width(), self.height() / 2
        painter.setBrush(QColor(t.trough))
        painter.drawRoundedRect(QRectF(0, middle - 3, width, 6), 3, 3)
        if self._rate is not None:
            colour = QColor(t.dim if self._tone == "plain" else t.tone(self._tone)[0])
            band = QColor(colour)
            band.setAlphaF(0.45)
            painter.setBrush(band)
            left, right = self._rate.low * width, self._rate.high * width
            painter.drawRoundedRect(QRectF(left, middle - 3, max(3.0, right - left), 6), 3, 3)
            painter.setBrush(colour)
            at = self._rate.hits / self._rate.trials if self._rate.trials else 0.0
            painter.drawRoundedRect(QRectF(min(width - 3.0, at * (width - 3)), middle - 5.5, 3, 11), 1, 1)
        painter.end()
