"""Prompts and steps through llama.cpp contexts: one plan of passes for every kind of call.

A pass over a single row takes another path through the matrix kernels and differs from the same row among others in
its last bits. So a prompt of two tokens or more is never split into a single one, at least two rows of a pass that has
them go through the last block and the unembedding, and of parallel samples the last one is never computed alone. What
is left is a one-token prompt, and a single sample's steps.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backends.llama.context import Abort, Context, ContextPlan
from backends.llama.library import Library
from backends.llama.taps import SiteTaps, at_least_two
from backends.model import FloatArray

PARALLEL = 64
"""Samples computed side by side; more are computed in rounds."""

_GRAIN = 256
"""llama.cpp allocates attention memory in multiples of this many tokens."""


def rounds(count: int) -> Iterator[range]:
    """`count` samples in rounds of at most PARALLEL, as equal as can be, so that none but the only one is alone."""
    number = math.ceil(count / PARALLEL)
    for at in range(number):
        yield range(count * at // number, count * (at + 1) // number)


def spans(positions: range, batch: int, *, alone: bool = True) -> Iterator[range]:
    """Positions in spans of at most `batch`, cut at its multiples: all attend to as much memory as the last of a span.

    `alone`: no span is a single position unless it is the only one, for a sequence's only row is computed another way.
    """
    at = positions.start
    while at < positions.stop:
        stop = min((at // batch + 1) * batch, positions.stop)
        if alone and stop - at == 1 and stop < positions.stop:
            stop += 1
        if alone and positions.stop - stop == 1:
            stop += -1 if stop - at > 2 else 1
        yield range(at, stop)
        at = stop


@dataclass
class Contexts:
    """The contexts of one model, made when first needed and kept for the next call of their kind."""

    lib: Library
    handle: Any
    plan: ContextPlan
    longest: int
    """The model's own context, in tokens."""
    _held: dict[tuple[bool, bool], Context] = field(default_factory=dict)
    _every: list[Context] = field(default_factory=list)

    def get(self, sequences: int, length: int, *, tapped: bool, whole: bool = False) -> Context:
        """An empty context for so many sequences of so many tokens; a kept one that is too small is replaced.

        `whole`: a prompt of that length goes through in one pass.
        """
        kind, batch = (tapped, sequences > 1), max(self.plan.batch, length if whole else 0)
        held = self._held.get(kind)
        if held is None or held.sequences < sequences or held.length < length or held.batch < batch:
            if held is not None:
                self._held.pop(kind).close()
            held = self._held[kind] = self.made(sequences, length, tapped=tapped, whole=whole)
        held.clear()
        return held

    def made(self, sequences: int, length: int, *, tapped: bool, whole: bool = False) -> Context:
        """A new one, which whoever asked closes: before the model goes, or it goes with the others."""
        grain, batch = _GRAIN, max(self.plan.batch, length if whole else 0)
        while grain < length and grain < self.longest:
            grain *= 2
        made = Context(self.lib, self.handle, self.plan, sequences=sequences, length=grain, batch=batch, tapped=tapped)
        self._every = [context for context in self._every if not context.closed] + [made]
        return made

    def close(self) -> None:
        for made in self._every:
            made.close()
        self._held.clear()


