"""The legend of a scale: which value has which colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from views.desktop import theme
from workbench.contract.figures import PROBABILITY, Scale, signed
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_STEPS = 25
_RAMP = 104
_GAP = 5
_HEIGHT = 16


class ScaleBar(QWidget):
    """The name of a scale, and its colours between its ends."""

    def __init__(self) -> None:
        super().__init__()
        self._scale = PROBABILITY
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_scale(self, scale: Scale) -> None:
        self._scale = scale
        name, low, high = self._texts()
        self.setAccessibleName(f"Colour scale: {name} from {low} to {high}")
        self.updateGeometry()
        self.update()

    def _texts(self) -> tuple[str, str, str]:
        """The name, and the ends with their unit; a share goes from 0 to 1."""
        unit = "" if self._scale.unit == "%" else f" {line(self._scale.unit)}"
        low, high = (signed(end, 3).rstrip("0").rstrip(".") for end in (self._scale.low, self._scale.high))
        return line(self._scale.name), low, f"{high}{unit}".rstrip()

    def _widths(self) -> tuple[int, int, int]:
        name, low, high = self._texts()
        plain, small = QFontMetrics(theme.sans()), QFontMetrics(theme.mono(theme.SMALL_PX))
        return plain.horizontalAdvance(name), small.horizontalAdvance(low), small.horizontalAdvance(high)

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + _RAMP + 3 * _GAP + 2, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _: QPaintEvent) -> None:
        t, (name, low, high), widths = theme.tokens(), self._texts(), self._widths()
        painter = QPainter(self)
        painter.setPen(QColor(t.dim))
        painter.setFont(theme.sans())
        middle = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(0, 0, widths[0] + 1, _HEIGHT), middle, name)
        painter.setFont(theme.mono(theme.SMALL_PX))
        x = widths[0] + _GAP
        painter.drawText(QRectF(x, 0, widths[1] + 1, _HEIGHT), middle, low)
        x += widths[1] + _GAP
        painter.drawText(QRectF(x + _RAMP + _GAP, 0, widths[2] + 1, _HEIGHT), middle, high)
        painter.setPen(Qt.PenStyle.NoPen)
        for step in range(_STEPS):
            value = self._scale.low + (self._scale.high - self._scale.low) * step / (_STEPS - 1)
            painter.setBrush(theme.tint(self._scale.strength(value)))
            painter.drawRect(QRectF(x + step * _RAMP / _STEPS, 3, _RAMP / _STEPS + 0.1, 10))
        painter.end()
