"""Means over few organisms with intervals that hold for few."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from pydantic import Field

from workbench.document import Document

FEWEST: Final = 3
"""Values of which a mean has an interval: of two it is so wide that it says nothing."""
_ROUNDING: Final = 1e-12
"""Values that differ by less are the same: thirds and their differences are no exact numbers here."""


class Mean(Document):
    """A mean with its 95 % t interval. Where all values are the same the interval has no width: it speaks of how much
    they differ, and of nothing else."""

    value: float
    low: float
    high: float
    of: int = Field(ge=FEWEST)
    """How many values."""


def mean(values: Sequence[float], *, low: float = -math.inf, high: float = math.inf) -> Mean | None:
    """The mean of independent values with its t interval, cut off at the least and the most that a value can be;
    None: there are too few.  (Student 1908)
    """
    n = len(values)
    if n < FEWEST:
        return None
    middle = math.fsum(values) / n
    half = t_quantile(0.975, n - 1) * math.sqrt(_squared_error(values))
    return Mean(value=middle, low=max(low, middle - half), high=min(high, middle + half), of=n)


class MeanDifference(Document):
    """The difference of two means of independent values, with its 95 % t interval."""

    value: float
    low: float
    high: float
    of: int = Field(ge=2)
    """How many values the first is a mean of,"""
    of_other: int = Field(ge=2)
    """and the second."""


def welch(
    one: Sequence[float], other: Sequence[float], *, low: float = -math.inf, high: float = math.inf
) -> MeanDifference | None:
    """The mean of some values less that of others, whose spreads may differ, cut off at the least and the most that a
    difference can be; None: there are too few, or none of them differ from their own, so that nothing tells how wide
    the interval is.  (Welch 1947)

    Its degrees of freedom are rounded down, which makes the interval rather too wide.
    """
    if min(len(one), len(other)) < 2:
        return None
    parts = [_squared_error(values) for values in (one, other)]
    whole = math.fsum(parts)
    if whole == 0:
        return None
    shares = (part**2 / (len(values) - 1) for part, values in zip(parts, (one, other), strict=True))
    degrees = whole**2 / math.fsum(shares)
    value = math.fsum(one) / len(one) - math.fsum(other) / len(other)
    half = t_quantile(0.975, max(1, math.floor(degrees))) * math.sqrt(whole)
    return MeanDifference(
        value=value, low=max(low, value - half), high=min(high, value + half), of=len(one), of_other=len(other)
    )


def _squared_error(values: Sequence[float]) -> float:
    """The square of the standard error of a mean."""
    if max(values) - min(values) <= _ROUNDING:
        return 0.0
    middle = math.fsum(values) / len(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1) / len(values)


def t_quantile(p: float, degrees: int) -> float:
    """The value below which Student's t with that many degrees of freedom lies with probability `p` (0.5 … 1)."""
    low, high = 0.0, 1.0
    while t_below(high, degrees) < p:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, degrees) < p else (low, middle)
    return high


def t_below(t: float, degrees: int) -> float:
    """The probability that Student's t lies below `t` ≥ 0, by the finite sums for whole degrees of freedom.
    (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4)
    """
    angle = math.atan(t / math.sqrt(degrees))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    if degrees % 2:
        term, total = math.cos(angle), 0.0
        for k in range(1, degrees - 1, 2):
            total += term
            term *= square * (k + 1) / (k + 2)
        within = 2 / math.pi * (angle + sine * total)
    else:
        term, total = 1.0, 0.0
        for k in range(0, degrees - 1, 2):
            total += term
            term *= square * (k + 1) / (k + 2)
        within = sine * total
    return (1 + within) / 2
