"""Asks for the name and the passphrase of a new key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from views.desktop.labels import section, words
from views.desktop.notice import Notice


class KeySheet(QDialog):
    """A key pair signs what one records, and opens what is sealed to one."""

    def __init__(self, make: Callable[[str, str | None], object], parent: QWidget | None = None) -> None:
        """`make` is told the name, and the passphrase or None."""
        super().__init__(parent)
        self.setWindowTitle("A new key")
        self._make = make
        self.name, self.passphrase, self.again = QLineEdit(), QLineEdit(), QLineEdit()
        self.notice = Notice()
        for field, name, hint in (
            (self.name, "Name", "letters and digits; others read it"),
            (self.passphrase, "Passphrase", "empty: the key lies unencrypted on this disk"),
            (self.again, "Once more", ""),
        ):
            field.setAccessibleName(name)
            field.setPlaceholderText(hint)
        for field in (self.passphrase, self.again):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        form = QFormLayout()
        form.addRow(words("Name", dim=True), self.name)
        form.addRow(words("Passphrase", dim=True), self.passphrase)
        form.addRow(words("Once more", dim=True), self.again)
        make_button, cancel = QPushButton("Make the key"), QPushButton("Cancel")
        make_button.setProperty("main", True)
        make_button.setDefault(True)
        make_button.clicked.connect(self.submit)
        cancel.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(cancel)
        row.addStretch(1)
        row.addWidget(make_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(8)
        layout.addWidget(section("A new key"))
        layout.addLayout(form)
        layout.addWidget(self.notice)
        layout.addLayout(row)
        self.setMinimumWidth(440)

    def submit(self) -> None:
        name = self.name.text().strip()
        if not name or not all(one.isalnum() or one in "-_" for one in name):
            self.notice.say("That cannot name a key.", "It names files.", "Use letters and digits.", tone="warn")
        elif self.passphrase.text() != self.again.text():
            self.notice.say("The passphrases differ.", "", "Write the same one twice.", tone="warn")
        else:
            self.close()
            self._make(name, self.passphrase.text() or None)
