"""Round numbers along an axis."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Ticks:
    """An axis that covers values in round steps."""

    low: float
    high: float
    step: float

    @property
    def values(self) -> list[float]:
        """Where it is marked, without what rounding adds."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [round(number * self.step, 12) for number in range(first, last + 1)]

    @property
    def digits(self) -> int:
        """Decimals that its marks need."""
        return next((digits for digits in range(13) if math.isclose(round(self.step, digits), self.step)), 12)


def ticks(low: float, high: float, most: int, *, whole: bool = False, snug: bool = False) -> Ticks:
    """Steps of 1, 2, 2.5 or 5 times a power of ten, at most `most` of them.

    `whole`: no fractions; `snug`: the axis ends where the values end, else at the next round number.
    """
    if not high > low:
        low, high = low - 0.5, low + 0.5
    raw = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(raw))
    steps = [power * factor for factor in (1, 2, 2.5, 5, 10)]
    step = next(step for step in steps if step >= raw * (1 - 1e-9) and not (whole and step > 1 and step % 1))
    if whole:
        step = max(1.0, step)
    if snug:
        return Ticks(low, high, step)
    return Ticks(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)
