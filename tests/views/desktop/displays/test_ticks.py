"""Round numbers along an axis."""

from __future__ import annotations

import pytest

from views.desktop.displays.ticks import ticks


@pytest.mark.parametrize(
    ("low", "high", "most", "marks", "digits"),
    [
        (0.0, 0.95, 4, [0, 0.25, 0.5, 0.75, 1], 2),
        (0.0, 1.0, 4, [0, 0.25, 0.5, 0.75, 1], 2),
        (0.0, 0.004, 4, [0, 0.001, 0.002, 0.003, 0.004], 3),
        (-1.3, 2.2, 4, [-2, -1, 0, 1, 2, 3], 0),
        (3.0, 3.0, 4, [2.5, 2.75, 3, 3.25, 3.5], 2),
        (0.0, 54.0, 4, [0, 20, 40, 60], 0),
    ],
)
def test_an_axis_ends_at_round_numbers(low: float, high: float, most: int, marks: list[float], digits: int) -> None:
    axis = ticks(low, high, most)
    assert axis.values == pytest.approx(marks)
    assert axis.digits == digits


def test_whole_numbers_have_no_fractions_between_them() -> None:
    assert ticks(0, 3, 8, whole=True, snug=True).values == [0, 1, 2, 3]
    assert ticks(0, 11, 4, whole=True).values == [0, 5, 10, 15]
    assert ticks(0, 25, 11, whole=True).values == [0, 5, 10, 15, 20, 25]


def test_a_snug_axis_ends_with_its_values() -> None:
    axis = ticks(0.5, 7.5, 4, snug=True)
    assert (axis.low, axis.high, axis.values) == (0.5, 7.5, [2, 4, 6])
