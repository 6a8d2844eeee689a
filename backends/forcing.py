"""What is made of the logits of several continuations of one prefix as an engine computes them, group by group.

An engine says first what the prefix gives, from which every continuation draws its first token, and then the rest of
each continuation that has more than one: whichever it computes first, and as much at once as it has room for. Logits
are lent, and kept only where they are what is wanted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from backends.distribution import apart, joined, token_scores
from backends.model import FloatArray, TokenScores

Taken = TypeVar("Taken")

_ENOUGH = 1 << 20
"""Logits that are worth looking at together."""


class Forcing(Protocol[Taken]):
    """Takes the logits of one call in and gives what was to be made of them."""

    def start(self, first: FloatArray, texts: Sequence[Sequence[int]]) -> None:
        """`first` (1, vocab) logits after the prefix of all `texts`."""

    def rest(self, text: int, logits: FloatArray) -> None:
        """(tokens, vocab) logits that as many of a text's tokens are drawn from, going on where the last ones ended."""

    def alone(self, text: Sequence[int], logits: FloatArray) -> None:
        """(tokens, vocab) logits that the tokens of the only text are drawn from, where they are known at once."""

    def found(self) -> list[Taken]:
        """Something for each text."""


class ForcedLogits:
    """The logits themselves, (len(text), vocab) each."""

    def __init__(self) -> None:
        self._pieces: list[list[FloatArray]] = []

    def start(self, first: FloatArray, texts: Sequence[Sequence[int]]) -> None:
        first = first.copy()
        self._pieces = [[first[: len(text)]] for text in texts]

    def rest(self, text: int, logits: FloatArray) -> None:
        self._pieces[text].append(logits.copy())

    def alone(self, text: Sequence[int], logits: FloatArray) -> None:
        self._pieces = [[logits.copy()]]

    def found(self) -> list[FloatArray]:
        return [np.concatenate(pieces) for pieces in self._pieces]


class ForcedScores:
    """How expected each token was, with the `top` likeliest instead."""

    def __init__(self, top: int) -> None:
        self._top = top
        self._texts: Sequence[Sequence[int]] = ()
        self._pieces: list[list[TokenScores]] = []
        self._waiting: list[tuple[int, FloatArray]] = []
        """Logits of texts that are yet to be looked at, many together; `held`: how many they are."""
        self._held = 0

    def start(self, first: FloatArray, texts: Sequence[Sequence[int]]) -> None:
        self._texts = texts
        opened = token_scores(first, [text[0] for text in texts if text], self._top)
        self._pieces = [[one] for one in apart(opened, [min(1, len(text)) for text in texts])]

    def rest(self, text: int, logits: FloatArray) -> None:
        if logits.size > _ENOUGH:  # by itself: looked at as it is lent, after what came before it
            self._look()
            self._score([(text, logits)])
            return
        self._waiting.append((text, logits.copy()))
        self._held += logits.size
        if self._held > _ENOUGH:
            self._look()

    def alone(self, text: Sequence[int], logits: FloatArray) -> None:
        self._pieces = [[token_scores(logits, text, self._top)]]

    def found(self) -> list[TokenScores]:
        self._look()
        return [joined(pieces) for pieces in self._pieces]

    def _look(self) -> None:
        waiting, self._waiting, self._held = self._waiting, [], 0
        if waiting:
            self._score(waiting)

    def _score(self, several: Sequence[tuple[int, FloatArray]]) -> None:
        tokens: list[int] = []
        done = Counter({text: sum(len(piece.ranks) for piece in self._pieces[text]) for text, _ in several})
        for text, logits in several:
            tokens += self._texts[text][done[text] : done[text] + len(logits)]
            done[text] += len(logits)
        rows = [logits for _, logits in several]
        scores = token_scores(rows[0] if len(rows) == 1 else np.concatenate(rows), tokens, self._top)
        for (text, _), piece in zip(several, apart(scores, list(map(len, rows))), strict=True):
            self._pieces[text].append(piece)
