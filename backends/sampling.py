"""One seeded sampler for every engine, so that equal logits give equal text whatever computed them.

The algorithm (recorded cases depend on it: a change needs a new name, see `noise.py`). Given float32 logits l over V
ids, `Sampling`, the prompt, the sample's number s and the step t (both from 0), with every number below a float64 or
an integer:

1. If the temperature T is 0, the choice is the id with the greatest l; of equal ones the lowest. Otherwise
2. x_i = (l_i - max l) / T. Candidates are ordered by x descending, then id ascending.
3. top-k > 0: only the first k candidates stay.
4. top-p < 1: w_i = floor(exp(x_i) · 2**40); the shortest beginning stays whose sum of w is at least p · Σw (at least
   one). The weights are integers so that no order of summation can matter.
5. min-p > 0: only candidates with x_i ≥ log(min-p) stay, which is p_i ≥ min-p · p_max.
6. g_i is the noise of id i after this prompt, for this seed, sample and step: a standard Gumbel variate.
7. The choice is the candidate with the greatest x_i + g_i; of equal ones the lowest id.

A token's noise depends on prompt, seed, sample, step and id alone: not on the batch, the engine, or what else was
drawn. So two engines whose logits nearly agree nearly always choose alike, and a replay recomputes the noise and checks
tokens instead of generating them again. `exp` and `log` are the platform's: their last bit is the only freedom left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from backends.noise import ALGORITHM, ALGORITHMS, Ids, Noise, Reals, Words, gumbel

Logits = npt.NDArray[np.float32]

_WEIGHT_UNIT = 2.0**40
_PIECE = 8192
SINGLE: Final = 1e-6
"""The least temperature that single precision can bound scores with."""


@dataclass(frozen=True)
class Sampling:
    """How a next token is chosen: temperature → top-k → top-p → min-p, then Gumbel-max with counter-based noise."""

    seed: int = 0
    """0 … 2**63 - 1; with the prompt, the sample's number and the step it keys the noise."""
    max_tokens: int = 64
    temperature: float = 1.0
    """0: the most likely token; ties go to the lowest id."""
    top_k: int = 0
    """0: off."""
    top_p: float = 1.0
    """1: off."""
    min_p: float = 0.0
    """0: off."""
    algorithm: str = ALGORITHM
    """How the noise is keyed: an earlier way only to draw again what was drawn with it."""
    stop: Sequence[str] = ()
    """Texts that end a sample once it has said one of them (`stopping.py`); they change no choice."""

    def __post_init__(self) -> None:
        for holds, sentence in (
            (0 <= self.seed < 2**63, "seed must be between 0 and 2**63 - 1"),
            (self.max_tokens >= 1, "max_tokens must be at least 1"),
            (self.temperature >= 0 and math.isfinite(self.temperature), "temperature must be finite and at least 0"),
            (self.top_k >= 0, "top_k must be at least 0"),
            (0 <= self.top_p <= 1, "top_p must be between 0 and 1"),
            (0 <= self.min_p <= 1, "min_p must be between 0 and 1"),
            (all(text and "\ufffd" not in text for text in self.stop), "a stop string must be text, and not empty"),
            (self.algorithm in ALGORITHMS, f"algorithm must be one of {', '.join(ALGORITHMS)}"),
        ):
            if not holds:
                raise ValueError(sentence)


