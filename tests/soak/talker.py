"""A model that talks as long as it is asked to, a token at a time, at its own pace: a stream without an engine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import cycle
from threading import Event
from typing import Any

from backends.model import Generated, TokenListener
from backends.sampling import Sampling
from backends.toy_model import ToyModel

SAYS = "It goes on and on, and so does this. "


class Talker(ToyModel):
    """Says the same words over and over."""

    pause_s: float = 0.0
    """Before each token."""
    said: int = 0

    @classmethod
    def of(cls, digest: str, pause_s: float) -> Talker:
        talker = cls.random(seed=1, context=1 << 15, digest=digest)
        assert isinstance(talker, Talker)
        talker.pause_s = pause_s
        return talker

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Any = (),
        on_tokens: TokenListener | None = None,
        cancel: Event | None = None,
    ) -> list[Generated]:
        words, tokens = cycle(self.encode(SAYS)), list[int]()
        for token in words:
            if len(tokens) == sampling.max_tokens or (cancel is not None and cancel.is_set()):
                break
            time.sleep(self.pause_s)
            tokens.append(token)
            self.said += 1
            if on_tokens is not None:
                for sample in range(n):
                    on_tokens(sample, [token], self.decode([token]))
        ended = "length" if len(tokens) == sampling.max_tokens else "cancelled"
        return [Generated(tokens=tuple(tokens), stop=ended) for _ in range(n)]
