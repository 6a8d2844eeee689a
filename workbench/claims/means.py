"""Means over few organisms with intervals that hold for few."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from pydantic import Field

from workbench.document import Document

FEWEST: Final = 3
"""Values of which a mean has an interval: of two it is so wide that it says nothing."""


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
    spread = math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (n - 1) / n)
    half = t_quantile(0.975, n - 1) * spread
    return Mean(value=middle, low=max(low, middle - half), high=min(high, middle + half), of=n)


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
