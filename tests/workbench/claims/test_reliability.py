"""Agreement of judges comes to what its inventor published, whoever left something out."""

from __future__ import annotations

import pytest

from workbench.claims.reliability import alpha, interval, nominal

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
