"""What answers are drawn from: a model, or two of them whose difference is made larger."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import Protocol

import numpy as np

from backends.drawing import Drawing
from backends.model import Card, Cursor, Edit, FloatArray, Generated, ModelRefusal, TokenListener
from backends.sampling import Sampler, Sampling
from backends.stopping import Ends
from backends.streaming import listener
from workbench.contract.subject import Subject


class Source(Protocol):
    """As much of a model as drawing answers, and checking them, takes."""

    @property
    def card(self) -> Card: ...

    def decode(self, ids: Sequence[int]) -> str: ...

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Sequence[Edit] = (),
        on_tokens: TokenListener | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Generated]: ...

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]: ...


class Amplified:
    """A subject with what sets it apart from its baseline made larger (logit-difference amplification; Liu et al. 2021,
    DExperts, equation 2, with the subject as expert and base and its baseline as anti-expert).

    At each step both models read the same text, and the next token is drawn from o + α (o − b): o and b the float32
    logits of the subject and of its baseline, before temperature and filters. So α = 0 is the subject itself, and −1
    its baseline. Edits are made to the subject alone; noise is keyed as if the subject answered.
    """

    def __init__(self, subject: Subject, alpha: float) -> None:
        """Raises ModelRefusal if the two do not have their tokens in common."""
        self._subject, self._alpha = subject, alpha
        one, other = subject.card, subject.baseline.card
        if one.vocab != other.vocab:
            raise ModelRefusal(
                "model.unsupported",
                "The two models cannot be mixed.",
                f"One has {one.vocab:,} tokens, the other {other.vocab:,}.",
                "Ask one of them by itself.",
            )
        self._card = replace(one, context=min(one.context, other.context))

    @property
    def card(self) -> Card:
        return self._card

    def decode(self, ids: Sequence[int]) -> str:
        return self._subject.decode(ids)

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Sequence[Edit] = (),
        on_tokens: TokenListener | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Generated]:
        ends = Ends(self._card.end_tokens, sampling.stop, self.decode)
        heard = listener(on_tokens, self.decode, self._card.end_tokens)
        drawing = Drawing(range(n), Sampler(sampling, ids), ends, heard, cancel)
        room = min(sampling.max_tokens, self._card.context - len(ids))
        if room > 0 and not drawing.cancelled:
            with self._cursor(ids, n, room, edits) as cursor:
                drawing.draw(cursor, room)
        return drawing.generated()

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        own = self._subject.continuations(ids, continuations, edits=edits)
        others = self._subject.baseline.continuations(ids, continuations)
        return [mixed(one, other, self._alpha) for one, other in zip(own, others, strict=True)]

    @contextmanager
    def _cursor(self, ids: Sequence[int], n: int, steps: int, edits: Sequence[Edit]) -> Iterator[Cursor]:
        with ExitStack() as stack:
            own = stack.enter_context(closing(self._subject.cursor(ids, n, steps=steps, edits=edits)))
            other = stack.enter_context(closing(self._subject.baseline.cursor(ids, n, steps=steps)))
            yield _Together(own, other, self._alpha)


class _Together:
    """Two cursors that go on with the same tokens."""

    def __init__(self, own: Cursor, other: Cursor, alpha: float) -> None:
        self._own, self._other, self._alpha = own, other, alpha

    @property
    def logits(self) -> FloatArray:
        return mixed(self._own.logits, self._other.logits, self._alpha)

    def advance(self, tokens: Sequence[int | None]) -> None:
        for cursor in (self._own, self._other):
            cursor.advance(tokens)

    def close(self) -> None:
        """Whoever opened them closes them."""


def mixed(own: FloatArray, other: FloatArray, alpha: float) -> FloatArray:
    """o + α (o − b), float32: row by row the same, however many rows there are."""
    return own + np.float32(alpha) * (own - other)
