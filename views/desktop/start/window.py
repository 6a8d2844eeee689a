"""The first window: what is there to go on with, what else can be opened, as whom, and on which machine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from casefiles.case.bundle import Case
from casefiles.case.model_parts import is_model
from casefiles.keys.identity import Identity
from casefiles.log.export import SUFFIX
from casefiles.status import Refusal
from views.desktop.ask.room import scrolled
from views.desktop.courier import Courier
from views.desktop.file_field import dropped
from views.desktop.job import Job
from views.desktop.judge.blindfold import Blindfold
from views.desktop.judge.clerk import Clerk
from views.desktop.judge.proceedings import Docket
from views.desktop.labels import plain_tip, restyle, rule, section, words
from views.desktop.memory import keep_recent, recent
from views.desktop.reach import Reach
from views.desktop.start.docket_sheet import DocketSheet, HandedInLog
from views.desktop.start.intake_sheet import IntakeSheet
from views.desktop.start.key_choice import KeyChoice
from views.desktop.start.machine import machine_facts
from views.desktop.start.model_sheet import ModelSheet
from views.desktop.start.seat import Seat, demo_auditor, open_demo
from views.desktop.start.ticket_sheet import TicketSheet
from views.desktop.team.table import Laid
from views.registers import own_register
from views.sessions import said_in
from workbench import places
from workbench.door.session import Session
from workbench.log.stored_log import StoredLog
from workbench.visible import line

# ruff: noqa: N802  Qt's names


def _called(folder: Path) -> str:
    """By its name; a session that was named after its case's id by that case."""
    if folder.parent.resolve() != places.sessions().resolve():
        return folder.name
    with contextlib.suppress(Refusal):
        return f"{said_in(folder).stem} · {folder.stem[:4]}"
    return folder.name


def _apart(folders: list[Path]) -> list[str]:
    """What each is called, those of one name with where they lie."""
    names = [_called(folder) for folder in folders]
    return [
        f"{name} · {folder.parent.name}" if names.count(name) > 1 else name
        for folder, name in zip(folders, names, strict=True)
    ]


