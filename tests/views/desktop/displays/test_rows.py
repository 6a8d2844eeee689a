"""Tables: typed columns, sorted by value."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.views.desktop.displays.by_hand import HARMLESS, HOSTILE, shown
from views.desktop.displays.rows import RowsDisplay
from workbench.claims.finding import Cell
from workbench.contract.figures import Column, Rows

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

ROWS = Rows(
    "Rates",
    (Column("token", "token"), Column("n", "count"), Column("rate", "share"), Column("effect", "number", "nats")),
    ((" b", 1000, 0.25, -1.5), ("a", 9, None, 0.5), ("c\td", 2, 0.5, 10.0)),
)


def column(display: RowsDisplay, number: int) -> list[str]:
    return [display.model.index(row, number).data() for row in range(display.model.rowCount())]


def test_values_stand_as_their_columns_say() -> None:
    with shown(RowsDisplay(), ROWS) as (display, _):
        assert [column(display, number) for number in range(4)] == [
            ["␣b", "a", "c⇥d"], ["1,000", "9", "2"], ["25.0 %", "—", "50.0 %"], ["−1.5", "0.5", "10"],
        ]  # fmt: skip
        heads = [display.model.headerData(c, Qt.Orientation.Horizontal) for c in range(4)]
        assert heads == ["token", "n", "rate", "effect (nats)"]


def test_a_column_is_sorted_by_value_and_nothing_comes_last() -> None:
    with shown(RowsDisplay(), ROWS) as (display, _):
        display.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        assert column(display, 1) == ["2", "9", "1,000"]
        for order, wanted in (
            (Qt.SortOrder.AscendingOrder, ["25.0 %", "50.0 %", "—"]),
            (Qt.SortOrder.DescendingOrder, ["50.0 %", "25.0 %", "—"]),
        ):
            display.view.sortByColumn(2, order)
            assert column(display, 2) == wanted


def test_rows_are_copied_as_they_are() -> None:
    with shown(RowsDisplay(), ROWS) as (display, _):
        display.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        display.view.selectAll()
        display.copy()
        said = "token\tn\trate\teffect (nats)\nc d\t2\t0.5\t10.0\na\t9\t\t0.5\n b\t1000\t0.25\t-1.5"
        assert QGuiApplication.clipboard().text() == said


def test_a_copied_table_says_what_is_shown() -> None:
    figure = Rows("Said", (Column("text"),), (("a\x1b[201~\nb\u202e",),))
    with shown(RowsDisplay(), figure) as (display, _):
        display.view.selectAll()
        display.copy()
        assert QGuiApplication.clipboard().text() == "text\na⟨U+001B⟩[201~ b⟨U+202E⟩"


def test_a_copied_table_is_no_formula_and_has_as_many_rows_as_were_marked() -> None:
    said = ("=1+1", " +cmd", "-5", "@sum", '"a', "ok\r\u2028=1\x0b\x85b", "it's")
    figure = Rows("Said", (Column("=text"), Column("n", "number")), tuple((text, -1.5) for text in said))
    wanted = ["'=1+1", "' +cmd", "'-5", "'@sum", "'\"a", "ok  =1  b", "it's"]
    with shown(RowsDisplay(), figure) as (display, _):
        copied = display.model.text(list(range(len(said))))
    assert copied.splitlines() == ["'=text\tn", *(f"{text}\t-1.5" for text in wanted)]


def test_a_marked_row_is_picked_by_where_it_stood(qtbot: QtBot) -> None:
    with shown(RowsDisplay(), ROWS) as (display, _):
        display.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        with qtbot.waitSignal(display.marked):
            display.view.setCurrentIndex(display.model.index(0, 3))
        assert display.pick().cells == (Cell(row=2, position=3),)
        asked: list[tuple[int, int, bool]] = []
        display.asked.connect(lambda row, column, control, at: asked.append((row, column, control)))
        qtbot.keyClick(display.view, Qt.Key.Key_Return)
        assert asked == [(2, 3, False)]


WIDE = Rows(
    "",
    (Column("log"), Column("says"), Column("findings", "count"), Column("tokens", "count"),
     Column("first evidence after"), Column("never cited", "count")),
    (("atlas-norway-by-the-second-auditor", "inconclusive, 50 %", 3, 123456, "2 probes, 16 generated, 14.6 s", 0),),
)  # fmt: skip


def test_a_table_that_is_too_wide_is_squeezed_before_it_scrolls() -> None:
    with shown(RowsDisplay(), WIDE, width=1200) as (display, _):
        heads = [display.model.headerData(c, Qt.Orientation.Horizontal) for c in range(6)]
        assert heads[4:] == ["first evidence after", "never cited"]
    for width, last, cut in ((1000, "never cited", []), (660, "never\ncited", [0, 4])):
        with shown(RowsDisplay(), WIDE, width=width) as (display, _):
            header, held = display.view.horizontalHeader(), display.view.sizeHintForColumn
            assert display.model.headerData(5, Qt.Orientation.Horizontal) == last
            assert display.view.horizontalScrollBar().maximum() == 0
            assert [c for c in range(6) if header.sectionSize(c) < held(c)] == cut, "numbers are whole"
            tips = [display.model.index(0, c).data(Qt.ItemDataRole.ToolTipRole) for c in range(6)]
            assert [c for c, tip in enumerate(tips) if tip] == cut


def test_what_is_left_over_goes_to_texts_that_need_it_and_to_no_others() -> None:
    for text, filled in (("Atlas 03 of the judge's own", False), ("what the model answered to all of it " * 8, True)):
        rows = Rows("Logs", (Column("log", "text"), Column("n", "count")), ((text, 1), ("other", 2)))
        with shown(RowsDisplay(), rows) as (display, _):
            header, room = display.view.horizontalHeader(), display.view.viewport().width()
            assert (header.length() == room) == filled and room > 600, text
            assert filled or header.sectionSize(0) >= display.view.sizeHintForColumn(0)


def test_hostile_texts_are_named_and_tooltips_are_no_markup() -> None:
    figure = Rows(HOSTILE, (Column(HOSTILE),), ((HOSTILE * 9,),))
    with shown(RowsDisplay(), figure) as (display, _):
        assert display.model.index(0, 0).data() == HARMLESS * 9
        assert display.model.headerData(0, Qt.Orientation.Horizontal) == HARMLESS
        tip = display.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
        assert "&lt;b&gt;" in tip and "<b>" not in tip and "\u202e" not in tip


def test_an_empty_table_is_drawn_and_a_crooked_one_refused() -> None:
    with shown(RowsDisplay(), Rows("", (), ())) as (display, _):
        assert display.model.rowCount() == 0
    with pytest.raises(ValueError, match="columns"):
        RowsDisplay().show_figure(Rows("", (Column("a"),), (("x", "y"),)))
