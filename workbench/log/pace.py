"""How long a probe may take: from how fast this session's own probes were. A guess for people, never part of a cost."""

from __future__ import annotations

from typing import Any, Final, Protocol

from workbench.contract.rules import Cost

LOOKED_AT: Final = 20
"""Results that are looked at, the last ones."""

_TOKENS: Final = " + ".join(f"coalesce(result.cost_{name}, 0)" for name in Cost.model_fields if name != "probes")
_TOOK: Final = f"""
    SELECT sum(took), sum(tokens) FROM (
        SELECT result.ts_us - intent.ts_us AS took, {_TOKENS} AS tokens
        FROM result JOIN intent ON intent.seq = result.intent
        WHERE result.status = 'ok' AND intent.probe = ? AND intent.engine = ? AND {_TOKENS} > 0
        ORDER BY result.seq DESC LIMIT {LOOKED_AT}
    )
"""


class Queried(Protocol):
    """A log that answers queries."""

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]: ...


def seconds(log: Queried, probe: str, engine: str, cost: Cost) -> float | None:
    """How long a probe of a kind takes at most on an engine, if each of its tokens takes as long as those of the last
    ones of its kind; None if there was none yet."""
    ((took, tokens),) = log.query(_TOOK, [probe, engine])
    return cost.tokens * int(took) / int(tokens) / 1e6 if tokens else None


def spoken_seconds(estimate: float) -> str:
    """A duration as people say it, no more exactly than it is known."""
    if estimate < 1:
        return "under a second"
    return f"about {estimate:.0f} s" if estimate < 100 else f"about {estimate / 60:.0f} min"
