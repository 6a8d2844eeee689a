"""Heat-maps: what is painted, read, marked and asked for."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import colour, picture_of
from tests.views.desktop.displays.by_hand import EFFECT, HARMLESS, HOSTILE, SHARES, heat, settle, shown
from views.desktop import app, theme
from views.desktop.displays.heat import HeatDisplay
from workbench.claims.finding import Cell
from workbench.contract.figures import Axis, no_bars

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def between(low: str, high: str, share: float) -> QColor:
    """By arithmetic: each channel a share of the way."""
    a, b = QColor(low), QColor(high)
    return QColor(*(round(x + (y - x) * share) for x, y in zip(a.toTuple()[:3], b.toTuple()[:3], strict=True)))


def ground(display: HeatDisplay, row: int, column: int, number: int = 0) -> QColor:
    """The colour of a cell of the figure, beside its text."""
    view = display.maps[number]
    box = view.visualRect(view.map.index(view.map.rowCount() - 1 - row, column))
    return colour(view.viewport(), box.left() + 5, box.bottom() - 4)


def test_a_cell_is_as_strong_as_its_probability() -> None:
    with shown(HeatDisplay(), heat()) as (display, _):
        for row in (0, 1):
            for column in (0, 1, 2):
                wanted = between(theme.LIGHT.heat_low, theme.LIGHT.heat_high, SHARES[row, column] ** 0.5)
                assert ground(display, row, column) == wanted
        [view] = display.maps
        assert [view.map.headerData(c, Qt.Orientation.Horizontal) for c in range(3)] == ["␣capital", "↵", ":"]
        assert [view.map.headerData(r, Qt.Orientation.Vertical) for r in range(2)] == ["1", "0"]
        assert "⋯ one earlier position was not read ⋯" in [label.text() for label in display.findChildren(QLabel)]


def test_a_diverging_scale_has_a_colour_to_each_side_and_none_in_the_middle() -> None:
    values = np.array([[-2.0, -1.0, 0.0], [1.0, 2.0, 5.0]])
    app.application(dark=True)
    with shown(HeatDisplay(), heat(values=values, scale=EFFECT, texts=(), followed=())) as (display, _):
        t = theme.DARK
        assert ground(display, 0, 0) == QColor(t.heat_below)
        assert ground(display, 0, 1) == between(t.heat_low, t.heat_below, 0.5)
        assert ground(display, 0, 2) == QColor(t.heat_low)
        assert ground(display, 1, 0) == between(t.heat_low, t.heat_high, 0.5)
        assert ground(display, 1, 1) == ground(display, 1, 2) == QColor(t.heat_high)
        assert display.maps[0].map.index(1, 0).data() == "−2.00", "without texts the values are written"
        assert display._scale.accessibleName() == "Colour scale: effect from −2 to 2 nats"
        assert display._colour.isHidden(), "there is nothing else to colour by"


def test_colour_by_a_followed_series() -> None:
    with shown(HeatDisplay(), heat()) as (display, _):
        assert [display._colour.itemText(i) for i in range(2)] == ["each cell’s probability", "␣Bergen"]
        display._colour.setCurrentIndex(1)
        assert display.maps[0].map.index(0, 2).data() == "40.0"
        assert ground(display, 1, 2) == between(theme.LIGHT.heat_low, theme.LIGHT.heat_high, 0.4**0.5)


def test_places_the_summary_speaks_of_are_outlined() -> None:
    with shown(HeatDisplay(), heat()) as (display, _):
        [view] = display.maps
        red = QColor(theme.LIGHT.bad)

        def outlined(row: int, column: int) -> bool:
            box, image = view.visualRect(view.map.index(row, column)), picture_of(view.viewport())
            edges = [image.pixelColor(box.center().x(), box.top() + down) for down in range(4)]
            return any(abs(edge.red() - red.red()) < 60 and edge.blue() < 120 for edge in edges)

        assert [(row, column) for row in (0, 1) for column in (0, 1, 2) if outlined(row, column)] == [(0, 2)]
        assert "outlined: what settled" in display._legend.text()


def test_the_last_place_is_read_first_and_keys_go_on_from_there(qtbot: QtBot) -> None:
    with shown(HeatDisplay(), heat()) as (display, readings):
        assert readings[-1][0] == "Layer 1, position 3 “:”"
        assert [(bar.label, bar.share) for bar in readings[-1][1]] == [("␣top", 0.9), (HARMLESS, 0.1)]
        display.setFocus()
        assert len(readings) == 1, "the focus moves nothing"
        qtbot.keyClick(display.maps[0], Qt.Key.Key_Down)
        assert readings[-1][0] == "Layer 0, position 3 “:”"
        qtbot.keyClick(display.maps[0], Qt.Key.Key_Left)
        assert readings[-1][0] == "Layer 0, position 2 “↵”"


def test_a_place_without_bars_is_read_by_its_value() -> None:
    figure = heat(bars=no_bars, texts=(), scale=EFFECT, columns=Axis("head", (4, 5, 6), ("4", "5", "6")))
    with shown(HeatDisplay(), figure) as (_, readings):
        [(heading, [bar])] = readings
        assert heading == "Layer 1, head 6"
        assert (bar.label, bar.value, bar.share) == ("effect", "0.90 nats", pytest.approx(0.45))


def test_the_mouse_reads_cells_of_the_control_too() -> None:
    with shown(HeatDisplay(), heat(control=heat())) as (display, readings):
        view = display.maps[1]
        view.entered.emit(view.map.index(0, 0))
        assert readings[-1][0] == "Layer 1, position 1 “␣capital” of the control"


def test_marked_cells_are_picked_by_their_keys(qtbot: QtBot) -> None:
    figure = heat(rows=Axis("layer", (7, 9), ("7", "9")))
    with shown(HeatDisplay(), figure) as (display, _):
        [view] = display.maps
        assert display.pick().cells == (), "what is read first is not marked"
        select = QItemSelectionModel.SelectionFlag.Select
        with qtbot.waitSignal(display.marked):
            for row, column in ((0, 2), (1, 0)):
                view.selectionModel().select(view.map.index(row, column), select)
        assert display.pick().cells == (Cell(row=7, position=1), Cell(row=9, position=3))


def test_enter_asks_what_is_next_by_the_keys_of_the_place(qtbot: QtBot) -> None:
    figure = heat(rows=Axis("layer", (7, 9), ("7", "9")), control=heat())
    with shown(HeatDisplay(), figure) as (display, _):
        asked: list[tuple[int, int, bool]] = []
        display.asked.connect(lambda row, column, control, at: asked.append((row, column, control)))
        for view in display.maps:
            view.setCurrentIndex(view.map.index(1, 1))
            qtbot.keyClick(view, Qt.Key.Key_Return)
        assert asked == [(7, 2, False), (0, 2, True)]


def test_maps_stand_beside_each_other_where_they_fit() -> None:
    with shown(HeatDisplay(), heat(control=heat())) as (display, _):
        for width, beside in ((900, True), (360, False)):
            display.resize(width, 600)
            settle()
            first, second = (view.mapTo(display, view.rect().topLeft()) for view in display.maps)
            assert (first.y() == second.y()) is beside


def test_both_maps_scroll_to_the_last_tokens_together() -> None:
    pieces = tuple(f"t{i}" for i in range(30))
    axis = Axis("token", tuple(range(30)), pieces, tokens=True)
    wide = heat(columns=axis, values=np.full((2, 30), 0.5), texts=(pieces, pieces), followed=(), bars=no_bars)
    with shown(HeatDisplay(), heat(**(vars(wide) | {"control": wide}))) as (display, _):
        first, second = (view.horizontalScrollBar() for view in display.maps)
        assert first.maximum() > 0 and first.value() == first.maximum()
        first.setValue(first.maximum() - 100)
        assert second.value() == second.maximum() - 100


def test_what_was_said_is_never_markup_nor_moves_what_shows_it() -> None:
    axis = Axis("token", (1, 2, 3), (HOSTILE, "b", "c"), tokens=True)
    texts = ((HOSTILE, "b", "c"), ("d", "e", "f"))
    figure = heat(title=HOSTILE, legend=HOSTILE, outline=HOSTILE, columns=axis, texts=texts)
    with shown(HeatDisplay(), figure) as (display, _):
        [view] = display.maps
        assert view.map.index(1, 0).data() == HARMLESS
        tip = view.map.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        assert "&lt;b&gt;" in tip and "<b>" not in tip and "\x1b" not in tip
        said = [label.text() for label in display.findChildren(QLabel)]
        assert HARMLESS in said
        assert not [text for text in said if "\x1b" in text or "\u202e" in text]
        assert HARMLESS in view.map.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": np.zeros((2, 2))},
        {"texts": (("a", "b"), ("c", "d"))},
        {"rows": Axis("layer", (0, 1), ("0",))},
    ],
    ids=("values", "texts", "labels"),
)
def test_a_figure_that_does_not_add_up_is_refused_before_it_is_painted(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="cells"):
        HeatDisplay().show_figure(heat(**wrong))
