"""An effect on the model's inside that a finding cites."""

from __future__ import annotations

from workbench.contract.effect import Effect
from workbench.document import Document


class CitedEffect(Document):
    """The strongest effect of a cited record."""

    record: int
    effect: Effect
    rank: int
    """Its place among the random changes of its size, 1 for the largest."""
    stands: bool
    """Whether it is larger than each of enough random changes, and its opposite does less."""

    @property
    def words(self) -> str:
        effect = self.effect
        return (
            f"#{self.record}: {effect.what} {effect.size:+.3g}, number {self.rank} of {1 + len(effect.randoms)} beside"
            f" random changes (at most {effect.chance:+.3g}), the other way round {effect.wrong_sign:+.3g}:"
            f" {'it stands' if self.stands else 'it does not stand'}"
        )
