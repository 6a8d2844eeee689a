"""How one curve or group is told from the others, in the plot and in its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from views.desktop import theme

# ruff: noqa: N802  Qt's names

_SWATCH: Final = 22
_GAP: Final = 6
_HEIGHT: Final = 18
_LONGEST: Final = 240


@dataclass(frozen=True)
class Stroke:
    """The look of what is drawn under one name; a control has its prompt's colour, and is dashed."""

    number: int
    dashed: bool

    @property
    def colour(self) -> str:
        series = theme.tokens().series
        return series[self.number % len(series)]

    @property
    def symbol(self) -> str:
        """Of its points: where the colours begin again, the points are others."""
        return "ostd"[self.number // len(theme.tokens().series) % 4]


def strokes(named: Sequence[tuple[str, bool]]) -> list[Stroke]:
    """For each name, and whether it is a control's, its stroke."""
    numbers: dict[str, int] = {}
    return [Stroke(numbers.setdefault(name, len(numbers)), control) for name, control in named]


class StrokeKey(QWidget):
    """A piece of the stroke, and what it stands for."""

    def __init__(self, stroke: Stroke, text: str) -> None:
        super().__init__()
        self._stroke, self.text = stroke, text
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        wide = QFontMetrics(theme.mono(theme.SMALL_PX)).horizontalAdvance(self.text) + 2
        return QSize(_SWATCH + _GAP + min(_LONGEST, wide), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _: QPaintEvent) -> None:
        t, middle = theme.tokens(), _HEIGHT / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        style = Qt.PenStyle.DashLine if self._stroke.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(self._stroke.colour), 2, style))
        painter.drawLine(QPointF(0, middle), QPointF(_SWATCH, middle))
        painter.setFont(theme.mono(theme.SMALL_PX))
        painter.setPen(QColor(t.ink))
        room = self.width() - _SWATCH - _GAP
        text = painter.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, room)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(_SWATCH + _GAP, 0, room + 1, _HEIGHT), left, text)
        painter.end()
