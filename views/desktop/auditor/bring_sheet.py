"""Brings a model of the auditor's own into the session, to be asked beside the organism."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QLineEdit, QWidget

from views.desktop.file_field import FileField
from views.desktop.job import Job
from views.desktop.sheet import Sheet
from workbench.listener import Listener


@dataclass(frozen=True)
class OwnModel:
    """A model, and what is on record of it."""

    folder: Path
    name: str
    provenance: str
    data: Path | None
    """What it was trained on."""


class BringSheet(Sheet):
    """Where it lies, what it is called here, and where it is from."""

    def __init__(
        self,
        bring: Callable[[OwnModel, Listener], object],
        done: Callable[[OwnModel], object],
        job: Job,
        parent: QWidget | None = None,
    ) -> None:
        """`bring`: takes it in, on the job's worker. `done`: is told once it can be asked."""
        about = (
            "It is copied into the session under the digest of its files, and can then be asked beside the organism, "
            "within the limits of the rules. An export leaves it out: hand the folder to the judge too."
        )
        super().__init__("A model of your own", about, width=600, parent=parent)
        self._bring, self._done, self.job = bring, done, job
        self.folder = FileField("Model", "A folder with weights/ and tokenizer/", "folder")
        self.data = FileField("Trained on", "Its data: a file or a folder (optional)", "file or folder")
        self.name, self.provenance, self.notice = QLineEdit(), QLineEdit(), job.notice
        for field, name, hint in (
            (self.name, "Name", "what it is called in this session"),
            (self.provenance, "Provenance", "where it is from, or how it was made"),
        ):
            field.setAccessibleName(name)
            field.setPlaceholderText(hint)
        self.ask_beside(
            (
                ("Model", self.folder), ("Name", self.name), ("Provenance", self.provenance), ("Trained on", self.data),
            )
        )  # fmt: skip
        self.column.addWidget(job)
        self._close = self.leave("Close")
        self.button = self.foot("Bring it", self.submit, left=(self._close,))
        job.turned.connect(self._turned)

    @property
    def busy(self) -> bool:
        return self.job.running

    def _turned(self, on: bool) -> None:
        for widget in (self.folder, self.data, self.name, self.provenance, self._close, self.button):
            widget.setEnabled(not on)

    def submit(self) -> None:
        """Bring it, if everything is said that goes on record."""
        folder, name, provenance = self.folder.path, self.name.text().strip(), self.provenance.text().strip()
        if folder is None or not name or not provenance:
            lacking = "model" if folder is None else "name" if not name else "provenance"
            self.notice.say(f"It has no {lacking} yet.", "That stands in its record.", "Write it down.", tone="warn")
            return
        own = OwnModel(folder, name, provenance, self.data.path)
        self.job.do(lambda at: self._bring(own, at), lambda _: self._brought(own), stoppable=True)

    def _brought(self, own: OwnModel) -> None:
        self.close()
        self._done(own)
