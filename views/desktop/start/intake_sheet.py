"""A judge's intake: a case is verified, examined and, where one wants it, measured; then it is countersigned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from backends.settings import EngineSettings
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity, PublicIdentity
from views.desktop.ask.room import scrolled
from views.desktop.displays.rows import RowsDisplay
from views.desktop.file_field import FileField
from views.desktop.job import Job
from views.desktop.judge.ticket_files import ask_ticket_files
from views.desktop.labels import restyle, section, words
from views.desktop.sheet import Sheet
from views.registers import own_register
from workbench.contract.figures import Column, Rows
from workbench.judge.acceptance import intake
from workbench.judge.acceptance.intake import CaseIntake
from workbench.judge.acceptance.ticketing import IssuedTicket, issue_ticket
from workbench.judge.retests.measuring import Measurement, RolloutChoice
from workbench.listener import Listener
from workbench.visible import line, quoted

_COLUMNS: Final = (
    Column("behaviour"), Column("of"), Column("stated"), Column("measured"), Column("p", "number"), Column("fits"),
)  # fmt: skip


class IntakeSheet(Sheet):
    """Takes in one case as its judge, and issues the first ticket for it."""

    def __init__(
        self, whom: Callable[[Callable[[Identity], object]], object], job: Job, parent: QWidget | None = None
    ) -> None:
        """`whom`: goes on as whoever is chosen. `job`: shows in this sheet what is under way."""
        about = (
            "Its files are verified, its ground truth is opened once and must add up, nothing in the open may give it "
            "away, and its model must run here. Then your signature says that you accept it."
        )
        super().__init__("Take in a case", about, width=680, parent=parent)
        self._whom, self.job = whom, job
        self._case: Case | None = None
        self.case = FileField("Case", "A case that was sealed to you: NAME.case", "folder")
        self.measure = QCheckBox("Measure again, on the sealed weights, what its truth states")
        self.measure.setToolTip("Takes minutes: every exhibit and every control is asked, of both models")
        self.samples = QSpinBox()
        self.samples.setRange(1, 512)
        self.samples.setSuffix(" to each prompt")
        self.samples.setAccessibleName("Answers to each prompt")
        self.samples.setEnabled(False)
        self.measure.toggled.connect(self.samples.setEnabled)
        self.ticket, self._close = QPushButton("Issue a ticket…"), self.leave("Close")
        self.ticket.setToolTip("A single-use permit for one auditor to begin one session on this case")
        self.ticket.clicked.connect(self.ask_ticket)
        self.ticket.hide()
        self._told = QVBoxLayout()
        self._told.setContentsMargins(0, 0, 0, 0)
        self._told.setSpacing(6)
        self._layout()
        self.case.changed.connect(self._follow)
        self.case.changed.connect(lambda: self._lead(self.button))
        job.turned.connect(lambda _: self._follow())
        self._follow()

    def _layout(self) -> None:
        effort = QWidget()
        within = QHBoxLayout(effort)
        within.setContentsMargins(0, 0, 0, 0)
        within.addWidget(self.measure)
        within.addStretch(1)
        within.addWidget(self.samples)
        self.ask_beside((("Case", self.case), ("", effort)))
        inside = QWidget()
        inside.setLayout(self._told)
        self._results = scrolled(inside)
        self._results.hide()
        self.column.addWidget(self.job)
        self.column.addWidget(self._results, 1)
        self.button = self.foot("Examine and accept", self.submit, self.ticket, left=(self._close,))

    def _follow(self) -> None:
        self.button.setEnabled(self.case.path is not None and not self.job.running)
        for widget in (self.case, self.measure, self.ticket, self._close):
            widget.setEnabled(not self.job.running)
        self.samples.setEnabled(self.measure.isChecked() and not self.job.running)

    def _lead(self, button: QPushButton) -> None:
        """This is the next step, which Enter takes too."""
        for one in (self.button, self.ticket):
            one.setProperty("main", one is button)
            one.setDefault(one is button)
            restyle(one)

    # -- taking it in

    def submit(self) -> None:
        """Examine the case that is named, and countersign it."""
        path = self.case.path
        if path is not None and not self.job.running:
            effort = RolloutChoice(samples=self.samples.value()) if self.measure.isChecked() else None
            self._whom(
                lambda judge: self.job.do(
                    lambda at: _accepted(path, judge, effort, at), self.show_accepted, stoppable=True
                )
            )

    def show_accepted(self, told: tuple[Case, CaseIntake]) -> None:
        """What was found, to be read."""
        self._case, looked = told
        title = line(self._case.manifest.title)
        self.job.notice.say(
            f"{quoted(title)} is accepted.", f"Its digest is {self._case.digest[:16]}…, under your signature.",
            "Read what is below; then issue a ticket to whoever audits it.",
        )  # fmt: skip
        while (item := self._told.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        may_spend = (f"Whoever audits may spend {looked.spendable}.",) if looked.spendable else ()
        for caption, lines in (
            ("What it allows", may_spend), ("Please look", looked.remarks),
            ("Please read", tuple(look.sentence for look in looked.looks)),
        ):  # fmt: skip
            if lines:
                self._told.addWidget(section(caption))
                for said in lines:
                    self._told.addWidget(words(line(said), wrap=True))
        if looked.measurement is not None and looked.measurement.behaviours:
            table = RowsDisplay()
            table.show_figure(measured_rows(looked.measurement))
            self._told.addWidget(table)
        self._told.addStretch(1)
        self._results.setVisible(bool(may_spend or looked.remarks or looked.looks or looked.measurement))
        self.ticket.show()
        self._lead(self.ticket)
        self.ticket.setFocus()
        self.resize(max(self.width(), 760), 620)

    # -- the first ticket

    def ask_ticket(self) -> None:
        """Which auditor, and where to write it."""
        if self._case is not None and (files := ask_ticket_files(self, self._case.root)) is not None:
            self.issue(*files)

    def issue(self, auditor: Path, out: Path) -> None:
        """Write a ticket for one auditor and this case."""
        case = self._case
        assert case is not None

        def issued(told: IssuedTicket) -> None:
            self.job.notice.say(
                f"{line(out.name)} is the ticket.", f"Please look: {told.remark}." if told.remark else "",
                "Give it to the auditor with the case.",
            )  # fmt: skip

        def write(judge: Identity) -> IssuedTicket:
            return issue_ticket(case, PublicIdentity.load(auditor), judge, own_register(judge), out)

        self._whom(lambda judge: self.job.do(lambda _: write(judge), issued))

    @property
    def busy(self) -> bool:
        return self.job.running


def _accepted(path: Path, judge: Identity, measure: RolloutChoice | None, at: Listener) -> tuple[Case, CaseIntake]:
    return intake.accept(path, judge, EngineSettings(), register=own_register(judge), measure=measure, listener=at)


def measured_rows(measurement: Measurement) -> Rows:
    """Stated and measured figures side by side, and what draws the same again."""
    title = f"What its truth states, and what the weights do under seed {measurement.how}"
    return Rows(title, _COLUMNS, tuple(_rows(measurement)))


def _rows(measurement: Measurement) -> Iterator[tuple[str | float | None, ...]]:
    for behaviour in measurement.behaviours:
        for figure in behaviour.figures:
            stated, measured = (
                f"{rate.hits} of {rate.trials}" if rate is not None else None
                for rate in (figure.stated, figure.measured)
            )
            fits = None if figure.fits is None else "yes" if figure.fits else "no"
            yield behaviour.behaviour, figure.name, stated, measured, figure.p, fits
        yield behaviour.behaviour, "status", behaviour.stated, behaviour.measured, None, None
