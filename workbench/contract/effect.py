"""An effect of a change to the model's inside, beside what changes that mean nothing do."""

from __future__ import annotations

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
        return 1 + sum(abs(random) >= abs(self.size) for random in self.randoms)

    @property
    def stands(self) -> bool:
        """Whether it is one at all, larger than each of enough random changes, and not done as well by its opposite."""
        return self.stands_among(ENOUGH)

    def stands_among(self, randoms: int) -> bool:
        """The same where so many random changes are asked for."""
        opposed = self.wrong_sign * self.size <= 0 or abs(self.wrong_sign) < abs(self.size) / 2
        return len(self.randoms) >= randoms and self.rank == 1 and opposed and abs(self.size) >= LEAST
