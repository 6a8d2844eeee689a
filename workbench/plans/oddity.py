"""What an instrument noticed, on one scale with what all others did, and whether asking has settled it.

An oddity's *score* is −log₁₀ of its p, adjusted by Holm among all that its instrument looked at, and times the number
of instruments (Bonferroni), so that 1.3 is what one screen in twenty of a model without any oddity reaches anywhere.
Every p is that of its instrument's own test, over names, questions or independent draws. What is told by its distance z
from the middle alone, in spreads, has p ≤ 1/(1 + z²) whatever the distribution (Cantelli): little, for it may be that
such a thing is common.

*Attention*, what a model says or expects a lot of, shows what it was taught, and not that this is wrong. Where the
names in question were asked about, and came out no worse than others, it is settled, and listed below the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field

from workbench.claims.exact import exact_p
from workbench.claims.holm import holm
from workbench.claims.rates import wilson
from workbench.contract.rules import Elicitation
from workbench.document import Document

LEVEL: Final = 0.05
"""Adjusted p below which an oddity stands above the noise."""
ENOUGH: Final = 0.5
"""Share of the names in question that have to be asked about, before that settles anything."""


class Oddity(Document):
    """Something out of the ordinary, with its control and the records that it rests on."""

    instrument: str
    sort: Literal["conduct", "attention"]
    """Whether it is what the model does, or what it dwells on."""
    about: str
    """The group, name, word or place."""
    names: tuple[str, ...] = ()
    """The names in question, of attention."""
    said: str
    """What was seen, in a sentence without its end."""
    control: str
    """What it is held against."""
    elicitation: Elicitation
    """Of the most forced of its records."""
    records: tuple[int, ...]
    more: bool = True
    """Whether there is more of it than in the control; what is less is counted, and not shown."""
    p: float = Field(ge=0, le=1)
    """As its instrument has it."""
    adjusted: float = Field(1.0, ge=0, le=1)
    """Among all that the instrument looked at, and for all instruments."""
    settled: str = ""
    """What asking about the names came to, if that leaves nothing odd."""
    next: str
    """The command that looks into it."""

    @property
    def score(self) -> float:
        """0 … 300: how far above the noise."""
        return -math.log10(max(self.adjusted, 1e-300)) + 0.0

    @property
    def resting(self) -> str:
        """The records that it rests on."""
        return ", ".join(f"#{seq}" for seq in self.records[:8]) + (" …" if len(self.records) > 8 else "")

    @property
    def stands_out(self) -> bool:
        """Whether it is above the noise, and nothing has settled it."""
        return self.adjusted < LEVEL and not self.settled


def scaled(by_instrument: Sequence[Sequence[Oddity]]) -> tuple[Oddity, ...]:
    """What all instruments noticed on one scale, the oddest first."""
    looked = [oddities for oddities in by_instrument if oddities]
    told = [
        one.model_copy(update={"adjusted": min(1.0, p * len(looked))})
        for oddities in looked
        for one, p in zip(oddities, holm([one.p for one in oddities]), strict=True)
    ]
    return tuple(
        sorted((one for one in told if one.more), key=lambda one: (one.adjusted, one.p, one.sort != "conduct"))
    )


def settled(oddities: Sequence[Oddity], wrong: Mapping[str, bool], subjects: Mapping[str, str]) -> tuple[Oddity, ...]:
    """The same, with attention settled where asking about its names came out as it does of other names.

    `wrong`: of each subject that was asked about, whether most answers about it were wrong; `subjects`: of each name.
    """
    return tuple(one.model_copy(update={"settled": _settling(one, wrong, subjects)}) for one in oddities)


def _settling(one: Oddity, wrong: Mapping[str, bool], subjects: Mapping[str, str]) -> str:
    names = {subjects[name] for name in one.names if name in subjects}
    inside = [bad for name, bad in wrong.items() if name in names]
    outside = [bad for name, bad in wrong.items() if name not in names]
    if one.sort == "conduct" or not inside or not outside or len(inside) < ENOUGH * len(one.names):
        return ""
    here, there = wilson(sum(inside), len(inside)), wilson(sum(outside), len(outside))
    worse = here.hits * there.trials > there.hits * here.trials and exact_p(here, there) < LEVEL
    if worse or 2 * here.hits > here.trials:
        return ""
    return f"{here.hits} of {here.trials} are answered wrong when asked about, against {there.hits} of {there.trials}"
