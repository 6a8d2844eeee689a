"""What a comparison of so many organisms could have seen: no difference that was found is none that is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

from workbench.claims.exact import paired_p
from workbench.claims.means import t_quantile

ENOUGH: Final = 0.8
"""The chance of seeing a difference below which a comparison is called underpowered.  (Cohen 1988)"""
CHANCE: Final = 0.05
"""What a p-value has to lie below."""
_STEPS: Final = 400
"""Of the numerical integral; even."""


def t_power(difference: float, spread: float, of: int) -> float:
    """The chance that the 95 % t interval of the mean of `of` values excludes 0 where their true mean is `difference`
    and their standard deviation `spread`: the noncentral t distribution, as an integral over the spread that is seen.
    """
    if of < 2 or spread < 0:
        raise ValueError("power needs two values, and a spread")
    if spread == 0:
        return float(difference != 0)
    degrees, shift = of - 1, difference / spread * math.sqrt(of)
    bound = t_quantile(1 - CHANCE / 2, degrees)
    return _below(-bound, shift, degrees) + 1 - _below(bound, shift, degrees)


def least_difference(spread: float, of: int) -> float:
    """The smallest true mean that `of` values of that spread would show four times of five."""
    if spread == 0:
        return 0.0
    low, high = 0.0, spread
    while t_power(high, spread, of) < ENOUGH:
        high *= 2
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if t_power(middle, spread, of) < ENOUGH else (low, middle)
    return high


def paired_power(gain: float, of: int) -> float:
    """The chance that the exact test of `of` pairs finds a true gain, where no pair is ever lost: the probability that
    as many pairs gain as it takes (six, at 5 %)."""
    needed = next((many for many in range(1, of + 1) if paired_p(many, 0) < CHANCE), None)
    if needed is None:
        return 0.0
    return math.fsum(math.comb(of, k) * gain**k * (1 - gain) ** (of - k) for k in range(needed, of + 1))


def _below(t: float, shift: float, degrees: int) -> float:
    """P(T ≤ t) for a noncentral t: Φ(t·s − shift), averaged over s = √(χ²/degrees), by Simpson's rule."""
    width, points = _points(degrees)
    return math.fsum(weight * _normal(t * s - shift) * density for weight, s, density in points) * (width / 3)


@cache
def _points(degrees: int) -> tuple[float, Sequence[tuple[int, float, float]]]:
    """How far apart the points of the integral are; and of each its weight, s, and the density of s there."""
    spread = 1 / math.sqrt(2 * degrees)  # of s, nearly
    low, high = max(1e-9, 1 - 12 * spread), 1 + 12 * spread
    width = (high - low) / _STEPS
    weights = [1, *([4, 2] * (_STEPS // 2 - 1)), 4, 1]
    points = [low + width * step for step in range(_STEPS + 1)]
    return width, [(weight, s, _density(s, degrees)) for weight, s in zip(weights, points, strict=True)]


def _density(s: float, degrees: int) -> float:
    """Of s = √(χ²/degrees)."""
    half = degrees / 2
    return math.exp(
        math.log(2) + half * math.log(half) - math.lgamma(half) + (degrees - 1) * math.log(s) - half * s * s
    )


def _normal(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2
