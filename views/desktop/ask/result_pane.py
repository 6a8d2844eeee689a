"""What came of a probe: one sentence, then the result drawn, as a table, or as the record stands."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from casefiles.status import Refusal
from views.desktop import theme
from views.desktop.ask.record_view import RecordView
from views.desktop.courier import Batch
from views.desktop.displays import Pick
from views.desktop.displays.board import Board
from views.desktop.displays.tables import Tables
from views.desktop.labels import Chip, plain_tip, rule, words
from workbench.claims.finding import Role
from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.door.crash import write_crash_file
from workbench.log.entry import Entry
from workbench.log.lines import Shown
from workbench.log.records import ResultRecord
from workbench.visible import visible

_BUTTONS = (
    ("Pin", "Keep this result while other records are looked at", True),
    ("Cite", "Cite this record in a finding (Ctrl+K)", False),
    ("Fresh seeds", "Run again with a fresh seed (Ctrl+Shift+R)", False),
    ("Table", "Show as table (Ctrl+T)", True),
    ("Record", "The exact record: engine, cost, digests, JSON", True),
)


class ResultPane(QWidget):
    """Shows one record at a time; before there is one, what the running probe says."""

    defect = Signal(object)
    """The refusal that tells of a drawing that failed."""
    branch = Signal(object)
    """A probe that the user wants to ask next."""
    cite = Signal(int, object, object)
    """A record to be cited, the `Pick` in it, and its `Role`."""
    wants_record = Signal(int)
    """The exact record is to be shown: please deliver it to `show_source`."""

    def __init__(self) -> None:
        super().__init__()
        self.entry: Entry | None = None
        self._result: Result | None = None
        self._instead = False  # of the drawing, something else is shown: nobody chose it
        self.headline, self.beside, self.state = words(wrap=True), words(dim=True, wrap=True), Chip()
        self.headline.setFont(theme.sans(17, bold=True))
        self.headline.setStyleSheet("font-size: 17px; font-weight: bold;")
        for label in (self.headline, self.beside):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = {name: _button(name, tip, checkable) for name, tip, checkable in _BUTTONS}
        self.buttons["Cite"].clicked.connect(lambda _: self.cite_now())
        self.buttons["Table"].toggled.connect(lambda on: self._switch("Table", on))
        self.buttons["Record"].toggled.connect(lambda on: self._switch("Record", on))
        self.board, self.tables, self.source = Board(), Tables(), RecordView()
        self.board.branch.connect(self.branch)
        self.stack = QStackedWidget()
        for page in (self.board, self.tables, self.source):
            self.stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(rule())
        column.addLayout(self._head())
        column.addWidget(self.stack, 1)

    def _head(self) -> QHBoxLayout:
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addWidget(self.headline)
        said.addWidget(self.beside)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addLayout(said, 1)
        for widget in (self.state, *self.buttons.values()):
            head.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        return head

    # -- while a probe runs

    def begin(self, headline: str) -> None:
        """A probe starts: nothing else is shown until it says something."""
        self._turn_to(None, None, headline)
        self.state.show()
        self.state.say("running", "accent")
        self.board.begin()
        self.stack.setCurrentWidget(self.board)

    def stream(self, batch: Batch) -> None:
        if batch.texts or batch.done:
            self.headline.setText("Answering…" if batch.texts else batch.note or "Reading…")
        self.board.stream(batch)

    # -- what it left

    def present(self, entry: Entry, probe: Probe | None, result: Result) -> None:
        """Show a recorded result: drawn, or else as a table, or else as the record stands."""
        self._turn_to(entry, result, "")
        status = entry.as_(ResultRecord).status
        self.state.setVisible(status != "ok")
        self.state.say("stopped: partial" if status == "cancelled" else status, "warn")
        self.buttons["Fresh seeds"].setVisible(probe is not None and bool(probe.seeds))
        if self._instead:
            for name in ("Table", "Record"):
                self.buttons[name].setChecked(False)
        self._drawn(lambda: self._say(probe.said(result) if probe is not None else result.summary))
        self._instead = not self._drawn(lambda: self.board.show_result(result, probe))
        if self._instead:
            self.buttons["Table"].setChecked(True)
        shown = next((name for name in ("Table", "Record") if self.buttons[name].isChecked()), "")
        self._switch(shown or "Table", bool(shown))

    def show_bare(self, entry: Entry, headline: str) -> None:
        """A record without a result: why there is none, and the record as it stands."""
        self._turn_to(entry, None, headline)
        self._instead = self._instead or not self.buttons["Record"].isChecked()
        self.buttons["Record"].setChecked(True)

    def forget(self) -> None:
        """Nothing is shown: what was asked last left no result."""
        self._turn_to(None, None, "")

    def show_source(self, shown: Shown) -> None:
        if self.entry is not None and shown.entry.seq == self.entry.seq:
            self.source.show_record(shown)

    def cite_now(self, role: Role = Role.SUPPORT) -> None:
        if self.entry is not None and self.buttons["Cite"].isEnabled():
            drawn = self.stack.currentWidget() is self.board
            self.cite.emit(self.entry.seq, self.board.pick() if drawn else Pick(), role)

    def _turn_to(self, entry: Entry | None, result: Result | None, headline: str) -> None:
        self.entry, self._result = entry, result
        self.headline.setText(headline)
        self.beside.hide()
        self.state.hide()
        self.tables.clear()
        for button in self.buttons.values():
            button.setVisible(entry is not None)
        observed = entry is not None and _observed(entry)
        self.buttons["Cite"].setEnabled(observed)
        self.buttons["Cite"].setToolTip("Cite this record in a finding (Ctrl+K)" if observed else "It observed nothing")
        self.buttons["Table"].setEnabled(result is not None)

    def _say(self, summary: str) -> None:
        first, _, rest = visible(summary).partition(" · ")
        self.headline.setText(first)
        self.beside.setText(rest)
        self.beside.setVisible(bool(rest))

    def _drawn(self, draw: Callable[[], None]) -> bool:
        """Whether it could be drawn. The one place where a figure or a drawing may fail: that ends nothing but this
        drawing, for the record is whole, and there are other ways to read it."""
        try:
            draw()
        except Exception:
            where = write_crash_file(traceback.format_exc())
            self.defect.emit(
                Refusal("internal", "This result cannot be drawn as it should be.", f"This is a defect; see {where}.",
                        "Report it. Nothing is lost: Table or Record shows what was found.")
            )  # fmt: skip
            return False
        return True

    def _switch(self, name: str, on: bool) -> None:
        """Show the drawing, or what was chosen instead of it."""
        if on:
            self.buttons["Record" if name == "Table" else "Table"].setChecked(False)
        if on and name == "Table" and not self._tabulated():
            self.buttons["Record"].setChecked(True)
            return
        if on and name == "Record" and self.entry is not None:
            self.wants_record.emit(self.entry.seq)
        pages = {"Table": self.tables, "Record": self.source}
        chosen = next((page for key, page in pages.items() if self.buttons[key].isChecked()), self.board)
        self.stack.setCurrentWidget(chosen)

    def _tabulated(self) -> bool:
        """Whether the result stands as a table; it is made only when it is wanted."""
        result = self._result
        return result is not None and (self.tables.filled or self._drawn(lambda: self.tables.show_result(result)))


def _observed(entry: Entry) -> bool:
    """Whether a record holds something that can be cited, even if this workbench cannot draw it."""
    try:
        return entry.as_(ResultRecord).status != "failed"
    except ValueError:
        return False


def _button(name: str, tip: str, checkable: bool) -> QPushButton:
    button = QPushButton(name)
    button.setCheckable(checkable)
    button.setToolTip(plain_tip(tip))
    return button
