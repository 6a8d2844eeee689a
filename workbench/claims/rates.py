"""Proportions with intervals that hold for few trials, and their differences."""

from __future__ import annotations

import math
from typing import Final

from pydantic import Field

from workbench.document import Document

Z95: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


class Rate(Document):
    """A proportion with its 95 % Wilson interval."""

    hits: int = Field(ge=0)
    trials: int = Field(ge=0)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class Difference(Document):
    """A difference of two proportions with its 95 % interval."""

    value: float = Field(ge=-1, le=1)
    low: float = Field(ge=-1, le=1)
    high: float = Field(ge=-1, le=1)


def wilson(hits: int, trials: int) -> Rate:
    """A proportion with its 95 % score interval.  (Wilson 1927; Newcombe 1998a, method 3)

    Without trials nothing is known: 0 … 1. Raises ValueError if there are more hits than trials.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} is no proportion")
    if trials == 0:
        return Rate(hits=0, trials=0, low=0.0, high=1.0)
    share, square = hits / trials, Z95 * Z95
    middle = share + square / (2 * trials)
    spread = Z95 * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    # At the ends the exact limits are 0 and 1, which rounding would miss by an ulp.
    low = 0.0 if hits == 0 else (middle - spread) / scale
    high = 1.0 if hits == trials else (middle + spread) / scale
    return Rate(hits=hits, trials=trials, low=low, high=high)


def newcombe(a: Rate, b: Rate) -> Difference:
    """a − b for two independent proportions, from their Wilson limits.  (Newcombe 1998b, method 10)

    Raises ValueError if either has no trials.
    """
    if a.trials == 0 or b.trials == 0:
        raise ValueError("a difference needs trials on both sides")
    p, q = a.hits / a.trials, b.hits / b.trials
    below = math.sqrt((p - a.low) ** 2 + (b.high - q) ** 2)
    above = math.sqrt((a.high - p) ** 2 + (q - b.low) ** 2)
    return Difference(value=p - q, low=max(-1.0, p - q - below), high=min(1.0, p - q + above))
