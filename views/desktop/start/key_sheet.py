"""Asks for the name and the passphrase of a new key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from casefiles.keys.identity import check_new_name
from views.desktop.notice import Notice
from views.desktop.sheet import Sheet


class KeySheet(Sheet):
    """A key pair signs what one records, and opens what is sealed to one."""

    def __init__(self, make: Callable[[str, str | None], object], parent: QWidget | None = None) -> None:
        """`make` is told the name, and the passphrase or None."""
        about = "What you do here is signed with a key of your own. It is made once, and its private part stays here."
        super().__init__("A new key", about, width=440, parent=parent)
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
        self.ask_beside((("Name", self.name), ("Passphrase", self.passphrase), ("Once more", self.again)))
        self.column.addWidget(self.notice)
        self.foot("Make the key", self.submit)

    def submit(self) -> None:
        name = self.name.text().strip()
        if why := _unfit(name):
            self.notice.say("That cannot name a key.", why, "Use letters and digits.", tone="warn")
        elif self.passphrase.text() != self.again.text():
            self.notice.say("The passphrases differ.", "", "Write the same one twice.", tone="warn")
        else:
            self.close()
            self._make(name, self.passphrase.text() or None)


def _unfit(name: str) -> str:
    """Why it cannot name a key, in a sentence; empty if it can."""
    if not name or not all(one.isalnum() or one in "-_" for one in name):
        return "It names files."
    try:
        check_new_name(name)
    except ValueError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}."
    return ""
