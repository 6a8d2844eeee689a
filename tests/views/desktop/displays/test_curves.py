"""Curves: where they are drawn, in which colours, and how they are read."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import picture_of
from tests.views.desktop.displays.by_hand import EFFECT, HARMLESS, HOSTILE, settle, shown
from views.desktop import theme
from views.desktop.displays.curves import CurvesDisplay
from views.desktop.displays.stroke import StrokeKey
from workbench.contract.figures import PROBABILITY, Curve, Curves

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

XS = (0.0, 1.0, 2.0, 3.0)
RISING = Curve("␣Oslo", XS, (0.1, 0.2, 0.5, 0.9), (0.0, 0.1, 0.4, 0.8), (0.2, 0.3, 0.6, 1.0))
CONTROL = Curve("␣Oslo", XS, (0.1, 0.1, 0.1, 0.1), control=True)
OTHER = Curve("steered", (0.0, 3.0), (0.7, 0.3))


def curves(*every: Curve, title: str = "At the end") -> Curves:
    return Curves(title, "layer", PROBABILITY, every)


def near(one: QColor, other: QColor, by: int = 24) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one.toTuple()[:3], other.toTuple()[:3], strict=True))


def ink(display: CurvesDisplay, x: float, y: float, colour: str, reach: int = 1) -> bool:
    """Whether that colour is painted at a point of the plot, or a pixel beside it."""
    image, at = picture_of(display.plot), display.plot.place(x, y).toPoint()
    around = range(-reach, reach + 1)
    return any(near(image.pixelColor(at.x() + i, at.y() + j), QColor(colour)) for i in around for j in around)


def test_a_curve_passes_through_its_points_in_the_first_colour() -> None:
    with shown(CurvesDisplay(), curves(RISING, OTHER)) as (display, _):
        first, second = theme.LIGHT.series[:2]
        for x, y in ((0, 0.1), (0.5, 0.15), (1.5, 0.35), (2.5, 0.7)):
            assert ink(display, x, y, first), (x, y)
        for x, y in ((0, 0.7), (1.5, 0.5)):
            assert ink(display, x, y, second), (x, y)
        assert not ink(display, 1.5, 0.6, first) and not ink(display, 1.5, 0.6, second)


def test_an_interval_is_a_shaded_band() -> None:
    with shown(CurvesDisplay(), curves(RISING)) as (display, _):
        image, pane = picture_of(display.plot), QColor(theme.LIGHT.pane)
        inside = image.pixelColor(display.plot.place(2.0, 0.44).toPoint())
        outside = image.pixelColor(display.plot.place(2.0, 0.66).toPoint())
        assert outside == pane and inside != pane
        shade = QColor(theme.LIGHT.series[0])
        # 46 of 255 of the colour over the ground
        wanted = [round(a + (b - a) * 46 / 255) for a, b in zip(pane.toTuple()[:3], shade.toTuple()[:3], strict=True)]
        assert inside.toTuple()[:3] == pytest.approx(wanted, abs=2)


def test_a_control_has_its_curves_colour_and_is_dashed() -> None:
    with shown(CurvesDisplay(), curves(RISING, CONTROL)) as (display, _):
        along = [ink(display, 1 + step / 100, 0.1, theme.LIGHT.series[0], reach=0) for step in range(10, 90)]
        assert 0.3 < sum(along) / len(along) < 0.95
        keys = display.findChildren(StrokeKey)
        assert [key.text for key in keys] == ["␣Oslo", "␣Oslo (control)"]
        assert [key._stroke.dashed for key in keys] == [False, True]


def test_dark_colours_come_with_the_dark_theme_while_it_runs() -> None:
    with shown(CurvesDisplay(), curves(RISING)) as (display, _):
        theme.apply(QApplication.instance(), theme.DARK)  # type: ignore[arg-type]
        settle()
        assert ink(display, 1.5, 0.35, theme.DARK.series[0])
        assert picture_of(display.plot).pixelColor(display.plot.place(1.5, 0.95).toPoint()) == QColor(theme.DARK.pane)


def test_the_axes_say_what_they_are_and_are_marked_at_round_numbers() -> None:
    with shown(CurvesDisplay(), Curves("", "dose", EFFECT, (Curve("a", (0.5, 2.0), (-1.0, 3.0)),))) as (display, _):
        left, bottom = display.plot.getAxis("left"), display.plot.getAxis("bottom")
        assert (left.labelText, bottom.labelText) == ("effect (nats)", "dose")
        assert [text for _, text in left._tickLevels[0]] == ["−1", "0", "1", "2", "3"]
    with shown(CurvesDisplay(), curves(RISING)) as (display, _):
        left, bottom = display.plot.getAxis("left"), display.plot.getAxis("bottom")
        assert left.labelText == "probability (%)"
        assert [text for _, text in left._tickLevels[0]] == ["0", "25", "50", "75", "100"]
        assert [text for _, text in bottom._tickLevels[0]] == ["0", "1", "2", "3"], "layers have no halves"


def test_arrows_walk_along_a_curve_and_between_curves(qtbot: QtBot) -> None:
    with shown(CurvesDisplay(), curves(RISING, OTHER, CONTROL)) as (display, readings):
        assert readings[-1][0] == "Layer 3: ␣Oslo 90.0 %, interval 80.0 % to 100 %"
        qtbot.keyClick(display, Qt.Key.Key_Left)
        assert readings[-1][0] == "Layer 2: ␣Oslo 50.0 %, interval 40.0 % to 60.0 %"
        assert [(bar.label, bar.value, bar.marked) for bar in readings[-1][1]] == [
            ("␣Oslo", "50.0 %", True), ("␣Oslo (control)", "10.0 %", False),
        ], "what has no point there is not read"  # fmt: skip
        qtbot.keyClick(display, Qt.Key.Key_Down)
        assert readings[-1][0] == "Layer 3: steered 30.0 %", "the nearest point of the next curve"
        qtbot.keyClick(display, Qt.Key.Key_Home)
        assert readings[-1][0] == "Layer 0: steered 70.0 %"
        assert display.accessibleName() == "Curves: At the end"
        assert display.accessibleDescription() == "Layer 0: steered 70.0 %"


def test_the_mouse_reads_the_nearest_point_and_the_place_is_marked_in_the_plot(qtbot: QtBot) -> None:
    with shown(CurvesDisplay(), curves(RISING, OTHER)) as (display, readings):
        qtbot.mouseMove(display.plot.viewport(), display.plot.place(1.02, 0.22).toPoint() + QPoint(3, -3))
        assert readings[-1][0].startswith("Layer 1: ␣Oslo 20.0 %")
        settle()
        image, at = picture_of(display.plot), display.plot.place(1.0, 0.2).toPoint()
        ring = [image.pixelColor(at.x() + i, at.y()) for i in range(-7, 8)]
        assert any(near(pixel, QColor(theme.LIGHT.ink)) for pixel in ring)


def test_enter_and_a_menu_ask_what_is_next(qtbot: QtBot) -> None:
    with shown(CurvesDisplay(), curves(RISING, OTHER)) as (display, _):
        asked: list[tuple[int, int, bool]] = []
        display.asked.connect(lambda row, column, control, at: asked.append((row, column, control)))
        qtbot.keyClick(display, Qt.Key.Key_Return)
        qtbot.mouseDClick(
            display.plot.viewport(), Qt.MouseButton.LeftButton, pos=display.plot.place(0.0, 0.7).toPoint()
        )
        assert asked == [(0, 3, False), (1, 0, False)]


def test_what_is_not_finite_is_left_out() -> None:
    broken = Curve("a", (0.0, 1.0, 2.0), (0.5, math.nan, -math.inf), (0.4, math.nan, 0.0), (0.6, math.nan, math.inf))
    with shown(CurvesDisplay(), curves(broken)) as (display, readings):
        assert ink(display, 0.0, 0.5, theme.LIGHT.series[0])
        assert readings[-1][0].startswith("Layer 2: a")


def test_a_single_point_and_no_curve_at_all_are_drawn(qtbot: QtBot) -> None:
    with shown(CurvesDisplay(), curves(Curve("a", (4.0,), (0.25,)))) as (display, readings):
        assert readings[-1][0] == "Layer 4: a 25.0 %"
    with shown(CurvesDisplay(), curves()) as (display, readings):
        qtbot.keyClick(display, Qt.Key.Key_Left)
        assert not readings


def test_names_are_never_markup() -> None:
    figure = Curves(HOSTILE, HOSTILE, PROBABILITY, (Curve(HOSTILE, XS, XS), Curve("b", XS, XS)))
    with shown(CurvesDisplay(), figure) as (display, readings):
        assert HARMLESS in [label.text() for label in display.findChildren(QLabel)]
        assert "&lt;b&gt;" in display.plot.getAxis("bottom").labelString()
        assert HARMLESS in readings[-1][0].replace("A⟨", "a⟨", 1)
        assert HARMLESS in [key.text for key in display.findChildren(StrokeKey)]


def test_a_curve_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="places"):
        CurvesDisplay().show_figure(curves(Curve("a", (0.0, 1.0), (0.5,))))
