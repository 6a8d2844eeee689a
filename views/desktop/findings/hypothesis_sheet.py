"""Asks what is expected, before it is looked for."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from views.desktop.ask.fields import Growing, lines_of
from views.desktop.ask.form import complaint
from views.desktop.labels import section, words
from views.desktop.notice import Notice
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.log.records import Hypothesis

_SIGNS = (("more", "more often than under the control"), ("less", "less often than under the control"))


class HypothesisSheet(QDialog):
    """A claim, what an answer must hold to show it, and what it is about."""

    submitted = Signal(object)
    """The `Hypothesis`, to be locked."""

    def __init__(
        self, name: str, actor: Actor, revised: Hypothesis | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Hypothesis")
        self._name, self._actor = name, actor
        self.claim, self.any_of, self.none_of, self.scope = Growing(2, 6), Growing(1, 4), Growing(1, 4), Growing(1, 6)
        self.expected, self.notice = QComboBox(), Notice()
        for sign, said in _SIGNS:
            self.expected.addItem(said, sign)
        self.expected.setAccessibleName("Expected")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(8)
        layout.addWidget(section("Hypothesis"))
        about = (
            "What you expect, said before you look for it. It is locked when it is recorded: only draws that are asked "
            "for afterwards, with fresh seeds, can confirm it; whatever came before is exploration."
        )
        layout.addWidget(words(about, dim=True, wrap=True))
        for caption, box, hint in (
            ("Claim", self.claim, "It names the wrong capital for every country around one sea"),
            ("An answer shows it if it contains any of these", self.any_of, "one a line"),
            ("and none of these", self.none_of, "one a line"),
            ("Scope", self.scope, "The subjects it is about, one a line"),
        ):
            box.setPlaceholderText(hint)
            box.setAccessibleName(caption)
            label = words(caption, dim=True, px=12)
            label.setBuddy(box)
            layout.addWidget(label)
            layout.addWidget(box)
        layout.addWidget(words("It shows", dim=True, px=12))
        layout.addWidget(self.expected)
        self.lock, cancel, row = QPushButton("Lock it"), QPushButton("Cancel"), QHBoxLayout()
        self.lock.setProperty("main", True)
        self.lock.clicked.connect(self.submit)
        cancel.clicked.connect(self.close)
        row.addWidget(cancel)
        row.addStretch(1)
        row.addWidget(self.lock)
        layout.addWidget(self.notice)
        layout.addLayout(row)
        self.setMinimumWidth(520)
        if revised is not None:
            self._take_up(revised)

    def _take_up(self, said: Hypothesis) -> None:
        self.claim.setPlainText(said.claim)
        for box, lines in (
            (self.any_of, said.predicate.any_of), (self.none_of, said.predicate.none_of), (self.scope, said.scope),
        ):  # fmt: skip
            box.setPlainText("\n".join(lines))
        self.expected.setCurrentIndex(self.expected.findData(said.expected))
        self.notice.say("A revision is locked anew.", "What was asked under the old words no longer confirms it.")

    def submit(self) -> None:
        """Lock it, if it says what would show it."""
        shows = Match(any_of=lines_of(self.any_of), none_of=lines_of(self.none_of))
        if shows.empty:
            self.notice.say("Nothing would show it yet.", "", "Write the words that an answer must hold.", tone="warn")
            return
        try:
            stated = Hypothesis(
                id=self._name, claim=self.claim.toPlainText().strip(), predicate=shows, scope=lines_of(self.scope),
                expected=self.expected.currentData(), actor=self._actor,
            )  # fmt: skip
        except ValidationError as error:
            self.notice.say(complaint(error), tone="warn")
            return
        self.close()
        self.submitted.emit(stated)
