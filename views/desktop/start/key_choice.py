"""As whom one works: the keys that there are, a new one, and the passphrase of the chosen one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QInputDialog, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from casefiles.files.disk import make_folder
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from views.desktop.job import Job
from views.desktop.labels import section
from views.desktop.start.key_sheet import KeySheet
from views.desktop.start.seat import own_keys
from workbench import places
from workbench.visible import line


class KeyChoice(QWidget):
    """Chooses the key that signs, and opens it."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self._open: dict[Path, Identity] = {}
        """Those whose passphrase was given, for as long as the window is there."""
        self.box, self.new = QComboBox(), QPushButton("New key…")
        self.box.setAccessibleName("Whose key signs the records")
        self.new.setProperty("link", True)
        self.new.clicked.connect(self.ask_new)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # a notice squeezes it away else
        column.addWidget(section("You are"))
        column.addWidget(self.box)
        column.addWidget(self.new, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_keys()

    def show_keys(self, chosen: str = "") -> None:
        """The keys of whoever works here, one of which signs."""
        self.box.clear()
        for path in own_keys():
            self.box.addItem(line(path.stem), path)
        self.box.setEnabled(self.box.count() > 0)
        if not self.box.count():
            self.box.addItem("no key yet")
        self.box.setCurrentIndex(max(0, self.box.findText(chosen)))

    def ask_new(self) -> None:
        KeySheet(self.make, self).show()

    def make(self, name: str, passphrase: str | None, then: Callable[[Identity], object] | None = None) -> None:
        """A key pair of one's own, which then signs; `then`: what it was wanted for."""

        def make() -> str:
            folder = places.keys()
            make_folder(folder)
            identity = Identity.generate(name)
            identity.save(folder / f"{name}.key", passphrase)
            identity.public.save(folder / f"{name}.pub")
            return name

        def made(name: str) -> None:
            self.show_keys(name)
            if then is not None:
                self.unlock(then, passphrase)

        self._job.do(lambda _: make(), made)

    def unlock(self, then: Callable[[Identity], object], passphrase: str | None = None) -> None:
        """Go on as whoever is chosen, once the passphrase is given if the key has one; the first key is made here."""
        path = self.box.currentData()
        if not isinstance(path, Path):
            KeySheet(lambda name, passphrase: self.make(name, passphrase, then), self).show()
            return
        if path in self._open:
            then(self._open[path])
            return

        def opened(identity: Identity) -> None:
            self._open[path] = identity
            then(identity)

        def refused(refusal: Refusal) -> None:
            if refusal.code != "key.passphrase" or passphrase is not None:
                self._job.notice.refuse(refusal)
            if refusal.code == "key.passphrase":
                self._ask_passphrase(path, then)

        self._job.do(lambda _: Identity.load(path, passphrase), opened, refused)

    def _ask_passphrase(self, path: Path, then: Callable[[Identity], object]) -> None:
        typed, given = QInputDialog.getText(
            self, "Passphrase", f"Passphrase of {line(path.stem)}", QLineEdit.EchoMode.Password
        )
        if given and typed:
            self.unlock(then, typed)