class Sampler:
    """Draws what follows one prompt."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int]) -> None:
        self.sampling = sampling
        self._unfiltered = sampling.top_k == 0 and sampling.top_p == 1 and sampling.min_p == 0
        self._noise = Noise(sampling.algorithm, sampling.seed, prompt)

    def choose(self, logits: Logits, sample: int, step: int) -> int:
        """The next token for (vocab,) logits, by the algorithm above.

        -inf logits are ids that cannot be chosen; NaN, +inf or nothing but -inf raises ValueError.
        """
        if self.sampling.temperature == 0:
            _top(logits)
            return int(logits.argmax())
        temperature = self.sampling.temperature
        if self._unfiltered and len(logits) > _PIECE and temperature >= SINGLE:
            return _foremost(logits, temperature, self._noise.bits(sample, step, len(logits)))
        x = scaled(logits, temperature)
        ids = _candidates(x, self.sampling)
        if ids is None:
            return _winner(x, self._noise.bits(sample, step, len(x)))
        if len(ids) == 1:
            return int(ids[0])
        return int(ids[_winner(x[ids], self._noise.bits_of(sample, step, ids))])

    def choose_many(self, logits: Logits, samples: Sequence[int], steps: Sequence[int]) -> list[int]:
        """`choose` for each row of (rows, vocab) logits, with the row's own sample and step."""
        return [self.choose(row, s, t) for row, s, t in zip(logits, samples, steps, strict=True)]

    def margin(self, logits: Logits, sample: int, step: int, token: int) -> float:
        """By how much `token` falls short of being the choice, in the units of the logits; 0 if it is (or ties).

        If `token` was chosen from logits that differ from these by at most e anywhere, the margin is at most 2e: a
        token recorded on another machine is consistent with these logits when its margin is within twice the tolerance.
        A difference of two logits moves by at most 2e, and so do T times the log-odds of any set of tokens; the margin
        is the greatest of (a) what the token lacks to pass each filter and (b) for each candidate that beats it, the
        lesser of the gap between their perturbed scores and what that candidate has to spare at the filters.
        """
        if self.choose(logits, sample, step) == token:  # nearly always, and much quicker to see than what follows
            return 0.0
        top, temperature = _top(logits), self.sampling.temperature
        if temperature == 0:
            return float(np.float64(top) - np.float64(logits[token]))
        x = scaled(logits, temperature)
        if temperature < SINGLE and np.isneginf(x[np.isfinite(logits)]).any():  # so cold that no number holds a score
            return float(np.float64(top) - np.float64(logits[token]))
        score = x + gumbel(self._noise.bits(sample, step, len(x)))
        admitted = _candidates(x, self.sampling)
        if admitted is None:  # no filter, and so nothing but the scores
            return float(score.max() - score[token]) * temperature
        gates = _Gates(x, self.sampling)
        short = gates.lacking(token)
        for rival in gates.foremost(admitted[score[admitted] > score[token]], score):
            gap = float(score[rival] - score[token])
            short = max(short, min(gap, gates.spare(int(rival))))
        return short * temperature


def _top(logits: Logits) -> np.float32:
    top: np.float32 = logits.max()
    if not np.isfinite(top):
        raise ValueError("logits hold NaN or +inf, or nothing but -inf")
    return top


def scaled(logits: Logits, temperature: float) -> Reals:
    """Step 2."""
    return _scaled(logits, _top(logits), temperature)


def _scaled(logits: Logits, top: np.float32, temperature: float) -> Reals:
    with np.errstate(over="ignore"):
        x: Reals = (logits.astype(np.float64) - np.float64(top)) / temperature
    return x


def _candidates(x: Reals, sampling: Sampling) -> Ids | None:
    """Ids that stay after steps 3 to 5, ascending; None: all of them."""
    ids: Ids | None = None
    if 0 < sampling.top_k < len(x):
        ids = leading(x, sampling.top_k)[: sampling.top_k]
    if sampling.top_p < 1:
        ids = nucleus(x, ids, sampling.top_p)
    if sampling.min_p > 0:
        least = math.log(sampling.min_p)
        ids = np.flatnonzero(x >= least) if ids is None else ids[x[ids] >= least]
    return None if ids is None else np.sort(ids)


def leading(x: Reals, count: int) -> Ids:
    """The first `count` or a few more (ties) ids in candidate order."""
    least = np.partition(x, len(x) - count)[len(x) - count]
    ids = np.flatnonzero(x >= least)
    return ids[np.argsort(-x[ids], kind="stable")]


def _weights(x: Reals) -> Ids:
    """Integer weights of step 4."""
    return np.floor(np.exp(x) * _WEIGHT_UNIT).astype(np.int64)


def nucleus(x: Reals, ids: Ids | None, top_p: float) -> Ids:
    """Step 4. Sorts only as much of a large vocabulary as the nucleus needs."""
    if ids is not None:
        return _shortest(ids, _weights(x[ids]), top_p, None)[0]
    weights = _weights(x)
    total = int(weights.sum())
    count = 256
    while count < len(x):
        first = leading(x, count)
        kept, enough = _shortest(first, weights[first], top_p, total)
        if enough:
            return kept
        count *= 8
    every = np.argsort(-x, kind="stable")
    return _shortest(every, weights[every], top_p, total)[0]


def _shortest(ids: Ids, weights: Ids, top_p: float, total: int | None) -> tuple[Ids, bool]:
    """The shortest beginning of `ids` that holds `top_p` of the weight, and whether it was reached."""
    reached = np.cumsum(weights).astype(np.float64)
    wanted = top_p * (float(total) if total is not None else float(reached[-1]))
    count = int(np.searchsorted(reached, wanted, side="left")) + 1
    return ids[:count], count <= len(ids)


def _winner(x: Reals, raw: Words) -> int:
    """Step 7."""
    return int((x + gumbel(raw)).argmax())


