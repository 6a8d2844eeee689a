"""A group of names that comes first is told from one that came first by chance."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from workbench.claims.ahead import EXACT, Ahead, ahead, midranks, rank_sum_p


def test_equal_values_share_the_middle_of_their_places() -> None:
    assert midranks([5.0, 1.0, 5.0, 0.0]) == [3.5, 2.0, 3.5, 1.0]


@pytest.mark.parametrize("places", [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [1.5, 1.5, 3.0, 5.0, 5.0, 5.0, 7.0]])
def test_p_is_the_share_of_all_choices_that_come_as_early(places: list[float]) -> None:
    for rows in combinations(range(7), 3):
        seen = sum(places[row] for row in rows)
        early = [sum(places[row] for row in other) <= seen for other in combinations(range(7), 3)]
        assert rank_sum_p(places, rows) == pytest.approx(sum(early) / math.comb(7, 3))


def test_the_first_of_many_are_as_unlikely_as_one_choice_among_all() -> None:
    """8 names of 59 that come first: one of C(59, 8) ways."""
    assert rank_sum_p([float(place) for place in range(1, 60)], range(8)) == pytest.approx(1 / math.comb(59, 8))


def test_what_comes_last_is_certain_also_where_there_are_more_ways_than_a_float_can_count() -> None:
    """C(57, 30) is more than 2⁵³."""
    assert rank_sum_p([float(place) for place in range(1, 58)], range(27, 57)) == 1.0


def test_among_many_names_the_normal_distribution_comes_near() -> None:
    places = [float(place) for place in range(1, EXACT + 1)]
    rows = np.random.default_rng(3).choice(EXACT, 20, replace=False).tolist()
    exact = rank_sum_p(places, rows)
    longer = [*places, float(EXACT + 1)]
    assert rank_sum_p(longer, rows) == pytest.approx(exact, abs=0.02)
    assert rank_sum_p([1.0] * (EXACT + 1), rows) == 1.0


def test_groups_are_ranked_with_holm_and_small_ones_left_out() -> None:
    values = {name: float(-place) for place, name in enumerate("abcdefgh")}
    groups = {"a": ("first", "lone"), "b": ("first",), "c": ("first",), "g": ("last",), "h": ("last",)}
    found = ahead(values, groups)
    assert [one.group for one in found] == ["first", "last"]
    first, last = found
    assert first == Ahead(
        group="first", members=("a", "b", "c"), places=(1.0, 2.0, 3.0), among=8, area=1.0,
        p=1 / math.comb(8, 3), holm=2 / math.comb(8, 3),
    )  # fmt: skip
    assert (last.area, last.p) == (0.0, 1.0)