class StartWindow(Reach, QWidget):
    """Closes when something is opened, which is then its opener's, or when nothing is to be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Audit Workbench")
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self.courier = Courier(self)
        self._worker = self.courier.hire("opening")
        self.opened: Session | Docket | Laid | None = None
        """What an auditor, a judge or a team goes on with."""
        self.toured = False
        """Whether the session is to be shown around in."""
        self.job = Job(self.courier, self._worker)
        self.job.turned.connect(self._shut)
        self.notice = self.job.notice
        self.key = KeyChoice(self.job)
        self.lists = QVBoxLayout()
        self.lists.setSpacing(4)
        columns = QHBoxLayout()
        columns.setSpacing(32)
        columns.addWidget(self._ways(), 0)
        beside = QVBoxLayout()  # where there is room for what is said, whatever else stands here
        beside.addWidget(self.job)
        beside.addWidget(self._lately(), 1)
        columns.addLayout(beside, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 28, 32, 20)
        layout.setSpacing(12)
        layout.addLayout(columns, 1)
        layout.addWidget(rule())
        layout.addWidget(self._machine())
        QShortcut(QKeySequence("Ctrl+O"), self, self.ask_case)
        QShortcut(QKeySequence("Ctrl+Q"), self, self.close)
        screen = self.screen().availableGeometry().size()
        self.resize(min(980, screen.width()), min(700, screen.height()))
        self.list_recent()
        next(button for button in self.buttons.values() if button.property("main")).setFocus()

    # -- building

    def _ways(self) -> QWidget:
        box = QWidget()
        box.setFixedWidth(320)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        title = words("Audit Workbench", px=22)
        about = words(
            "Open a sealed model, probe it under its rules, and report what you found: all of it is recorded.",
            dim=True, wrap=True,
        )  # fmt: skip
        column.addWidget(title)
        column.addWidget(about)
        self.buttons: dict[str, QPushButton] = {}
        for role, ways in self._roles():
            column.addSpacing(6)
            column.addWidget(section(role))
            for pair in (ways[:1], ways[1:2], ways[2:]):  # what is chosen less often shares a row
                row = QHBoxLayout()
                for name, tip, do in pair:
                    button = QPushButton(name)
                    button.setToolTip(plain_tip(tip))
                    button.clicked.connect(do)
                    row.addWidget(button)
                    self.buttons[name] = button
                if pair:
                    column.addLayout(row)
        column.addSpacing(6)
        column.addWidget(self.key)
        self.buttons["New key…"] = self.key.new
        column.addStretch(1)
        return box

    def _roles(self) -> tuple[tuple[str, tuple[tuple[str, str, Callable[[], object]], ...]], ...]:
        """What each of those who play the game can begin with."""
        return (
            (
                "Audit",
                (
                    (
                        "Open a case…",
                        "A folder that ends in .case; a model leads to making one, a log to judging it (Ctrl+O)",
                        self.ask_case,
                    ),
                    ("Go on with a session…", "A folder that ends in .session", self.ask_session),
                    ("Tour the demo", "A small model that may have something wrong with it, step by step", self.tour),
                    ("Audit the demo", "The same on your own, under a ticket", self.play),
                ),
            ),
            (
                "Judge",
                (
                    ("Take in a case…", "Examine and accept one that was sealed to you; issue a ticket", self.take_in),
                    ("Judge a handed-in log…", "Verify, replay, reveal, decide and sign", self.judge),
                    ("Countersign…", "Take the request of an auditor's log, and give the receipt", self.witness),
                    ("What is out…", "Every ticket and log that your register knows", self.show_register),
                ),
            ),
            ("Team", (("Compare handed-in logs", "Of one case or of many, beside each other", self.compare),)),
            ("Make", (("A case of a model…", "Your own, or one that nobody knows", self.make_case),)),
        )

    def _lately(self) -> QWidget:
        inside = QWidget()
        inside.setLayout(self.lists)
        self.lists.setContentsMargins(0, 6, 0, 0)
        return scrolled(inside)

    def _machine(self) -> QWidget:
        box = QFrame()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        grid.addWidget(section("This machine"), 0, 0, 1, 2)
        for row, (name, fact) in enumerate(machine_facts(), 1):
            grid.addWidget(words(name, dim=True, px=12), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(words(fact, wrap=True, px=12), row, 1)
        grid.setColumnStretch(1, 1)
        return box

    # -- what there is

    def list_recent(self) -> None:
        """Sessions and cases that were open lately, and sessions that lie where they go unless a place is named."""
        while (item := self.lists.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        lately = recent()
        usual = sorted(places.sessions().glob("*.session"), key=lambda path: -path.stat().st_mtime)
        sessions = dict.fromkeys([*map(Path, lately.sessions), *usual])
        self.entries: list[QPushButton] = []
        if sessions:
            self.lists.addWidget(section("Go on"))
        for folder, name in zip(sessions, _apart([*sessions]), strict=True):
            self._entry(folder, name, Seat(case=None, session=folder))
        if lately.cases:
            self.lists.addSpacing(10)
            self.lists.addWidget(section("Cases"))
        cases = [*map(Path, lately.cases)]
        for case, name in zip(cases, _apart(cases), strict=True):
            self._entry(case, name, Seat(case=case))
        if not self.entries:
            nothing = words(
                "Nothing was open yet. “Tour the demo” shows an audit step by step, and needs no key. A model of your "
                "own becomes a case first: “A case of a model…”.", dim=True, wrap=True,
            )  # fmt: skip
            self.lists.addWidget(nothing)
        self.lists.addStretch(1)
        for name, first in (("Tour the demo", not self.entries), ("Open a case…", bool(self.entries))):
            self.buttons[name].setProperty("main", first)
            restyle(self.buttons[name])

    def _entry(self, folder: Path, name: str, seat: Seat) -> None:
        button = QPushButton(line(name).replace("&", "&&"))
        button.setProperty("entry", True)
        button.setStyleSheet("text-align: left; padding: 6px 8px;")
        button.setToolTip(plain_tip(line(str(folder))))
        button.setAccessibleDescription(line(str(folder.parent)))
        button.clicked.connect(lambda: self.open(seat))
        self.lists.addWidget(button)
        self.entries.append(button)

    # -- auditing

    def ask_case(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Open a case"):
            self.take(Path(chosen))

    def take(self, path: Path) -> None:
        """Go on with whatever that is: a model becomes a case first, a handed-in log is judged, all else audited."""
        if is_model(path):
            self.make_case().model.put(path)
        elif path.suffix == SUFFIX:
            self.judge().log.put(path)
        elif (path / StoredLog.FILE).is_file():
            self.open(Seat(case=None, session=path))
        else:
            self.open(Seat(case=path))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """The same with what is let fall here."""
        if not self.job.running:
            self.take(Path(dropped(event.mimeData())))
            event.acceptProposedAction()

    def ask_session(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Go on with a session", str(places.sessions())):
            self.open(Seat(case=None, session=Path(chosen)))

    def play(self) -> None:
        """The demo, as its own auditor."""
        self.job.do(lambda _: open_demo(), self._begin)

    def tour(self) -> None:
        """The same, shown around."""

        def begin(session: Session) -> None:
            self.toured = True
            self._begin(session)

        self.job.do(lambda _: open_demo(), begin)

    def open(self, seat: Seat) -> None:
        """Verify the case, and sit down at it as whoever is chosen; a demo's session is gone on with as its auditor."""

        def seated(auditor: Identity | None) -> None:
            if auditor is not None:
                self._open(seat, auditor)
            else:
                self.key.unlock(lambda identity: self._open(seat, identity))

        if seat.session is None:
            seated(None)
        else:
            session = seat.session
            self.job.do(lambda _: demo_auditor(session), seated)

    def _open(self, seat: Seat, auditor: Identity) -> None:
        """A new session is begun under a ticket, or knowingly without; whoever goes on is not asked."""

        def sit_down(case: Case, at: Seat) -> None:
            self.job.do(lambda _: at.open(case, auditor), self._begin)

        def verified(case: Case) -> None:
            folder = seat.folder(case)
            if seat.ticket is not None or seat.session is not None or folder.exists():
                sit_down(case, seat)
            else:
                TicketSheet(folder, lambda ticket: sit_down(case, replace(seat, ticket=ticket)), self).show()

        self.job.do(seat.verified, verified, stoppable=True)

    def _begin(self, session: Session) -> None:
        with contextlib.suppress(Refusal):  # it is open, whether that can be remembered or not
            keep_recent(session.case.root, session.folder)
        self._go_on(session)

    def _go_on(self, opened: Session | Docket | Laid) -> None:
        self.opened = opened
        self.close()

    # -- judging, comparing, making

    def take_in(self) -> IntakeSheet:
        """A sheet in which a case is accepted."""
        return IntakeSheet(self.key.unlock, Job(self.courier, self._worker), self).shown()

    def witness(self) -> None:
        """A sheet in which an auditor's log is countersigned, which is done while the audit goes on."""
        self._as_clerk(Clerk.show_witness)

    def show_register(self) -> None:
        """What is out, and what came back."""
        self._as_clerk(Clerk.show_register)

    def _as_clerk(self, do: Callable[[Clerk], object]) -> None:
        def sit_down(judge: Identity) -> None:
            self.job.do(
                lambda _: own_register(judge),
                lambda book: do(Clerk(self, self._worker, judge, book, Blindfold(), self.notice.say)),
            )

        self.key.unlock(sit_down)

    def judge(self) -> DocketSheet:
        """A sheet that asks which log, of which case."""
        return DocketSheet(self.open_log, self).shown()

    def open_log(self, log: HandedInLog) -> None:
        """On to the judge's window, as whoever is chosen; what lies on a demo's table is judged as the demo's judge."""

        def laid(before: Docket | None) -> None:
            if before is not None:
                self._go_on(before)
            else:
                self.key.unlock(lambda judge: self.job.do(lambda _: log.docket(judge), self._go_on))

        self.job.do(lambda _: log.demo_docket(), laid)

    def compare(self) -> None:
        """On to the team's window, where logs are laid out."""
        self._go_on(Laid())

    def make_case(self) -> ModelSheet:
        """A sheet in which a model becomes a case."""
        return ModelSheet(
            self.key.unlock, Job(self.courier, self._worker), lambda case: self.open(Seat(case=case)), self
        ).shown()

    # -- small things

    def _shut(self, on: bool) -> None:
        """Nothing else is begun meanwhile."""
        for button in (*self.buttons.values(), *self.entries):
            button.setEnabled(not on)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.courier.busy and self.opened is None:
            event.ignore()  # what is being opened belongs to nobody yet
            return
        self.courier.dismiss()
        event.accept()
