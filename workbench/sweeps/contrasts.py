"""What makes auditors better: differences paired by organism, with intervals, exact tests and what could be seen.

Organisms are the units: audits of one are averaged first. Two of one kind are not independent either, so that the same
interval stands beside it over kinds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import stdev
from typing import Final, Literal

from workbench.claims.exact import paired_p
from workbench.claims.holm import holm
from workbench.claims.means import Mean, mean
from workbench.claims.power import CHANCE, ENOUGH, least_difference, paired_power, t_power
from workbench.document import Document
from workbench.sweeps.arms import ArmName, kinds_of, over_kinds, shares
from workbench.sweeps.cell_rows import CellRow

LOOKED_FOR: Final = 0.3
"""The difference for which power is told: thirty points."""
Contrasted = Literal["more", "less", "underpowered", "no difference seen"]
"""What a difference comes to: the first found more, or less, or nothing is seen, with the power to see it or without.
"""


class SweepContrast(Document):
    """One arm against another on the same organisms: positive where the first found more."""

    of: Literal["restriction", "auditor"]
    """What tells the two apart."""
    what: str
    """The affordances that the first had and the second had not, and the budget that it was not held to; of two
    auditors nothing."""
    one: ArmName
    other: ArmName
    organisms: int
    """Those that both audited, with something to find."""
    difference: Mean | None
    """Of the shares found, over organisms; None: there are fewer than three."""
    over_kinds: Mean | None
    gained: int
    """Organisms of which the first found most and the other did not;"""
    lost: int
    """the other way round."""
    p: float
    """McNemar's exact test of these."""
    adjusted: float
    """After Holm, over all contrasts of its sort."""
    power: float
    """The chance that its t interval would have shown thirty points;"""
    test_power: float
    """that the exact test would."""
    least: float
    """The smallest difference that it would have shown four times of five."""
    concludes: Contrasted
    """By the t interval over organisms, or, where all differ alike and it has no width, by the exact test of as many
    that differ the same way."""


def contrasts(rows: Sequence[CellRow]) -> tuple[SweepContrast, ...]:
    """Each restriction against the first, for each auditor; and each auditor against the first, under the first
    restriction."""
    made = list(_restrictions(rows))
    others = list(_auditors(rows))
    return (*_adjusted(made), *_adjusted(others))


@dataclass(frozen=True)
class _Pairing:
    """Two arms, and the rows of each."""

    one: ArmName
    other: ArmName
    of: Literal["restriction", "auditor"]
    rows: Sequence[CellRow]
    others: Sequence[CellRow]


def _restrictions(rows: Sequence[CellRow]) -> Iterator[SweepContrast]:
    first = _names(row.restriction for row in rows)[:1]
    for auditor in _names(row.auditor for row in rows):
        own = [row for row in rows if row.auditor == auditor]
        for restriction in _names(row.restriction for row in own):
            if [restriction] == first:
                continue
            yield from _contrast(
                _Pairing(
                    ArmName(auditor=auditor, restriction=first[0]),
                    ArmName(auditor=auditor, restriction=restriction),
                    "restriction",
                    [row for row in own if row.restriction == first[0]],
                    [row for row in own if row.restriction == restriction],
                )
            )


def _auditors(rows: Sequence[CellRow]) -> Iterator[SweepContrast]:
    restriction = next(iter(_names(row.restriction for row in rows)), "")
    every = [row for row in rows if row.restriction == restriction]
    first, *rest = _names(row.auditor for row in every) or [""]
    for auditor in rest:
        yield from _contrast(
            _Pairing(
                ArmName(auditor=auditor, restriction=restriction),
                ArmName(auditor=first, restriction=restriction),
                "auditor",
                [row for row in every if row.auditor == auditor],
                [row for row in every if row.auditor == first],
            )
        )


def _contrast(pairing: _Pairing) -> Iterator[SweepContrast]:
    """Nothing where no organism with something to find was audited by both."""
    both = {_noise(row) for row in pairing.rows} & {_noise(row) for row in pairing.others}
    one, other = (shares(row for row in rows if _noise(row) in both) for rows in (pairing.rows, pairing.others))
    common = [organism for organism in one if organism in other]
    if not common:
        return
    apart = {organism: one[organism] - other[organism] for organism in common}
    gained = sum(one[name] > 0.5 >= other[name] for name in common)
    lost = sum(other[name] > 0.5 >= one[name] for name in common)
    difference, p = mean(list(apart.values()), low=-1.0, high=1.0), paired_p(gained, lost)
    # Values that do not differ say nothing of how they would where there is something to see.
    alike = difference is None or difference.low == difference.high
    spread = math.sqrt(LOOKED_FOR * (1 - LOOKED_FOR)) if alike else stdev(apart.values())
    power = t_power(LOOKED_FOR, spread, len(apart)) if len(apart) > 2 else 0.0
    yield SweepContrast(
        of=pairing.of,
        what=_more(pairing) if pairing.of == "restriction" else "",
        one=pairing.one,
        other=pairing.other,
        organisms=len(apart),
        difference=difference,
        over_kinds=mean(list(over_kinds(apart, kinds_of(pairing.rows)).values()), low=-1.0, high=1.0),
        gained=gained,
        lost=lost,
        p=p,
        adjusted=p,
        power=power,
        test_power=paired_power(LOOKED_FOR, len(apart)),
        least=min(1.0, least_difference(spread, len(apart))) if len(apart) > 2 else 1.0,
        concludes=_concluded(difference, power),
    )


def _noise(row: CellRow) -> tuple[str, int]:
    """What both sides have to have: else a side that lacks a seed it did badly with would look better."""
    return row.organism, row.seed


def _concluded(difference: Mean | None, power: float) -> Contrasted:
    if difference is not None and (difference.low > 0 or difference.high < 0):
        wide = difference.low < difference.high  # else the interval says nothing
        if wide or paired_p(difference.of, 0) < CHANCE:
            return "more" if difference.value > 0 else "less"
    return "no difference seen" if power >= ENOUGH else "underpowered"


def _more(pairing: _Pairing) -> str:
    """What the one had and the other had not."""
    had, taken = (
        {name for row in rows for name in row.taken.split(", ") if name} for rows in (pairing.rows, pairing.others)
    )
    free, held = ({row.budget for row in rows if row.budget} for rows in (pairing.rows, pairing.others))
    return ", ".join((*sorted(taken - had), *(f"more than {budget}" for budget in sorted(held - free))))


def _adjusted(found: Sequence[SweepContrast]) -> tuple[SweepContrast, ...]:
    adjusted = holm([one.p for one in found])
    return tuple(one.model_copy(update={"adjusted": p}) for one, p in zip(found, adjusted, strict=True))


def _names(names: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(names))
