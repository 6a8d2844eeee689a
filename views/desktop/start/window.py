"""The first window: what is there to go on with, what else can be opened, as whom, and on which machine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from casefiles.files.disk import guarded
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from views.desktop.ask.room import scrolled
from views.desktop.courier import Courier
from views.desktop.labels import rule, section, words
from views.desktop.memory import keep_recent, recent
from views.desktop.notice import Notice
from views.desktop.start.key_sheet import KeySheet
from views.desktop.start.machine import machine_facts
from views.desktop.start.seat import Seat, open_demo, own_keys
from views.desktop.start.ticket_sheet import TicketSheet
from workbench import places
from workbench.door.session import Session
from workbench.visible import line

# ruff: noqa: N802  Qt's names


class StartWindow(QWidget):
    """Closes when a session is open, which is then its opener's, or when nothing is to be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Audit Workbench")
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.courier = Courier(self)
        self._worker = self.courier.hire("opening")
        self.session: Session | None = None
        self.comparing = False
        """Whether the team's window is wanted instead of a session."""
        self.notice = Notice()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 0)
        self.progress.setAccessibleName("Opening")
        self.progress.hide()
        self.lists = QVBoxLayout()
        self.lists.setSpacing(4)
        columns = QHBoxLayout()
        columns.setSpacing(32)
        columns.addWidget(self._ways(), 0)
        columns.addWidget(self._lately(), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 28, 32, 20)
        layout.setSpacing(12)
        layout.addLayout(columns, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.notice)
        layout.addWidget(rule())
        layout.addWidget(self._machine())
        QShortcut(QKeySequence("Ctrl+O"), self, self.ask_case)
        QShortcut(QKeySequence("Ctrl+Q"), self, self.close)
        self.resize(960, 640)
        self.list_recent()

    # -- building

    def _ways(self) -> QWidget:
        box = QWidget()
        box.setFixedWidth(300)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        title = words("Audit Workbench", px=22)
        about = words(
            "Open a sealed model, probe it under its rules, have everything recorded, and report what you found.",
            dim=True, wrap=True,
        )  # fmt: skip
        column.addWidget(title)
        column.addWidget(about)
        column.addSpacing(8)
        self.buttons: dict[str, QPushButton] = {}
        for name, tip, do, main in (
            ("Open a case…", "A folder that ends in .case (Ctrl+O)", self.ask_case, True),
            ("Go on with a session…", "A folder that ends in .session", self.ask_session, False),
            ("Audit the demo", "A small model that may have something wrong with it, under a ticket", self.play, False),
            ("Compare handed-in logs", "Of one case or of many, beside each other", self.compare, False),
            ("A model of your own…", "How a model becomes a case", self.tell_of_models, False),
        ):  # fmt: skip
            button = QPushButton(name)
            button.setProperty("main", main)
            button.setToolTip(tip)
            button.clicked.connect(do)
            column.addWidget(button)
            self.buttons[name] = button
        column.addSpacing(8)
        column.addWidget(section("You are"))
        self.key = QComboBox()
        self.key.setAccessibleName("Whose key signs the records")
        new = QPushButton("New key…")
        new.setProperty("link", True)
        new.clicked.connect(self.ask_key)
        self.buttons["New key…"] = new
        column.addWidget(self.key)
        column.addWidget(new, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.list_keys()
        return box

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

    def list_keys(self, chosen: str = "") -> None:
        """The keys of whoever works here, one of which signs."""
        self.key.clear()
        for path in own_keys():
            self.key.addItem(line(path.stem), path)
        self.key.setEnabled(self.key.count() > 0)
        if not self.key.count():
            self.key.addItem("no key yet")
        self.key.setCurrentIndex(max(0, self.key.findText(chosen)))

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
        for folder in sessions:
            self._entry(folder, Seat(case=None, session=folder))
        if lately.cases:
            self.lists.addSpacing(10)
            self.lists.addWidget(section("Cases"))
        for case in map(Path, lately.cases):
            self._entry(case, Seat(case=case))
        if not self.entries:
            nothing = words("Nothing was open yet. Open a case, or audit the demo.", dim=True,
                            wrap=True)  # fmt: skip
            self.lists.addWidget(nothing)
        self.lists.addStretch(1)

    def _entry(self, folder: Path, seat: Seat) -> None:
        button = QPushButton(line(folder.name).replace("&", "&&"))
        button.setProperty("entry", True)
        button.setStyleSheet("text-align: left; padding: 6px 8px;")
        button.setToolTip(line(str(folder)))
        button.setAccessibleDescription(line(str(folder.parent)))
        button.clicked.connect(lambda: self.open(seat))
        self.lists.addWidget(button)
        self.entries.append(button)

    # -- opening

    def ask_case(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Open a case"):
            self.open(Seat(case=Path(chosen)))

    def ask_session(self) -> None:
        if chosen := QFileDialog.getExistingDirectory(self, "Go on with a session", str(places.sessions())):
            self.open(Seat(case=None, session=Path(chosen)))

    def compare(self) -> None:
        """On to the team's window, where logs are laid out."""
        self.comparing = True
        self.close()

    def play(self) -> None:
        """The demo, as its own auditor."""
        self._begin(open_demo, self.notice.refuse)

    def open(self, seat: Seat) -> None:
        """Verify the case, and sit down at it as whoever is chosen."""
        key = self.key.currentData()
        if not isinstance(key, Path):
            self.notice.say("Nobody can sign yet.", "Every record is signed with its auditor's key.",
                            "Make one with New key….", tone="warn")  # fmt: skip
            return
        self._open(replace(seat, key=key), None)

    def _open(self, seat: Seat, passphrase: str | None) -> None:
        if passphrase is None and seat.ticket is None and seat.session is None:
            self._with_ticket(seat)
            return
        self._begin(lambda: seat.open(passphrase), lambda refusal: self._not_open(seat, passphrase, refusal))

    def _with_ticket(self, seat: Seat) -> None:
        """A new session is begun under a ticket, or knowingly without; whoever goes on is not asked."""

        def found(folder: Path) -> None:
            named = replace(seat, session=folder)
            if folder.exists():
                self._open(named, None)
                return
            sheet = TicketSheet(folder, lambda ticket: self._open(replace(named, ticket=ticket), None), self)
            sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            sheet.show()

        self._work(seat.folder, found, self.notice.refuse)

    def _not_open(self, seat: Seat, passphrase: str | None, refusal: Refusal) -> None:
        self.notice.refuse(refusal)
        if refusal.code != "key.passphrase":
            return
        if passphrase is None:
            self.notice.hide()
        assert seat.key is not None
        typed, given = QInputDialog.getText(
            self, "Passphrase", f"Passphrase of {line(seat.key.stem)}", QLineEdit.EchoMode.Password
        )
        if given and typed:
            self._open(seat, typed)

    def _begin(self, work: Callable[[], Session], failed: Callable[[Refusal], object]) -> None:
        def opened(session: Session) -> None:
            with contextlib.suppress(Refusal):  # it is open, whether that can be remembered or not
                keep_recent(session.case.root, session.folder)
            self.session = session
            self.close()

        self._work(work, opened, failed)

    def _work(
        self, work: Callable[[], object], done: Callable[..., object], failed: Callable[[Refusal], object]
    ) -> None:
        """Off the window's thread, with the window shut meanwhile."""
        self._shut(True)

        def ended(tell: Callable[..., object]) -> Callable[..., None]:
            def told(found: object) -> None:
                self._shut(False)
                tell(found)

            return told

        self._worker.do(work, ended(done), ended(failed))

    def _shut(self, on: bool) -> None:
        self.progress.setVisible(on)
        if on:
            self.notice.hide()
        for button in (*self.buttons.values(), *self.entries):
            button.setEnabled(not on)

    # -- keys, and models

    def ask_key(self) -> None:
        sheet = KeySheet(self.make_key, self)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.show()

    def make_key(self, name: str, passphrase: str | None) -> None:
        """A key pair of one's own, which then signs."""

        def make() -> str:
            folder = places.keys()
            with guarded(f"{folder} could not be made."):
                folder.mkdir(parents=True, exist_ok=True)
            identity = Identity.generate(name)
            identity.save(folder / f"{name}.key", passphrase)
            identity.public.save(folder / f"{name}.pub")
            return name

        self._work(make, self.list_keys, self.notice.refuse)

    def tell_of_models(self) -> None:
        self.notice.say(
            "A model becomes a case before it is audited.",
            "So that what is audited is fixed, byte for byte, with its specification and its rules.",
            "workbench case new MODEL --spec SPEC.md --out NAME.case",
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.courier.busy and self.session is None:
            event.ignore()  # what is being opened belongs to nobody yet
            return
        self.courier.dismiss()
        event.accept()
