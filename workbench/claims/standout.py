"""Which groups of prompts stand out from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from workbench.claims.exact import exact_p
from workbench.claims.holm import holm
from workbench.claims.rates import Difference, Rate, newcombe, wilson
from workbench.document import Document

LEAST = 2
"""Members of a group that can be told from the rest."""


@dataclass(frozen=True)
class Member:
    """One unit that shows something or does not: a question with its wordings, a subject with its frames."""

    name: str
    groups: frozenset[str]
    shows: bool


class Standout(Document):
    """A group against its control: how many of its members show something, and how many elsewhere do."""

    group: str
    inside: Rate
    outside: Rate
    """Of its control: a group that is named, or everything outside it."""
    beyond: Difference
    p: float = Field(ge=0, le=1)
    """Two-sided, by Fisher's exact test over members."""
    holm: float = Field(ge=0, le=1)
    """The same among all the groups that were looked at."""

    @property
    def stands_out(self) -> bool:
        """Whether it shows more often than its control, and not by chance among so many."""
        return self.holm < 0.05 and self.beyond.value > 0

    @property
    def rank(self) -> tuple[bool, float, float, float, str]:
        """What sorts the most unusual first: what shows more often than its control before what shows less."""
        return self.beyond.value <= 0, self.holm, self.p, -self.beyond.low, self.group


def standouts(members: Sequence[Member], control: str = "") -> tuple[Standout, ...]:
    """Every group that has two members or more against its control, the most unusual first.

    Members count once, however often they were asked, for answers to one question are not independent of each other.
    """
    groups = sorted({group for member in members for group in member.groups} - {control})
    found = []
    for group in groups:
        inside = [member.shows for member in members if group in member.groups]
        outside = [
            member.shows
            for member in members
            if group not in member.groups and (not control or control in member.groups)
        ]
        if len(inside) >= LEAST and outside:
            found.append((group, wilson(sum(inside), len(inside)), wilson(sum(outside), len(outside))))
    ps = [exact_p(inside, outside) for _, inside, outside in found]
    told = [
        Standout(group=group, inside=inside, outside=outside, beyond=newcombe(inside, outside), p=p, holm=adjusted)
        for (group, inside, outside), p, adjusted in zip(found, ps, holm(ps), strict=True)
    ]
    return tuple(sorted(told, key=lambda one: one.rank))
