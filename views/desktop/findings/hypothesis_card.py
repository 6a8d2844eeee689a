"""One hypothesis: what is expected, where it was locked, and what was seen since."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from views.desktop.labels import Chip, section, words
from workbench.evidence.supposed import StandingHypothesis
from workbench.visible import line


class HypothesisCard(QFrame):
    """What was said before it was looked for."""

    record_wanted = Signal(int)
    revise = Signal(object)
    """The `Locked` hypothesis is to be stated otherwise, and locked anew."""
    claim = Signal(object)
    """A finding is to rest on it."""

    def __init__(self, one: StandingHypothesis) -> None:
        super().__init__()
        self.setProperty("card", True)
        locked, said = one.locked, one.locked.hypothesis
        lock = QPushButton(f"locked at #{locked.seq}")
        lock.setProperty("link", True)
        lock.setToolTip("Only what is asked after this record can confirm it")
        lock.clicked.connect(lambda: self.record_wanted.emit(locked.seq))
        self.state = Chip(*(("claimed", "ok") if one.findings else ("open", "plain")))
        head = QHBoxLayout()
        head.addWidget(section(said.id.replace("-", " ")))
        head.addWidget(self.state)
        head.addStretch(1)
        head.addWidget(lock)
        sign = "" if said.expected == "more" else "less often than the control: "
        self.said = words(f"{sign}{line(said.claim)}", wrap=True)
        self.shows = words(f"An answer shows it if it {said.predicate.words}", dim=True, wrap=True, px=12)
        self.status = words(one.status[:1].upper() + one.status[1:] + ".", dim=True, wrap=True, px=12)
        self.revise_button, self.claim_button = QPushButton("Revise"), QPushButton("Finding from it")
        for button, signal in ((self.revise_button, self.revise), (self.claim_button, self.claim)):
            button.setProperty("link", True)
            button.clicked.connect(lambda _=False, wanted=signal: wanted.emit(locked))
        row = QHBoxLayout()
        row.addWidget(self.claim_button)
        row.addWidget(self.revise_button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(4)
        column.addLayout(head)
        for label in (self.said, self.shows, self.status):
            column.addWidget(label)
        column.addLayout(row)
        self.setAccessibleName(line(f"{said.id}, locked at record {locked.seq}: {said.claim}. {one.status}"))