def _foremost(logits: Logits, temperature: float, raw: Words) -> int:
    """Steps 2 and 7 over a large vocabulary, in pieces that stay in the cache; in each the exact score is computed only
    where a bound on it can still win: -log(u) ≥ 1 - u, so g ≤ -log(1 - u), which single precision gives to 1e-6, with
    1 - u rounded down to the upper half of its bits."""
    top, best, winner = _top(logits), -math.inf, -1
    for start in range(0, len(logits), _PIECE):
        piece, bits = logits[start : start + _PIECE], raw[start : start + _PIECE]
        rest = (~(bits >> np.uint64(32)).astype(np.uint32)).astype(np.float32)  # (1 - u) · 2**32
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            bound = (piece - top) / np.float32(temperature) - (np.log(rest) - np.float32(32 * math.log(2)))
        if winner < 0:
            first = int(bound.argmax())
            best = float(_scaled(piece[first], top, temperature) + gumbel(bits[first : first + 1])[0])
        live = np.flatnonzero(bound >= best - 1e-3 * (1 + abs(best)))
        if len(live):
            score = _scaled(piece[live], top, temperature) + gumbel(bits[live])
            at = int(score.argmax())
            if winner < 0 or score[at] > best:
                best, winner = float(score[at]), start + int(live[at])
    return winner


class _Gates:
    """How far each token is from the edge of steps 3 to 5, in nats after scaling by the temperature."""

    def __init__(self, x: Reals, sampling: Sampling) -> None:
        self._x = x
        self._order = np.argsort(-x, kind="stable")
        self._sorted = x[self._order]
        top_k = 1 if sampling.top_p == 0 else sampling.top_k  # an empty nucleus still holds its first
        self._top_k = top_k if 0 < top_k < len(x) else None
        self._min_p = math.log(sampling.min_p) if sampling.min_p > 0 else None
        self._odds = None if sampling.top_p in (0, 1) else _log_odds(np.array([sampling.top_p]))[0]
        weights = np.exp(self._sorted)
        if self._top_k is not None:
            weights[self._top_k :] = 0
        self._share = weights / weights.sum()
        self._before = np.concatenate([[0.0], np.cumsum(self._share)])  # [m]: share of the first m
        self._rank = np.empty(len(x), dtype=np.int64)
        self._rank[self._order] = np.arange(len(x))

    def foremost(self, ids: Ids, score: Reals) -> Ids:
        """Those of some ids that no other beats in both score and rank: of a large vocabulary a handful, and with a
        better rank goes no less to spare."""
        falling = ids[np.argsort(-score[ids], kind="stable")]
        best = np.minimum.accumulate(self._rank[falling])
        return falling[np.append(True, self._rank[falling][1:] < best[:-1])] if len(ids) else ids

    def lacking(self, token: int) -> float:
        """How much the token would have to rise, relative to the others, to pass every gate; 0: it passes."""
        x, rank, short = float(self._x[token]), int(self._rank[token]), 0.0
        if self._top_k is not None and rank >= self._top_k:
            short = max(short, float(self._sorted[self._top_k - 1]) - x)
        if self._min_p is not None:
            short = max(short, self._min_p - x)
        if self._odds is not None and rank > 0:
            # Having overtaken all but the first m, it passes if the share of those m stays under top-p.
            climb = np.append(self._sorted[:rank], x) - x
            short = max(short, float(np.maximum(climb, _log_odds(self._before[: rank + 1]) - self._odds).min()))
        return short

    def spare(self, token: int) -> float:
        """How much a token that passes would have to fall, relative to the others, to fail at some gate."""
        x, rank, spare = float(self._x[token]), int(self._rank[token]), math.inf
        if self._top_k is not None:
            spare = min(spare, x - float(self._sorted[self._top_k]))
        if self._min_p is not None:
            spare = min(spare, x - self._min_p)
        if self._odds is not None:
            drop = x - self._sorted[rank:]
            ahead = self._before[rank + 1 :] - self._share[rank]
            ahead = np.clip(ahead, 0.0, 1.0)
            if rank == 0:
                drop, ahead = drop[1:], ahead[1:]  # the first of all always stays
            spare = min(spare, float(np.maximum(drop, self._odds - _log_odds(ahead)).min(initial=math.inf)))
        return max(spare, 0.0)


def _log_odds(share: Reals) -> Reals:
    with np.errstate(divide="ignore"):
        clipped = np.clip(share, 0.0, 1.0)
        odds: Reals = np.log(clipped) - np.log1p(-clipped)
    return odds
