"""One probe in the workspace: what is asked, what it costs, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from casefiles.status import Refusal
from views.desktop import theme
from views.desktop.ask.form import ProbeForm, complaint
from views.desktop.ask.price_line import PriceLine
from views.desktop.ask.result_pane import ResultPane
from views.desktop.ask.runner import Runner
from views.desktop.ask.subject_choice import SubjectChoice
from views.desktop.courier import Batch
from views.desktop.labels import Chip, plain_tip, restyle, words
from views.desktop.notice import Empty, Notice
from workbench.claims.finding import Role
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Elicitation
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.door.running import Outcome
from workbench.door.session import Session
from workbench.log.entry import Entry
from workbench.log.lines import Shown
from workbench.log.records import Intent, Reason, RefusalRecord, ResultRecord
from workbench.visible import line

TONES = {
    Elicitation.NATURAL: "ok",
    Elicitation.ASSISTED: "accent",
    Elicitation.FORCED: "bad",
    Elicitation.INTERNAL: "accent",
}
STOPPING = "Stopping…"
_STEPS = 1000
"""Of the progress bar."""
CRAMPED = 560
"""Pixels of height below which a form makes room for what came of it."""


def probe_title(kind: type[Probe]) -> str:
    """A probe's name as people write it: `logit-lens` → Logit lens."""
    return kind.kind.replace("-", " ").capitalize()


