"""An effect of a change to the model's inside, beside what changes that mean nothing do."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from workbench.document import Document

ENOUGH: Final = 5
"""Random changes of equal size that an effect has to be held against before its rank says anything."""
LEAST: Final = 0.1
"""Nats below which a change does nothing that anybody could tell from rounding or from another wording."""


class Effect(Document):
    """What one change did to a measure, and what its controls did. All in the measure's unit, e.g. nats."""

    what: str
    """The change, in words."""
    size: float
    randoms: tuple[float, ...]
    """What random changes of the same size did at the same place."""
    wrong_sign: float
    """What the same change did the other way round."""
    own: float
    """What putting back the model's own activation did: 0 but for rounding, or more was changed than is said."""

    @property
    def chance(self) -> float:
        """The strongest that a random change did."""
        return max(self.randoms, key=abs, default=0.0)

    @property
    def rank(self) -> int:
        """Its place among the random ones by size, 1 for the largest."""
        return self.rank_among(sorted(map(abs, self.randoms)))

    @property
    def stands(self) -> bool:
        """Whether it is one at all, larger than each of enough random changes, and not done as well by its opposite."""
        return self.stands_among(ENOUGH)

    def stands_among(self, randoms: int, sizes: Sequence[float] | None = None) -> bool:
        """The same where so many random changes are asked for. `sizes`: what those did that it is held against, the
        smallest first; None: its own."""
        told = sorted(map(abs, self.randoms)) if sizes is None else sizes
        opposed = self.wrong_sign * self.size <= 0 or abs(self.wrong_sign) < abs(self.size) / 2
        return len(told) >= randoms and self.rank_among(told) == 1 and opposed and abs(self.size) >= LEAST

    def rank_among(self, sizes: Sequence[float]) -> int:
        """Its place among some sizes, the smallest first: 1 where it is larger than each."""
        return 1 + len(sizes) - bisect_left(sizes, abs(self.size))
