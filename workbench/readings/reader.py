"""Texts of any length read token by token, window after window: how surprising each is, and how sure the model was.

A window is no longer than the model's context. Of each only the tokens are looked at that were not looked at before;
but for those with which a text begins, each has at least a quarter of a window before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from backends.distribution import joined
from backends.model import Model, TokenScores
from backends.noise import Reals
from workbench.contract.excerpt import Excerpt


@dataclass(frozen=True)
class TextIds:
    """A text as it is read: its ids, and window after window where it begins and ends and what is first looked at."""

    ids: list[int]
    windows: tuple[tuple[int, int, int], ...]
    cost: int


@dataclass(frozen=True, eq=False)
class Doubts:
    """What a text's tokens gave, one after the other from position `start` on; in nats."""

    start: int
    scores: TokenScores

    @property
    def surprises(self) -> Reals:
        return -self.scores.logprobs.astype(np.float64)

    @property
    def mean(self) -> float:
        """The mean surprise, in nats."""
        return float(self.surprises.mean()) if len(self.surprises) else 0.0

    @property
    def excesses(self) -> Reals:
        """What a token surprises beyond the model's own doubt, in nats."""
        excesses: Reals = self.surprises - self.scores.entropies
        return excesses

    def first(self, count: int) -> list[int]:
        """Rows of the greatest excess, in order; of equal ones the earlier first."""
        rows: list[int] = np.argsort(-self.excesses, kind="stable")[:count].tolist()
        return rows


@dataclass(frozen=True)
class TextReader:
    """Reads texts with one model."""

    model: Model
    begin: list[int]
    """What raw text begins with by itself."""
    window: int

    @classmethod
    def of(cls, model: Model, window: int) -> Self:
        """`window`: the most tokens of one."""
        begin = list(model.card.begin_tokens)
        return cls(model, begin, min(window, model.card.context) - len(begin))

    def ids(self, excerpt: Excerpt) -> TextIds:
        ids, windows, cost = self.model.encode(excerpt.text), [], 0  # type: list[int], list[tuple[int, int, int]], int
        # The first token has nothing before it, so nothing can be said of it, unless a text begins with something.
        first = max(0 if self.begin else 1, len(self.model.encode(excerpt.text[: excerpt.lead])) if excerpt.lead else 0)
        start, stop = 0, 0
        while stop < len(ids):
            stop = min(len(ids), start + self.window)
            if first < stop:
                windows.append((start, stop, first))
                cost += len(self.begin) + stop - start
            start, first = stop - self.window // 4, max(first, stop)
        return TextIds(ids, tuple(windows), cost)

    def read(self, text: TextIds, top: int = 1) -> Doubts | None:
        """Every token that is looked at, with the `top` likeliest in its place; None if there is none."""
        found = [
            self.model.scores([*self.begin, *text.ids[start:first]], [text.ids[first:stop]], top=top)[0]
            for start, stop, first in text.windows
        ]
        return Doubts(text.windows[0][2], joined(found)) if found else None
