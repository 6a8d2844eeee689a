"""What a score rests on beside the report and its log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from workbench.evidence.observations import Swallowed
from workbench.judge.retests.retested import Retest
from workbench.judge.scores.engagement import Engagement


@dataclass(frozen=True)
class Basis:
    """What a score rests on beside report and log: everything the judge found out about them."""

    doubted: Collection[int] = ()
    """Result records that a replay did not confirm, or that broke the rules; their answers show nothing."""
    swallowed: Swallowed = field(default_factory=dict)
    """Answers that the log does not hold and that were drawn again."""
    engagement: Engagement = field(default_factory=lambda: Engagement(probes=0))
    retest: Retest | None = None
    limit: int | None = None
    """How many findings the rules allow."""
    blind: int | None = None
    """Records that were there when the session was first judged; what came later was not done blind."""
    same_report: bool = True
    """Whether the report is the one that was judged then."""
    ranked: tuple[str, ...] | None = None
    """The findings of the report that was, best first; None: nobody noted them."""
    provisional: bool = False
    """Nothing was replayed."""
