"""Texts as strips of tokens, each coloured by its value."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from views.desktop import theme
from views.desktop.displays.display import Display, Pick
from views.desktop.displays.scale_bar import ScaleBar
from views.desktop.labels import words
from workbench.claims.finding import Cell
from workbench.contract.figures import Line, Scale, Strip
from workbench.visible import line as on_one_line
from workbench.visible import quoted
from workbench.visible import token as spelled

# ruff: noqa: N802  Qt's names

_HEIGHT: Final = 25
_GAP: Final = 2


class StripView(QWidget):
    """One text: tokens in lines. The mouse or the arrow keys read one; a click or the keys also mark it."""

    pointed = Signal(int)
    marked = Signal()
    asked = Signal(int, QPoint)

    def __init__(self, line: Line, scale: Scale) -> None:
        super().__init__()
        self.line, self._scale = line, scale
        self._current = self._chosen = -1
        self._texts = [spelled(token.piece) for token in line.tokens]
        self._boxes: list[QRectF] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(f"Text {line.key + 1}: {on_one_line(line.text)}")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._place(600)

    @property
    def current(self) -> int:
        """The token that is read; −1: none."""
        return self._current

    @property
    def chosen(self) -> int:
        """The token that is marked; −1: none."""
        return self._chosen

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
        for token, text in zip(self.line.tokens, self._texts, strict=True):
            wide = metrics.horizontalAdvance(text) + 10
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
        for number, (token, text, box) in enumerate(zip(self.line.tokens, self._texts, self._boxes, strict=True)):
            if not box.toRect().intersects(event.rect()):
                continue
            strength = self._scale.strength(token.value)
            shown = {self._current: QColor(t.dim), self._chosen: QColor(t.ink)}.get(number)
            painter.setPen(QPen(shown, 2) if shown is not None else Qt.PenStyle.NoPen)
            painter.setBrush(theme.tint(strength))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)
            painter.setPen(theme.ink_on(strength))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.end()
        theme.frame(self)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.choose(self._at(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self.choose(self._at(event.position().toPoint()), mark=True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._ask(self._at(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self._ask(self._current if by_key else self._at(event.pos()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self.choose(min(len(self._boxes) - 1, max(0, self._current + step)), mark=True)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask(self._current)
        else:
            super().keyPressEvent(event)

    def _at(self, place: QPoint) -> int:
        return next((number for number, box in enumerate(self._boxes) if box.contains(place)), -1)

    def _ask(self, number: int) -> None:
        if number >= 0:
            self.asked.emit(number, self.mapToGlobal(self._boxes[number].bottomLeft().toPoint()))

    def choose(self, number: int, *, mark: bool = False) -> None:
        """Make a token the one that is read, and perhaps the one that is marked."""
        if number < 0:
            return
        moved = number != self._current
        self._current = number
        self.update()
        if moved:
            self.pointed.emit(number)
        if mark:
            self._chosen = number
            self.marked.emit()


class StripDisplay(Display):
    """The texts in their order, each with its line in figures."""

    reads = True

    def __init__(self) -> None:
        super().__init__()
        self.strips: list[StripView] = []
        self._scale, self._legend, self._title = ScaleBar(), words(dim=True, wrap=True), words(dim=True)
        ground = QWidget()
        self._column = QVBoxLayout(ground)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(ground)
        scroll.setMinimumHeight(110)
        head = QHBoxLayout()
        head.addWidget(self._scale)
        head.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._legend)

    def show_figure(self, figure: Strip) -> None:
        self._title.setText(on_one_line(figure.title))
        self._title.setVisible(bool(figure.title))
        self._scale.show_scale(figure.scale)
        self._legend.setText(on_one_line(figure.legend))
        for line in figure.lines:
            self._column.addWidget(words(on_one_line(line.said), dim=True))
            view = StripView(line, figure.scale)
            view.pointed.connect(lambda number, view=view: self._read(figure, view, number))
            view.asked.connect(lambda number, at, view=view: self.asked.emit(view.line.key, number, False, at))
            view.marked.connect(self.marked)
            self._column.addWidget(view)
            self._column.addSpacing(8)
            self.strips.append(view)
        self._column.addStretch(1)
        if self.strips and self.strips[0].line.tokens:
            tokens = self.strips[0].line.tokens
            self.setFocusProxy(self.strips[0])
            # The most strongly coloured is what one would look at first.
            self.strips[0].choose(max(range(len(tokens)), key=lambda i: abs(figure.scale.strength(tokens[i].value))))

    def _read(self, figure: Strip, view: StripView, number: int) -> None:
        token = view.line.tokens[number]
        value = f"{on_one_line(figure.scale.name)} {figure.scale.words(token.value)}"
        told = (quoted(spelled(token.piece)), value, on_one_line(token.heading))
        bars = tuple(replace(bar, label=spelled(bar.label)) for bar in token.bars)
        self.read.emit(" · ".join(part for part in told if part), bars)

    def pick(self) -> Pick:
        chosen = [(view.line.key, view.chosen) for view in self.strips if view.chosen >= 0]
        return Pick(cells=tuple(Cell(row=row, position=position) for row, position in sorted(chosen)))
