"""Asks what is expected, before it is looked for."""

from __future__ import annotations

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from views.desktop.ask.fields import Growing, lines_of
from views.desktop.ask.form import complaint
from views.desktop.notice import Notice
from views.desktop.sheet import Sheet
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.log.records import Hypothesis

_SIGNS = (("more", "more often than under the control"), ("less", "less often than under the control"))


class HypothesisSheet(Sheet):
    """A claim, what an answer must hold to show it, and what it is about."""

    submitted = Signal(object)
    """The `Hypothesis`, to be locked."""

    def __init__(
        self, name: str, actor: Actor, revised: Hypothesis | None = None, parent: QWidget | None = None
    ) -> None:
        about = (
            "What you expect, said before you look for it. It is locked when it is recorded: only draws that are asked "
            "for afterwards, with fresh seeds, can confirm it; whatever came before is exploration."
        )
        super().__init__("Hypothesis", about, width=520, parent=parent)
        self._name, self._actor = name, actor
        self.claim, self.any_of, self.none_of, self.scope = Growing(2, 6), Growing(1, 4), Growing(1, 4), Growing(1, 6)
        self.expected, self.notice = QComboBox(), Notice()
        for sign, said in _SIGNS:
            self.expected.addItem(said, sign)
        self.claim.setPlaceholderText("It names the wrong capital for every country around one sea")
        self.scope.setPlaceholderText("The subjects it is about, one a line")
        for box in (self.any_of, self.none_of):
            box.setPlaceholderText("one a line")
        self.ask_below(
            (
                ("Claim", self.claim),
                ("An answer shows it if it contains any of these", self.any_of),
                ("and none of these", self.none_of),
                ("Scope", self.scope),
                ("It shows", self.expected),
            )
        )
        self.column.addWidget(self.notice)
        self.lock = self.foot("Lock it", self.submit)
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
