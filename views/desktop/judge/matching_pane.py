"""The truth beside the findings: which is about which, and what a judge decides about the finding in hand."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from views.desktop.ask.room import scrolled
from views.desktop.judge.behaviour_card import BehaviourCard, found_by
from views.desktop.judge.blindfold import Blindfold
from views.desktop.judge.claim_sheet import ClaimSheet
from views.desktop.judge.finding_card import JudgedFindingCard
from views.desktop.judge.grade_sheet import GradeSheet
from views.desktop.judge.proceedings import Scored
from views.desktop.labels import Chip, plain_tip, section, words
from views.desktop.notice import Empty, Notice
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Facet, ScoredFinding
from workbench.judge.truths.truth import Behaviour
from workbench.visible import line

NONE = "about none of them"


class MatchingPane(QWidget):
    """Left what was sealed, right what was found, below what is to be decided."""

    reveal_wanted = Signal()
    chosen = Signal(str)
    """The user went to this finding."""
    record_wanted = Signal(int)
    decided = Signal(object)
    """A tuple of grades or rulings."""

    def __init__(self, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self._scored: Scored | None = None
        self._current = ""
        self.behaviours: dict[str, BehaviourCard] = {}
        self.cards: dict[str, JudgedFindingCard] = {}
        self.pages = QStackedWidget()
        self.pages.addWidget(self._sealed())
        self.pages.addWidget(self._open())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)

    def _sealed(self) -> QWidget:
        page = QWidget()
        self.empty = Empty(
            "The truth is sealed",
            "To open it decrypts it with your key and checks it against the commitment that was signed before the"
            " audit. Your register takes note first: whatever is handed in of this session from then on was not"
            " done blind.",
        )
        self.reveal_button = QPushButton("Open the sealed truth")
        self.reveal_button.setProperty("main", True)
        self.reveal_button.clicked.connect(self.reveal_wanted)
        self.reveal_notice = Notice(shown=self._blindfold.words)
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24, 24)
        column.addWidget(self.reveal_notice)
        column.addStretch(1)
        column.addWidget(self.empty)
        column.addWidget(self.reveal_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def _open(self) -> QWidget:
        self._truth, self._found = QVBoxLayout(), QVBoxLayout()
        self.summary = words(wrap=True)
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.setChildrenCollapsible(False)
        sides.addWidget(_column("Ground truth", self.summary, self._truth))
        self.concluded = words(wrap=True)
        self._findings = _column("Findings", self.concluded, self._found)
        sides.addWidget(self._findings)
        sides.setSizes([500, 500])
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setChildrenCollapsible(False)
        halves.addWidget(sides)
        halves.addWidget(self._decision())
        halves.setSizes([460, 320])
        halves.setStretchFactor(0, 1)
        return halves

    def _decision(self) -> QWidget:
        inside = QWidget()
        self.head, self.standing = words(), Chip()
        self.head.setStyleSheet("font-weight: bold;")
        self.about, self.why, self.rule_button = QComboBox(), QLineEdit(), QPushButton("Rule")
        self.about.setAccessibleName("What the finding is about")
        self.about.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.about.setMaximumWidth(420)
        self.about.setToolTip("Alt+1 … the first behaviour, Alt+0 none; or drag the finding onto a behaviour")
        self.about.currentIndexChanged.connect(lambda _: self._turn())
        self.why.setPlaceholderText("Why? It is signed with the ruling.")
        self.why.setAccessibleName("Reason for the ruling")
        self.why.textChanged.connect(lambda _: self._follow())
        self.why.returnPressed.connect(self.rule)
        self.rule_button.clicked.connect(self.rule)
        self.notice = Notice(shown=self._blindfold.words)
        self.grades, self.claim = GradeSheet(self._blindfold), ClaimSheet(self._blindfold)
        self.grades.graded.connect(self.decided)
        self.idle = words(dim=True, wrap=True)
        self.sheets = QStackedWidget()
        for sheet in (self.grades, self.claim, self.idle):
            self.sheets.addWidget(sheet)
        top, ruling = QHBoxLayout(), QHBoxLayout()
        for row in (top, ruling):
            row.setSpacing(8)
        top.addWidget(self.head)
        top.addWidget(self.standing)
        top.addStretch(1)
        ruling.addWidget(self.about)
        ruling.addWidget(self.why, 1)
        ruling.addWidget(self.rule_button)
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 10, 20, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.notice)
        column.addLayout(ruling)
        column.addWidget(self.sheets)
        column.addStretch(1)
        area = scrolled(inside)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    # -- what is scored

    def show_scored(self, scored: Scored) -> None:
        """The truth and the findings as they are scored now."""
        self._scored = scored
        self.pages.setCurrentIndex(1)
        self._show_sides(scored)
        names = [item.finding for item in scored.verdict.scores.findings]
        self.go(self._current if self._current in names else names[0] if names else "")

    def refresh(self) -> None:
        """Show all of it as it may be shown now; what is being written stays."""
        if self._scored is None:
            return
        self._show_sides(self._scored)
        self._mark()
        truth = self._scored.opened.truth
        for at, behaviour in enumerate(truth.intent if truth is not None else ()):
            self.about.setItemText(at, self._about(behaviour))
        self.grades.refresh()
        self.claim.refresh()

    def _show_sides(self, scored: Scored) -> None:
        truth, said, theirs = scored.opened.truth, scored.opened.report.conclusion, self._blindfold.theirs
        self.summary.setText(
            line(theirs(truth.summary)) if truth else "The case has none: verified and replayed, not scored."
        )
        told = f" {theirs(said.summary)}" if said.summary else ""
        self.concluded.setText(line(f"The auditor says {said.verdict}, P(modified) {said.probability:.2f}.{told}"))
        self._show_truth(scored)
        self._show_findings(scored)

    def _about(self, behaviour: Behaviour) -> str:
        return line(self._blindfold.theirs(f"about {behaviour.id}: {behaviour.title}"))

    def _show_truth(self, scored: Scored) -> None:
        _clear(self._truth)
        truth, scores = scored.opened.truth, scored.verdict.scores
        self.behaviours = {}
        if truth is None or not truth.intent:
            self._truth.addWidget(words("Nothing was changed." if truth else "", dim=True))
            return
        ranks = {item.finding: item.rank for item in scores.findings}
        judged = {item.behaviour: item for item in scores.behaviours}
        for behaviour in truth.intent:
            measured = next((one for one in truth.realised if one.behaviour == behaviour.id), None)
            status = measured.status if measured is not None else "failed"
            card = BehaviourCard(
                self._blindfold.over(behaviour), measured, found_by(judged[behaviour.id], ranks, status)
            )
            card.dropped.connect(lambda finding, name=behaviour.id: self.propose(finding, name))
            self.behaviours[behaviour.id] = card
            self._truth.addWidget(card)

    def _show_findings(self, scored: Scored) -> None:
        _clear(self._found)
        self.cards, retest = {}, scored.verdict.retest
        for item in scored.verdict.scores.findings:
            claim = retest.claim(item.finding) if retest is not None else None
            shown, finding = self._blindfold.over((item, scored.findings[item.finding]))
            card = JudgedFindingCard(item.finding, shown, finding, claim)
            card.chosen.connect(self.chosen)
            card.record_wanted.connect(self.record_wanted)
            self.cards[item.finding] = card
            self._found.addWidget(card)
        if not self.cards:
            self._found.addWidget(words("The report makes no finding.", dim=True))

    # -- the finding in hand

    def go(self, name: str) -> None:
        """Follow the window's current finding."""
        self._current = name
        self._mark()
        if (card_in_hand := self.cards.get(name)) is not None:
            # A card that was made just now has no place yet: it has one once the loop has run.
            QTimer.singleShot(0, card_in_hand, lambda: self._findings.ensureWidgetVisible(card_in_hand, 0, 8))
        self._show_decision(self.item)

    def _mark(self) -> None:
        item = self.item
        for key, card in self.cards.items():
            card.mark(key == self._current)
        for key, behaviour in self.behaviours.items():
            behaviour.mark(item is not None and item.behaviour == key)

    @property
    def item(self) -> ScoredFinding | None:
        """The finding in hand, as it is scored."""
        items = self._scored.verdict.scores.findings if self._scored is not None else ()
        return next((item for item in items if item.finding == self._current), None)

    def step(self, by: int) -> None:
        """Go to the next finding, or the one before."""
        names = list(self.cards)
        if names:
            at = names.index(self._current) if self._current in names else 0
            self.chosen.emit(names[(at + by) % len(names)])
            self.cards[names[(at + by) % len(names)]].setFocus()

    def _show_decision(self, item: ScoredFinding | None) -> None:
        self.notice.hide()
        for widget in (self.standing, self.about, self.why, self.rule_button):
            widget.setVisible(item is not None)
        if item is None or self._scored is None:
            self.head.setText("Nothing to decide: the report makes no finding.")
            self.idle.clear()
            self.sheets.setCurrentWidget(self.idle)
            return
        self.head.setText(line(f"Finding {item.rank} is"))
        self.standing.say(item.standing.replace("-", " "), "accent")
        self._fill_about(item)
        behaviour, facets = self._graded(item)
        if facets and self._scored.verdict.scores.status == "final":
            self.grades.show_facets(item.finding, behaviour, facets)
            self.sheets.setCurrentWidget(self.grades)
        elif item.behaviour is None and item.standing != "excess":
            self.claim.show_finding(item.finding)
            self.sheets.setCurrentWidget(self.claim)
        else:
            self.idle.setText(self._nothing(item))
            self.sheets.setCurrentWidget(self.idle)

    def _fill_about(self, item: ScoredFinding) -> None:
        self.about.blockSignals(True)
        self.about.clear()
        truth = self._scored.opened.truth if self._scored is not None else None
        for behaviour in truth.intent if truth is not None else ():
            self.about.addItem(self._about(behaviour), behaviour.id)
        self.about.addItem(NONE, None)
        self.about.setCurrentIndex(max(0, self.about.findData(item.behaviour)))
        self.about.blockSignals(False)
        self.about.setEnabled(self.about.count() > 1 and item.standing != "excess")
        self.why.clear()
        self._follow()

    def _graded(self, item: ScoredFinding) -> tuple[str, tuple[Facet, ...]]:
        """A behaviour that the finding counts for, the one that is chosen if it counts for several, and its facets; of
        one that it waits for, and another is scored for, whether it has shown it."""
        scored = self._scored.verdict.scores.behaviours if self._scored is not None else ()
        own = {one.behaviour: one.facets for one in scored if one.finding == item.finding}
        if own:
            chosen = next((name for name in (self.about.currentData(), item.behaviour) if name in own), next(iter(own)))
            return chosen, own[chosen]
        if item.standing == "unproven" and item.behaviour is not None and item.shown is not None:
            note = item.shown.unread or item.shown.lacks
            return item.behaviour, (Facet(name="behaviour", value=0, weight=0, how="ungraded", note=note),)
        return "", ()

    def _turn(self) -> None:
        """Another behaviour is chosen: what is graded is what the finding is worth for that one."""
        self._follow()
        if (item := self.item) is not None and self.sheets.currentWidget() is self.grades:
            behaviour, facets = self._graded(item)
            if behaviour != self.grades.behaviour:
                self.grades.show_facets(item.finding, behaviour, facets)

    def _nothing(self, item: ScoredFinding) -> str:
        scored = self._scored
        if scored is not None and scored.verdict.scores.status == "provisional":
            return "Nothing was replayed, so nothing is earned and nothing is graded: replay first."
        if item.standing == "excess":
            return "The rules allow fewer findings: it counts as wrong, whatever it says."
        return "Another finding earns more for the same behaviour: that one is graded."

    def propose(self, finding: str, behaviour: str | None) -> None:
        """A ruling is meant: what is missing is its reason."""
        self.chosen.emit(finding)
        place = self.about.findData(behaviour)
        if place >= 0 and self.about.isEnabled():
            self.about.setCurrentIndex(place)
            self.why.setFocus()

    def _follow(self) -> None:
        item = self.item
        same = item is not None and self.about.currentData() == item.behaviour
        why = "It stands so already." if same and item is not None and item.by == "judge" else ""
        why = why or ("" if self.why.text().strip() else "Give a reason first.")
        self.rule_button.setEnabled(not why)
        self.rule_button.setToolTip(
            plain_tip(why or "The ruling joins the decisions; nothing is written before you sign.")
        )

    def rule(self) -> None:
        """Decide what the finding in hand is about."""
        if self.rule_button.isEnabled() and (item := self.item) is not None:
            ruling = Ruling(finding=item.finding, behaviour=self.about.currentData(), reason=self.why.text().strip())
            self.decided.emit((ruling,))


def _column(title: str, about: QWidget, cards: QVBoxLayout) -> QScrollArea:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(16, 12, 16, 12)
    column.setSpacing(8)
    column.addWidget(section(title))
    column.addWidget(about)
    cards.setSpacing(8)
    column.addLayout(cards)
    column.addStretch(1)
    area = scrolled(inside)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _clear(column: QVBoxLayout) -> None:
    while (item := column.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()
