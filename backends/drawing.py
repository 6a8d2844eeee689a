"""Samples drawn side by side from what a cursor gives: what each has so far, which go on, and why they ended."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from backends.model import Cursor, FloatArray, Generated, ModelRefusal
from backends.sampling import Sampler
from backends.stopping import Ends
from backends.streaming import IdListener


class Drawing:
    """A round of samples after one prompt."""

    def __init__(
        self,
        samples: range,
        sampler: Sampler,
        ends: Ends,
        heard: IdListener | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        self._samples, self._sampler, self._ends = samples, sampler, ends
        self._heard, self._cancel = heard, cancel
        self._drawn: list[list[int]] = [[] for _ in samples]
        self._over: set[int] = set()

    @property
    def count(self) -> int:
        """Samples in this round."""
        return len(self._samples)

    @property
    def cancelled(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    def draw(self, cursor: Cursor, room: int) -> None:
        """Go on until every sample has ended, each has `room` tokens, or the call is cancelled; what was computed by
        then is still drawn from, so that no step is paid for of which nothing is told."""
        for step in range(room):
            going = self._take(cursor.logits, step)
            if step + 1 == room or self.cancelled or not any(token is not None for token in going):
                break
            cursor.advance(going)

    def generated(self) -> list[Generated]:
        """What was drawn, in the order of the samples."""
        return [
            self._ends.generated(sample, tokens, cancelled=self.cancelled)
            for sample, tokens in zip(self._samples, self._drawn, strict=True)
        ]

    def _take(self, logits: FloatArray, step: int) -> list[int | None]:
        """Draw a token for each sample that goes on, tell whoever listens, and say with which of them it goes on."""
        going: list[int | None] = []
        for sample, tokens, row in zip(self._samples, self._drawn, logits, strict=True):
            if sample not in self._over:
                tokens.append(token := self._sampler.choose(row, sample, step))
                if self._heard is not None:
                    self._heard(sample, [token])
                if self._ends.at(sample, token):
                    self._over.add(sample)
            going.append(None if sample in self._over else tokens[-1])
        return going


class Steps:
    """What every cursor keeps count of: which samples go on, how far they have come, and whether it is still open."""

    def __init__(self, n: int, steps: int, vocab: int) -> None:
        self.count, self.left, self._vocab = n, steps, vocab
        self.living = list(range(n))
        self.closed = False

    def going(self, tokens: Sequence[int | None]) -> dict[int, int]:
        """Sample → its token, for those that go on from here. Raises ModelRefusal if that cannot be."""
        self.open()
        going = {at: int(token) for at, token in enumerate(tokens) if token is not None}
        if len(tokens) != self.count or not going.keys() <= set(self.living):
            raise _wrong("A sample that has ended cannot go on.", "Give a token, or None, for each sample.")
        if not all(0 <= token < self._vocab for token in going.values()):
            raise _wrong(f"The vocabulary has the ids 0 … {self._vocab - 1}.", "Give ids of this model.")
        if going and self.left == 0:
            raise _wrong("It was made for so many steps, or the context is full.", "Ask for more steps at the start.")
        self.left -= 1
        self.living = list(going)
        return going

    def alike(self, n: int) -> Steps:
        """As many steps for fewer samples."""
        return Steps(n, self.left, self._vocab)

    def open(self) -> None:
        if self.closed:
            raise _wrong("It is closed.", "Open another.")

    def close(self) -> None:
        self.closed = True


def _wrong(why: str, try_this: str) -> ModelRefusal:
    return ModelRefusal("model.input", "The cursor cannot take this step.", why, try_this)


def spread(rows: FloatArray, living: Sequence[int], count: int) -> FloatArray:
    """(living, vocab) logits as those of all `count` samples: zeros for the ones that have ended."""
    if len(living) == count:
        return rows
    every = np.zeros((count, rows.shape[1]), np.float32)
    every[list(living)] = rows
    return every
