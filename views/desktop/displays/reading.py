"""A card that reads one cell or token out: what the model predicted there, and how sure it was."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from views.desktop import theme
from views.desktop.labels import visible

# ruff: noqa: N802  Qt's names

_ROW: Final = 20
_COLUMN: Final = 330
_TOKEN: Final = 116
_BAR: Final = 84
_MOST_ROWS: Final = 9


@dataclass(frozen=True)
class Guess:
    """A token the model might say there. `logprob` in nats; `rank` 1 is the top."""

    piece: str
    logprob: float
    rank: int
    marked: bool = False


class Reading(QWidget):
    """The heading of a cell, and its guesses as bars with probability, log-probability and rank."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading, self._guesses = "", ()  # type: str, tuple[Guess, ...]
        self._hint = "Point at a cell, or move with the arrow keys, to read it."
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._beside = False
        self.setAccessibleName("Reading")

    def read(self, heading: str, guesses: tuple[Guess, ...]) -> None:
        grows = self._rows(guesses) != self._rows(self._guesses)
        self._heading, self._guesses = heading, guesses
        said = ", ".join(f"{visible(g.piece)} {_percent(g.logprob)}" for g in guesses)
        self.setAccessibleDescription(f"{heading}: {said}")
        if grows:
            self.updateGeometry()
        self.update()

    @property
    def guesses(self) -> tuple[Guess, ...]:
        return self._guesses

    def stand(self, width: int | None) -> None:
        """Beside a drawing, this wide and one column; or below it, as wide as there is room."""
        self._beside = width is not None
        self.setMinimumWidth(width or 0)
        self.setMaximumWidth(width or 16_777_215)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(10_000 if not self._beside else _COLUMN, 36 + _ROW * max(3, self._rows(self._guesses)))

    def minimumSizeHint(self) -> QSize:
        return QSize(_COLUMN - 20, self.sizeHint().height())

    def _rows(self, guesses: tuple[Guess, ...]) -> int:
        columns = 1 if self._beside else max(1, self.width() // _COLUMN)
        return min(_MOST_ROWS, math.ceil(len(guesses) / columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    def paintEvent(self, _: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(t.line))
        painter.setBrush(QColor(t.window))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(theme.sans())
        painter.setPen(QColor(t.ink if self._heading else t.dim))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(12, 6, self.width() - 24, 20), left, self._heading or self._hint)
        rows = max(3, self._rows(self._guesses))
        for number, guess in enumerate(self._guesses):
            x, y = 12 + _COLUMN * (number // rows), 28 + _ROW * (number % rows)
            if x + _COLUMN - 40 > self.width():
                break
            self._guess(painter, t, guess, x, y)
        painter.end()

    @staticmethod
    def _guess(painter: QPainter, t: theme.Tokens, guess: Guess, x: int, y: int) -> None:
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.mono(bold=guess.marked))
        painter.setPen(QColor(t.ink))
        piece = painter.fontMetrics().elidedText(visible(guess.piece), Qt.TextElideMode.ElideRight, _TOKEN - 8)
        painter.drawText(QRectF(x, y, _TOKEN, _ROW), left, piece)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.line))
        painter.drawRoundedRect(QRectF(x + _TOKEN, y + 7, _BAR, 6), 3, 3)
        painter.setBrush(QColor(t.accent))
        share = math.exp(guess.logprob)
        if share * _BAR >= 1:
            painter.drawRoundedRect(QRectF(x + _TOKEN, y + 7, max(3.0, share * _BAR), 6), 3, 3)
        painter.setFont(theme.mono())
        painter.setPen(QColor(t.ink))
        painter.drawText(QRectF(x + _TOKEN + _BAR, y, 56, _ROW), right, _percent(guess.logprob))
        painter.setPen(QColor(t.dim))
        painter.setFont(theme.mono(theme.SMALL_PX))
        said = f"{guess.logprob:.2f}".replace("-", "−")
        rank = f"rank {guess.rank}" if guess.rank > 5 or guess.marked else ""
        painter.drawText(QRectF(x + _TOKEN + _BAR + 60, y, 60, _ROW), left, rank or said)


def _percent(logprob: float) -> str:
    share = 100 * math.exp(logprob)
    return f"{share:.1f} %" if share >= 0.1 else "< 0.1 %"
