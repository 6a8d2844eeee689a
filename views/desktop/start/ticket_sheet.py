"""Asks whether a new session stands under a ticket of the judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from views.desktop.labels import words
from views.desktop.sheet import Sheet
from workbench.visible import line


class TicketSheet(Sheet):
    """A new session is about to begin; a ticket can be given now and never later."""

    def __init__(self, folder: Path, begin: Callable[[Path | None], object], parent: QWidget | None = None) -> None:
        """`begin` is told the ticket's file, or None."""
        super().__init__("A new session", parent=parent)
        self._begin = begin
        self.column.addWidget(words(f"It will lie in {line(str(folder))}.", wrap=True))
        about = words(
            "A judge's ticket is used once, and says that there was no other session on this case. It is given when a "
            "session begins. Without one, nothing stops an auditor from having had others.",
            dim=True, wrap=True,
        )  # fmt: skip
        about.setMinimumWidth(420)
        self.column.addWidget(about)
        self.without_button = QPushButton("Begin without a ticket")
        self.without_button.clicked.connect(lambda: self.begin(None))
        self.with_button = self.foot("Begin with a ticket…", self._ask, left=(self.without_button,))

    def _ask(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "The judge's ticket", "", "Ticket (*.json);;All files (*)")
        if chosen:
            self.begin(Path(chosen))

    def begin(self, ticket: Path | None) -> None:
        self.close()
        self._begin(ticket)
