"""A comparison as one self-contained page, drawn as the report is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from workbench.contract.figures import Rows
from workbench.report.layouts import FigureLayout, alone
from workbench.report.pages import drawn
from workbench.report.plots import Interval
from workbench.teams.comparison import TeamComparison
from workbench.teams.drawings import SIDES, TeamSection, between, sections, side_by_side
from workbench.teams.outcomes import MEANINGS, TeamOutcome
from workbench.visible import quoted


@dataclass(frozen=True)
class LaidOutSection:
    """A section of the page with its figures laid out."""

    section: TeamSection
    tables: tuple[FigureLayout, ...]
    pictures: tuple[FigureLayout, ...]

    @classmethod
    def of(cls, section: TeamSection) -> Self:
        return cls(section, tuple(map(alone, section.tables)), tuple(map(alone, section.pictures)))


def render(found: TeamComparison) -> str:
    """The page."""
    return drawn(
        "comparison.html.jinja",
        found=found,
        sections=[LaidOutSection.of(section) for section in sections(found)],
        sides=alone(_sides(found)) if 1 < len(found.logs) <= SIDES else None,
        meanings=MEANINGS,
        bar=_bar,
        between=between,
    )


def foot(found: TeamComparison) -> str:
    """What stands at the foot of each of its sheets on paper."""
    names = ", ".join(quoted(log.name) for log in found.logs[:3])
    more = f" and {len(found.logs) - 3} more" if len(found.logs) > 3 else ""
    return f"Comparison · {names}{more}"[:100]


def _sides(found: TeamComparison) -> Rows:
    return side_by_side(found, range(len(found.logs)))


def _bar(one: TeamOutcome) -> Interval | None:
    """Its mean over organisms on an axis from 0 to 100 %, as wide as what waits makes it; None: there are too few."""
    if (over := one.over_organisms) is None or one.high is None:
        return None
    return Interval(100 * over.low, 100 * over.value, 100 * one.high, control=True)
