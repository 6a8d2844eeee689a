"""The board: several figures of a result, one card, one pick, what may be asked next."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QMenu, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from tests.views.desktop.displays.by_hand import (
    HARMLESS,
    Pointing,
    drawn,
    heat,
    on_a_board,
    settle,
    visible,
)
from tests.views.desktop.displays.test_curves import RISING, curves
from tests.views.desktop.displays.test_histogram import HISTOGRAM
from tests.views.desktop.displays.test_rows import ROWS
from tests.views.desktop.displays.test_strip import strip
from views.desktop.courier import Batch
from views.desktop.displays.board import Board
from workbench.claims.finding import Cell
from workbench.contract.figures import Answer, Answers, Ending, Rows, Spot

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

ANSWERS = Answers("", "p", (Answer(0, "a", 1, Ending.ITSELF), Answer(1, "b", 1, Ending.ITSELF)))


def place(board: Board, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(board, QPoint(0, 0)), widget.size())


def test_the_first_figure_is_large_and_the_others_beneath_it_beside_the_card() -> None:
    with on_a_board(heat(control=heat()), curves(RISING), width=760) as board:
        first, second = (place(board, display) for display in board.displays)
        card = place(board, board.card)
        assert first.width() > 700 and second.top() > first.bottom() and second.left() > card.right()
        assert not first.intersects(second) and not first.intersects(card) and not second.intersects(card)
        assert board.rect().contains(second) and board.rect().contains(card)


def test_a_narrow_first_figure_leaves_its_side_to_the_card_and_the_others() -> None:
    with on_a_board(heat(), curves(RISING), width=960) as board:
        first, second = (place(board, display) for display in board.displays)
        card = place(board, board.card)
        assert card.left() > first.right() and second.left() > first.right() and second.top() > card.bottom()


def test_in_a_narrow_window_everything_stands_beneath() -> None:
    with on_a_board(heat(control=heat()), curves(RISING), width=500, height=1000) as board:
        card, second = place(board, board.card), place(board, board.displays[1])
        assert second.top() > card.bottom() and second.right() <= 500


def test_a_card_only_where_something_can_be_read() -> None:
    for figures, reads in (((ANSWERS,), False), ((ROWS,), False), ((ANSWERS, HISTOGRAM), True), ((strip(),), True)):
        with on_a_board(*figures) as board:
            assert board.card.isVisible() is reads


def test_the_card_reads_the_first_figure_until_another_is_pointed_at(qtbot: QtBot) -> None:
    with on_a_board(heat(), curves(RISING)) as board:
        assert board.card.heading.startswith("Layer 1, position 3")
        assert board.card.accessibleDescription().startswith("Layer 1, position 3 “:”: ␣top said, ")
        qtbot.keyClick(board.displays[1], Qt.Key.Key_Left)
        assert board.card.heading.startswith("Layer 2: ␣Oslo 50.0 %")


def test_what_was_marked_last_is_picked() -> None:
    with on_a_board(heat(), ANSWERS, ROWS) as board:
        assert board.pick() == type(board.pick())()
        board.displays[0].maps[0].setCurrentIndex(board.displays[0].maps[0].map.index(0, 0))  # type: ignore[attr-defined]
        assert board.pick().cells == (Cell(row=1, position=1),)
        board.displays[1].view.setCurrentIndex(board.displays[1].model.index(1))  # type: ignore[attr-defined]
        assert (board.pick().samples, board.pick().cells) == ((1,), ())
        board.show_result(drawn(heat()), None)
        assert board.pick() == type(board.pick())(), "a new result begins unmarked"


def test_places_of_every_figure_start_the_next_probe(qtbot: QtBot) -> None:
    figures = (heat(control=heat()), strip(), ANSWERS, ROWS, curves(RISING), HISTOGRAM)
    with on_a_board(*figures, probe=Pointing(), height=2400) as board:
        asked: list[Pointing] = []
        board.branch.connect(asked.append)
        for number, (row, column) in enumerate([(1, 3), (1, 1), (0, 0), (2, 3), (0, 3), (0, 1)]):
            board.displays[number].asked.emit(row, column, False, QPoint(10, 10))
            settle()
            [menu] = [menu for menu in board.findChildren(QMenu) if menu.isVisible()]
            [action] = menu.actions()
            assert action.text() == f"Ask {HARMLESS}".replace("&", "&&")
            action.trigger()
            menu.close()
            settle()
        assert [probe.of for probe in asked] == ["0 1 3", "1 1 1", "2 0 0", "3 2 3", "4 0 3", "5 0 1"]


def test_where_nothing_can_be_asked_no_menu_comes_up() -> None:
    with on_a_board(heat(control=heat()), probe=Pointing()) as board:
        board.displays[0].asked.emit(0, 1, True, QPoint(10, 10))
        assert not board.findChildren(QMenu)
        assert "Enter on a cell offers" in board.displays[0]._legend.text()  # type: ignore[attr-defined]
    with on_a_board(heat()) as board:
        assert board.follow_ups(Spot(0, 1, 1)) == ()
        assert "Enter on a cell offers" not in board.displays[0]._legend.text()  # type: ignore[attr-defined]


def test_texts_are_shown_as_they_come_until_there_is_a_result() -> None:
    board = Board()
    with visible(board):
        board.begin()
        assert not board.live.isVisible(), "nothing has been said"
        board.stream(Batch(done=0.5))
        assert not board.live.isVisible()
        board.stream(Batch(texts={2: "He"}))
        board.stream(Batch(texts={0: "x", 2: "llo"}))
        assert board.live.isVisible()
        assert [(row.samples, row.text) for row in board.live.rows] == [([0], "x"), ([2], "Hello")]
        board.show_result(drawn(ANSWERS), None)
        assert not board.live.isVisible() and board.displays[0].isVisible()
        board.begin()
        assert board.live.rows == [] and board.displays == []


def test_a_result_is_drawn_whole_or_not_at_all() -> None:
    board = Board()
    crooked = Rows("", ROWS.columns, (("one",),))
    with pytest.raises(ValueError, match="columns"):
        board.show_result(drawn(heat(), crooked), None)
    assert board.displays == []


def test_many_results_one_after_the_other_leave_nothing_behind() -> None:
    with on_a_board(curves(RISING)) as board:
        for _ in range(12):
            board.show_result(drawn(heat(), curves(RISING), HISTOGRAM), None)
            settle()
        assert len(board.displays) == 3
        kept = [child for child in board.findChildren(QWidget) if type(child).__name__ == "Plot"]
        assert len(kept) == 2


def test_what_stands_beside_each_other_gives_way_when_the_window_does() -> None:
    holder = QScrollArea()
    holder.setWidgetResizable(True)
    board = Board()
    board.show_result(drawn(heat(control=heat()), curves(RISING)), None)
    holder.setWidget(board)
    holder.resize(760, 700)
    with visible(holder):
        assert place(board, board.displays[1]).left() > place(board, board.card).right()
        holder.resize(520, 700)
        settle()
        assert board.width() <= 520
        assert place(board, board.displays[1]).top() > place(board, board.card).bottom()
