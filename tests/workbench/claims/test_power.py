"""What a comparison could have seen comes to what is published of the noncentral t distribution."""

from __future__ import annotations

import math
from itertools import product

import pytest

from workbench.claims.exact import paired_p
from workbench.claims.power import least_difference, paired_power, t_power


@pytest.mark.parametrize(
    ("effect", "of", "power"),
    [
        (0.5, 34, 0.8077775),  # G*Power's manual: two dependent means, two tails
        (0.421637, 50, 0.832114),
    ],
)
def test_power_is_as_published(effect: float, of: int, power: float) -> None:
    assert t_power(effect, 1.0, of) == pytest.approx(power, abs=2e-5)


def test_without_a_difference_it_is_the_error_that_is_allowed() -> None:
    for of in (3, 8, 16):
        assert t_power(0.0, 0.4, of) == pytest.approx(0.05, abs=1e-4)


def test_values_that_do_not_spread_show_any_difference() -> None:
    assert (t_power(0.1, 0.0, 5), t_power(0.0, 0.0, 5), least_difference(0.0, 5)) == (1.0, 0.0, 0.0)


def test_the_least_difference_is_seen_four_times_of_five() -> None:
    least = least_difference(0.4, 16)
    assert t_power(least, 0.4, 16) == pytest.approx(0.8, abs=1e-6)
    assert least < least_difference(0.4, 9)


def test_pairs_need_six_gained() -> None:
    """By hand: 2 · 2⁻⁵ = .0625 is too much, 2 · 2⁻⁶ = .031 is not."""
    assert paired_power(1.0, 5) == 0.0
    assert paired_power(1.0, 6) == pytest.approx(1.0)
    assert paired_power(0.5, 6) == pytest.approx(0.5**6)


def test_the_power_of_pairs_is_what_all_their_outcomes_come_to() -> None:
    gain, of = 0.3, 9
    every = math.fsum(
        gain ** sum(seen) * (1 - gain) ** (of - sum(seen))
        for seen in product((0, 1), repeat=of)
        if paired_p(sum(seen), 0) < 0.05
    )
    assert paired_power(gain, of) == pytest.approx(every)
