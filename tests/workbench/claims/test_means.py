"""Means over few values: quantiles as tables print them, intervals worked by hand."""

from __future__ import annotations

import pytest

from workbench.claims.means import mean, t_quantile, welch


@pytest.mark.parametrize(
    ("degrees", "printed"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (15, 2.131), (30, 2.042), (120, 1.980)],
)
def test_quantiles_are_those_of_the_tables(degrees: int, printed: float) -> None:
    assert t_quantile(0.975, degrees) == pytest.approx(printed, abs=5e-4)


def test_a_mean_of_three_has_an_interval_and_of_two_has_none() -> None:
    found = mean([0.2, 0.5, 0.8])
    assert found is not None
    # s = 0.3, s / √3 = 0.173205, × 4.302653
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5 - 0.745241, 0.5 + 0.745241), abs=1e-6)
    assert mean([0.2, 0.8]) is None


def test_a_share_has_no_interval_beyond_what_shares_can_be() -> None:
    found = mean([0.2, 0.5, 0.8], low=0.0, high=1.0)
    assert found is not None
    assert (found.low, found.high) == (0.0, 1.0)
    same = mean([1.0, 1.0, 1.0])
    assert same is not None
    assert (same.low, same.high) == (1.0, 1.0)


def test_two_means_differ_by_an_interval_worked_by_hand() -> None:
    """s² are .04 and .01 of three each: the squared errors .04/3 and .01/3, their root .129099; degrees of freedom
    (.05/3)² ÷ ((.04/3)²/2 + (.01/3)²/2) = 2.94, rounded down to 2, of which the quantile is 4.302653."""
    found = welch([0.6, 0.8, 1.0], [0.2, 0.3, 0.4])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5 - 0.555470, 0.5 + 0.555470), abs=1e-5)
    assert (found.of, found.of_other) == (3, 3)


def test_two_means_have_no_interval_where_nothing_differs_or_there_is_one_value() -> None:
    assert welch([1.0, 1.0], [0.0, 0.0]) is None
    assert welch([1.0], [0.0, 0.5]) is None


def test_values_that_rounding_alone_tells_apart_are_alike() -> None:
    tenths, thirds = mean([0.1] * 3), mean([2 / 3 - 1 / 3, 1 - 2 / 3, 1 / 3])
    assert tenths is not None and tenths.low == tenths.high
    assert thirds is not None and thirds.low == thirds.high == pytest.approx(1 / 3)
    assert welch([2 / 3 - 1 / 3, 1 - 2 / 3], [0.1, 0.1]) is None


def test_a_difference_of_shares_is_none_above_one() -> None:
    """Means .5 and .5, one degree of freedom to two of theirs: ± 3.04, of which nothing can be."""
    found = welch([1.0, 0.0], [0.0, 1.0], low=-1.0, high=1.0)
    assert found is not None and (found.low, found.value, found.high) == (-1.0, 0.0, 1.0)
