"""Proportions and their differences, against the published limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.claims.rates import newcombe, wilson


# Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_limits(hits: int, trials: int, low: float, high: float) -> None:
    rate = wilson(hits, trials)
    assert (round(rate.low, 4), round(rate.high, 4)) == (low, high)


# Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_limits(a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
    difference = newcombe(wilson(*a), wilson(*b))
    assert (round(difference.low, 4), round(difference.high, 4)) == (low, high)
    assert difference.value == pytest.approx(a[0] / a[1] - b[0] / b[1])


def test_without_trials_nothing_is_known() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)
    with pytest.raises(ValueError, match="trials on both sides"):
        newcombe(wilson(1, 2), wilson(0, 0))
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_limit_is_where_the_score_test_just_rejects(case: tuple[int, int]) -> None:
    hits, trials = case
    rate = wilson(hits, trials)
    assert 0 <= rate.low <= hits / trials <= rate.high <= 1
    for limit in {rate.low, rate.high} - {0.0, 1.0}:
        z_squared = (hits / trials - limit) ** 2 * trials / (limit * (1 - limit))
        assert z_squared == pytest.approx(1.959963984540054**2, rel=1e-6)


@given(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), st.integers(1, 50)))
def test_swapping_the_sides_mirrors_the_difference(counts: tuple[int, int, int, int]) -> None:
    a, b = wilson(min(counts[0], counts[2]), counts[2]), wilson(min(counts[1], counts[3]), counts[3])
    there, back = newcombe(a, b), newcombe(b, a)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
