"""How far several people who judge the same things agree, beyond what chance would give."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeVar

_Value = TypeVar("_Value", bound=Hashable)
Distance = Callable[[_Value, _Value], float]
"""How far two values are apart, squared: 0 where they are the same."""


def nominal(one: Hashable, other: Hashable) -> float:
    """Values are the same or they are not."""
    return float(one != other)


def interval(one: float, other: float) -> float:
    """Values are numbers, and a difference means the same everywhere."""
    return (one - other) ** 2


RELIED_ON: Final = 0.8
"""From this alpha on judgements are relied on."""
TENTATIVE: Final = 0.667
"""From this one on tentative conclusions may rest on them.  (Krippendorff 2004, p. 241)"""


def alpha(units: Sequence[Sequence[_Value]], distance: Callable[[_Value, _Value], float]) -> float | None:
    """Krippendorff's α: 1 − observed ÷ expected disagreement. 1: all agree; 0: as by chance; below: they contradict.
    (Krippendorff 2011, *Computing Krippendorff's alpha-reliability*)

    `units`: what each was given by those who judged it, in any order; whoever left one out is left out there. A unit
    with fewer than two values tells nothing. None: nothing to compare, or every value is the same, so that nobody knows
    whether they would have disagreed.
    """
    paired = [Counter(values) for values in units if len(values) > 1]
    every = sum(paired, Counter[_Value]())
    total = every.total()
    expected = _disagreement(every, distance) / (total - 1) if total > 1 else 0.0
    if expected == 0:
        return None
    observed = math.fsum(_disagreement(values, distance) / (values.total() - 1) for values in paired)
    return 1 - observed / expected


def _disagreement(values: Counter[_Value], distance: Callable[[_Value, _Value], float]) -> float:
    """The distances of all ordered pairs of some values."""
    return math.fsum(
        times * of_other * distance(one, other) for one, times in values.items() for other, of_other in values.items()
    )
