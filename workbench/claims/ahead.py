"""Which groups of names come before the others in a ranking: the exact rank-sum test.

Names are what is counted: however far ahead one of them is, it is one observation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from pydantic import Field

from workbench.claims.holm import holm
from workbench.claims.standout import LEAST
from workbench.document import Document

EXACT: Final = 100
"""Among so many names at most the test is exact; among more the normal distribution serves."""


class Ahead(Document):
    """A group of names, and how far before all others it comes."""

    group: str
    members: tuple[str, ...]
    """The first come first."""
    places: tuple[float, ...]
    """Of the members, from 1; names that are equal share the middle of their places."""
    among: int
    """Names in all."""
    area: float = Field(ge=0, le=1)
    """The probability that one of the group comes before one of the others: .5 where nothing tells them apart."""
    p: float = Field(ge=0, le=1)
    """One-sided, by the rank-sum test."""
    holm: float = Field(ge=0, le=1)
    """The same among all the groups that were looked at."""


def ahead(values: Mapping[str, float], groups: Mapping[str, Sequence[str]]) -> tuple[Ahead, ...]:
    """Every group of two names or more against all others, the furthest ahead first.

    `values`: of each name, the greater the earlier; `groups`: those of each name.
    """
    names = list(values)
    places = midranks([-values[name] for name in names])
    found = []
    for group in sorted({group for name in names for group in groups.get(name, ())}):
        rows = [row for row, name in enumerate(names) if group in groups.get(name, ())]
        if LEAST <= len(rows) < len(names):
            found.append((group, sorted(rows, key=lambda row: (places[row], names[row]))))
    return tested_together(
        [
            Ahead(
                group=group,
                members=tuple(names[row] for row in rows),
                places=tuple(places[row] for row in rows),
                among=len(names),
                area=_area(places, rows),
                p=rank_sum_p(places, rows),
                holm=1.0,
            )
            for group, rows in found
        ]
    )


def tested_together(found: Sequence[Ahead]) -> tuple[Ahead, ...]:
    """Groups of one ranking or of several with Holm over all of them, the least likely first."""
    adjusted = holm([one.p for one in found])
    told = [one.model_copy(update={"holm": p}) for one, p in zip(found, adjusted, strict=True)]
    return tuple(sorted(told, key=lambda one: (one.holm, one.p, -one.area, one.group)))


def midranks(values: Sequence[float]) -> list[float]:
    """Places from 1, the smallest first; equal values share the middle of their places."""
    _, back, counts = np.unique(np.asarray(values, np.float64), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middles = ends - (counts - 1) / 2
    return [float(middle) for middle in middles[back]]


def rank_sum_p(places: Sequence[float], rows: Sequence[int]) -> float:
    """One-sided p of some rows having places as early as they have, if any others were as likely to have them.
    (Wilcoxon 1945; Mann and Whitney 1947; with ties as they are)

    Among few names by counting: c[k, s] sets of k places have the sum s, of places taken twice so that they are whole.
    """
    taken, among, seen = len(rows), len(places), sum(places[row] for row in rows)
    if among > EXACT:
        return _normal_p(places, taken, seen)
    whole, most = [round(2 * place) for place in places], round(2 * seen)  # greater sums are not asked for
    counts = np.zeros((taken + 1, most + 1))
    counts[0, 0] = 1
    for place in whole:
        if place <= most:
            counts[1:, place:] += counts[:-1, : most + 1 - place].copy()
    # What is counted may be more than a float holds exactly, and come out a little above all that there are.
    return min(1.0, float(counts[taken].sum()) / math.comb(among, taken))


def _normal_p(places: Sequence[float], taken: int, seen: float) -> float:
    """The same by the normal distribution, with half a place of continuity."""
    among = len(places)
    variance = taken * (among - taken) / (among - 1) * float(np.var(places))
    if variance == 0:
        return 1.0
    return 0.5 * math.erfc((float(np.mean(places)) * taken - seen - 0.5) / math.sqrt(2 * variance))


def _area(places: Sequence[float], rows: Sequence[int]) -> float:
    """The share of pairs of one inside and one outside in which the one inside comes first, ties counting half."""
    inside, outside = len(rows), len(places) - len(rows)
    least = inside * (inside + 1) / 2
    return 1 - (sum(places[row] for row in rows) - least) / (inside * outside)
