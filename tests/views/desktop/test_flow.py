"""A flow of widgets: as many in a line as fit, hidden ones take no room."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from views.desktop.flow import Flow


def row(qtbot: QtBot, count: int) -> tuple[QWidget, Flow]:
    """Boxes of 30 × 10 with a gap of 4 between them and 6 between lines, and the widget that keeps them alive."""
    parent = QWidget()
    qtbot.addWidget(parent)
    flow = Flow(parent, gap=4, line_gap=6)
    for _ in range(count):
        box = QWidget()
        box.setFixedSize(30, 10)
        flow.addWidget(box)
    return parent, flow


@pytest.mark.parametrize(("width", "lines"), [(200, 1), (98, 1), (97, 2), (64, 2), (63, 3), (10, 3)])
def test_it_breaks_where_the_next_would_not_fit(qtbot: QtBot, width: int, lines: int) -> None:
    _, flow = row(qtbot, 3)
    assert flow.heightForWidth(width) == lines * 10 + (lines - 1) * 6


def test_boxes_stand_beside_and_below_each_other(qtbot: QtBot) -> None:
    _, flow = row(qtbot, 3)
    flow.setGeometry(QRect(0, 0, 70, 100))
    places = [(box.x(), box.y()) for box in (flow.itemAt(at).widget() for at in range(3))]
    assert places == [(0, 0), (34, 0), (0, 16)]
    assert flow.itemAt(3) is None and flow.takeAt(3) is None


def test_what_is_hidden_takes_no_room(qtbot: QtBot) -> None:
    _, flow = row(qtbot, 3)
    flow.itemAt(1).widget().hide()
    assert flow.heightForWidth(64) == 10
