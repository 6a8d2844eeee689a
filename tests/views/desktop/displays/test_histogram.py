"""Histograms: steps over bins."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import picture_of
from tests.views.desktop.displays.by_hand import shown
from views.desktop import theme
from views.desktop.displays.histogram import HistogramDisplay
from workbench.contract.figures import SURPRISE, Counts, Histogram

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

EDGES = (0.0, 1.0, 2.0, 4.0)
HISTOGRAM = Histogram(
    "Surprise", SURPRISE, EDGES, (Counts("organism", (4, 10, 2)), Counts("baseline", (8, 0, 1), control=True))
)


def test_each_bin_is_filled_up_to_its_count() -> None:
    with shown(HistogramDisplay(), HISTOGRAM) as (display, _):
        image, pane = picture_of(display.plot), QColor(theme.LIGHT.pane)
        at = lambda x, y: image.pixelColor(display.plot.place(x, y).toPoint())  # noqa: E731
        assert [at(0.4, 3.3) != pane, at(0.4, 5.5) != pane, at(3.4, 1.4) != pane, at(3.4, 2.8) != pane] == [
            True, False, True, False,
        ]  # fmt: skip
        top = [at(0.5, 4.0 + step / 20).toTuple()[:3] for step in range(-3, 4)]
        assert QColor(theme.LIGHT.series[0]).toTuple()[:3] in top


def test_bins_are_read_with_every_groups_count(qtbot: QtBot) -> None:
    with shown(HistogramDisplay(), HISTOGRAM) as (display, readings):
        heading, bars = readings[-1]
        assert heading == "Surprise 1.00 nats to 2.00 nats", "the fullest bin comes first"
        assert [(bar.label, bar.share, bar.value, bar.beside) for bar in bars] == [
            ("organism", 1.0, "10", "62.5 %"), ("baseline (control)", 0.0, "0", "0 %"),
        ]  # fmt: skip
        qtbot.keyClick(display, Qt.Key.Key_Right)
        assert readings[-1][0] == "Surprise 2.00 nats to 4.00 nats"
        qtbot.mouseMove(display.plot.viewport(), display.plot.place(0.2, 7.5).toPoint())
        assert readings[-1][0] == "Surprise 0.00 nats to 1.00 nats"
        assert [bar.marked for bar in readings[-1][1]] == [False, True], "the nearer step"
        assert display.accessibleName() == "Histogram: Surprise"


def test_counts_are_whole_and_the_axis_names_its_unit() -> None:
    few = Histogram("", SURPRISE, EDGES, (Counts("a", (0, 1, 0)),))
    with shown(HistogramDisplay(), few) as (display, _):
        assert [text for _, text in display.plot.getAxis("left")._tickLevels[0]] == ["0", "1"]
        assert display.plot.getAxis("bottom").labelText == "surprise (nats)"


@pytest.mark.parametrize(
    "wrong",
    [
        Histogram("", SURPRISE, (0.0,), ()),
        Histogram("", SURPRISE, (0.0, 1.0, 1.0), (Counts("a", (1, 2)),)),
        Histogram("", SURPRISE, EDGES, (Counts("a", (1, 2)),)),
    ],
    ids=("no bin", "not rising", "a count too few"),
)
def test_one_that_does_not_add_up_is_refused(wrong: Histogram) -> None:
    with pytest.raises(ValueError, match="bins"):
        HistogramDisplay().show_figure(wrong)
