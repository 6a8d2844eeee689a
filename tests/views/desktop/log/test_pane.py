"""The log pane: a million rows, only those in sight read; a filter that says when it is wrong."""

from __future__ import annotations

from array import array

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import ASK, colour, desk, until
from views.desktop import app, theme
from views.desktop.ask.record_room import RecordRoom
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.log.model import COLUMNS, LogModel
from views.desktop.log.table import LogTable
from workbench.door.session import Session
from workbench.log.records import Intent, ResultRecord
from workbench.log.wording import LogLine

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

MILLION = 1_000_000


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    app.application()


def line(seq: int) -> LogLine:
    return LogLine(seq, seq, "sample", f"question {seq}", "natural", "1 tok", "answer", "")


def test_a_million_rows_are_shown_by_reading_only_those_in_sight() -> None:
    asked: list[int] = []
    model = LogModel(asked.extend)
    view = LogTable(model)
    view.resize(800, 400)
    view.show()
    model.extend_down(array("q", range(MILLION - 1, -1, -1)))
    for row in (0, MILLION // 2, MILLION - 1):
        view.scrollTo(model.index(row, 0))
        view.grab()
        app.QApplication.processEvents()
    assert {MILLION - 1, MILLION - 1 - MILLION // 2, 0} <= set(asked)
    assert len(asked) < 2000
    view.close()


def test_rows_and_records_name_each_other() -> None:
    model = LogModel(lambda numbers: None)
    model.extend_down(array("q", [9, 7, 4, 0]))
    model.extend_up(array("q", [12, 11]))
    assert [model.number(row) for row in range(model.rowCount())] == [12, 11, 9, 7, 4, 0]
    assert [model.row(number) for number in (12, 11, 9, 7, 4, 0)] == [0, 1, 2, 3, 4, 5]
    assert [model.row(number) for number in (13, 10, 8, 1, -1)] == [-1] * 5
    model.drop(11)
    model.drop(7)
    assert [model.number(row) for row in range(model.rowCount())] == [12, 9, 4, 0]


def test_lines_come_when_they_are_delivered() -> None:
    asked: list[int] = []
    model = LogModel(asked.extend)
    model.extend_down(array("q", [2, 1, 0]))
    assert model.index(0, 3).data() == "…"
    app.QApplication.processEvents()
    assert sorted(asked) == [0, 1, 2]
    model.deliver([line(2)])
    assert model.index(0, 3).data() == "question 2"


def test_a_wrong_filter_says_so_and_leaves_the_lines(session: Session) -> None:
    session.run(ASK)
    with desk(session) as window:
        window.log.filter("kind:sampel")
        assert window.log.complaint.isVisible()
        assert window.log.complaint.text() == "No kind is called “sampel”; did you mean kind:sample?"
        assert window.log.model.rowCount() == 2
        window.log.filter("kind:sample")
        app.settle(window)
        assert not window.log.complaint.isVisible()
        assert window.log.count.text() == "1 of 3 records"


def test_new_records_pass_the_filter_too(session: Session) -> None:
    with desk(session) as window:
        window.log.filter("kind:note")
        window.tag_records((0,), "x")
        window._write(lambda: session.note("hello"), lambda _: None)
        until(lambda: window.log.model.rowCount() == 1, window)
        assert window.log.model.number(0) == 2


def test_what_went_wrong_is_drawn_on_its_own_ground(session: Session) -> None:
    session.run(ASK.model_copy(update={"samples": 500, "max_tokens": 500}))
    with desk(session) as window:
        until(lambda: window.log.model.line(0) is not None, window)
        box = window.log.view.visualRect(window.log.model.index(0, 6))
        assert (
            colour(window.log.view.viewport(), box.left() + 10, box.center().y() - 6).name() == theme.LIGHT.bad_ground
        )


def test_an_orphan_is_shown_until_its_result_comes(session: Session) -> None:
    session.run(ASK)
    session.log.append(session.log.entry(1).as_(Intent))
    with desk(session) as window:
        until(lambda: window.log.model.line(0) is not None, window)
        assert window.log.model.line(0).result == "no result yet"  # type: ignore[union-attr]
        answered = session.log.entry(2).as_(ResultRecord).model_copy(update={"intent": 3})
        window._write(lambda: session.log.append(answered), lambda _: None)
        until(lambda: window.log.model.number(0) == 4, window)
        assert window.log.model.row(3) == -1


def test_several_records_are_marked_and_tagged_at_once(session: Session, qtbot: QtBot) -> None:
    for word in ("a", "b", "c"):
        session.note(word)
    with desk(session) as window:
        until(lambda: window.log.model.line(0) is not None and window.log.model.rowCount() == 4, window)
        window.activateWindow()
        window.log.view.setFocus()
        qtbot.keyClick(window.log.view, Qt.Key.Key_Home)
        for marked in ((3,), (2, 3), (1, 2, 3)):
            until(lambda: window.current.record == window.log.current_number() == marked[0], window)  # noqa: B023
            app.settle(window)
            assert window.log.marked() == marked
            if marked[0] > 1:
                qtbot.keyClick(window.log.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        window.tag_records(window.log.marked(), "odd")
        until(lambda: session.log.size == 7, window)
    assert [entry.data["record"] for entry in session.log.entries(("tag",))] == [1, 2, 3]


def test_a_filter_is_kept_found_again_and_forgotten(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        window.log.filter("kind:sample")
        _choose(window, "Keep this filter")
        window.activateWindow()
        window.log.line.setFocus()
        qtbot.keyClick(window.log.line, Qt.Key.Key_Escape)
        assert window.log.line.text() == ""
    with desk(session) as window:
        _choose(window, "kind:sample")
        assert window.log.line.text() == "kind:sample"
        _choose(window, "Forget this filter")
        assert [one.text() for one in window.log.show_saved().actions() if one.text()] == [
            "Keep this filter", "Colour what passes it",
        ]  # fmt: skip


def test_what_passes_a_filter_has_a_colour_and_says_why_until_it_is_taken_away(session: Session) -> None:
    session.run(ASK)
    session.note("Look again.")
    with desk(session) as window:
        assert rules_of(window) == {}
        window.log.filter("kind:note")
        menu = window.log.show_saved()
        colours = next(action for action in menu.actions() if action.text() == "Colour what passes it").menu()
        assert isinstance(colours, QMenu)
        next(action for action in colours.actions() if action.text() == "Green").trigger()
        menu.close()
        window.log.filter("")
        app.settle(window)
        assert rules_of(window) == {3: ("kind:note", "ok")}
        chips = window.log.view.chips(window.log.model.row(3), COLUMNS.index("tags"))
        assert chips == [("kind:note", "ok")], "the colour is not the only carrier"
        place = window.log.view.visualRect(window.log.model.index(window.log.model.row(3), COLUMNS.index("class")))
        ground = colour(window.log.view.viewport(), place.right() - 3, place.center().y())
        assert ground == QColor(theme.tokens().ok_ground)
    with desk(session) as window:
        assert rules_of(window) == {3: ("kind:note", "ok")}, "it is there again"
        _choose(window, "No longer green: kind:note")
        app.settle(window)
        assert rules_of(window) == {}


def rules_of(window: AuditorWindow) -> dict[int, tuple[str, str]]:
    """Which lines have a colour: by which filter, and which."""
    app.settle(window)
    model = window.log.model
    found = {model.number(row): model.rule(row) for row in range(model.rowCount())}
    return {number: (rule.filter, rule.tone) for number, rule in found.items() if rule is not None}


def test_drawn_over_the_timeline_the_pointer_asks_for_what_lies_there(session: Session, qtbot: QtBot) -> None:
    for _ in range(3):
        session.run(ASK)
    with desk(session) as window:
        timeline, left = window.log.timeline, Qt.MouseButton.LeftButton

        def over(bar: int) -> QPoint:
            return timeline._box(bar).center().toPoint()

        qtbot.mousePress(timeline, left, pos=over(2))
        qtbot.mouseMove(timeline, over(3))
        qtbot.mouseMove(timeline, over(4))
        qtbot.mouseRelease(timeline, left, pos=over(4))
        app.settle(window)
        assert window.log.line.text() == "seq:2-4"
        assert [window.log.model.number(row) for row in range(window.log.model.rowCount())] == [4, 2]
        window.log.filter("")
        qtbot.mouseClick(timeline, left, pos=over(4))
        app.settle(window)
        assert window.current.record == 4 and window.log.line.text() == ""


def test_a_note_is_read_as_it_was_written(session: Session) -> None:
    said = "First look at the capitals, then " + "at all that lies by the sea, " * 8 + "and last at nothing."
    seq = session.note(said).seq
    with desk(session) as window:
        window.current.show_record(seq)
        app.settle(window)
        room = window.workspace.tabs.currentWidget()
        assert isinstance(room, RecordRoom)
        assert room.said.text().replace("\n", " ") == said and room.said.wordWrap()


def _choose(window: AuditorWindow, text: str) -> None:
    menu = window.log.show_saved()
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.close()
