"""One plan in the workspace: what it is to ask, how far it is, and what its answers add up to."""

from __future__ import annotations

import traceback

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from casefiles.status import Refusal
from views.desktop import theme
from views.desktop.ask.form import ProbeForm, complaint
from views.desktop.ask.room import CRAMPED, scrolled
from views.desktop.ask.runner import Runner
from views.desktop.courier import Batch
from views.desktop.displays.board import Board
from views.desktop.labels import restyle, rule, words
from views.desktop.notice import Empty, Notice
from workbench.auditors.auditor import Auditor
from workbench.auditors.briefing import Briefing
from workbench.door.crash import write_crash_file
from workbench.door.session import Session
from workbench.plans.conduct import Conducted
from workbench.plans.plan import Plan
from workbench.visible import line

_STEPS = 1000
"""Of the progress bar."""


def plan_title(kind: type[Plan]) -> str:
    """A plan's name as people write it."""
    return kind.kind.replace("-", " ").capitalize()


class PlanRoom(QWidget):
    """Form above, what was found below. Each step is a record of its own; the same plan goes on where it stopped."""

    titled = Signal()

    def __init__(self, kind: type[Plan], session: Session, runner: Runner) -> None:
        super().__init__()
        self.kind, self._session, self._runner = kind, session, runner
        self.entry, self.pinned, self._mine = None, False, False
        self.form = ProbeForm(kind, session.rules.affordances)
        self.setAccessibleName(plan_title(kind))
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._build()
        runner.changed.connect(self._follow_runner)
        self.form.changed.connect(self.notice.hide)
        self._follow_runner()

    def _build(self) -> None:
        self.run_button = QPushButton("Run")
        self.run_button.setProperty("main", True)
        self.run_button.clicked.connect(self.run_or_stop)
        self.fold_button = QPushButton()
        self.fold_button.setProperty("link", True)
        self.fold_button.clicked.connect(lambda: self.fold(self.form.isVisibleTo(self)))
        self.step = words(dim=True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, _STEPS)
        self.progress.setAccessibleName("Progress")
        self.progress.hide()
        self.notice = Notice()
        asking = QHBoxLayout()
        asking.addWidget(self.step, 1)
        asking.addWidget(self.run_button)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        top = QHBoxLayout()
        top.addWidget(words(self.kind.about(), dim=True, wrap=True), 1)
        top.addWidget(self.fold_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(top)
        layout.addWidget(self.form)
        layout.addLayout(asking)
        layout.addWidget(self.progress)
        layout.addWidget(self.notice)
        layout.addWidget(self._found(), 1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        area = scrolled(inside)  # in a small window the room scrolls, and the window does not outgrow its screen
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outside.addWidget(area)
        self.fold(False)

    def _found(self) -> QWidget:
        self.headline, self.board = words(wrap=True), Board()
        self.headline.setFont(QFont(theme.sans(17, bold=True)))
        self.headline.setStyleSheet("font-size: 17px; font-weight: bold;")
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(rule())
        column.addWidget(self.headline)
        column.addWidget(self.board, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(
            Empty(
                "Nothing asked yet", "A plan asks many questions. Each becomes a record of the log, and can be cited."
            )
        )
        self.pages.addWidget(found)
        return self.pages

    # -- asking

    def fold(self, away: bool) -> None:
        """Put the form away, so that what was found has its room, or bring it back."""
        self.form.setVisible(not away)
        self.fold_button.setVisible(self.pages.currentIndex() == 1)
        self.fold_button.setText("Change the plan" if away else "Fold the plan")

    def ask_here(self) -> None:
        """The form is there, and the cursor is in it."""
        self.fold(False)
        self.form.setFocus()

    def title(self) -> str:
        """For the tab."""
        return f"{plan_title(self.kind)} · running" if self._mine else plan_title(self.kind)

    def run_or_stop(self) -> None:
        if self._mine:
            self._runner.stop()
            self._follow_runner()
        else:
            self.run()

    def run(self) -> None:
        """Carry the plan out, or go on with it."""
        if self._runner.running:
            return
        try:
            plan = self.form.declared(mark=True)
        except ValueError as error:
            self.notice.say(complaint(error), tone="warn")
            return
        assert isinstance(plan, Plan)
        self._mine = True
        self.notice.hide()
        if self.pages.currentIndex() == 0:
            self.headline.setText("Asking… What it adds up to is said at the end; every answer is in the log already.")
            self.pages.setCurrentIndex(1)
        actor = None
        if isinstance(plan, Auditor):
            actor, plan = plan.actor, plan.briefed(Briefing.of(self._session.case, self._session.rules))
        self._runner.conduct(plan, actor, self._stream, self._done, self._failed)
        self.titled.emit()

    def _stream(self, batch: Batch) -> None:
        if batch.done is not None:
            self.progress.setValue(round(batch.done * _STEPS))
        if batch.note:
            self.step.setText(line(batch.note))

    def _done(self, done: Conducted) -> None:
        self._mine = False
        self.step.setText("" if done.finished else "Stopped; Run goes on where it stands.")
        self.present(done)
        self.fold(self.height() < CRAMPED and self.isVisible())
        if done.refusal is not None:
            self.notice.refuse(done.refusal)
        self.titled.emit()

    def _failed(self, refusal: Refusal) -> None:
        self._mine = False
        self.step.setText("")
        if not self.board.displays:
            self.pages.setCurrentIndex(0)
        self.notice.refuse(refusal)
        self.titled.emit()

    def present(self, done: Conducted) -> None:
        """Show what a plan found, as far as it came."""
        self.headline.setText(line(done.summary.summary))
        try:
            self.board.show_figures(done.summary.figures())
        except Exception:  # a defect of a drawing: what was found stands in the log all the same
            where = write_crash_file(traceback.format_exc())
            self.notice.refuse(
                Refusal("internal", "This summary cannot be drawn.", f"This is a defect; see {where}.",
                        "Report it. Every step is in the log.")
            )  # fmt: skip
        self.pages.setCurrentIndex(1)

    def _follow_runner(self) -> None:
        self.progress.setVisible(self._mine)
        self.run_button.setText(("Stopping…" if self._runner.stopping else "Stop") if self._mine else "Run")
        self.run_button.setEnabled(self._mine or not self._runner.running)
        if bool(self.run_button.property("stop")) != self._mine:
            self.run_button.setProperty("stop", self._mine)
            self.run_button.setProperty("main", not self._mine)
            restyle(self.run_button)

    @property
    def busy(self) -> bool:
        return self._mine
