"""What, why and what to try: a refusal shown in place, and the words of an empty pane."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from casefiles.status import Refusal
from views.desktop.labels import plain_tip, restyle, words


class Notice(QFrame):
    """A refusal in place: what in bold, why, and what to try; or what was done, with the page of it to be opened."""

    def __init__(self, parent: QWidget | None = None, *, shown: Callable[[str], str] = str) -> None:
        """`shown`: a sentence as it may be shown."""
        super().__init__(parent)
        self._shown, self._told = shown, ("", "", "")
        self._what, self._why, self._try = words(wrap=True), words(wrap=True), words(wrap=True, dim=True)
        self._what.setStyleSheet("font-weight: bold;")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(2)
        for label in (self._what, self._why, self._try):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)
        self._page: Path | None = None
        self.open_button = QPushButton("Open the page")
        self.open_button.setProperty("link", True)
        self.open_button.clicked.connect(self._open)
        layout.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.setAccessibleName("Notice")
        self.hide()

    def refuse(self, refusal: Refusal) -> None:
        self.say(refusal.what, refusal.why, refusal.try_this, tone="bad")
        self.setToolTip(plain_tip(refusal.code))

    def say(
        self, what: str, why: str = "", try_this: str = "", *, tone: str = "accent", page: Path | None = None
    ) -> None:
        """`page`: a file that is offered to be opened in whatever program this machine opens its kind with."""
        self._told, self._page = (what, why, try_this), page
        self.refresh()
        self.open_button.setVisible(page is not None)
        self.setProperty("notice", tone)
        restyle(self)
        self.show()

    def refresh(self) -> None:
        """Say it once more as it may be shown now."""
        told = [self._shown(text) for text in self._told]
        for label, text in zip((self._what, self._why, self._try), told, strict=True):
            label.setText(text)
            label.setVisible(bool(text))
        self.setAccessibleDescription(" ".join(told))

    def _open(self) -> None:
        page = self._page
        if page is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(page.absolute()))):
            self.say(f"No program here opens {page.name}.", f"It lies in {page.parent}.", tone="warn", page=page)

    @property
    def text(self) -> str:
        return " ".join(label.text() for label in (self._what, self._why, self._try) if label.text())


class Empty(QWidget):
    """The words of a pane that has nothing to show yet: what would be here, and what to do next."""

    def __init__(self, title: str, what_next: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading, line = words(title, px=15), words(what_next, dim=True, wrap=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        line.setFixedWidth(440)
        line.ensurePolished()
        line.setMinimumHeight(line.heightForWidth(440))  # an aligned label is not asked how high it has to be
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(heading)
        layout.addWidget(line, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.setAccessibleName(f"{title} {what_next}")
