"""A line for a file or a folder, typed or chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

# ruff: noqa: N802  Qt's names

What = Literal["file", "folder", "file or folder", "new"]


class _Line(QLineEdit):
    """Takes a file that is dropped on it by its path."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if path := dropped(event.mimeData()):
            self.setText(path)
            event.acceptProposedAction()
        else:
            super().dropEvent(event)


def dropped(data: QMimeData) -> str:
    """The path of the first file of this machine among what is dropped, or nothing."""
    return next((url.toLocalFile() for url in data.urls() if url.isLocalFile()), "")


class FileField(QWidget):
    """One path, or none."""

    changed = Signal()

    def __init__(self, name: str, hint: str, what: What = "file", pattern: str = "") -> None:
        """`pattern`: of the files that are offered, as Qt writes it. `new`: it is to be written."""
        super().__init__()
        self._name, self._pattern = name, pattern
        self.line = _Line()
        self.line.setPlaceholderText(hint)
        self.line.setAccessibleName(name)
        self.line.textChanged.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        for kind, ask in (("file", self._ask_file), ("folder", self._ask_folder), ("new", self._ask_new)):
            if kind in what.split(" or "):
                button = QPushButton("Folder…" if kind == "folder" else "File…" if " or " in what else "Choose…")
                button.setAccessibleName(f"Choose: {name}")
                button.clicked.connect(ask)
                row.addWidget(button)
        self.setFocusProxy(self.line)

    @property
    def path(self) -> Path | None:
        """What stands in it."""
        return Path(text).expanduser() if (text := self.line.text().strip()) else None

    def put(self, path: Path | None) -> None:
        self.line.setText(str(path) if path is not None else "")

    def _ask_file(self) -> None:
        self._take(QFileDialog.getOpenFileName(self, self._name, self.line.text(), self._pattern)[0])

    def _ask_folder(self) -> None:
        self._take(QFileDialog.getExistingDirectory(self, self._name, self.line.text()))

    def _ask_new(self) -> None:
        self._take(QFileDialog.getSaveFileName(self, self._name, self.line.text(), self._pattern)[0])

    def _take(self, chosen: str) -> None:
        if chosen:
            self.line.setText(chosen)
