"""Fisher's exact test, against published values and the definition."""

from __future__ import annotations

import math
from itertools import product

import pytest

from workbench.claims.exact import binomial_p, exact_p, paired_p
from workbench.claims.rates import wilson


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        ((3, 4), (1, 4), 34 / 70),  # the lady who tasted tea, both sides (Fisher 1935)
        ((1, 10), (11, 14), 0.002759456),  # the table of scipy's manual, transposed: 1 9 / 11 3
        ((10, 13), (2, 17), 0.0005367241),  # convictions of twins: R gives 0.0005367
        ((0, 50), (0, 50), 1.0),
        ((50, 50), (0, 50), 2 / math.comb(100, 50)),
    ],
)
def test_published_values(a: tuple[int, int], b: tuple[int, int], p: float) -> None:
    assert exact_p(wilson(*a), wilson(*b)) == pytest.approx(p, rel=1e-6)
    assert exact_p(wilson(*b), wilson(*a)) == pytest.approx(p, rel=1e-6)


def test_of_many_trials_it_says_what_chance_says() -> None:
    """So many of one proportion are a coin: against them fifty that agree are as rare as fifty heads or fifty tails."""
    assert exact_p(wilson(50_000, 100_000), wilson(25, 50)) == 1.0
    assert exact_p(wilson(50_000, 100_000), wilson(50, 50)) == pytest.approx(2 * 2**-50, rel=0.05)


def test_it_seldom_doubts_two_samples_of_one_proportion() -> None:
    """Over all that two honest samples of 20 at one half can show, p below a hundredth comes less than that often."""
    chance = 0.0
    for hits, others in product(range(21), repeat=2):
        if exact_p(wilson(hits, 20), wilson(others, 20)) < 0.01:
            chance += math.comb(20, hits) * math.comb(20, others) / 2**40
    assert 0 < chance < 0.01


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [
        (6, 0, 2 / 2**6),  # six gained and none lost: the least that shows at a twentieth
        (5, 0, 2 / 2**5),
        (7, 1, 2 * (1 + 8) / 2**8),
        (29, 6, 1.1684e-4),  # of 35 pairs, as any table of the binomial has it
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_pairs_that_change_are_held_against_a_fair_coin(gained: int, lost: int, p: float) -> None:
    assert paired_p(gained, lost) == pytest.approx(p, rel=1e-3)
    assert paired_p(lost, gained) == paired_p(gained, lost)


def test_a_proportion_against_a_chance() -> None:
    """Ten heads of ten; three or more sixes of six, by counting; and nothing or more is sure."""
    assert binomial_p(wilson(10, 10), 0.5) == pytest.approx(2.0**-10)
    sixes = sum(math.comb(6, hits) * 5 ** (6 - hits) for hits in range(3, 7)) / 6**6
    assert binomial_p(wilson(3, 6), 1 / 6) == pytest.approx(sixes)
    assert binomial_p(wilson(0, 40), 0.1) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no chance"):
        binomial_p(wilson(1, 2), 1.0)
