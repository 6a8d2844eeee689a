"""A dialog that asks a few things and does one: a heading, what it is about, what it asks, and how it is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from views.desktop.labels import section, words
from views.desktop.reach import Reach

# ruff: noqa: N802  Qt's names


class Sheet(Reach, QDialog):
    """Is gone when it is closed, and cannot be closed while something is under way in it."""

    def __init__(self, title: str, about: str = "", *, width: int = 0, parent: QWidget | None = None) -> None:
        """`about`: a paragraph below the heading. `width`: pixels that it has at least."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(width)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(20, 16, 20, 16)
        self.column.setSpacing(10)
        self.column.addWidget(section(title))
        if about:
            self.column.addWidget(words(about, dim=True, wrap=True))

    def ask_beside(self, asked: Iterable[tuple[str, QWidget]]) -> None:
        """What is asked in a line each, with its caption beside it."""
        form = QFormLayout()
        for caption, field in asked:
            form.addRow(words(caption, dim=True), field)
        self.column.addLayout(form)

    def ask_below(self, asked: Iterable[tuple[str, QWidget]]) -> None:
        """What is asked in boxes of several lines, with its caption above it."""
        group = QVBoxLayout()
        group.setSpacing(8)
        for caption, box in asked:
            label = words(caption, dim=True, px=12)
            label.setBuddy(box)
            box.setAccessibleName(caption)
            group.addWidget(label)
            group.addWidget(box)
        self.column.addLayout(group)

    def foot(
        self, main: str, do: Callable[[], object], *right: QPushButton, left: Iterable[QPushButton] | None = None
    ) -> QPushButton:
        """The buttons below; the main one, which Enter presses too, is given back.

        `right`: others beside it. `left`: how else one goes on; by default one cancels.
        """
        row, button = QHBoxLayout(), QPushButton(main)
        for other in (self.leave("Cancel"),) if left is None else left:
            row.addWidget(other)
        row.addStretch(1)
        for other in right:
            row.addWidget(other)
        row.addWidget(button)
        button.setProperty("main", True)
        button.setDefault(True)
        button.clicked.connect(do)
        self.column.addLayout(row)
        return button

    def leave(self, said: str) -> QPushButton:
        """A button that closes it."""
        button = QPushButton(said)
        button.clicked.connect(self.close)
        return button

    def shown(self) -> Self:
        """Itself, in front."""
        self.show()
        return self

    @property
    def busy(self) -> bool:
        """Whether something is under way that belongs to nobody else."""
        return False

    def event(self, event: QEvent) -> bool:
        """Grows with what is said in it: lines that wrap would squeeze what is asked."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            needed = self.column.totalHeightForWidth(self.width())
            if self.height() < needed:
                self.resize(self.width(), min(needed, self.screen().availableGeometry().height()))
        return done

    def closeEvent(self, event: QCloseEvent) -> None:
        event.setAccepted(not self.busy)

    def reject(self) -> None:
        """Escape closes it too."""
        if not self.busy:
            super().reject()
