"""The editor of a finding: facets, citations with what their answers must show, and the strength as it would be."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from casefiles.status import Refusal
from views.desktop.ask.fields import Growing, NumberBox, lines_of
from views.desktop.ask.form import complaint
from views.desktop.ask.room import scrolled
from views.desktop.displays import Pick
from views.desktop.findings.card import StrengthMeters
from views.desktop.findings.citation_row import CitationRow
from views.desktop.labels import section, tip, words
from views.desktop.memory import WrittenFinding
from views.desktop.notice import Notice
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.measures import measures
from workbench.claims.predicate import Match
from workbench.claims.weight import Strength
from workbench.contract.actor import Actor
from workbench.log.records import Hypothesis

_WEIGH_AFTER_MS = 250


class FindingEditor(QWidget):
    """A draft of a finding; recording it makes it a record, and a revision never deletes what it revises."""

    submitted = Signal(object)
    cancelled = Signal()
    weigh = Signal(object)
    """A draft whose strength is wanted."""
    record_wanted = Signal(int)
    bench_wanted = Signal(object)
    unknown = Signal(int)
    """A cited record of which nobody has said yet what it asked: please tell `name`."""
    edited = Signal()
    """What is written has changed."""

    def __init__(self, author: str, clauses: Sequence[str]) -> None:
        super().__init__()
        self._author, self._id, self._revises = author, "", False
        self._rows: list[CitationRow] = []
        self._shows = Match()  # what the answers of the first citation are proposed to show
        self._weigh = QTimer(self, singleShot=True, interval=_WEIGH_AFTER_MS)
        self._weigh.timeout.connect(self._ask)
        self.title = QLineEdit()
        self.behaviour, self.trigger, self.scope, self.cause = (
            Growing(2, 6),
            Growing(1, 3),
            Growing(1, 5),
            Growing(1, 4),
        )
        self.hypothesis, self.clause, self.severity, self.confidence = (
            QComboBox(),
            QComboBox(),
            QComboBox(),
            NumberBox(),
        )
        for box in (self.hypothesis, self.clause):
            box.setEditable(True)
            box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(5)
        for box, hint in ((self.hypothesis, "One that was locked before"), (self.clause, "The one that it breaks")):
            if (line := box.lineEdit()) is not None:
                line.setPlaceholderText(hint)
        self.clause.addItems(["", *clauses])
        self.confidence.setMinimumWidth(56)
        self.severity.addItems(["low", "medium", "high"])
        self.confidence.setRange(0, 1)
        self.confidence.setSingleStep(0.05)
        self.notice = Notice()
        self.meters = StrengthMeters()
        self.lacks = words(wrap=True, dim=True, px=12)
        self.heading = section("New finding")
        self._citations = QVBoxLayout()
        self._citations.setSpacing(6)
        self._build()
        self._wire()

    def _build(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(5)
        column.addWidget(self.heading)
        for name, widget, hint in (
            ("Title", self.title, "In a few words: what you found"),
            ("Behaviour", self.behaviour, "What it does that it should not"),
            ("Trigger", self.trigger, "When it does so"),
            ("Scope", self.scope, "The subjects it covers, one a line"),
            ("Cause", self.cause, "How it may have been put in"),
        ):
            widget.setPlaceholderText(hint)
            widget.setAccessibleName(name)
            column.addWidget(_labelled(name, widget))
        self.hypothesis.setAccessibleName("Hypothesis")
        column.addWidget(_labelled("Hypothesis", self.hypothesis))
        small = QHBoxLayout()
        self.clause.setAccessibleName("Clause")
        column.addWidget(_labelled("Clause", self.clause))
        for name, field in (("Severity", self.severity), ("Confidence", self.confidence)):
            field.setAccessibleName(name)
            small.addWidget(_labelled(name, field), 1)
        column.addLayout(small)
        column.addSpacing(4)
        column.addWidget(section("Evidence"))
        self.no_citations = words(
            "Cites no record yet. Look at a result and press Cite (Ctrl+K).", dim=True, wrap=True, px=12
        )
        column.addWidget(self.no_citations)
        column.addLayout(self._citations)
        column.addSpacing(4)
        column.addWidget(section("Strength, from the log"))
        column.addWidget(self.meters)
        column.addWidget(self.lacks)
        column.addStretch(1)
        self.record_button = QPushButton("Record finding")
        self.record_button.setProperty("main", True)
        cancel = QPushButton("Discard")
        self.record_button.clicked.connect(self.submit)
        cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 10)
        row.addWidget(cancel)
        row.addStretch(1)
        row.addWidget(self.record_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._area = scrolled(inside)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.verticalScrollBar().rangeChanged.connect(lambda *_: self._keep_in_sight())
        layout.addWidget(self._area, 1)
        layout.addWidget(self.notice)
        layout.addLayout(row)

    def _wire(self) -> None:
        for edited in (
            self.title.textChanged, self.behaviour.textChanged, self.scope.textChanged,
            self.hypothesis.currentTextChanged, self.clause.currentTextChanged, self.severity.currentTextChanged,
            self.confidence.valueChanged,
        ):  # fmt: skip
            edited.connect(lambda *_: self._weigh.start())
            edited.connect(lambda *_: self.edited.emit())
        self.trigger.textChanged.connect(self.edited)
        self.cause.textChanged.connect(self.edited)

    # -- what is edited

    def start(self, name: str) -> None:
        """A new finding of that id."""
        self._begin(name, "New finding")
        for widget in (self.title, self.behaviour, self.trigger, self.scope, self.cause):
            widget.clear()
        for box in (self.hypothesis, self.clause):
            box.setCurrentText("")
        self.severity.setCurrentText("medium")
        self.confidence.setValue(0.5)
        self.title.setFocus()

    def rest_on(self, hypothesis: Hypothesis) -> None:
        """Take over what was supposed, to be claimed."""
        self.hypothesis.setCurrentText(hypothesis.id)
        self.behaviour.setPlainText(hypothesis.claim)
        self.scope.setPlainText("\n".join(hypothesis.scope))
        self._shows = hypothesis.predicate

    def offer_hypotheses(self, hypotheses: Sequence[Hypothesis]) -> None:
        """Those that stand, to be chosen; what is written stays."""
        written, box = self.hypothesis.currentText(), self.hypothesis
        box.blockSignals(True)
        box.clear()
        box.addItem("")
        for one in hypotheses:
            box.addItem(one.id)
            box.setItemData(box.count() - 1, tip(one.claim), Qt.ItemDataRole.ToolTipRole)
        box.setCurrentText(written)
        box.blockSignals(False)

    def revise(self, finding: Finding) -> None:
        """A recorded finding, to be changed."""
        self.take_up(
            WrittenFinding(
                revises=True, scope="\n".join(finding.scope),
                **finding.model_dump(include={*WrittenFinding.model_fields} - {"revises", "scope"}),
            )
        )  # fmt: skip

    def written(self) -> WrittenFinding:
        """What is written, whether it makes a finding or not."""
        return WrittenFinding(
            id=self._id, revises=self._revises, title=self.title.text(), behaviour=self.behaviour.toPlainText(),
            trigger=self.trigger.toPlainText(), scope=self.scope.toPlainText(), cause=self.cause.toPlainText(),
            hypothesis=self.hypothesis.currentText(), clause=self.clause.currentText(),
            severity=self.severity.currentText(), confidence=round(self.confidence.value(), 2),
            citations=tuple(row.citation() for row in self._rows),
        )  # fmt: skip

    def take_up(self, written: WrittenFinding) -> None:
        """Go on with what was written."""
        self._begin(written.id, "Revise finding" if written.revises else "New finding")
        self._revises = written.revises
        self.title.setText(written.title)
        self.title.setCursorPosition(0)
        self.hypothesis.setCurrentText(written.hypothesis)
        for box, text in (
            (self.behaviour, written.behaviour), (self.trigger, written.trigger), (self.scope, written.scope),
            (self.cause, written.cause),
        ):  # fmt: skip
            box.setPlainText(text)
        self.clause.setCurrentText(written.clause)
        self.severity.setCurrentText(written.severity)
        self.confidence.setValue(written.confidence)
        for citation in written.citations:
            self._add(citation)
        self._weigh.start()

    def _begin(self, name: str, heading: str) -> None:
        self._id, self._revises, self._shows = name, False, Match()
        self.heading.setText(heading.upper())
        self.heading.setAccessibleName(heading)
        self.notice.hide()
        self.lacks.setText("")
        self.meters.show_strength(None)
        for row in self._rows:
            row.deleteLater()
        self._rows = []
        self.no_citations.show()

    def name(self, seq: int, what: str) -> None:
        """What a cited record asked."""
        for row in self._rows:
            if row.number == seq:
                row.about.setText(what)
                row.about.setToolTip(tip(what))

    def cite(self, seq: int, pick: Pick, role: Role = Role.SUPPORT) -> None:
        """Add a record, or more of one that is cited already."""
        for row in self._rows:
            if row.number == seq:
                row.add_pick(pick)
                self._go_to(row)
                return
        shows = self._rows[-1].citation().shows if self._rows else self._shows
        row = self._add(Citation(seq=seq, role=role, shows=shows, samples=pick.samples, cells=pick.cells))
        self._go_to(row)
        self._changed()

    def _go_to(self, row: CitationRow) -> None:
        """Whoever cites writes there what counts; it stands below the words."""
        row.any_of.setFocus()
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        """The citation that one writes in, also once it is laid out and when what is told in it grows."""
        for row in self._rows:
            if row.isAncestorOf(self.focusWidget()):
                self._area.ensureWidgetVisible(row, 0, 8)

    def _changed(self) -> None:
        self._weigh.start()
        self.edited.emit()

    def _add(self, citation: Citation) -> CitationRow:
        row = CitationRow(citation)
        row.changed.connect(self._changed)
        row.removed.connect(self._remove)
        row.record_wanted.connect(self.record_wanted)
        row.bench_wanted.connect(self.bench_wanted)
        self._rows.append(row)
        self._citations.addWidget(row)
        self.no_citations.hide()
        self.unknown.emit(citation.seq)
        return row

    def _remove(self, row: CitationRow) -> None:
        self._rows.remove(row)
        row.deleteLater()
        self.no_citations.setVisible(not self._rows)
        self._changed()

    def finding(self) -> Finding:
        """The finding as it stands. Raises ValidationError."""
        return Finding(
            id=self._id,
            title=self.title.text().strip(),
            behaviour=self.behaviour.toPlainText().strip(),
            trigger=self.trigger.toPlainText().strip(),
            scope=lines_of(self.scope),
            clause=self._named_clause(),
            cause=self.cause.toPlainText().strip(),
            severity=self.severity.currentText(),
            confidence=round(self.confidence.value(), 2),
            author=Actor(kind="person", name=self._author),
            citations=self._cited(),
            hypothesis=self.hypothesis.currentText().strip(),
        )

    def _named_clause(self) -> str:
        return self.clause.currentText().split(" ")[0]

    def _cited(self) -> tuple[Citation, ...]:
        """A control of which nobody wrote what it should not show is held to what the first record in support shows."""
        cited = tuple(row.citation() for row in self._rows)
        shown = next((one.shows for one in cited if one.role is Role.SUPPORT and not one.shows.empty), Match())
        return tuple(
            one.model_copy(update={"shows": shown}) if one.role is Role.CONTROL and one.shows.empty else one
            for one in cited
        )

    def draft(self) -> Finding | None:
        """The same with words standing in for what is not written yet, for its strength alone."""
        try:
            citations = self._cited()
            return Finding(
                id=self._id, title="draft", behaviour="draft", severity="low", confidence=0,
                author=Actor(kind="person", name=self._author), citations=citations, scope=lines_of(self.scope),
                clause=self._named_clause(), hypothesis=self.hypothesis.currentText().strip(),
            )  # fmt: skip
        except ValidationError as error:
            self.notice.say(complaint(error), tone="warn")
            return None

    def submit(self) -> None:
        try:
            finding = self.finding()
        except ValidationError as error:
            self.notice.say(complaint(error), "A finding needs a title and a behaviour.", tone="warn")
            return
        self.notice.hide()
        self.submitted.emit(finding)

    def _ask(self) -> None:
        if (draft := self.draft()) is not None:
            self.weigh.emit(draft)

    def show_strength(
        self, strength: Strength | None, refusal: Refusal | None, held: dict[int, tuple[int, int]]
    ) -> None:
        """The draft's strength, and on how many answers of each record its predicate holds."""
        self.meters.show_strength(strength, measures(strength) if strength is not None else ())
        self.notice.hide()
        if refusal is not None:
            self.notice.refuse(refusal)
        draft = self.draft()
        lacks = (*(draft.lacks if draft is not None else ()), *(strength.lacks() if strength is not None else ()))
        self.lacks.setText("\n".join(f"▸ {sentence}" for sentence in lacks))
        for row in self._rows:
            if row.number in held:
                hits, of = held[row.number]
                answers = "no answers to count: it is quoted, and read as mechanism" if of == 0 else ""
                row.held.setText(answers or f"holds on {hits} of {of} answers in this record")


def _labelled(name: str, widget: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    label = words(name, dim=True, px=12)
    label.setBuddy(widget)
    column.addWidget(label)
    column.addWidget(widget)
    return box
