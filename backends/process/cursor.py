"""A cursor whose model runs in another process: each step is one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from backends.drawing import Steps, spread
from backends.model import FloatArray

_Ask = Callable[[list[int | None], int], FloatArray]
"""A token, or None, for each sample; how many go on → their logits (that many, vocab)."""


class DistantCursor:
    """Counts along, so that what cannot be is refused here as it would be there."""

    def __init__(self, first: FloatArray, ask: _Ask, end: Callable[[], None], steps: Steps) -> None:
        """`first` (1, vocab): the logits after the prompt."""
        self._ask, self._end, self._steps = ask, end, steps
        self._logits: FloatArray = np.broadcast_to(first, (steps.count, first.shape[1]))

    @property
    def logits(self) -> FloatArray:
        self._steps.open()
        return self._logits

    def advance(self, tokens: Sequence[int | None]) -> None:
        going = self._steps.going(tokens)
        rows = self._ask([going.get(at) for at in range(self._steps.count)], len(going))
        if going:
            self._logits = spread(rows, list(going), self._steps.count)

    def close(self) -> None:
        if not self._steps.closed:
            self._steps.close()
            self._end()
