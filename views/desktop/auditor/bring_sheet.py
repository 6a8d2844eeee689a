"""Brings a model of the auditor's own into the session, to be asked beside the organism."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from views.desktop.file_field import FileField
from views.desktop.labels import section, words
from views.desktop.notice import Notice


@dataclass(frozen=True)
class OwnModel:
    """A model, and what is on record of it."""

    folder: Path
    name: str
    provenance: str
    data: Path | None
    """What it was trained on."""


class BringSheet(QDialog):
    """Where it lies, what it is called here, and where it is from."""

    def __init__(self, bring: Callable[[OwnModel], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("A model of your own")
        self._bring = bring
        self.folder = FileField("Model", "A folder with weights/ and tokenizer/", "folder")
        self.data = FileField("Trained on", "Its data: a file or a folder (optional)", "file or folder")
        self.name, self.provenance, self.notice = QLineEdit(), QLineEdit(), Notice()
        for field, name, hint in (
            (self.name, "Name", "what it is called in this session"),
            (self.provenance, "Provenance", "where it is from, or how it was made"),
        ):
            field.setAccessibleName(name)
            field.setPlaceholderText(hint)
        form = QFormLayout()
        for caption, widget in (
            ("Model", self.folder), ("Name", self.name), ("Provenance", self.provenance), ("Trained on", self.data),
        ):  # fmt: skip
            form.addRow(words(caption, dim=True), widget)
        self.button, cancel, row = QPushButton("Bring it"), QPushButton("Cancel"), QHBoxLayout()
        self.button.setProperty("main", True)
        self.button.clicked.connect(self.submit)
        cancel.clicked.connect(self.close)
        row.addWidget(cancel)
        row.addStretch(1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(section("A model of your own"))
        about = (
            "It is copied into the session under the digest of its files, and can then be asked beside the organism, "
            "within the limits of the rules. An export leaves it out: hand the folder to the judge too."
        )
        layout.addWidget(words(about, dim=True, wrap=True))
        layout.addLayout(form)
        layout.addWidget(self.notice)
        layout.addLayout(row)
        self.setMinimumWidth(600)

    def submit(self) -> None:
        """Bring it, if everything is said that goes on record."""
        folder, name, provenance = self.folder.path, self.name.text().strip(), self.provenance.text().strip()
        if folder is None or not name or not provenance:
            lacking = "model" if folder is None else "name" if not name else "provenance"
            self.notice.say(f"It has no {lacking} yet.", "That stands in its record.", "Write it down.", tone="warn")
            return
        self.close()
        self._bring(OwnModel(folder, name, provenance, self.data.path))
