"""Next-token distributions read off logits, with no more work on a large vocabulary than what is shown needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backends.model import FloatArray
from backends.noise import Ids, Reals

_BLOCKS = 256


def log_totals(logits: FloatArray) -> Reals:
    """log Σ exp over the last axis of (row, vocab), accumulated in float64: a log-probability is a logit less this."""
    top = logits.max(axis=-1)
    sums = [np.exp(row - most).sum(dtype=np.float64) for row, most in zip(logits, top, strict=True)]
    totals: Reals = top.astype(np.float64) + np.log(np.array(sums, np.float64))
    return totals


def log_probabilities(logits: FloatArray, ids: Ids, totals: Reals) -> FloatArray:
    """The log-probabilities (nats) of `ids` (row, any) under (row, vocab) logits with those totals."""
    found: FloatArray = (np.take_along_axis(logits, ids, axis=-1) - totals[:, None]).astype(np.float32)
    return found


def leading(logits: FloatArray, count: int) -> Ids:
    """The `count` most likely ids of each row (row, vocab), in order; of equally likely ones the lower id first."""
    rows, vocab = logits.shape
    count = min(count, vocab)
    found = np.empty((rows, count), np.int64)
    if count:
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
