"""An analysed sweep as one self-contained page, drawn as reports are."""

from __future__ import annotations

from workbench.claims.means import Mean
from workbench.claims.rates import Rate
from workbench.report.pages import drawn
from workbench.report.plots import Interval
from workbench.sweeps.analysis import SweepAnalysis
from workbench.sweeps.drawings import CONCLUDED, counted, found_of, points, points_span, sections, span
from workbench.teams.page import LaidOutSection

_TONES = {"more": "ok", "less": "bad", "underpowered": "warn", "no difference seen": "quiet"}


def render(found: SweepAnalysis) -> str:
    """The page."""
    return drawn(
        "sweep.html.jinja",
        found=found,
        sections=[LaidOutSection.of(section) for section in sections(found)],
        concluded=CONCLUDED,
        tones=_TONES,
        counted=counted,
        found_of=found_of,
        points=points,
        points_span=points_span,
        mean_words=span,
        bar=_bar,
        alarm=_alarm,
    )


def foot(found: SweepAnalysis) -> str:
    """What stands at the foot of each of its sheets on paper."""
    return f"Sweep · {found.name} · {found.split}"[:100]


def _bar(mean: Mean) -> Interval:
    """A mean of shares on an axis from 0 to 100 %."""
    return Interval(100 * mean.low, 100 * mean.value, 100 * mean.high)


def _alarm(rate: Rate) -> Interval:
    return Interval.of(rate, control=True)
