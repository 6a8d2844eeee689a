"""Answers while they come."""

from __future__ import annotations

from random import Random

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from views.desktop.displays.live_answers import LiveAnswers

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def test_samples_grow_where_they_stand_and_appear_in_their_order() -> None:
    live = LiveAnswers()
    live.grow({1: "Ber"})
    live.grow({0: "Os", 1: "gen"})
    live.grow({10**12: "far"})
    assert [(row.samples, row.text) for row in live.rows] == [([0], "Os"), ([1], "Bergen"), ([10**12], "far")]
    live.clear()
    assert live.model.rowCount() == 0


def test_a_row_is_as_high_as_its_text_however_it_came(qtbot: QtBot) -> None:
    random, live = Random(5), LiveAnswers()
    live.resize(400, 300)
    live.show()
    texts = [
        "".join(random.choice(["no", "wand", " ", " ", "er", "ing", "\n", "x" * 90]) for _ in range(60)),
        "short",
        "Every word of it fits, until one does not, and then it takes a line more. " * 3,
    ]
    for at in range(0, max(map(len, texts)), 3):
        live.grow({sample: text[at : at + 3] for sample, text in enumerate(texts) if text[at : at + 3]})
        QApplication.processEvents()
    grown = [live.view.sizeHintForIndex(live.model.index(row)).height() for row in range(3)]
    qtbot.waitUntil(lambda: [live.view.visualRect(live.model.index(row)).height() for row in range(3)] == grown)
    for row in live.rows:
        row.measured = None
    assert grown == [live.view.sizeHintForIndex(live.model.index(row)).height() for row in range(3)]
    assert grown[1] < grown[2] < grown[0]
    live.close()


def test_text_that_fits_its_line_has_nothing_laid_out_again(qtbot: QtBot) -> None:
    live = LiveAnswers()
    live.resize(400, 300)
    live.show()
    live.grow({0: "Oslo is"})
    qtbot.waitUntil(lambda: live.rows[0].measured is not None)
    measured = live.rows[0].measured
    live.grow({0: " the capital"})
    assert live.rows[0].measured is measured
    live.grow({0: " of Norway, and it has been since the year when it was made that" * 2})
    assert live.rows[0].measured is None
    live.close()
