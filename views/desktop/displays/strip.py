"""A scored text as a strip of tokens, coloured by how expected each was."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from views.desktop import theme
from views.desktop.displays.display import Display, Pick
from views.desktop.displays.grid import heat
from views.desktop.displays.reading import Guess, Reading
from views.desktop.labels import visible, words
from workbench.contract.probe import Probe, Result
from workbench.evidence.finding import Cell
from workbench.probes.score import ScoredToken, Scores, Strip

# ruff: noqa: N802  Qt's names

_HEIGHT: Final = 25
_GAP: Final = 2


class StripView(QWidget):
    """One text: tokens in lines; arrow keys or the mouse choose one to read."""

    pointed = Signal(int)

    def __init__(self, strip: Strip, name: str) -> None:
        super().__init__()
        self.strip = strip
        self._current = -1
        self._boxes: list[QRectF] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._place(600)

    @property
    def current(self) -> int:
        return self._current

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(width)

    def sizeHint(self) -> QSize:
        return QSize(400, self._place(max(self.width(), 200)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(self.width())

    def _place(self, width: int) -> int:
        metrics = QFontMetrics(theme.mono())
        x, y, boxes = 0.0, 0.0, []
        for token in self.strip.tokens:
            wide = metrics.horizontalAdvance(visible(token.piece)) + 10
            if x and x + wide > width:
                x, y = 0.0, y + _HEIGHT + _GAP
            boxes.append(QRectF(x, y, wide, _HEIGHT))
            x += wide + _GAP
            if "\n" in token.piece:
                x, y = 0.0, y + _HEIGHT + _GAP
        self._boxes = boxes
        return int(y + _HEIGHT) if boxes else _HEIGHT

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.mono())
        for number, (token, box) in enumerate(zip(self.strip.tokens, self._boxes, strict=True)):
            if not box.toRect().intersects(event.rect()):
                continue
            share = math.exp(token.logprob)
            painter.setPen(QPen(QColor(t.ink), 2) if number == self._current else Qt.PenStyle.NoPen)
            painter.setBrush(heat(share))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)
            painter.setPen(QColor(t.heat_ink_high if share**0.5 > 0.62 else t.heat_ink))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), visible(token.piece))
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.choose(self._at(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self.choose(self._at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.choose(min(len(self._boxes) - 1, max(0, self._current + step)))

    def _at(self, place: QPoint) -> int:
        return next((number for number, box in enumerate(self._boxes) if box.contains(place)), -1)

    def choose(self, number: int) -> None:
        """Make a token the one that is read."""
        if number >= 0 and number != self._current:
            self._current = number
            self.update()
            self.pointed.emit(number)


class StripDisplay(Display):
    """The scored texts, likeliest first, each with its total; below, the reading of one token."""

    def __init__(self) -> None:
        super().__init__()
        self.strips: list[StripView] = []
        self.reading = Reading()
        self._board = QWidget()
        self._column = QVBoxLayout(self._board)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._board)
        legend = words(
            "the stronger the colour, the likelier · alternatives are what the model expected there instead", dim=True
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.reading)
        layout.addWidget(legend)

    def show_result(self, result: Result, probe: Probe | None) -> None:
        assert isinstance(result, Scores)
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.strips = []
        ranked = sorted(enumerate(result.strips), key=lambda pair: -pair[1].logprob)
        for number, strip in ranked:
            per_token = strip.logprob / len(strip.tokens) if strip.tokens else 0.0
            said = f"{strip.logprob:.2f} nats in {len(strip.tokens)} tokens, {per_token:.2f} a token".replace("-", "−")
            self._column.addWidget(words(said, dim=True))
            view = StripView(strip, f"Text {number + 1}: {strip.text}")
            view.pointed.connect(lambda token, chosen=view: self._read(chosen, token))
            view.setObjectName(str(number))
            self._column.addWidget(view)
            self._column.addSpacing(8)
            self.strips.append(view)
        self._column.addStretch(1)
        if self.strips and self.strips[0].strip.tokens:
            self.setFocusProxy(self.strips[0])
            worst = min(range(len(self.strips[0].strip.tokens)), key=lambda i: self.strips[0].strip.tokens[i].logprob)
            self.strips[0].choose(worst)

    def _read(self, view: StripView, number: int) -> None:
        token = view.strip.tokens[number]
        heading = f"“{visible(token.piece)}” · entropy here {token.entropy:.2f} nats"
        self.reading.read(heading, _guesses(token))

    def pick(self) -> Pick:
        cells = [Cell(row=int(view.objectName()), position=view.current) for view in self.strips if view.current >= 0]
        return Pick(cells=tuple(cells))


def _guesses(token: ScoredToken) -> tuple[Guess, ...]:
    """What was expected there, then the token itself if it is not among it."""
    expected = [
        Guess(item.piece, item.logprob, rank, item.id == token.id) for rank, item in enumerate(token.alternatives, 1)
    ]
    if all(item.id != token.id for item in token.alternatives):
        expected.append(Guess(token.piece, token.logprob, token.rank, True))
    return tuple(expected)
