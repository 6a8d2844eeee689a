"""Agreement of judges comes to what its inventor published, whoever left something out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from workbench.claims.reliability import interval, nominal, reliability

MISSING = "."


def units(*judges: str) -> list[list[str]]:
    """A judge a line, a value each unit; a dot where somebody gave none."""
    return [[value for value in values if value != MISSING] for values in zip(*map(str.split, judges), strict=True)]


FOUR = units(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Krippendorff (2011), example C: four observers, twelve units, some left out."""


def alpha(told: Sequence[Sequence[Any]], distance: Callable[[Any, Any], float]) -> float | None:
    found = reliability(told, distance)
    return None if found is None else found.alpha


def between(told: Sequence[Sequence[Any]]) -> tuple[float, float] | None:
    found = reliability(told, nominal)
    assert found is not None
    return found.between


def test_two_observers_and_two_values() -> None:
    """Krippendorff (2011), example A."""
    told = units("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
    assert alpha(told, nominal) == pytest.approx(0.095, abs=5e-4)


def test_two_observers_and_many_values() -> None:
    """Krippendorff (2011), example B."""
    told = units("a a b b d c c c e d d a", "b a b b b c c c e d d d")
    assert alpha(told, nominal) == pytest.approx(0.692, abs=5e-4)


def test_several_observers_who_left_something_out() -> None:
    assert alpha(FOUR, nominal) == pytest.approx(0.743, abs=5e-4)


def test_numbers_that_lie_near_each_other_disagree_less() -> None:
    assert alpha([[float(one) for one in unit] for unit in FOUR], interval) == pytest.approx(0.849, abs=5e-4)


def test_nothing_is_said_where_nothing_could_disagree() -> None:
    assert alpha([["a", "a"], ["a", "a"]], nominal) is None
    assert alpha([["a"], ["b"], []], nominal) is None


def test_whoever_contradicts_is_below_chance() -> None:
    """By hand: both units disagree, so observed is 4 of 4; expected 2·2·2/3, and 1 − 2 ÷ (8/3 ÷ 2)."""
    assert alpha([["a", "b"], ["a", "b"]], nominal) == pytest.approx(-0.5)


def test_a_few_things_leave_open_what_many_settle() -> None:
    """Two judges who disagree about one thing of ten, judged twice and ten times as often."""
    ten = units("a a a a a b b b b b", "a a a a b b b b b b")
    few, many = between(ten * 2), between(ten * 10)
    assert few is not None and few[0] < 0.55 and few[1] == 1.0
    assert many == (pytest.approx(0.66, abs=0.02), pytest.approx(0.91, abs=0.02))


def test_its_interval_holds_the_alpha_of_all_things_as_often_as_it_says() -> None:
    """Each judge errs in a tenth, on things drawn from many: 95 of 100 intervals hold what all of them give."""
    drawn = np.random.default_rng(7)

    def judged(things: int) -> list[list[str]]:
        truth = drawn.integers(0, 2, size=things)
        return [["ab"[value ^ int(drawn.random() < 0.1)] for _ in range(2)] for value in truth.tolist()]

    every = alpha(judged(50_000), nominal)
    assert every is not None
    held = sum(low <= every <= high for low, high in filter(None, (between(judged(60)) for _ in range(200))))
    assert 0.90 <= held / 200 <= 0.99


def test_where_little_was_judged_or_little_differs_nobody_knows_how_far_it_would() -> None:
    agreed = [["a", "a"], ["b", "b"]]
    assert between(agreed * 9) is None
    assert between(agreed * 10) == (1.0, 1.0)
    assert between([["a", "a"]] * 40 + [["b", "b"]]) is None  # one draw of three has nothing that differs
