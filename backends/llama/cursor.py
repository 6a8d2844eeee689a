"""Samples of one prompt that go on step by step, as sequences of one llama.cpp context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing

import numpy as np

from backends.drawing import Steps, spread
from backends.llama.context import Abort
from backends.llama.passes import Passes, rounds
from backends.model import FloatArray

_Check = Callable[[FloatArray], FloatArray]
"""Refuses logits that are not finite."""


class Round:
    """Samples that fit into one context. The last of several takes an ended one along, because a single row would be
    computed another way."""

    def __init__(
        self,
        passes: Passes,
        prefix: list[int],
        steps: Steps,
        check: _Check,
        *,
        abort: Abort | None = None,
        hurried: bool = True,
        apart: bool = False,
    ) -> None:
        """`abort` is asked while the prompt is computed and, where passes are to be hurried, afterwards too. `apart`:
        the context is this round's own, and goes with it. Raises PassAbortedError, also later."""
        self._passes, self._steps, self._check = passes, steps, check
        self._position, self._companion = len(prefix), -1
        with ExitStack() as stack:
            if apart:
                stack.callback(passes.context.close)
            stack.enter_context(passes.running(abort=abort))
            first = check(passes.prompt(prefix, [len(prefix) - 1]))
            if not hurried:
                passes.unhurried()
            passes.share(steps.count)
            self._logits = np.broadcast_to(first, (steps.count, first.shape[1]))
            self._held = stack.pop_all()

    @property
    def logits(self) -> FloatArray:
        self._steps.open()
        return self._logits

    def advance(self, tokens: Sequence[int | None]) -> None:
        before = self._steps.living
        going = self._steps.going(tokens)
        if len(going) < len(before):
            self._companion = max(set(before) - going.keys())
        if going:
            row = dict(going)
            if len(going) == 1 and self._companion >= 0:
                row[self._companion] = 0
            logits = self._check(self._passes.step(list(row.values()), list(row), self._position))
            self._position += 1
            self._logits = spread(logits[: len(going)], list(going), self._steps.count)

    def close(self) -> None:
        self._steps.close()
        self._held.close()


class Rounds:
    """Any number of samples, in as many contexts as they need."""

    def __init__(self, steps: Steps, opened: Callable[[Steps], Round]) -> None:
        self._steps = steps
        self._parts = list(rounds(steps.count))
        with ExitStack() as stack:
            self._rounds = [stack.enter_context(closing(opened(steps.alike(len(part))))) for part in self._parts]
            self._held = stack.pop_all()

    @property
    def logits(self) -> FloatArray:
        if len(self._rounds) == 1:
            return self._rounds[0].logits
        return np.concatenate([part.logits for part in self._rounds])

    def advance(self, tokens: Sequence[int | None]) -> None:
        self._steps.going(tokens)
        for part, of in zip(self._parts, self._rounds, strict=True):
            of.advance(tokens[part.start : part.stop])

    def close(self) -> None:
        self._held.close()
