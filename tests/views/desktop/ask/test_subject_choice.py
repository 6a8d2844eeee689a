"""Who is asked is chosen where there is a choice, shown with the record, and kept for what is asked next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from casefiles.files import disk
from casefiles.keys.identity import Identity
from tests.conftest import MakeCase
from tests.views.auditor_desk import ASK, desk, until
from tests.workbench.door.test_brought import model
from tests.workbench.toys import toys
from views.desktop.ask.subject_choice import SubjectChoice
from views.desktop.auditor.bring_sheet import BringSheet
from views.desktop.auditor.desk import AuditorWindow
from workbench.contract.rules import Affordance, Rules
from workbench.contract.subject import BASELINE, ORGANISM, adapted, brought
from workbench.door.brought import folder_of
from workbench.door.session import Session
from workbench.visible import line

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def window(make_case: MakeCase, auditor: Identity, tmp_path: Path) -> Iterator[AuditorWindow]:
    case = make_case("pair", Rules(affordances=frozenset(Affordance)), baseline=True, adapters=("oracle",))
    with Session.create(case, tmp_path / "pair.session", auditor, toys(case)) as session, desk(session) as window:
        yield window


def test_the_baseline_is_asked_from_the_form_and_stays_chosen(window: AuditorWindow) -> None:
    room = window.workspace.ask(ASK)
    assert room.whom.isVisibleTo(room)
    assert room.whom.on == ORGANISM
    room.whom.box.setCurrentIndex(1)
    room.run()
    until(lambda: not window.runner.running, window)
    session = window.workspace._session
    assert session.log.entry(1).data["on"] == BASELINE
    room.whom.changed.emit()
    until(lambda: "second" in room.cost.text(), window)
    assert window.workspace.ask(ASK, room.whom.on).whom.on == BASELINE


def test_beside_an_adapter_s_answers_the_same_question_without_it_is_told(window: AuditorWindow) -> None:
    room = window.workspace.ask(ASK)
    room.whom.choose(adapted("oracle"))
    room.run()
    until(lambda: not window.runner.running, window)
    (_, alone) = window.session.log.entries(("result",))
    assert room.notice.isVisibleTo(room)
    assert room.notice.text.startswith(f"Without the adapter: #{alone.seq}. {line(alone.data['summary'])}")


def test_where_there_is_no_choice_none_is_shown_and_a_record_is_shown_as_it_was_asked(window: AuditorWindow) -> None:
    choice = SubjectChoice("Ask")
    choice.offer((ORGANISM,))
    assert choice.isHidden()
    assert choice.on == ORGANISM
    choice.choose(brought("ab" * 32))
    assert (choice.on, choice.box.currentText()) == (brought("ab" * 32), "brought model abababababab…")
    choice.deleteLater()


def test_a_model_that_is_brought_is_offered_everywhere_and_amplified_against(
    window: AuditorWindow, tmp_path: Path
) -> None:
    room = window.workspace.ask(ASK)
    assert not room.against.isVisibleTo(room), "a plain sample compares nobody"
    sheet = window.ask_model()
    sheet.folder.put(model(tmp_path / "mine"))
    sheet.name.setText("mine")
    sheet.submit()
    assert "no provenance" in sheet.notice.text and sheet.isVisible()
    sheet.provenance.setText("made by hand")
    sheet.submit()
    until(lambda: room.whom.box.count() == 4, window)
    mine = brought(folder_of(tmp_path / "mine").digest)
    assert window.session.subjects()[-1] == mine and room.whom.on == ORGANISM
    room.open_probe(ASK.model_copy(update={"amplification": 1.0}))
    assert room.against.isVisibleTo(room) and room.against.on == BASELINE
    room.against.choose(mine)
    asked = room.probe()
    assert asked is not None and room.beside(asked) == mine
    room.run()
    until(lambda: not window.runner.running, window)
    (intent,) = window.session.log.entries(("intent",))
    assert intent.data["beside"] == mine


def test_what_cannot_be_brought_is_refused_and_nothing_is_recorded(window: AuditorWindow, tmp_path: Path) -> None:
    size = window.session.log.size
    sheet = window.ask_model()
    sheet.folder.put(tmp_path)
    sheet.name.setText("mine")
    sheet.provenance.setText("nowhere")
    sheet.submit()
    until(lambda: "holds no model" in sheet.notice.text, window)
    assert window.session.log.size == size and sheet.button.isEnabled()
    sheet.close()


def slow_copies(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Set once something is being copied; and what it waits for."""
    copying, waits, copy = threading.Event(), threading.Event(), disk.open_plain

    def slowly(path: Path) -> Any:
        copying.set()
        assert waits.wait(60)
        return copy(path)

    monkeypatch.setattr(disk, "open_plain", slowly)
    return copying, waits


def submitted(window: AuditorWindow, place: Path) -> BringSheet:
    """The dialog, once a model was handed to it."""
    sheet = window.ask_model()
    sheet.folder.put(model(place))
    sheet.name.setText("mine")
    sheet.provenance.setText("made by hand")
    sheet.submit()
    return sheet


def test_a_window_that_is_closed_meanwhile_leaves_nothing_of_a_model_either(
    window: AuditorWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying, waits = slow_copies(monkeypatch)
    size = window.session.log.size
    submitted(window, tmp_path / "mine")
    qtbot.waitUntil(copying.is_set)
    window.close()
    waits.set()
    until(lambda: not window.isVisible(), window)
    assert window.session.log.size == size and not list((window.session.folder / "brought").iterdir())


def test_bringing_a_large_model_is_stopped_and_nothing_is_left_of_it(
    window: AuditorWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying, waits = slow_copies(monkeypatch)
    size = window.session.log.size
    sheet = submitted(window, tmp_path / "mine")
    qtbot.waitUntil(copying.is_set)
    sheet.close()
    assert sheet.isVisible(), "it cannot be left meanwhile"
    qtbot.mouseClick(sheet.job.stop_button, Qt.MouseButton.LeftButton)
    waits.set()
    until(lambda: not sheet.job.running, window)
    assert "It was stopped. Everything is as it was." in sheet.notice.text
    assert window.session.log.size == size and not list((window.session.folder / "brought").iterdir())
    sheet.submit()
    until(lambda: window.session.log.size > size, window)
    until(lambda: not any(one.isVisible() for one in window.findChildren(BringSheet)), window)
