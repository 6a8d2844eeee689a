"""How far several people who judge the same things agree, beyond what chance would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

_Value = TypeVar("_Value", bound=Hashable)
_Numbers = npt.NDArray[Any]
_RESAMPLES: Final = 2_000
_FEWEST: Final = 20
"""Of fewer things the resamples tell too little: where all of them are agreed on, every resample says so."""
_TELLING: Final = 0.95
"""So many of the resamples have to differ in something, else the rest of them tell of themselves alone."""


def nominal(one: Hashable, other: Hashable) -> float:
    """How far two values are apart, squared, that are the same or are not."""
    return float(one != other)


def interval(one: float, other: float) -> float:
    """How far two numbers are apart, squared: a difference means the same everywhere."""
    return (one - other) ** 2


RELIED_ON: Final = 0.8
"""From this alpha on judgements are relied on."""
TENTATIVE: Final = 0.667
"""From this one on tentative conclusions may rest on them.  (Krippendorff 2004, p. 241)"""


class Reliability(NamedTuple):
    """Krippendorff's α, and between what it may lie for other things than those that happened to be judged."""

    alpha: float
    between: tuple[float, float] | None
    """95 %. None: so few things were judged, or so few of them differ, that nobody knows."""


def reliability(units: Sequence[Sequence[_Value]], distance: Callable[[_Value, _Value], float]) -> Reliability | None:
    """Krippendorff's α: 1 − observed ÷ expected disagreement. 1: all agree; 0: as by chance; below: they contradict.
    (Krippendorff 2011, *Computing Krippendorff's alpha-reliability*) Its interval by drawing the units anew, with
    replacement. (Zapf et al. 2016, *Measuring inter-rater reliability for nominal data*)

    `units`: what each was given by those who judged it, in any order; whoever left one out is left out there. A unit
    with fewer than two values tells nothing. None: nothing to compare, or every value is the same, so that nobody knows
    whether they would have disagreed.
    """
    told = [Counter(values) for values in units if len(values) > 1]
    values = list(dict.fromkeys(value for unit in told for value in unit))
    if len(values) < 2:
        return None
    counts = np.array([[unit[value] for value in values] for unit in told], dtype=float)
    apart = np.array([[distance(one, other) for other in values] for one in values])
    alpha = float(_alphas(counts, apart, np.ones((1, len(told))))[0])
    if len(told) < _FEWEST:
        return Reliability(alpha, None)
    # Seeded, so that the same verdicts are told the same of at every reading.
    drawn = np.random.default_rng(0).multinomial(len(told), np.full(len(told), 1 / len(told)), size=_RESAMPLES)
    again = _alphas(counts, apart, drawn)
    telling = again[np.isfinite(again)]
    if len(telling) < _TELLING * _RESAMPLES:
        return Reliability(alpha, None)
    low, high = np.quantile(telling, (0.025, 0.975))
    return Reliability(alpha, (float(low), float(high)))


def _alphas(counts: _Numbers, apart: _Numbers, times: _Numbers) -> _Numbers:
    """α of each resample; not a number where nothing differs.

    `counts`: [unit, value]. `apart`: [value, value]. `times`: [resample, unit], how often it holds each unit.
    """
    pairable = counts.sum(axis=1)
    within = np.einsum("uv,vw,uw->u", counts, apart, counts) / (pairable - 1)
    pooled = times @ counts
    expected = np.einsum("rv,vw,rw->r", pooled, apart, pooled) / (times @ pairable - 1)
    alphas: _Numbers = 1 - np.divide(times @ within, expected, out=np.full(len(times), np.nan), where=expected > 0)
    return alphas
