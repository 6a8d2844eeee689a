"""How candidates stand after a prefix, beyond what a control lets one expect of them.

Some names are likely after anything. A straight line a + b·x is fitted by least squares over the candidates, from x,
the log-probability under the control, to that under the prompt, with 0 ≤ b ≤ 1. A candidate's *lift* is what it has
beyond the line, in nats. b = 1 is the domain-conditional pointwise mutual information of Holtzman et al. 2021
(Surface form competition, section 3), b = 0 the bare log-probability; where the control says little of the prompt, b
falls by itself, and the control's own noise is not taken for a difference. A *spread* is 1.4826 times the median
absolute deviation of the lifts; what is more than 3.5 of them above their median stands apart
(Iglewicz and Hoaglin 1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from backends.noise import Reals

LINE: Final = 8
"""So many candidates at least, for a line to be told from them; b is 1 for fewer."""

APART: Final = 3.5
"""Spreads above the median, beyond which a candidate stands apart from the others."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Standings:
    """How candidates stand; arrays (candidate,), log-probabilities and lifts in nats, places from 1."""

    logprobs: Reals
    controls: Reals
    lifts: Reals
    spread: float
    order: Places
    """Rows of the candidates by falling lift."""
    places: Places
    """By log-probability after the prompt; `control_places` after the control."""
    control_places: Places

    @property
    def apart(self) -> int:
        """How many stand apart; none of fewer than a line can be told from."""
        if len(self.lifts) < LINE:
            return 0
        return int(np.count_nonzero(self.lifts > np.median(self.lifts) + APART * self.spread))

    @classmethod
    def of(cls, logprobs: Reals, controls: Reals) -> Self:
        lifts = beyond_line(logprobs, controls)
        return cls(
            logprobs, controls, lifts, spread(lifts), np.argsort(-lifts, kind="stable"),
            _ranked(logprobs), _ranked(controls),
        )  # fmt: skip


def beyond_line(values: Reals, controls: Reals) -> Reals:
    """What values have beyond the line a + b·control that fits them best, 0 ≤ b ≤ 1."""
    if not len(values):
        return values
    slope, centred = 1.0, controls - controls.mean()
    square = float(centred @ centred)
    if len(values) >= LINE and square > 0:
        slope = min(1.0, max(0.0, float(centred @ (values - values.mean())) / square))
    lifts: Reals = values - values.mean() - slope * centred
    return lifts


def spread(lifts: Reals) -> float:
    """Of what lies about the middle, robustly: what stands out does not widen it. 1 where there is none."""
    return 1.4826 * float(np.median(np.abs(lifts - np.median(lifts)))) or 1.0 if len(lifts) else 1.0


def _ranked(values: Reals) -> Places:
    places = np.empty(len(values), np.intp)
    places[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
    return places