class Room(QWidget):
    """Form above, result below. Holds one record at a time; knows whether it may be taken for another."""

    titled = Signal()
    recorded = Signal(int)
    """A run left this record."""
    cite = Signal(int, object, object)
    """Record number, `Pick` and `Role`."""
    branch = Signal(object)
    wants_record = Signal(int)
    """The exact record is to be shown: please deliver it to `show_source`."""

    def __init__(self, kind: type[Probe], session: Session, runner: Runner) -> None:
        super().__init__()
        self.kind, self._session, self._runner = kind, session, runner
        self.pinned = False
        self.touched = False
        self.refused = -1
        """The record of the refusal that the room tells of, while the question stands as it was asked; −1: of none."""
        self._asked: Probe | None = None
        self._mine = False
        self.form = ProbeForm(kind, session.rules.affordances)
        self.form.fresh_seed = self._fresh_seed
        self.form.freshen()  # who wants another seed writes it, and the log shows that it was picked
        self.form.changed.connect(self._edited)
        self.whom, self.against = SubjectChoice("Ask"), SubjectChoice("Against")
        self.offer_subjects()
        for choice in (self.whom, self.against):
            choice.changed.connect(self._edited)
        self.setAccessibleName(probe_title(kind))
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._build()
        runner.changed.connect(self._follow_runner)
        self._edited()
        self.touched = False

    # -- building

    def _build(self) -> None:
        self.about = words(self.kind.about(), dim=True, wrap=True)
        self.fold_button = QPushButton()
        self.fold_button.setProperty("link", True)
        self.fold_button.clicked.connect(lambda: self.fold(self.form.isVisibleTo(self)))
        self.cost = PriceLine(self._session, self._runner)
        self.cost.told.connect(self._follow_runner)
        self.cost.unpriced.connect(self._unpriced)
        self.counts_as = Chip()
        self.run_button = QPushButton("Run")
        self.run_button.setProperty("main", True)
        metrics = QFontMetrics(theme.sans(bold=True))
        self.run_button.setMinimumWidth(metrics.horizontalAdvance(STOPPING) + 28)  # a second click finds it in place
        self.run_button.clicked.connect(self.run_or_stop)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, _STEPS)
        self.progress.setAccessibleName("Progress")
        self.notice = Notice()
        asking = QHBoxLayout()
        asking.setSpacing(8)
        asking.addWidget(self.cost, 1)
        asking.addWidget(self.counts_as)
        asking.addWidget(self.whom)
        asking.addWidget(self.against)
        asking.addWidget(self.run_button)
        top = QHBoxLayout()
        top.addWidget(self.about, 1)
        top.addWidget(self.fold_button, 0, Qt.AlignmentFlag.AlignTop)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.form)
        layout.addLayout(asking)
        layout.addWidget(self.progress)
        layout.addWidget(self.notice)
        layout.addWidget(self._pages(), 1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        area = scrolled(inside)  # in a small window the room scrolls, so that nothing in it is squeezed
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outside.addWidget(area)
        self.fold(False)

    def _pages(self) -> QWidget:
        self.empty = Empty(
            "Nothing asked yet",
            "Write the prompt above and press Run, or Ctrl+Enter. What comes back is recorded first, then shown here.",
        )
        self.found = ResultPane()
        self.found.branch.connect(self.branch)
        self.found.wants_record.connect(self.wants_record)
        self.found.defect.connect(self.notice.refuse)
        self.found.cite.connect(self.cite)
        self.found.buttons["Pin"].toggled.connect(self._pin)
        self.found.buttons["Fresh seeds"].clicked.connect(self.run_fresh)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.found)
        return self.pages

    @property
    def entry(self) -> Entry | None:
        """The record that is shown."""
        return self.found.entry

    # -- asking

    def fold(self, away: bool) -> None:
        """Put the form away, so that the result has its room, or bring it back."""
        self.form.setVisible(not away)
        self.fold_button.setVisible(self.entry is not None or away)
        self.fold_button.setText("Change the question" if away else "Fold the question")
        self.about.setText(self._asked.title if away and self._asked is not None else self.kind.about())

    def make_room(self) -> None:
        """A result has come: in a small window the question steps back."""
        self.fold(self.height() < CRAMPED and self.isVisible())

    def ask_here(self) -> None:
        """The question is to be written: it is there, and the cursor is in it."""
        self.fold(False)
        self.form.setFocus()

    def title(self) -> str:
        """For the tab: the probe, and the record it shows or the words it asks about."""
        name = probe_title(self.kind)
        if self._mine:
            return f"{name} · running"
        if self.entry is not None:
            return f"{name} · #{self.entry.seq}"
        try:
            asked = self.form.probe().title
        except ValueError:
            return name
        return f"{name} · {line(asked[:18])}{'…' if len(asked) > 18 else ''}"

    def offer_subjects(self) -> None:
        """Whoever can be asked now; a model may be brought while the room is open."""
        subjects = self._session.subjects()
        self.whom.offer(subjects)
        self.against.offer(subjects[1:] or (BASELINE,))

    def beside(self, probe: Probe) -> str | None:
        """With whom a probe of this form compares; its arguments may say that it compares nobody."""
        return probe.compared_with(self.against.on)

    def open_probe(self, probe: Probe, on: str = ORGANISM) -> None:
        """Put a probe into the form, ready to run."""
        self.fold(False)
        self.whom.choose(on)
        self.form.fill(probe)
        self.touched = True

    def carry(self, prompt: Prompt) -> None:
        """Ask about the same as elsewhere, unless something is written here; nobody has written it here yet."""
        touched = self.touched
        self.form.carry(prompt)
        self.touched = touched

    def probe(self) -> Probe | None:
        """What the form asks, if it is complete; otherwise the room says what is missing."""
        try:
            return self.form.probe(mark=True)
        except ValueError as error:
            self.notice.say(complaint(error), tone="warn")
            return None

    def _edited(self) -> None:
        self.touched, self.refused = True, -1
        try:
            probe = self.form.probe()
        except ValueError as error:
            self.cost.say(complaint(error) if self.entry or not self.form.blank else "")
            self.counts_as.hide()
            self._follow_runner()
            self.titled.emit()
            return
        if not self._mine:
            self.notice.hide()
        counted = self._session.elicitation(probe, self.whom.on)
        self.counts_as.say(f"counts as {counted}", TONES[counted])
        self.counts_as.show()
        self.against.needed(probe.compared_with() is not None)
        self.cost.price(probe, self.whom.on, self.beside(probe))
        self._follow_runner()
        self.titled.emit()

    def _unpriced(self, refusal: Refusal) -> None:
        if not self._mine:
            self.notice.refuse(refusal)

    def forbidden(self) -> str:
        """Why the rules do not let the form run as it stands; empty if they do."""
        try:
            probe = self.form.probe()
        except ValueError:
            return ""
        refusal = self._session.forbids(probe, self.whom.on, self.beside(probe))
        return refusal.why if refusal else ""

    def run_or_stop(self) -> None:
        if self._mine:
            self._runner.stop()
            self._follow_runner()
        else:
            self.run()

    def run(self) -> None:
        """Ask what the form says."""
        if self._runner.running or (probe := self.probe()) is None:
            return
        if reason := self._session.forbids(probe, self.whom.on, self.beside(probe)):
            self.notice.refuse(reason)
            return
        if self.cost.against:  # the door would only refuse it, and leave a record of that
            if self.notice.isHidden():  # or it says so already
                self.notice.say(f"Not asked: {self.cost.against}.", tone="warn")
            return
        self._asked, self._mine = probe, True
        self.notice.hide()
        self.found.begin("Asking…" if self._session.opened else "Opening the model…")
        self.pages.setCurrentWidget(self.found)
        self.progress.setRange(0, _STEPS if self._session.opened else 0)  # without an end, it only moves
        self._runner.run(probe, self.whom.on, self.beside(probe), self._stream, self._done, self._failed)
        self.titled.emit()

    def _fresh_seed(self) -> int:
        """The next one for this question, which nobody picks; the first, as long as the form does not ask one."""
        try:
            return self._session.fresh_seed(self.form.probe(), self.whom.on)
        except ValueError:
            return self._session.fresh_seed(None)

    def run_fresh(self) -> None:
        """The same again with fresh noise."""
        if self._runner.running:
            return
        if self._asked is not None:
            self.form.fill(self._asked)
        if not self.form.freshen():
            self.notice.say(
                "This probe has no seed.", "It gives the same result every time.", "Change the prompt.", tone="warn"
            )
            return
        self.run()

    def _stream(self, batch: Batch) -> None:
        if batch.done is not None:
            self.progress.setRange(0, _STEPS)
            self.progress.setValue(round(batch.done * _STEPS))
        self.found.stream(batch)

    def _done(self, outcome: Outcome) -> None:
        self._mine = False
        self.progress.setValue(0)
        if outcome.result is not None:
            self.found.present(outcome.entry, self._asked, outcome.result)
            self.make_room()
        else:
            self.found.forget()
            self.pages.setCurrentWidget(self.empty)
            self.refused = outcome.entry.seq
            self.fold(False)
        if outcome.refusal is not None:
            self.notice.refuse(outcome.refusal)
        elif outcome.alone is not None:
            self.notice.say(
                f"Without the adapter: #{outcome.alone.seq}.", line(outcome.alone.data["summary"]),
                "Mark the two records in the log to see them beside each other.",
            )  # fmt: skip
        self.titled.emit()
        self.recorded.emit(outcome.entry.seq)

    def _failed(self, refusal: Refusal) -> None:
        self._mine = False
        self.progress.setValue(0)
        self.pages.setCurrentWidget(self.empty)
        self.notice.refuse(refusal)
        self.titled.emit()

    def _follow_runner(self) -> None:
        self.cost.refresh()
        button, reason = self.run_button, self.forbidden()
        lacking = reason or self.cost.against
        text = (STOPPING if self._runner.stopping else "Stop") if self._mine else "Run"
        button.setText(text)
        ready = self._mine or (not self._runner.running and not lacking)
        button.setEnabled(ready)
        tip = "Stop, and keep what has come so far (Esc)" if self._mine else "Run (Ctrl+Enter)"
        if self._mine and self._runner.stopping:
            tip = "If it does not stop: press again to end the engine, without what has come so far (Esc)"
        if not self._mine and self._runner.running:
            tip = "Another probe is running; one passes the door at a time."
        button.setToolTip(plain_tip(tip if self._mine else lacking or tip))
        button.setAccessibleDescription(button.toolTip())
        if bool(button.property("stop")) != self._mine:
            button.setProperty("stop", self._mine)
            button.setProperty("main", not self._mine)
            restyle(button)
        self.progress.setVisible(self._mine)
        self.found.buttons["Fresh seeds"].setEnabled(not self._runner.running)
        if reason:
            self.cost.say(f"not allowed here: {reason}")

    # -- showing

    def show_record(self, shown: Shown) -> None:
        """Show a record from the log: its question in the form, its result below."""
        if shown.probe is not None:
            self._show_whom(shown)
            self.form.fill(shown.probe)
        self.touched, self.refused = False, -1
        self._asked = shown.probe
        self.notice.hide()
        if shown.result is not None:
            self.found.present(shown.entry, shown.probe, shown.result)
        else:
            self.found.show_bare(shown.entry, without_result(shown.entry))
        self.pages.setCurrentWidget(self.found)
        self.found.show_source(shown)
        if reason := reason_of(shown.entry):
            self.notice.refuse(Refusal(reason.code, reason.what, reason.why, reason.try_this))
        self.titled.emit()

    def _show_whom(self, shown: Shown) -> None:
        asked = shown.asked
        if asked is not None:
            self.whom.choose(asked.on)
            if asked.beside is not None:
                self.against.choose(asked.beside)

    def show_source(self, shown: Shown) -> None:
        self.found.show_source(shown)

    def _pin(self, on: bool) -> None:
        self.pinned = on
        self.titled.emit()

    def cite_now(self, role: Role = Role.SUPPORT) -> None:
        self.found.cite_now(role)

    @property
    def busy(self) -> bool:
        return self._mine


def without_result(entry: Entry) -> str:
    """Why a record has nothing to draw, in a sentence."""
    if entry.kind == Intent.kind:
        return "No result yet, or the process ended before it."
    if entry.kind == RefusalRecord.kind:
        return "Refused: nothing was run."
    failed = reason_of(entry) is not None
    return "Failed: it observed nothing." if failed else "It cannot be drawn here: a part of it is missing, or unknown."


def reason_of(entry: Entry) -> RefusalRecord | Reason | None:
    """Why there is no result, if the record says so."""
    try:
        return entry.as_(RefusalRecord) if entry.kind == RefusalRecord.kind else entry.as_(ResultRecord).error
    except ValueError:  # an intent, or a record in a form that is not known here
        return None


def scrolled(widget: QWidget) -> QScrollArea:
    """The widget in a scroll area without a frame."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(widget)
    return area
