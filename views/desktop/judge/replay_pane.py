"""The replay: a table of every record, and the chosen one as it was recorded beside what the model says here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from casefiles.counted import counted
from casefiles.status import Refusal
from views.desktop.ask.room import scrolled
from views.desktop.displays.board import Board
from views.desktop.judge.blindfold import Blindfold
from views.desktop.judge.proceedings import RecordedQuestion
from views.desktop.judge.replay_table import MEANINGS, PROBE, TONES, ReplayModel, Unconfirmed
from views.desktop.labels import Chip, plain_tip, section, words
from views.desktop.notice import Empty, Notice
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Answers, Figure
from workbench.contract.result import Result
from workbench.judge.replays.replay import ReplayedRecord
from workbench.judge.replays.rerun import Rerun
from workbench.judge.verdicts.issuing import Inquiry
from workbench.judge.verdicts.verdict import SwallowedAnswers
from workbench.log.lines import Shown
from workbench.visible import line


class ResultSide(QWidget):
    """One of two results that stand side by side, under a title."""

    def __init__(self, title: str, empty: str, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self.setAccessibleName(title)
        self.board, self.said = Board(), words(empty, dim=True, wrap=True)
        self._empty = empty
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        self.head.addWidget(section(title))
        self.head.addStretch(1)
        self._pages = QStackedWidget()
        about = QWidget()
        column = QVBoxLayout(about)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.said)
        column.addStretch(1)
        self._pages.addWidget(about)
        area = scrolled(self.board)  # a drawing may want more height than the window has
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pages.addWidget(area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 10)
        layout.setSpacing(6)
        layout.addLayout(self.head)
        layout.addWidget(self._pages, 1)

    def say(self, sentence: str = "") -> None:
        """Words in the place of a result."""
        self.board.show_figures(())
        self.said.setText(self._blindfold.words(sentence) or self._empty)
        self._pages.setCurrentIndex(0)

    def show_result(self, result: Result) -> None:
        self._show(result.figures())

    def show_answers(self, swallowed: SwallowedAnswers) -> None:
        """What a probe swallowed, drawn again."""
        self._show([Answers("Drawn again", "", swallowed.drawn)])

    def _show(self, figures: Sequence[Figure]) -> None:
        self.board.show_figures([self._blindfold.over(figure) for figure in figures])
        self._pages.setCurrentIndex(1)


class ReplayPane(QWidget):
    """What was recorded, and whether it is what the model says."""

    chosen = Signal(int)
    """The user went to this record."""
    rerun_wanted = Signal(int)
    stop_wanted = Signal()
    """What is being drawn is to be ended."""

    def __init__(self, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self._shown = self._intent = -1
        self._record: Shown | None = None
        self._anew: dict[int, Rerun] = {}
        self.model = ReplayModel(blindfold, self)
        self.rows = Unconfirmed(self.model)
        self.view = self._table()
        self.notice = Notice(shown=blindfold.words)
        self.recorded = ResultSide("Recorded", "Choose a record above: what it holds stands here.", blindfold)
        self.here = ResultSide(
            "Drawn here", "What the model says here to the same question, by the same noise, stands here.", blindfold
        )
        self.again = QPushButton("Draw it here")
        self.again.setProperty("small", True)
        self.again.setToolTip("Put the question of this record to the model once more, to read both side by side")
        self.again.clicked.connect(self._again)
        self._waiting = False
        self.again.setEnabled(False)
        self.here.head.addWidget(self.again)
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.setChildrenCollapsible(False)
        for side in (self.recorded, self.here):
            sides.addWidget(side)
        sides.setSizes([500, 500])
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self._upper())
        halves.addWidget(sides)
        halves.setSizes([400, 460])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(halves)
        self.setFocusProxy(self.view)

    def _table(self) -> QTableView:
        view = QTableView()
        view.setModel(self.rows)
        view.setAccessibleName("Recorded results and their replay")
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setSortingEnabled(True)
        view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(24)
        head = view.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        for column, width in enumerate((66, 150, 92, 250)):
            head.resizeSection(column, width)
        view.selectionModel().currentRowChanged.connect(self._went)
        return view

    def _upper(self) -> QWidget:
        upper = QWidget()
        bar = QHBoxLayout()
        bar.setSpacing(6)
        self.chips = {agreement: Chip("", TONES[agreement]) for agreement in Agreement}
        for agreement, chip in self.chips.items():
            chip.setToolTip(plain_tip(MEANINGS[agreement]))
            chip.hide()
            bar.addWidget(chip)
        self.about = words(dim=True)
        bar.addWidget(self.about)
        bar.addStretch(1)
        self.only = QCheckBox("only what is not confirmed")
        self.only.toggled.connect(self.rows.show_only)
        bar.addWidget(self.only)
        self.empty = Empty(
            "No probe was recorded", "The log holds no question to any model: there is nothing to replay."
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.view)
        self.pages.addWidget(self.empty)
        layout = QVBoxLayout(upper)
        layout.setContentsMargins(16, 10, 16, 0)
        layout.setSpacing(8)
        layout.addLayout(bar)
        layout.addWidget(self.notice)
        layout.addWidget(self.pages, 1)
        return upper

    # -- what is known

    def show_lines(self, lines: Sequence[RecordedQuestion]) -> None:
        """Every probe of the log, before anything is replayed."""
        self.model.show_lines(lines)
        self.pages.setCurrentIndex(0 if lines else 1)
        self._count()
        if lines:
            self.view.selectRow(0)

    def begin(self) -> None:
        self.notice.hide()
        self.model.forget()
        self._count()

    def take(self, records: Sequence[ReplayedRecord]) -> None:
        self.model.take(records)
        self._count()

    def show_inquiry(self, inquiry: Inquiry) -> None:
        """A whole replay: its verdicts, and what was drawn again."""
        assert inquiry.replay is not None
        self.model.drawn = {one.intent: one for one in inquiry.swallowed if one.answers}
        self.take(inquiry.replay.records)
        self.model.refresh()
        self.rows.invalidate()
        self.about.setText(line(self._blindfold.words(inquiry.replay.note)))
        self._show_here()

    def _count(self) -> None:
        found = Counter(record.agreement for record in self.model.replayed.values())
        for agreement, chip in self.chips.items():
            chip.setText(f"{found[agreement]} {agreement.value}")
            chip.setVisible(bool(found[agreement]))
        done, count = len(self.model.replayed), len(self.model.lines)
        told = f"{done} replayed" if done else "none replayed yet"
        self.about.setText(f"{counted(count, 'recorded question')}, {told}")

    # -- the chosen record

    def _went(self, index: QModelIndex, _: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(int(index.data(Qt.ItemDataRole.UserRole)))

    def go(self, seq: int) -> None:
        """Follow the window's current record."""
        for row in range(self.rows.rowCount()):
            index = self.rows.index(row, 0)
            if index.data(Qt.ItemDataRole.UserRole) == seq:
                if self.view.currentIndex().row() != row:
                    self.view.selectRow(row)
                return

    def show_record(self, shown: Shown) -> None:
        """The record as it stands in the log."""
        self._record, self._shown = shown, shown.entry.seq
        self._intent = (shown.intent or shown.entry).seq
        self.again.setEnabled(shown.probe is not None and shown.intent is not None)
        if shown.result is None:
            self.recorded.say("It holds nothing that this workbench can show.")
        else:
            self.recorded.show_result(shown.result)
        self._show_here()

    def show_rerun(self, anew: Rerun) -> None:
        self._anew[anew.seq] = anew
        self._wait(on=False)
        self._show_here()

    def _again(self) -> None:
        if self._waiting:
            self.stop_wanted.emit()
        else:
            self.rerun_wanted.emit(self._shown)

    def wait_for_rerun(self, told: str) -> None:
        self._wait(on=True)
        self.here.say(told)

    def _wait(self, *, on: bool) -> None:
        self._waiting = on
        self.again.setText("Stop" if on else "Draw it here")

    def failed_rerun(self, refusal: Refusal) -> None:
        self._wait(on=False)
        self.here.say(f"{refusal.what} {refusal.why}")

    def _show_here(self) -> None:
        anew, drawn = self._anew.get(self._shown), self.model.drawn.get(self._intent)
        if anew is not None and anew.result is not None:
            self.here.show_result(anew.result)
        elif anew is not None:
            self.here.say(anew.reason)
        elif drawn is not None:
            self.here.show_answers(drawn)
        else:
            self.here.say()

    def refresh(self) -> None:
        """Draw everything as it may be shown now."""
        self.view.setColumnHidden(PROBE, self._blindfold.on)
        self.model.refresh()
        if self._record is not None:
            self.show_record(self._record)
