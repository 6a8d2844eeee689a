"""Findings with live strength meters, the case verdict, and handing in."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from casefiles.counted import counted
from views.desktop.ask.fields import Growing, NumberBox
from views.desktop.ask.form import complaint
from views.desktop.ask.room import scrolled
from views.desktop.displays import Pick
from views.desktop.findings.card import FindingCard
from views.desktop.findings.editor import FindingEditor
from views.desktop.findings.hypothesis_card import HypothesisCard
from views.desktop.flow import Flow
from views.desktop.job import Job
from views.desktop.labels import plain_tip, rule, section, words
from views.desktop.memory import Unfinished
from views.desktop.notice import Notice
from workbench.claims.finding import Finding, Role
from workbench.evidence.scales import StandingFinding
from workbench.evidence.standing import Locked
from workbench.evidence.supposed import StandingHypothesis
from workbench.report.report import Conclusion


class FindingsPane(QWidget):
    """A list of cards, or the editor of one of them."""

    chosen = Signal(str)
    withdraw = Signal(str)
    suppose = Signal(object)
    """A hypothesis is to be stated; a `Locked` one is to be revised, or None: a new one."""
    record_wanted = Signal(int)
    export = Signal(object)
    """A `Conclusion`."""
    edited = Signal()
    """Something that is written here, and not on record, has changed."""

    def __init__(self, author: str, clauses: Sequence[str], most: int) -> None:
        super().__init__()
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._most = most
        self._claims: dict[str, StandingFinding] = {}
        self._order: list[str] = []
        self._current = ""
        self.cards: dict[str, FindingCard] = {}
        self.hypotheses: tuple[Locked, ...] = ()
        self.hypothesis_cards: list[HypothesisCard] = []
        self.editor = FindingEditor(author, clauses)
        self.editor.cancelled.connect(self.show_list)
        self.editor.record_wanted.connect(self.record_wanted)
        self.editor.edited.connect(self.edited)
        self._pages = QStackedLayout(self)
        self._pages.currentChanged.connect(lambda _: self.edited.emit())
        self._pages.addWidget(self._list())
        self._pages.addWidget(self.editor)

    def _list(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(8)
        self.none_yet = words(
            "No findings yet. When a result shows something that breaks the specification, press Cite.",
            dim=True, wrap=True,
        )  # fmt: skip
        self._cards, self._supposed = QVBoxLayout(), QVBoxLayout()
        self._cards.setSpacing(8)
        self._supposed.setSpacing(6)
        new = QPushButton("New finding")
        new.setToolTip("Write a finding (Ctrl+Shift+F)")
        new.clicked.connect(self.new_finding)
        self.new_button, self.suppose_button = new, QPushButton("New hypothesis…")
        self.suppose_button.setToolTip("Say what you expect before you look for it (Ctrl+Shift+H)")
        self.suppose_button.clicked.connect(lambda: self.suppose.emit(None))
        buttons = Flow(gap=6)
        buttons.addWidget(new)
        buttons.addWidget(self.suppose_button)
        column.addWidget(self.none_yet)
        column.addLayout(self._cards)
        column.addLayout(self._supposed)
        column.addLayout(buttons)
        column.addStretch(1)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        area = scrolled(inside)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(area, 1)
        layout.addWidget(rule())
        layout.addWidget(self._verdict())
        return page

    def _verdict(self) -> QWidget:
        box = QWidget()
        self.verdict, self.probability, self.summary = QComboBox(), NumberBox(), Growing(1, 4)
        self.verdict.addItems(["inconclusive", "modified", "clean"])
        self.verdict.setAccessibleName("Case verdict")
        self.probability.setRange(0, 1)
        self.probability.setSingleStep(0.01)
        self.probability.setValue(0.5)
        self.probability.setAccessibleName("Probability that the model was modified")
        self.probability.setToolTip("The probability that the model was modified, whatever the verdict")
        self.summary.setPlaceholderText("The case in a few sentences (optional)")
        self.summary.setAccessibleName("Summary")
        self.export_button = QPushButton("Export for the judge…")
        self.export_button.setProperty("main", True)
        self.export_button.clicked.connect(self.conclude)
        self.notice = Notice()
        self._warned: Conclusion | None = None
        for changed in (self.verdict.currentTextChanged, self.probability.valueChanged, self.summary.textChanged):
            changed.connect(lambda *_: self.edited.emit())
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.addWidget(words("Verdict", dim=True), 0, 0)
        grid.addWidget(self.verdict, 0, 1)
        grid.addWidget(words("P(modified)", dim=True), 1, 0)
        grid.addWidget(self.probability, 1, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.export_button)
        column = self._concluding = QVBoxLayout(box)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(section("Case verdict"))
        column.addLayout(grid)
        column.addWidget(self.summary)
        column.addWidget(self.notice)
        column.addLayout(row)
        return box

    # -- the list

    def show_claims(self, claims: Sequence[StandingFinding]) -> None:
        """The findings that stand, with their strength now. Ranks the auditor chose are kept."""
        by_id = {claim.finding.id: claim for claim in claims}
        self._order = [name for name in self._order if name in by_id]
        self._order += [name for name in by_id if name not in self._order]
        if by_id == self._claims and list(self.cards) == self._order:
            return
        self._claims = by_id
        for card in self.cards.values():
            card.deleteLater()
        self.cards = {}
        for rank, name in enumerate(self._order, 1):
            card = FindingCard(by_id[name], rank)
            card.chosen.connect(self.chosen)
            card.edit.connect(self.revise)
            card.withdraw.connect(self.withdraw)
            card.raise_rank.connect(self._raise)
            card.record_wanted.connect(self.record_wanted)
            self.cards[name] = card
            self._cards.addWidget(card)
        self.none_yet.setVisible(not claims)
        full = len(claims) >= self._most
        self.new_button.setEnabled(not full)
        self.new_button.setToolTip(
            plain_tip(f"The rules allow {counted(self._most, 'finding')}." if full else "Write a finding")
        )
        self.mark(self._current)

    def show_hypotheses(self, supposed: Sequence[StandingHypothesis]) -> None:
        """The hypotheses that stand, and what was seen since each was locked."""
        for card in self.hypothesis_cards:
            card.deleteLater()
        self.hypotheses = tuple(one.locked for one in supposed)
        self.hypothesis_cards = []
        for one in supposed:
            card = HypothesisCard(one)
            card.record_wanted.connect(self.record_wanted)
            card.revise.connect(self.suppose)
            card.claim.connect(self.claim_from)
            self.hypothesis_cards.append(card)
            self._supposed.addWidget(card)
        self.editor.offer_hypotheses([one.hypothesis for one in self.hypotheses])

    def mark(self, name: str) -> None:
        """Follow the window's current finding."""
        self._current = name
        for key, card in self.cards.items():
            card.mark(key == name)

    def _raise(self, name: str) -> None:
        place = self._order.index(name)
        self._order.insert(max(0, place - 1), self._order.pop(place))
        claims = [self._claims[key] for key in self._order]
        self._claims = {}
        self.show_claims(claims)
        self.edited.emit()

    @property
    def ranked(self) -> tuple[str, ...]:
        return tuple(self._order)

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(id, title) of each finding that stands, best first."""
        return tuple((name, self._claims[name].finding.title) for name in self._order)

    # -- the editor

    def new_finding(self) -> None:
        taken = set(self._claims)
        number = 1
        while f"finding-{number}" in taken:
            number += 1
        self.editor.start(f"finding-{number}")
        self._pages.setCurrentIndex(1)

    def claim_from(self, locked: Locked) -> None:
        """A new finding that rests on a hypothesis, in its words."""
        self.new_finding()
        self.editor.rest_on(locked.hypothesis)

    def revise(self, name: str) -> None:
        self.editor.revise(self._claims[name].finding)
        self._pages.setCurrentIndex(1)

    @property
    def editing(self) -> bool:
        return self._pages.currentIndex() == 1

    def cite(self, name: str, seq: int, pick: Pick, role: Role = Role.SUPPORT) -> None:
        """Cite a record in a finding; an empty name: in the one being edited, or in a new one."""
        if name:
            self.revise(name)
        elif not self.editing:
            self.new_finding()
        self.editor.cite(seq, pick, role)

    def show_list(self) -> None:
        self._pages.setCurrentIndex(0)

    # -- what is not on record yet

    def unfinished(self) -> Unfinished:
        """What is written here and stands nowhere else."""
        return Unfinished(
            finding=self.editor.written() if self.editing else None, verdict=self.verdict.currentText(),
            probability=round(self.probability.value(), 2), summary=self.summary.toPlainText(), ranked=self.ranked,
        )  # fmt: skip

    def take_up(self, left: Unfinished) -> None:
        """Go on where somebody left off."""
        self.verdict.setCurrentText(left.verdict)
        self.probability.setValue(left.probability)
        self.summary.setPlainText(left.summary)
        self._order = list(left.ranked)
        if left.finding is not None:
            self.editor.take_up(left.finding)
            self._pages.setCurrentIndex(1)

    # -- handing in

    def conclusion(self) -> Conclusion | None:
        """The verdict as it is set, or None after saying what is wrong with it."""
        try:
            made = Conclusion(
                verdict=self.verdict.currentText(),
                probability=round(self.probability.value(), 2),
                summary=self.summary.toPlainText().strip(),
            )
        except ValidationError as error:
            self.notice.say(complaint(error), tone="warn")
            return None
        self.notice.hide()
        return made

    def add_job(self, job: Job) -> None:
        """How far the handing in is stands over what is said of it."""
        self._concluding.insertWidget(self._concluding.indexOf(self.notice), job)

    def show_conclusion(self, conclusion: Conclusion) -> None:
        """Set the verdict as it was given before."""
        self.verdict.setCurrentText(conclusion.verdict)
        self.probability.setValue(conclusion.probability)
        self.summary.setPlainText(conclusion.summary)

    def conclude(self) -> None:
        if self.editing:  # what is said of the verdict would not be seen, and what is written here not be handed in
            self.editor.notice.say(
                "This finding is not on record yet.", "A report holds what is on record, and no draft.",
                "Record it or discard it, then export.", tone="warn",
            )  # fmt: skip
            return
        made = self.conclusion()
        if made is None:
            return
        if made.doubt and made != self._warned:
            self._warned = made
            self.notice.say(made.doubt, "Press Export again to hand it in like that.", tone="warn")
            return
        self.export.emit(made)

    def standing(self) -> tuple[Finding, ...]:
        return tuple(self._claims[name].finding for name in self._order)
