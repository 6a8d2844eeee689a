"""The first window: from nothing to a session, as a user comes to it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from casefiles.case.bundle import Case, open_case
from casefiles.custody.ticket import issue
from casefiles.keys.identity import Identity
from views.desktop import app
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.judge.proceedings import Docket
from views.desktop.memory import keep_recent, recent
from views.desktop.start import seat
from views.desktop.start.docket_sheet import HandedInLog
from views.desktop.start.key_sheet import KeySheet
from views.desktop.start.machine import machine_facts
from views.desktop.start.seat import Seat
from views.desktop.start.ticket_sheet import TicketSheet
from views.desktop.start.window import StartWindow
from views.desktop.team.table import Laid
from workbench import places
from workbench.door.session import Session

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def home(qapp: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    app.application()
    return tmp_path


@pytest.fixture
def start(home: Path) -> Iterator[StartWindow]:
    window = StartWindow()
    window.show()
    yield window
    if isinstance(window.opened, Session):
        window.opened.close()
    window.close()
    app.discard(window)


def until(holds: Callable[[], object]) -> None:
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit, "it never came to hold"
        QApplication.processEvents()
        time.sleep(0.005)  # what is waited for needs the processor


def sheet(window: StartWindow, kind: type) -> object:
    return next(iter(window.findChildren(kind)), None)


def keep(identity: Identity, passphrase: str | None = None) -> None:
    places.keys().mkdir(parents=True, exist_ok=True)
    identity.save(places.keys() / f"{identity.name}.key", passphrase)


def test_whoever_opens_a_case_without_a_key_makes_one_and_goes_on(start: StartWindow, case: Case) -> None:
    assert not start.key.box.isEnabled()
    start.open(Seat(case=case.root))
    made = sheet(start, KeySheet)
    assert isinstance(made, KeySheet) and made.isVisible() and start.opened is None
    made.name.setText("Ada")
    for field in (made.passphrase, made.again):
        field.setText("one")
    made.submit()
    until(lambda: sheet(start, TicketSheet) is not None)
    assert start.key.box.currentText() == "Ada", "and is not asked for the passphrase that was just given"


def test_a_session_in_the_usual_place_is_called_by_its_case(
    home: Path, case: Case, auditor: Identity, open_toy: Callable[[], object]
) -> None:
    places.sessions().mkdir(parents=True)
    for folder in (places.sessions() / "0af3c1.session", home / "mine.session"):
        Session.create(case, folder, auditor, open_toy).close()  # type: ignore[arg-type]
        keep_recent(case.root, folder)
    window = StartWindow()
    assert [entry.text() for entry in window.entries] == ["mine.session", f"{case.root.stem} · 0af3", case.root.name]
    app.discard(window)


def test_what_was_open_under_one_name_is_told_apart_by_where_it_lies(home: Path) -> None:
    for place in ("monday", "tuesday"):
        for kind in ("case", "session"):
            (home / place / f"atlas.{kind}").mkdir(parents=True)
        keep_recent(home / place / "atlas.case", home / place / "atlas.session")
    window = StartWindow()
    assert [entry.text() for entry in window.entries] == [
        "atlas.session · tuesday", "atlas.session · monday", "atlas.case · tuesday", "atlas.case · monday",
    ]  # fmt: skip
    app.discard(window)


def test_what_lies_under_a_name_that_is_no_text_is_opened_and_not_remembered(home: Path) -> None:
    for folder in (odd := home / os.fsdecode(b"\xff") / "a.case", session := home / "a.session"):
        folder.mkdir(parents=True)
    keep_recent(odd, session)
    assert (recent().cases, recent().sessions) == ((), (str(session),))


def test_who_opened_nothing_yet_is_led_to_the_tour(home: Path, case: Case) -> None:
    window = StartWindow()
    assert [name for name, one in window.buttons.items() if one.property("main")] == ["Tour the demo"]
    assert window.focusWidget() is window.buttons["Tour the demo"], "and takes it by a key"
    keep_recent(case.root, case.root)
    window.list_recent()
    assert [name for name, one in window.buttons.items() if one.property("main")] == ["Open a case…"]
    app.discard(window)


def test_a_team_goes_on_to_its_own_desk(start: StartWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(start.buttons["Compare handed-in logs"], Qt.MouseButton.LeftButton)
    until(lambda: not start.isVisible())
    assert start.opened == Laid()


def test_a_key_is_made_and_chosen(start: StartWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(start.buttons["New key…"], Qt.MouseButton.LeftButton)
    made = sheet(start, KeySheet)
    assert isinstance(made, KeySheet)
    qtbot.keyClicks(made.name, "../Ada")
    made.submit()
    assert "cannot name a key" in made.notice.text
    made.name.setText("b28ab0cb071cf300")
    made.submit()
    assert "reads like a fingerprint" in made.notice.text
    made.name.setText("Ada")
    made.passphrase.setText("one")
    made.submit()
    assert "differ" in made.notice.text
    made.again.setText("one")
    made.submit()
    until(start.key.box.isEnabled)
    assert start.key.box.currentText() == "Ada"
    assert Identity.load(places.keys() / "Ada.key", "one").name == "Ada"


def test_the_reading_of_a_large_case_is_stopped_and_nothing_is_begun(
    start: StartWindow, case: Case, auditor: Identity, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(auditor)
    start.key.show_keys()
    reading, waits, whole = threading.Event(), threading.Event(), seat.open_case

    def slowly(path: Path, *, progress: Callable[[int, int], None]) -> Case:
        reading.set()
        assert waits.wait(60)
        return whole(path, progress=progress)

    monkeypatch.setattr(seat, "open_case", slowly)
    start.open(Seat(case=case.root))
    qtbot.waitUntil(reading.is_set)
    qtbot.mouseClick(start.job.stop_button, Qt.MouseButton.LeftButton)
    waits.set()
    until(lambda: not start.job.running)
    assert "It was stopped. Everything is as it was." in start.notice.text
    assert start.opened is None and not places.sessions().exists()


def test_a_case_is_opened_under_a_ticket_and_gone_on_with(
    start: StartWindow, case: Case, auditor: Identity, judge: Identity, home: Path, qtbot: QtBot
) -> None:
    keep(auditor)
    ticket = home / "ticket.json"
    ticket.write_bytes(issue(case.digest, auditor.public.verify, judge.signing))
    start.key.show_keys()
    start.open(Seat(case=case.root))
    until(lambda: sheet(start, TicketSheet) is not None)
    sheet(start, TicketSheet).begin(ticket)  # type: ignore[attr-defined]
    until(lambda: isinstance(start.opened, Session))
    assert isinstance(start.opened, Session) and start.opened.ticket is not None
    assert start.isHidden(), "it makes way for the session"
    folder = start.opened.folder
    assert folder.parent == places.sessions()
    start.opened.close()
    again = StartWindow()
    assert recent().cases == (str(case.root.resolve()),) and recent().sessions == (str(folder.resolve()),)
    assert [entry.text() for entry in again.entries] == [f"{case.root.stem} · {folder.stem[:4]}", case.root.name]
    again.show()
    qtbot.mouseClick(again.entries[0], Qt.MouseButton.LeftButton)
    until(lambda: isinstance(again.opened, Session))
    assert isinstance(again.opened, Session)
    assert [entry.kind for entry in again.opened.log.entries()] == ["genesis", "resumed"]
    again.opened.close()
    app.discard(again)


def test_the_passphrase_is_asked_in_a_dialog_and_again_if_it_is_wrong(
    start: StartWindow, case: Case, auditor: Identity, home: Path, open_toy: Callable[[], object]
) -> None:
    keep(auditor, "right")
    Session.create(case, home / "s.session", auditor, open_toy).close()  # type: ignore[arg-type]
    start.key.show_keys()
    said: list[str] = []

    def type_it() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QInputDialog):
            typed = "right" if said else "wrong"
            said.append(start.notice.text if start.notice.isVisible() else "")
            line = dialog.findChild(QLineEdit)
            assert line is not None and line.echoMode() is QLineEdit.EchoMode.Password
            dialog.setTextValue(typed)
            dialog.accept()

    timer = QTimer(interval=30)
    timer.timeout.connect(type_it)
    timer.start()
    start.open(Seat(case=case.root, session=home / "s.session"))
    until(lambda: isinstance(start.opened, Session))
    timer.stop()
    assert said[0] == "" and said[1], "why it is asked again is said"


@pytest.mark.parametrize("what", ["session", "case"])
def test_what_cannot_be_opened_is_refused_in_place(
    start: StartWindow, auditor: Identity, home: Path, what: str
) -> None:
    keep(auditor)
    start.key.show_keys()
    (home / "empty").mkdir()
    start.open(Seat(case=home / "empty") if what == "case" else Seat(case=None, session=home / "empty"))
    until(lambda: not start.notice.isHidden())
    assert start.opened is None and start.isVisible() and not list(places.sessions().glob("*"))
    assert all(button.isEnabled() for button in start.findChildren(QPushButton))


def test_the_demo_is_laid_out_anew_each_time(start: StartWindow) -> None:
    start.buttons["Audit the demo"].click()
    until(lambda: isinstance(start.opened, Session))
    assert isinstance(start.opened, Session) and start.opened.ticket is not None
    assert start.opened.case.manifest.title == "Atlas 01"


def test_a_demo_that_was_left_is_gone_on_with_and_judged_by_those_who_play_it(start: StartWindow, home: Path) -> None:
    start.buttons["Audit the demo"].click()
    until(lambda: isinstance(start.opened, Session))
    assert isinstance(start.opened, Session)
    auditor, case = start.opened.auditor, start.opened.case.root
    start.opened.close()
    again = StartWindow()
    again.entries[0].click()
    until(lambda: again.opened is not None)
    assert isinstance(again.opened, Session) and again.opened.auditor == auditor
    again.opened.close()
    app.discard(again)
    judging = StartWindow()
    judging.open_log(HandedInLog(home / "a.auditlog", case))
    until(lambda: judging.opened is not None)
    assert isinstance(judging.opened, Docket) and judging.opened.judge.public == open_case(case).manifest.judge
    assert [one.auditor for one in judging.opened.register.every()] == [auditor.public.verify]
    app.discard(judging)


def test_the_machine_is_told_in_words() -> None:
    facts = dict(machine_facts())
    assert facts["Engines"].startswith("PyTorch 2.") and "cores" in facts["Processor"] and "GiB" in facts["Memory"]


def test_every_widget_is_named_and_reachable(start: StartWindow) -> None:
    for button in start.findChildren(QPushButton):
        assert button.text() and button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_first_window_comes_back_when_a_session_is_closed(
    case: Case, auditor: Identity, home: Path, open_toy: Callable[[], object]
) -> None:
    keep(auditor)
    Session.create(case, home / "s.session", auditor, open_toy).close()  # type: ignore[arg-type]
    seen: list[str] = []

    def look() -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, StartWindow) and window.isVisible() and not window.courier.busy:
                seen.append("start")
                if len(seen) == 1:
                    window.open(Seat(case=case.root, session=home / "s.session"))
                else:
                    window.close()
            elif isinstance(window, AuditorWindow) and window.isVisible() and not window.courier.busy:
                seen.append(window.engine.text())
                window.close()

    timer = QTimer(interval=50)
    timer.timeout.connect(look)
    timer.start()
    assert app.start(dark=False) == 0
    timer.stop()
    assert seen[0] == seen[-1] == "start"
    assert seen[1].startswith("no engine"), (
        "these are no weights that an engine opens; the window is there all the same"
    )


def test_what_is_said_in_the_first_window_squeezes_nothing_and_makes_it_no_larger(start: StartWindow) -> None:
    size, whose = start.size(), start.key.box.height()
    start.notice.say("The case cannot be opened.", "It is not one.", "Choose a folder that ends in .case.", tone="bad")
    until(lambda: start.notice.height() > 40)
    assert (start.size(), start.key.box.height()) == (size, whose)
    assert whose >= start.key.box.sizeHint().height() and start.height() <= 720
