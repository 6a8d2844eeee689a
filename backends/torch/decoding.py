"""Samples of one prompt that go on step by step, over the keys that are already there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import numpy as np
import torch

from backends.drawing import Steps, spread
from backends.model import FloatArray
from backends.torch.passes import Passes, picked
from backends.torch.sites import Taps

DECODE_ROWS: Final = 32
"""Samples that are decoded together."""

Running = Callable[[], AbstractContextManager[None]]
"""Within it the model may be run."""


class Prefilled:
    """A prompt that has been computed once, for any number of batches to go on from."""

    def __init__(self, passes: Passes, prefix: list[int], taps: Taps, running: Running) -> None:
        self.passes, self.prefix, self.taps, self._running = passes, prefix, taps, running
        with self.running():
            self.cache, self.first = passes.prefilled(prefix, taps)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Edits are on only inside: between the steps of a cursor other calls may come."""
        with self._running(), self.taps.attached():
            yield


class Decoding:
    """One batch: all rows are computed together, and those that have ended are dropped from the cache."""

    def __init__(self, prompt: Prefilled, steps: Steps) -> None:
        self._prompt, self._steps = prompt, steps
        self._cache = picked(prompt.cache, [0] * steps.count)
        self._texts = [list(prompt.prefix) for _ in range(steps.count)]
        self._logits: FloatArray = np.broadcast_to(prompt.first, (steps.count, prompt.first.shape[-1]))

    @property
    def logits(self) -> FloatArray:
        self._steps.open()
        return self._logits

    def advance(self, tokens: Sequence[int | None]) -> None:
        before = self._steps.living
        going = self._steps.going(tokens)
        if not going:
            return
        for row, token in going.items():
            self._texts[row].append(token)
        with self._prompt.running():
            if self._cache is not None and len(going) < len(before):
                kept = [before.index(row) for row in going]
                self._cache.batch_select_indices(torch.tensor(kept))
            texts = [self._texts[row] for row in going]
            rows = self._prompt.passes.step(texts, self._cache, self._prompt.taps)
        self._logits = spread(rows, list(going), self._steps.count)

    def close(self) -> None:
        self._steps.close()
        self._cache = None


class Decodings:
    """Any number of samples, in batches."""

    def __init__(self, prompt: Prefilled, steps: Steps) -> None:
        self._steps = steps
        counts = [min(DECODE_ROWS, steps.count - start) for start in range(0, steps.count, DECODE_ROWS)]
        self._batches = [Decoding(prompt, steps.alike(count)) for count in counts]

    @property
    def logits(self) -> FloatArray:
        return np.concatenate([batch.logits for batch in self._batches])

    def advance(self, tokens: Sequence[int | None]) -> None:
        self._steps.going(tokens)
        for number, batch in enumerate(self._batches):
            batch.advance(tokens[number * DECODE_ROWS : (number + 1) * DECODE_ROWS])

    def close(self) -> None:
        for batch in self._batches:
            batch.close()
