"""Two results side by side in the window, chosen in the log or by a pin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QItemSelectionModel

from tests.views.auditor_desk import ASK, LENS, desk, until
from views.desktop.ask.beside_room import BesideRoom
from views.desktop.auditor.desk import AuditorWindow
from workbench.contract.prompt import Prompt
from workbench.door.session import Session

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def window(session: Session, qapp: object) -> Iterator[AuditorWindow]:
    session.run(ASK)
    session.run(ASK.model_copy(update={"prompt": Prompt.ask("Sweden?"), "seed": 5}))
    session.run(LENS)
    session.note("A remark.")
    with desk(session, remembers=False) as shown:
        yield shown


def mark(window: AuditorWindow, *numbers: int) -> None:
    chosen = window.log.view.selectionModel()
    chosen.clearSelection()
    rows = {window.log.model.number(row): row for row in range(window.log.model.rowCount())}
    how = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for number in numbers:
        chosen.select(window.log.model.index(rows[number], 0), how)


def beside(window: AuditorWindow) -> BesideRoom:
    window.actions_.do(window.actions_.named("evidence.beside"))
    until(lambda: isinstance(window.workspace.tabs.currentWidget(), BesideRoom), window)
    room = window.workspace.tabs.currentWidget()
    assert isinstance(room, BesideRoom)
    return room


def test_two_marked_records_stand_beside_each_other_with_what_differs_marked(window: AuditorWindow) -> None:
    assert "mark two records" in window.actions_.named("evidence.beside").not_now()
    mark(window, 4, 2)
    room = beside(window)
    assert room.title() == "#2 beside #4" and window.workspace.tabs.tabText(0).endswith("#2 beside #4")
    assert [prompt.marked for prompt in room.prompts] == [("Norway",), ("Sweden",)]
    assert room.headline.text().startswith("Asked with another prompt, seed.")
    assert all(board.displays for board in room.boards)
    left, right = (board.mapTo(room, board.rect().topLeft()) for board in room.boards)
    assert left.x() < right.x() and left.y() == right.y()
    assert len(room.tables.shown) == 2 and room.tables.isHidden()
    room.toggle.click()
    assert room.tables.isVisibleTo(room)
    window.workspace.close_current()
    assert window.workspace.tabs.count() == 0


def test_a_pinned_result_stands_beside_the_one_that_is_looked_at(window: AuditorWindow) -> None:
    window.current.show_record(2)
    until(lambda: window.workspace.room() is not None and window.workspace.room().entry is not None, window)  # type: ignore[union-attr]
    room = window.workspace.room()
    assert room is not None
    room.found.buttons["Pin"].click()
    window.current.show_record(6)
    until(lambda: window.current.record == 6 and window.workspace.room() is not room, window)
    mark(window, 6)
    assert window.beside() == (2, 6)
    other = beside(window)
    assert "Asked with another probe" in other.headline.text(), "another kind of question is told as such"
    assert other.found == ()


def test_what_is_no_result_stands_beside_nothing(window: AuditorWindow) -> None:
    mark(window, 2, 7)
    before = window.workspace.tabs.count()
    window.show_beside()
    until(lambda: "Record 7 holds no result" in window.statusBar().currentMessage(), window)
    assert window.workspace.tabs.count() == before
