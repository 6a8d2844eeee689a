"""A section of a comparison: what there is in one sentence, its pictures, and its tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from views.desktop import theme
from views.desktop.ask.room import scrolled
from views.desktop.displays.board import Board
from views.desktop.displays.display import Display
from views.desktop.flow import Flow
from views.desktop.labels import plain_tip, words
from workbench.contract.figures import Figure
from workbench.teams.comparison import TeamComparison
from workbench.teams.drawings import TeamSection, sections

SCALE = 2.0
"""Pixels of a saved picture for each of the screen's."""
_EDGE = 8
"""What stays around the drawing, in the screen's pixels."""


class SectionRoom(QWidget):
    """One section."""

    row_asked = Signal(int, int)
    """A row of one of its tables was opened: which table, counted from 0, and which row."""

    def __init__(self, title: str, said: str, tables: Sequence[Figure], pictures: Sequence[Figure] = ()) -> None:
        super().__init__()
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        self.headline = words(said, wrap=True, px=15)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.board = Board()
        self.board.show_figures([*pictures, *tables])
        self.pictures = len(pictures)
        for number, display in enumerate(self.board.displays[self.pictures :]):
            display.asked.connect(lambda row, column, control, at, number=number: self.row_asked.emit(number, row))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self.headline)
        layout.addWidget(scrolled(self.board), 1)
        self.setFocusProxy(self.board)

    def picture(self) -> Display | None:
        """The display of its picture; of its table, if it has none."""
        return self.board.displays[0] if self.board.displays else None


class Sections(QWidget):
    """All sections of a comparison, one at a time."""

    log_wanted = Signal(int, int)
    """A log by its place, and the record in it that is to be shown; −1: none in particular."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.found: TeamComparison | None = None
        self._keys: list[str] = []
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.idClicked.connect(self._turn)
        self._row = QWidget()
        self._flow = Flow(self._row, gap=6, line_gap=4)
        self.stack = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 16, 0)
        self._row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        head.addWidget(self._row)
        layout.addLayout(head)
        layout.addWidget(self.stack, 1)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._keys)

    @property
    def key(self) -> str:
        """Of the section in front."""
        return self._keys[self.stack.currentIndex()] if self._keys else ""

    def room(self) -> SectionRoom | None:
        """The section in front."""
        found = self.stack.currentWidget()
        return found if isinstance(found, SectionRoom) else None

    def show_comparison(self, found: TeamComparison) -> None:
        """Draw every section; the one in front stays."""
        before = self._keys[self.stack.currentIndex()] if self.stack.count() else "logs"
        self.found = found
        self._clear()
        for section in sections(found):
            self._add(section)
        self.turn_to(before if before in self._keys else "logs")

    def _clear(self) -> None:
        for button in self._group.buttons():
            self._group.removeButton(button)
            button.hide()
            button.setParent(None)
            button.deleteLater()
        while (room := self.stack.widget(0)) is not None:
            self.stack.removeWidget(room)
            room.deleteLater()
        self._keys = []

    def _add(self, section: TeamSection) -> None:
        number = len(self._keys)
        button = QPushButton(section.title)
        button.setCheckable(True)
        button.setProperty("small", True)
        button.setToolTip(plain_tip(f"{section.said}\nAlt+{number + 1}"))
        self._group.addButton(button, number)
        self._flow.addWidget(button)
        room = SectionRoom(section.title, section.said, section.tables, section.pictures)
        room.row_asked.connect(lambda table, row, key=section.key: self._ask(key, table, row))
        self.stack.addWidget(room)
        self._keys.append(section.key)

    def turn_to(self, key: str) -> None:
        """Bring a section in front."""
        if key in self._keys:
            number = self._keys.index(key)
            self._group.button(number).setChecked(True)
            self.stack.setCurrentIndex(number)

    def _turn(self, number: int) -> None:
        self.stack.setCurrentIndex(number)

    def _ask(self, key: str, table: int, row: int) -> None:
        """A row that is about a log opens it, at its record if it is about one."""
        assert self.found is not None
        if key == "seen" and table == 0:
            seen = self.found.seen[row]
            self.log_wanted.emit(seen.log, seen.records[0])
        elif key in ("logs", "cost", "elicitation"):
            self.log_wanted.emit(row, -1)


def drawn(widget: QWidget) -> QImage:
    """A widget as it stands, on its own ground, without what it leaves empty at the right and below."""
    image = QImage(widget.size() * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(QColor(theme.tokens().pane))
    painter = QPainter(image)
    widget.render(painter, QPoint(0, 0), renderFlags=QWidget.RenderFlag.DrawChildren)
    painter.end()
    plain = image.pixel(image.width() - 1, image.height() - 1)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[:, : image.width()]
    used = pixels != plain
    right, below = (int(np.flatnonzero(used.any(axis))[-1]) + 1 if used.any() else 1 for axis in (0, 1))
    edge = round(_EDGE * SCALE)
    return image.copy(0, 0, min(image.width(), right + edge), min(image.height(), below + edge))
