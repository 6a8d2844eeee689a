"""Answers while they come."""

from __future__ import annotations

import pytest

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
