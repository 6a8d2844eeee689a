"""An effect on the model's inside that a finding cites."""

from __future__ import annotations

from workbench.contract.effect import Effect
from workbench.document import Document


class CitedEffect(Document):
    """The strongest effect of a cited record."""

    record: int
    effect: Effect
    rank: int
    """Its place among the random changes that it is held against, 1 for the largest."""
    among: int = 0
    """How many these are: of all tries in that manner; 0 in a report of an earlier version: its own alone."""
    largest: float = 0.0
    """The largest that one of them did, whichever way."""
    stands: bool
    """Whether it is larger than each of enough random changes, and its opposite does less."""

    @property
    def words(self) -> str:
        effect = self.effect
        among, largest = len(effect.randoms), f"{effect.chance:+.3g}"
        if self.among:
            among, largest = self.among, f"{self.largest:.3g}"
        return (
            f"#{self.record}: {effect.what} {effect.size:+.3g}, number {self.rank} of {1 + among} beside"
            f" random changes (at most {largest}), the other way round {effect.wrong_sign:+.3g}:"
            f" {'it stands' if self.stands else 'it does not stand'}"
        )
