"""How often two computations of one model draw different tokens under the same noise, if their logits nearly agree.

Where logits l differ by d and p are the probabilities of what may be drawn, the noise picks different tokens with a
chance of Σ_ij p_i p_j |d_i - d_j| / 2T to first order in d: two Gumbel-max draws under common noise agree with
probability Σ_i 1 / Σ_j max(p_j/p_i, q_j/q_i). To this comes what may cross the edge of a filter, and a greedy choice
knows nothing but an edge. A replay that counts more than this explains was not of this model's draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backends.noise import Ids, Reals
from backends.sampling import SINGLE, Logits, Sampling, leading, nucleus, scaled

_BLOCK = 1 << 20
"""Logits looked at together: few enough for a processor's cache."""


@dataclass(frozen=True)
class Chance:
    """How many tokens are drawn otherwise, of one or of several: the mean, and how much contexts make of it."""

    mean: float
    spread: float
    """Standard deviation among contexts: what differs little on average may differ much after one text."""

    @property
    def at_most(self) -> float:
        """The mean that contexts may make of it, with hardly ever more: three standard deviations above."""
        return self.mean + 3 * self.spread


def disagreement(logits: Logits, sampling: Sampling, drift: float) -> Chance:
    """The chance for (vocab,) logits, `drift` being what the difference of two logits differs by on average (nats)."""
    if sampling.temperature < SINGLE or sampling.top_k == 1 or sampling.top_p == 0:  # as good as greedy
        best = np.partition(logits, len(logits) - 2)[-2:].astype(np.float64)
        crossing = _crossing(float(best[1] - best[0]), drift)
        return Chance(crossing, math.sqrt(crossing * (1 - crossing)))
    x = scaled(logits, sampling.temperature)
    kept, edge = _kept(x, sampling)
    weights = np.exp(x if kept is None else x[kept])
    shares = weights / weights.sum()
    drawn = min(1.0, drift / (2 * sampling.temperature) * float(1 - (shares * shares).sum()))
    crossing = _crossing(edge * sampling.temperature, drift)
    last = float(shares.min()) if crossing else 0.0
    return Chance(min(1.0, drawn + last * crossing), math.hypot(drawn, last * math.sqrt(crossing * (1 - crossing))))


def disagreements(rows: Logits, sampling: Sampling, drift: float) -> list[Chance]:
    """The chance for each row of (rows, vocab) logits, those without filters together, for these are the usual."""
    if sampling.temperature < SINGLE or sampling.top_k or sampling.top_p < 1 or sampling.min_p > 0:
        return [disagreement(row, sampling, drift) for row in rows]
    found = []
    block = max(1, _BLOCK // max(1, rows.shape[-1]))
    for start in range(0, len(rows), block):
        weights = rows[start : start + block] - rows[start : start + block].max(axis=-1, keepdims=True)
        weights /= np.float32(sampling.temperature)
        np.exp(weights, out=weights)
        alike = np.einsum("ij,ij->i", weights, weights) / weights.sum(axis=-1) ** 2
        drawn = np.clip(drift / (2 * sampling.temperature) * (1.0 - alike), 0, 1).tolist()
        found += [Chance(chance, chance) for chance in drawn]
    return found


def _crossing(gap: float, drift: float) -> float:
    """The chance that two logits change places: a half where they tie, and less by the exponential beyond `drift`."""
    return 0.5 * math.exp(-gap / drift) if drift > 0 and math.isfinite(gap) else 0.0


def _kept(x: Reals, sampling: Sampling) -> tuple[Ids | None, float]:
    """What passes the filters (None: all), and how near the nearest token is to the edge of one, in nats over T."""
    kept: Ids | None = None
    edge = math.inf
    if 0 < sampling.top_k < len(x):
        ordered = leading(x, sampling.top_k + 1)
        last, first_out = x[ordered[sampling.top_k - 1 : sampling.top_k + 1]].tolist()
        kept, edge = ordered[: sampling.top_k], last - first_out
    if sampling.top_p < 1:
        total = float(np.exp(x if kept is None else x[kept]).sum())
        kept = nucleus(x, kept, sampling.top_p)
        reached = np.exp(x[kept])
        without, with_last = float(reached[:-1].sum()) / total, float(reached.sum()) / total
        odds = _odds(sampling.top_p)
        edge = min(edge, abs(odds - _odds(without)), abs(_odds(with_last) - odds))
    if sampling.min_p > 0:
        least = math.log(sampling.min_p)
        edge = min(edge, float(np.abs(x[x < 0] - least).min(initial=math.inf)))
        kept = np.flatnonzero(x >= least) if kept is None else kept[x[kept] >= least]
    return kept, edge


def _odds(share: float) -> float:
    if share <= 0:
        return -math.inf
    return math.inf if share >= 1 else math.log(share) - math.log1p(-share)
