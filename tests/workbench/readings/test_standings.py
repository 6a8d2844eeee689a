"""What candidates have beyond a control: the residuals of a line whose slope is held between 0 and 1."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.readings.standings import Standings

RNG = np.random.default_rng(7)
CONTROL = RNG.normal(-9, 2, 40)


def test_where_the_control_tells_all_only_what_it_does_not_tell_is_left() -> None:
    lifted = np.zeros(40)
    lifted[[3, 11]] = 5.0
    noise = RNG.normal(0, 0.2, 40)
    found = Standings.of(CONTROL - 1 + lifted + noise, CONTROL)
    assert set(found.order[:2].tolist()) == {3, 11}
    assert found.apart == 2
    assert sorted(found.places.tolist()) == list(range(1, 41))


def test_its_lifts_are_the_residuals_of_least_squares_where_the_slope_is_allowed() -> None:
    values = 0.4 * CONTROL + RNG.normal(0, 1, 40)
    slope, intercept = np.polyfit(CONTROL, values, 1)
    assert 0 < slope < 1
    assert Standings.of(values, CONTROL).lifts == pytest.approx(values - slope * CONTROL - intercept)


@pytest.mark.parametrize(("factor", "slope"), [(-0.5, 0.0), (1.7, 1.0)])
def test_a_slope_beyond_what_is_allowed_is_held_at_its_end(factor: float, slope: float) -> None:
    values = factor * CONTROL
    expected = values - slope * CONTROL
    assert Standings.of(values, CONTROL).lifts == pytest.approx(expected - expected.mean())


def test_few_are_compared_by_the_plain_difference_and_none_of_them_stands_apart() -> None:
    found = Standings.of(np.array([-1.0, -9.0, -5.0]), np.array([-2.0, -2.5, -5.0]))
    assert found.lifts == pytest.approx(np.array([1.0, -6.5, 0.0]) + 5.5 / 3)
    assert found.order.tolist() == [0, 2, 1]
    assert found.places.tolist() == [1, 3, 2]
    assert found.control_places.tolist() == [1, 2, 3]
    assert found.apart == 0


def test_nothing_stands_apart_from_what_is_spread_evenly_or_not_at_all() -> None:
    assert Standings.of(np.linspace(-9, -1, 40), np.zeros(40)).apart == 0
    assert Standings.of(np.full(40, -3.0), CONTROL).apart == 0
    assert Standings.of(np.empty(0), np.empty(0)).apart == 0
