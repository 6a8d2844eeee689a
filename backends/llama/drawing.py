"""Samples that are being drawn side by side: what each has so far, which go on, and why they ended."""

from __future__ import annotations

import threading

import numpy as np

from backends.model import FloatArray, Generated
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
        heard: IdListener | None,
        cancel: threading.Event | None,
    ) -> None:
        self._samples, self._sampler, self._ends = samples, sampler, ends
        self._heard, self._cancel = heard, cancel
        self._drawn: list[list[int]] = [[] for _ in samples]
        self._alive = list(range(len(samples)))
        self._companion: int | None = None

    @property
    def count(self) -> int:
        """Samples in this round."""
        return len(self._samples)

    @property
    def cancelled(self) -> bool:
        return self._cancel is not None and self._cancel.is_set()

    @property
    def running(self) -> list[int]:
        """Sequences to compute next, those that go on first. The last of several takes an ended one along, because a
        single row would be computed another way; empty when all have ended."""
        if len(self._alive) == 1 and self._companion is not None:
            return [*self._alive, self._companion]
        return list(self._alive)

    @property
    def last_tokens(self) -> list[int]:
        """The latest token of each running sequence."""
        return [self._drawn[sequence][-1] for sequence in self.running]

    def take(self, logits: FloatArray) -> None:
        """Draw a token for each living sequence from its row of logits, and tell whoever listens."""
        living = list(self._alive)
        step = len(self._drawn[living[0]])
        samples = [self._samples[sequence] for sequence in living]
        chosen = self._sampler.choose_many(logits[: len(living)], samples, [step] * len(living))
        for sequence, token in zip(living, chosen, strict=True):
            self._drawn[sequence].append(token)
            if self._heard is not None:
                self._heard(self._samples[sequence], [token])
            if self._ends.at(self._samples[sequence], token):
                self._alive.remove(sequence)
                self._companion = sequence

    def take_first(self, logits: FloatArray) -> None:
        """As `take`, from the one row (1, vocab) that the prompt gave all of them."""
        self.take(np.broadcast_to(logits, (len(self._alive), logits.shape[1])))

    def generated(self) -> list[Generated]:
        """What was drawn, in the order of the samples."""
        return [
            self._ends.generated(sample, tokens, cancelled=self.cancelled)
            for sample, tokens in zip(self._samples, self._drawn, strict=True)
        ]
