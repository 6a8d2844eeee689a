"""One probe in the workspace: what is asked, what it costs, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics
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
from views.desktop.ask.record_view import RecordView
from views.desktop.ask.runner import Runner
from views.desktop.courier import Batch
from views.desktop.displays import Display, Pick, TableDisplay, display_for
from views.desktop.labels import Chip, restyle, rule, words
from views.desktop.notice import Empty, Notice
from workbench.contract.probe import Probe, Result
from workbench.door.rules import Cost, Elicitation
from workbench.door.session import Outcome, Session
from workbench.log.entry import Entry
from workbench.log.lines import Shown

TONES = {
    Elicitation.NATURAL: "ok",
    Elicitation.ASSISTED: "accent",
    Elicitation.FORCED: "bad",
    Elicitation.INTERNAL: "accent",
}
STOPPING = "Stopping…"
_PRICE_AFTER_MS = 250
_STEPS = 1000
"""Of the progress bar."""


def probe_title(kind: type[Probe]) -> str:
    """A probe's name as people write it: `logit-lens` → Logit lens."""
    return kind.kind.replace("-", " ").capitalize()


class Room(QWidget):
    """Form above, result below. Holds one record at a time; knows whether it may be taken for another."""

    titled = Signal()
    recorded = Signal(int)
    """A run left this record."""
    cite = Signal(int, object)
    """Record number and `Pick`."""
    branch = Signal(object)
    wants_record = Signal(int)
    """The exact record is to be shown: please deliver it to `show_source`."""

    def __init__(self, kind: type[Probe], session: Session, runner: Runner) -> None:
        super().__init__()
        self.kind, self._session, self._runner = kind, session, runner
        self.entry: Entry | None = None
        self.pinned = False
        self.touched = False
        self._asked: Probe | None = None
        self._mine = False
        self._price = QTimer(self, singleShot=True, interval=_PRICE_AFTER_MS)
        self._price.timeout.connect(self._ask_price)
        self.form = ProbeForm(kind, session.rules.affordances)
        self.form.changed.connect(self._edited)
        self.setAccessibleName(probe_title(kind))
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._build()
        runner.changed.connect(self._follow_runner)
        self._edited()
        self.touched = False

    # -- building

    def _build(self) -> None:
        about = words((self.kind.__doc__ or "").strip().split("\n")[0], dim=True, wrap=True)
        self.cost = words(dim=True)
        self.cost.setMinimumWidth(60)
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
        asking.addWidget(self.cost)
        asking.addWidget(self.counts_as)
        asking.addStretch(1)
        asking.addWidget(self.run_button)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(about)
        layout.addWidget(self.form)
        layout.addLayout(asking)
        layout.addWidget(self.progress)
        layout.addWidget(self.notice)
        layout.addWidget(self._answer(), 1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        area = scrolled(inside)  # in a small window the room scrolls, so that nothing in it is squeezed
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outside.addWidget(area)

    def _answer(self) -> QWidget:
        self.headline, self.beside = words(wrap=True), words(dim=True, wrap=True)
        bold = QFont(theme.sans(17, bold=True))
        self.headline.setFont(bold)
        self.headline.setStyleSheet("font-size: 17px; font-weight: bold;")
        for label in (self.headline, self.beside):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state = Chip()
        self.buttons = {
            name: self._button(name, tip, check)
            for name, tip, check in (
                ("Pin", "Keep this result while other records are looked at", True),
                ("Cite", "Cite this record in a finding (Ctrl+K)", False),
                ("Fresh seeds", "Run again with a fresh seed (Ctrl+Shift+R)", False),
                ("Table", "Show as table (Ctrl+T)", True),
                ("Record", "The exact record: engine, cost, digests, JSON", True),
            )
        }
        self.buttons["Pin"].toggled.connect(self._pin)
        self.buttons["Cite"].clicked.connect(self.cite_now)
        self.buttons["Fresh seeds"].clicked.connect(self.run_fresh)
        self.buttons["Table"].toggled.connect(lambda on: self._switch("Table", on))
        self.buttons["Record"].toggled.connect(lambda on: self._switch("Record", on))
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addWidget(self.headline)
        said.addWidget(self.beside)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addLayout(said, 1)
        line.addWidget(self.state, 0, Qt.AlignmentFlag.AlignTop)
        for button in self.buttons.values():
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.display: Display = display_for(self.kind.result.shape)
        self.display.branch.connect(self.branch)
        self.table, self.source = TableDisplay(), RecordView()
        self.stack = QStackedWidget()
        for widget in (self.display, self.table, self.source):
            self.stack.addWidget(widget)
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(rule())
        column.addLayout(line)
        column.addWidget(self.stack, 1)
        self.empty = Empty(
            "Nothing asked yet",
            "Write the prompt above and press Run, or Ctrl+Enter. What comes back is recorded first, then shown here.",
        )
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(found)
        return self.pages

    @staticmethod
    def _button(name: str, tip: str, checkable: bool) -> QPushButton:
        button = QPushButton(name)
        button.setCheckable(checkable)
        button.setToolTip(tip)
        return button

    # -- asking

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
        return f"{name} · {asked[:18]}{'…' if len(asked) > 18 else ''}"

    def open_probe(self, probe: Probe) -> None:
        """Put a probe into the form, ready to run."""
        self.form.fill(probe)
        self.touched = True

    def probe(self) -> Probe | None:
        """What the form asks, if it is complete; otherwise the room says what is missing."""
        try:
            return self.form.probe(mark=True)
        except ValueError as error:
            self.notice.say(complaint(error), tone="warn")
            return None

    def _edited(self) -> None:
        self.touched = True
        try:
            probe = self.form.probe()
        except ValueError as error:
            self.cost.setText(complaint(error) if self.entry or not self._blank() else "")
            self.counts_as.hide()
            self._follow_runner()
            self.titled.emit()
            return
        if not self._mine:
            self.notice.hide()
        self.counts_as.say(f"counts as {probe.elicitation}", TONES[probe.elicitation])
        self.counts_as.show()
        self.cost.setText("pricing…")
        self._follow_runner()
        self._price.start()
        self.titled.emit()

    def _blank(self) -> bool:
        prompt = self.form.field("prompt") if "prompt" in self.kind.model_fields else None
        return prompt is not None and prompt.value() in (None, {"chat": []}, {"text": ""})

    def _ask_price(self) -> None:
        if self._runner.running:
            self._price.start()  # the door is taken; the probe in it will not be long, or can be stopped
            return
        try:
            probe = self.form.probe()
        except ValueError:
            return
        self._runner.price(
            probe, lambda cost: self._priced(probe, cost), lambda refusal: self._unpriced(probe, refusal)
        )

    def _priced(self, probe: Probe, cost: Cost) -> None:
        if self._same(probe):
            said = f"costs {spoken(cost)}"
            if short := self._short_of(cost):
                said += f" · {short}"
            self.cost.setText(said)

    def _unpriced(self, probe: Probe, refusal: Refusal) -> None:
        if self._same(probe):
            self.cost.setText("not priced" if refusal.code == "model.crashed" else "cannot run as it stands")
            if not self._mine:
                self.notice.refuse(refusal)

    def _same(self, probe: Probe) -> bool:
        try:
            return self.form.probe() == probe
        except ValueError:
            return False

    def _short_of(self, cost: Cost) -> str:
        for name, limit in self._session.rules.budget:
            if limit is not None and getattr(cost, name) > limit - getattr(self._session.spent, name):
                left = max(0, limit - getattr(self._session.spent, name))
                return f"only {left:,} {name.replace('_', ' ')} are left"
        return ""

    def forbidden(self) -> str:
        """Why the rules do not let the form run as it stands; empty if they do."""
        try:
            probe = self.form.probe()
        except ValueError:
            return ""
        refusal = self._session.forbidden(probe.affordances())
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
        if reason := self._session.forbidden(probe.affordances()):
            self.notice.refuse(reason)
            return
        self._asked, self._mine, self.entry = probe, True, None
        self.notice.hide()
        self._show_found("", "")
        self.headline.setText("Asking…" if self._session.opened else "Opening the model…")
        self.progress.setRange(0, _STEPS if self._session.opened else 0)  # without an end, it only moves
        self.state.say("running", "accent")
        self.display.begin(probe)
        self.stack.setCurrentWidget(self.display)
        self._runner.run(probe, self._stream, self._done, self._failed)
        self.titled.emit()

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
        if batch.texts or batch.done:
            self.headline.setText("Answering…" if batch.texts else batch.note or "Reading…")
        self.display.stream(batch)

    def _done(self, outcome: Outcome) -> None:
        self._mine = False
        self.progress.setValue(0)
        if outcome.result is not None:
            self.present(outcome.entry, self._asked, outcome.result)
        else:
            self.pages.setCurrentIndex(0)
        if outcome.refusal is not None:
            self.notice.refuse(outcome.refusal)
        self.titled.emit()
        self.recorded.emit(outcome.entry.seq)

    def _failed(self, refusal: Refusal) -> None:
        self._mine = False
        self.progress.setValue(0)
        self.pages.setCurrentIndex(0)
        self.notice.refuse(refusal)
        self.titled.emit()

    def _follow_runner(self) -> None:
        button, reason = self.run_button, self.forbidden()
        text = (STOPPING if self._runner.stopping else "Stop") if self._mine else "Run"
        button.setText(text)
        ready = self._mine or (not self._runner.running and not reason)
        button.setEnabled(ready)
        tip = "Stop, and keep what has come so far (Esc)" if self._mine else "Run (Ctrl+Enter)"
        if self._mine and self._runner.stopping:
            tip = "If it does not stop: press again to end the engine, without what has come so far (Esc)"
        if not self._mine and self._runner.running:
            tip = "Another probe is running; one passes the door at a time."
        button.setToolTip(reason or tip)
        button.setAccessibleDescription(button.toolTip())
        if bool(button.property("stop")) != self._mine:
            button.setProperty("stop", self._mine)
            button.setProperty("main", not self._mine)
            restyle(button)
        self.progress.setVisible(self._mine)
        self.buttons["Fresh seeds"].setEnabled(not self._runner.running)
        if reason:
            self.cost.setText(f"not allowed here: {reason}")

    # -- showing

    def present(self, entry: Entry, probe: Probe | None, result: Result) -> None:
        """Show a recorded result."""
        self.entry, self._asked = entry, probe
        first, _, rest = result.summary.partition(" · ")
        self._show_found(first, rest)
        status = entry.data["status"]
        self.state.setVisible(status != "ok")
        self.state.say("stopped: partial" if status == "cancelled" else str(status), "warn")
        try:
            self.display.show_result(result, probe)
        except TypeError:  # a shape whose drawing does not know this kind yet
            self.buttons["Table"].setChecked(True)
        self.table.show_result(result, probe)
        self.buttons["Fresh seeds"].setVisible("seed" in self.kind.model_fields)
        self._switch("Record", self.buttons["Record"].isChecked())
        self.titled.emit()

    def show_record(self, shown: Shown) -> None:
        """Show a record from the log: its question in the form, its result below."""
        if shown.probe is not None:
            self.form.fill(shown.probe)
        self.touched = False
        if shown.result is not None:
            self.present(shown.entry, shown.probe, shown.result)
        else:
            self.entry, self._asked = shown.entry, shown.probe
            said = {"intent": "No result yet, or the process ended before it.", "refusal": "Refused: nothing was run."}
            self._show_found(said.get(shown.entry.kind, "Failed: it observed nothing."), "")
            self.buttons["Record"].setChecked(True)
        self.show_source(shown)
        self.notice.hide()
        if error := (shown.entry.data if shown.entry.kind == "refusal" else shown.entry.data.get("error")):
            self.notice.refuse(Refusal(error["code"], error["what"], error["why"], error["try_this"]))
        self.titled.emit()

    def show_source(self, shown: Shown) -> None:
        if self.entry is not None and shown.entry.seq == self.entry.seq:
            self.source.show_record(shown)

    def _show_found(self, headline: str, beside: str) -> None:
        self.headline.setText(headline)
        self.beside.setText(beside)
        self.beside.setVisible(bool(beside))
        self.state.setVisible(self._mine)
        ready = self.entry is not None
        for name in ("Pin", "Cite", "Table", "Record", "Fresh seeds"):
            self.buttons[name].setVisible(ready)
        observed = self.entry is not None and self.entry.kind == "result" and self.entry.data["status"] != "failed"
        self.buttons["Cite"].setEnabled(observed)
        self.buttons["Cite"].setToolTip("Cite this record in a finding (Ctrl+K)" if observed else "It observed nothing")
        self.buttons["Table"].setEnabled(observed)
        self.pages.setCurrentIndex(1)

    def _switch(self, name: str, on: bool) -> None:
        other = self.buttons["Record" if name == "Table" else "Table"]
        if on:
            other.setChecked(False)
            if name == "Record" and self.entry is not None:
                self.wants_record.emit(self.entry.seq)
        pages = {"Table": self.table, "Record": self.source}
        chosen = next((page for key, page in pages.items() if self.buttons[key].isChecked()), self.display)
        self.stack.setCurrentWidget(chosen)

    def _pin(self, on: bool) -> None:
        self.pinned = on
        self.titled.emit()

    def cite_now(self) -> None:
        if self.entry is not None and self.buttons["Cite"].isEnabled():
            self.cite.emit(
                self.entry.seq, self.display.pick() if self.stack.currentWidget() is self.display else Pick()
            )

    @property
    def busy(self) -> bool:
        return self._mine


def spoken(cost: Cost) -> str:
    """The most a probe may spend, in words."""
    parts = []
    if cost.generated_tokens:
        parts.append(f"up to {cost.generated_tokens:,} generated")
    if cost.forward_tokens:
        parts.append(f"{cost.forward_tokens:,} forward")
    if not parts:
        return "no tokens"
    last = "token" if cost.generated_tokens + cost.forward_tokens == 1 else "tokens"
    return f"{' and '.join(parts)} {last}"


def scrolled(widget: QWidget) -> QScrollArea:
    """The widget in a scroll area without a frame."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(widget)
    return area
