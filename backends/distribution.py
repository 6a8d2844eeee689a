"""Next-token distributions read off logits, with no more work on a large vocabulary than what is shown needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from backends.model import FloatArray, TokenScores
from backends.noise import Ids, Reals

_BLOCKS = 256
_CACHED = 1 << 16
"""Logits (256 KiB) that are looked at several times over."""
_NOTHING = np.float32(-200)
"""Nats below the likeliest token from which on exp is 0 in float32."""


def log_totals(logits: FloatArray) -> Reals:
    """log Σ exp over the last axis of (row, vocab), accumulated in float64: a log-probability is a logit less this."""
    top = logits.max(axis=-1)
    sums = [np.exp(row - most).sum(dtype=np.float64) for row, most in zip(logits, top, strict=True)]
    totals: Reals = top.astype(np.float64) + np.log(np.array(sums, np.float64))
    return totals


def log_distribution(logits: FloatArray) -> Reals:
    """(row, vocab) logits → the log-probabilities (nats) of every token, in float64."""
    found: Reals = logits.astype(np.float64) - log_totals(logits)[:, None]
    return found


def divergence(log_p: Reals, log_q: Reals) -> Reals:
    """(row,) KL(p ‖ q) = Σ p (log p − log q) of (row, vocab) log-probabilities, in nats, never negative by rounding."""
    found: Reals = (np.exp(log_p) * (log_p - log_q)).sum(axis=-1).clip(0)
    return found


def log_probabilities(logits: FloatArray, ids: Ids, totals: Reals) -> FloatArray:
    """The log-probabilities (nats) of `ids` (row, any) under (row, vocab) logits with those totals."""
    found: FloatArray = (np.take_along_axis(logits, ids, axis=-1) - totals[:, None]).astype(np.float32)
    return found


def leading(logits: FloatArray, count: int) -> Ids:
    """The `count` most likely ids of each row (row, vocab), in order; of equally likely ones the lower id first."""
    rows, vocab = logits.shape
    count = min(count, vocab)
    found = np.empty((rows, count), np.int64)
    if count == 1:
        found[:, 0] = logits.argmax(axis=-1)
    elif count and rows:
        # The maxima of so many blocks are as many values of the row: none of the first `count` is below their count-th.
        blocks = min(vocab, max(count, _BLOCKS))
        maxima = logits[:, : vocab - vocab % blocks].reshape(rows, blocks, -1).max(axis=-1)
        least = np.partition(maxima, blocks - count, axis=-1)[:, blocks - count]
        for ids, row, bound in zip(found, logits, least, strict=True):
            candidates = np.flatnonzero(row >= bound)
            ids[:] = candidates[np.argsort(-row[candidates], kind="stable")][:count]
    return found


def ranks(logits: FloatArray, ids: Sequence[int]) -> npt.NDArray[np.int32]:
    """(row, ids) ranks under (row, vocab) logits: one more than the number of likelier tokens."""
    found = [1 + np.count_nonzero(logits > logits[:, [token]], axis=-1) for token in ids]
    return np.stack(found, axis=-1).astype(np.int32) if found else np.empty((len(logits), 0), np.int32)


def token_scores(logits: FloatArray, tokens: Sequence[int], top: int = 0) -> TokenScores:
    """How expected each of `tokens` is under its row of (tokens, vocab) logits, or all of them under the one row of
    (1, vocab); with the `top` likeliest of that row."""
    ids = np.asarray(tokens, np.int64)
    parts = [_scored(logits[rows], ids[rows] if len(logits) == len(ids) else ids, top) for rows in _blocks(logits)]
    return joined(parts or [_scored(logits, ids, top)])


def _scored(logits: FloatArray, ids: Ids, top: int) -> TokenScores:
    totals, entropies = _sums(logits)
    rows = np.broadcast_to(np.arange(len(logits)), ids.shape)
    own, best = logits[rows, ids], leading(logits, top)
    told = (best.astype(np.int32), (np.take_along_axis(logits, best, axis=-1) - totals[:, None]).astype(np.float32))
    if len(logits) == len(ids):
        likelier = np.count_nonzero(logits > own[:, None], axis=-1)
    else:  # the one row is looked at once, however many tokens there are
        likelier = logits.shape[1] - np.searchsorted(np.sort(logits[0]), own, side="right")
    return TokenScores(
        logprobs=(own - totals[rows]).astype(np.float32),
        ranks=(1 + likelier).astype(np.int32),
        entropies=entropies[rows],
        best=told[0][rows],
        best_logprobs=told[1][rows],
    )


def _blocks(logits: FloatArray) -> Iterator[slice]:
    """Rows to look at together: as many as stay in the cache."""
    step = max(1, _CACHED // max(1, logits.shape[1]))
    return (slice(start, start + step) for start in range(0, len(logits), step))


def _sums(logits: FloatArray) -> tuple[Reals, FloatArray]:
    """log Σ e^l and the entropy -Σ p log p (nats) of each row of (row, vocab): max + log Σ e and log Σ e - Σ e·x / Σ e,
    with x = l - max and e = exp x."""
    top = logits.max(axis=-1, keepdims=True)
    below = np.maximum(logits - top, _NOTHING)
    weights = np.exp(below)
    sums = weights.sum(axis=-1, dtype=np.float64)
    below *= weights
    entropies = np.log(sums) - below.sum(axis=-1, dtype=np.float64) / sums
    return top[:, 0].astype(np.float64) + np.log(sums), entropies.astype(np.float32)


def joined(parts: Sequence[TokenScores]) -> TokenScores:
    """The scores of one part after the other; there is at least one."""
    return TokenScores(
        logprobs=np.concatenate([part.logprobs for part in parts]),
        ranks=np.concatenate([part.ranks for part in parts]),
        entropies=np.concatenate([part.entropies for part in parts]),
        best=np.concatenate([part.best for part in parts]),
        best_logprobs=np.concatenate([part.best_logprobs for part in parts]),
    )


def apart(scores: TokenScores, lengths: Sequence[int]) -> list[TokenScores]:
    """`joined` undone."""
    ends = np.cumsum(lengths, dtype=np.int64)
    return [
        TokenScores(
            logprobs=scores.logprobs[start:end],
            ranks=scores.ranks[start:end],
            entropies=scores.entropies[start:end],
            best=scores.best[start:end],
            best_logprobs=scores.best_logprobs[start:end],
        )
        for start, end in zip(ends - np.asarray(lengths, np.int64), ends, strict=True)
    ]
