"""A plan in the window: its form, its steps in the log, Stop and going on, and what it adds up to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import desk, until
from views.desktop import app
from views.desktop.ask.fields import WrittenField
from views.desktop.ask.plan_room import PlanRoom
from views.desktop.auditor.desk import AuditorWindow
from workbench.auditors import AUDITORS
from workbench.door.session import Session
from workbench.plans import PLANS, Battery, Many
from workbench.plans.plan import Plan

SUITE = "name,prompt,says\nOne,What is it?,e\nTwo,Who is it?,e\nThree,Where is it?,e\n"


pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def window(session: Session) -> Iterator[AuditorWindow]:
    with desk(session) as window:
        yield window


def opened(window: AuditorWindow, kind: type[Plan] = Battery) -> PlanRoom:
    room = window.workspace.new_plan(kind)
    suite = room.form.field("suite")
    assert isinstance(suite, WrittenField)
    suite.editor.setPlainText(SUITE)  # type: ignore[attr-defined]
    room.form.field("max_tokens").set_value(4)
    return room


def test_a_plan_asks_and_adds_up_and_every_step_is_in_the_log(window: AuditorWindow, session: Session) -> None:
    room = opened(window)
    assert window.workspace.tabs.tabText(window.workspace.tabs.currentIndex()) == "Battery"
    room.run()
    assert room.run_button.text() == "Stop"
    until(lambda: not room.busy, window)
    assert room.run_button.text() == "Run"
    assert "of 3 prompts" in room.headline.text()
    assert len(room.board.displays) == 2
    steps = [entry.data["plan"]["step"] for entry in session.log.entries(("intent",))]
    assert steps == ["plain/One", "plain/Two", "plain/Three"]
    size = session.log.size
    room.run()
    until(lambda: not room.busy, window)
    assert session.log.size == size


def test_a_plan_is_run_by_the_key_that_runs_a_probe(window: AuditorWindow, qtbot: QtBot) -> None:
    room = opened(window)
    qtbot.keyClick(room.form, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: not room.busy, window)
    assert "of 3 prompts" in room.headline.text()


def test_the_window_may_be_smaller_than_what_a_plan_found(window: AuditorWindow) -> None:
    room = opened(window)
    room.run()
    until(lambda: not room.busy, window)
    assert room.minimumSizeHint().height() < room.board.minimumSizeHint().height()


def test_in_a_small_window_a_plan_makes_room_for_what_it_found(window: AuditorWindow, qtbot: QtBot) -> None:
    for height, folded in ((1000, False), (640, True)):
        window.resize(1280, height)
        app.settle(window)
        room = opened(window)
        assert room.form.isVisible(), "whoever lays a plan out sees its form"
        room.run()
        until(lambda: not room.busy, window)  # noqa: B023
        assert room.form.isVisible() != folded
    qtbot.mouseClick(room.fold_button, Qt.MouseButton.LeftButton)
    assert room.form.isVisible() and room.fold_button.text() == "Fold the plan"


def test_what_is_wrong_with_a_plan_s_form_is_said_and_nothing_is_asked(window: AuditorWindow, session: Session) -> None:
    room = opened(window)
    room.form.field("suite").editor.setPlainText("name,says\nx,y\n")  # type: ignore[attr-defined]
    size = session.log.size
    room.run()
    assert not room.busy
    assert room.notice.isVisibleTo(room)
    assert session.log.size == size


def test_every_plan_and_auditor_stands_in_the_pane_and_opens_its_form(window: AuditorWindow) -> None:
    assert set(window.case.plan_buttons) == {kind.kind for kind in (*PLANS, *AUDITORS)}
    for kind in (*PLANS, *AUDITORS):
        window.case.plan_buttons[kind.kind].click()
        room = window.workspace.tabs.currentWidget()
        assert isinstance(room, PlanRoom)
        assert room.kind is kind
        assert room.accessibleName()


def test_a_list_of_questions_is_pasted_and_asked_line_by_line(window: AuditorWindow, session: Session) -> None:
    room = window.workspace.new_plan(Many)
    lines = room.form.field("questions")
    assert isinstance(lines, WrittenField)
    lines.editor.setPlainText('{"kind": "telepathy"}')  # type: ignore[attr-defined]
    room.run()
    assert "line 1" in room.notice.text.lower()
    lines.editor.setPlainText(  # type: ignore[attr-defined]
        '{"kind": "sample", "arguments": {"prompt": "What?", "max_tokens": 2}}\n'
        '{"kind": "score", "arguments": {"prompt": "Who?", "answers": ["x"]}}\n'
    )
    room.run()
    until(lambda: not room.busy, window)
    assert room.headline.text() == "2 of 2 questions are answered"
    assert [entry.data["probe"] for entry in session.log.entries(("intent",))] == ["sample", "score"]