@dataclass(frozen=True)
class Passes:
    """The passes of one call through one context."""

    context: Context
    batch: int
    taps: SiteTaps | None = None
    steering: FloatArray | None = None
    """(layers - 1, width) vectors that llama.cpp adds to the stream after blocks 1 …"""

    @contextmanager
    def running(self, *, abort: Abort | None = None) -> Iterator[None]:
        """Taps are watched within it, and `abort` is asked between nodes; afterwards the context is as before."""
        self.context.on_abort(abort)
        if self.steering is not None:
            self.context.steer(self.steering)
        try:
            if self.taps is None:
                yield
            else:
                assert self.context.tap is not None
                with self.context.tap.watch(self.taps.nodes(), self.taps.anatomy.total):
                    yield
        finally:
            self.context.on_abort(None)
            if self.steering is not None:
                self.context.steer(None)
            # An edit can have left numbers behind that are not finite; zero times those would not be zero.
            edited = self.steering is not None or (self.taps is not None and bool(self.taps.edits))
            self.context.clear(wipe=edited)

    def unhurried(self) -> None:
        """Don't ask between nodes any more: a pass is over sooner than asking is worth."""
        self.context.on_abort(None)

    def prompt(self, ids: Sequence[int], rows: Sequence[int]) -> FloatArray:
        """All of `ids` through sequence 0; (len(rows), vocab) logits of the rows, in their order."""
        wanted = sorted(set(rows))
        found = np.empty((len(wanted), self.context.vocab), np.float32)
        for span in spans(range(len(ids)), self.batch):
            first, last = bisect_left(wanted, span.start), bisect_left(wanted, span.stop)
            inside = wanted[first:last]
            self._span(span)
            flagged = at_least_two(inside, span) if self.taps is None else list(self.taps.flagged())
            logits = self._pass(1, span, [ids[at] for at in span], [row - span.start for row in flagged])
            found[first:last] = logits if flagged == inside else logits[[flagged.index(row) for row in inside]]
        return found if list(rows) == wanted else found[np.searchsorted(wanted, rows)]

    def back_to(self, prompt: Sequence[int]) -> None:
        """Take sequence 0 back to the end of its prompt."""
        if not self.context.forget(0, start=len(prompt)):  # a state that keeps no positions apart
            self.context.clear()
            self.prompt(prompt, [])

    def share(self, sequences: int) -> None:
        """Give sequences 1 … what sequence 0 has computed, in place of whatever they held."""
        for target in range(1, sequences):
            self.context.forget(target, start=0)
            self.context.share(target)

    def step(self, tokens: Sequence[int], sequences: Sequence[int], position: int) -> FloatArray:
        """One more token for each of some sequences, all at one position; (len(sequences), vocab) logits, lent.

        They are valid until the next pass.
        """
        count = len(tokens)
        if self.taps is not None:
            self._span(range(position, position + 1))
        return self.context.decode(tokens, [position] * count, sequences, range(count))

    def side_by_side(self, texts: Sequence[Sequence[int]], start: int, take: Callable[[int, FloatArray], None]) -> None:
        """Sequence s goes on with texts[s] from position `start`; `take(s, logits)` is lent the (tokens, vocab) logits
        after its next tokens, again and again until it has had those of each."""
        longest = max(map(len, texts), default=0)
        at = 0
        while at < longest:
            live = [s for s, text in enumerate(texts) if len(text) > at]
            width = max(1, self.batch // len(live))
            span = next(spans(range(start + at, start + longest), width, alone=len(live) == 1 or width > 2))
            pieces = [list(texts[s][at : at + len(span)]) for s in live]
            # Equal lengths keep the rows of one sequence together; what is filled in is after all that counts.
            filled = [token for piece in pieces for token in piece + [0] * (len(span) - len(piece))]
            logits = self._pass(len(live), span, filled, None, live)
            for number, (sequence, piece) in enumerate(zip(live, pieces, strict=True)):
                first = number * len(span)
                take(sequence, logits[first : first + len(piece)])
            at += len(span)

    def _pass(
        self,
        count: int,
        span: range,
        tokens: Sequence[int],
        rows: Sequence[int] | None,
        sequences: Sequence[int] = (0,),
    ) -> FloatArray:
        """`tokens` of `count` sequences, one after the other, each over the positions of `span`."""
        self._span(span)
        owners = [sequence for sequence in sequences for _ in span]
        return self.context.decode(tokens, list(span) * count, owners, range(len(tokens)) if rows is None else rows)

    def _span(self, span: range) -> None:
        if self.taps is not None:
            self.taps.span.start, self.taps.span.stop = span.start, span.stop
