"""Asks whether a new session stands under a ticket of the judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from views.desktop.labels import section, words
from workbench.visible import line


class TicketSheet(QDialog):
    """A new session is about to begin; a ticket can be given now and never later."""

    def __init__(self, folder: Path, begin: Callable[[Path | None], object], parent: QWidget | None = None) -> None:
        """`begin` is told the ticket's file, or None."""
        super().__init__(parent)
        self.setWindowTitle("A new session")
        self._begin = begin
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(8)
        layout.addWidget(section("A new session"))
        layout.addWidget(words(f"It will lie in {line(str(folder))}.", wrap=True))
        about = words(
            "A judge's ticket is used once, and says that there was no other session on this case. It is given when a "
            "session begins. Without one, nothing stops an auditor from having had others.",
            dim=True, wrap=True,
        )  # fmt: skip
        about.setMinimumWidth(420)
        layout.addWidget(about)
        without, self.with_button = QPushButton("Begin without a ticket"), QPushButton("Begin with a ticket…")
        self.with_button.setProperty("main", True)
        without.clicked.connect(lambda: self.begin(None))
        self.with_button.clicked.connect(self._ask)
        self.without_button = without
        row = QHBoxLayout()
        row.addWidget(without)
        row.addStretch(1)
        row.addWidget(self.with_button)
        layout.addLayout(row)

    def _ask(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "The judge's ticket", "", "Ticket (*.json);;All files (*)")
        if chosen:
            self.begin(Path(chosen))

    def begin(self, ticket: Path | None) -> None:
        self.close()
        self._begin(ticket)
