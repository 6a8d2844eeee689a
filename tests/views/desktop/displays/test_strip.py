"""Strips of tokens."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import colour
from tests.views.desktop.displays.by_hand import HARMLESS, HOSTILE, shown
from tests.views.desktop.displays.test_heat import between
from views.desktop import theme
from views.desktop.displays.strip import StripDisplay
from workbench.claims.finding import Cell
from workbench.contract.figures import SURPRISE, Bar, Line, Strip, Token

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

BARS = (Bar(" Oslo", 0.9, "90.0 %", "−0.11"), Bar(" Bergen", 0.01, "1.0 %", "rank 12", marked=True))


def strip(hostile: str = " Bergen") -> Strip:
    lines = (
        Line(1, " Oslo", "−0.11 nats", (Token(" Oslo", 0.3), Token(".", 1.5, "entropy here 0.40 nats", BARS))),
        Line(0, hostile, "−4.61 nats", (Token(hostile, 4.5, bars=BARS), Token("!", 9.0))),
    )
    return Strip("", SURPRISE, lines, "the stronger, the more surprising")


def test_lines_stand_in_their_order_and_tokens_are_as_strong_as_their_values() -> None:
    with shown(StripDisplay(), strip()) as (display, _):
        assert [view.line.text for view in display.strips] == [" Oslo", " Bergen"]
        for view, share in zip(display.strips, (0.3 / 6, 4.5 / 6), strict=True):
            assert colour(view, 6, 20) == between(theme.LIGHT.heat_low, theme.LIGHT.heat_high, share)
        assert display._scale.accessibleName() == "Colour scale: surprise from 0 to 6 nats"


def test_the_most_strongly_coloured_is_read_first_but_not_marked() -> None:
    with shown(StripDisplay(), strip()) as (display, readings):
        [(heading, bars)] = readings
        assert heading == "“.” · surprise 1.50 nats · entropy here 0.40 nats"
        assert [(bar.label, bar.value, bar.marked) for bar in bars] == [
            ("␣Oslo", "90.0 %", False), ("␣Bergen", "1.0 %", True),
        ]  # fmt: skip
        assert display.pick().cells == ()


def test_arrows_read_and_mark_a_token_by_the_key_of_its_line(qtbot: QtBot) -> None:
    with shown(StripDisplay(), strip()) as (display, readings):
        second = display.strips[1]
        with qtbot.waitSignal(display.marked):
            qtbot.keyClick(second, Qt.Key.Key_Right)
        assert readings[-1][0].startswith("“␣Bergen” · surprise 4.50 nats")
        for _ in range(3):
            qtbot.keyClick(second, Qt.Key.Key_Right)
        assert second.current == 1, "it ends at the last"
        assert display.pick().cells == (Cell(row=0, position=1),), "the row is the text's key, not its place here"


def test_the_mouse_reads_and_a_click_marks(qtbot: QtBot) -> None:
    with shown(StripDisplay(), strip()) as (display, readings):
        first = display.strips[0]
        qtbot.mouseMove(first, QPoint(8, 10))
        assert readings[-1][0].startswith("“␣Oslo”") and display.pick().cells == ()
        qtbot.mouseClick(first, Qt.MouseButton.LeftButton, pos=QPoint(8, 10))
        assert display.pick().cells == (Cell(row=1, position=0),)


def test_enter_asks_what_is_next(qtbot: QtBot) -> None:
    with shown(StripDisplay(), strip()) as (display, _):
        asked: list[tuple[int, int, bool]] = []
        display.asked.connect(lambda row, column, control, at: asked.append((row, column, control)))
        qtbot.keyClick(display.strips[0], Qt.Key.Key_Return)
        assert asked == [(1, 1, False)]


def test_hostile_tokens_are_named() -> None:
    with shown(StripDisplay(), strip(HOSTILE)) as (display, readings):
        assert display.strips[1].accessibleName() == f"Text 1: {HARMLESS}"
        display.strips[1].choose(0)
        assert readings[-1][0].startswith(f"“{HARMLESS}”")


def test_a_strip_of_nothing_is_drawn() -> None:
    with shown(StripDisplay(), Strip("", SURPRISE, (Line(0, "", "nothing", ()),), "")) as (display, readings):
        assert len(display.strips) == 1 and not readings
