"""Whole words that a text may be made of, and by the slopes of a model's tokens what each would add in some place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

import numpy as np

from backends.model import Model
from backends.noise import Ids, Reals
from workbench.readings.english import English

SHORTEST: Final = 2
"""Letters of a token that is a word by itself."""


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words, each with the tokens that a model reads for it inside a sentence."""

    words: tuple[str, ...]
    tokens: Ids
    """(word, token), −1 past a word's last."""

    @classmethod
    def of(cls, model: Model, many: int) -> Self:
        """The most frequent words of English, and every token of the vocabulary that is a word by itself."""
        english = tuple(islice((word for word in English.shipped().shares if word.isascii() and word.isalpha()), many))
        read = dict(zip(english, _read(model, english), strict=True)) | _whole(model)
        tokens = np.full((len(read), max(map(len, read.values()), default=0)), -1, np.int64)
        for row, ids in zip(tokens, read.values(), strict=True):
            row[: len(ids)] = ids
        return cls(tuple(read), tokens)

    def gains(self, slopes: Reals) -> Reals:
        """(word,) what each would add to first order where a word stands now, by the (token, vocab) slopes there.

        Token takes the place of token; where a word has more of them than there are places, the last place is asked for
        the rest. The sum is over the root of their number, as noise adds up: else long words would come first.
        """
        total, lengths = np.zeros(len(self.words)), np.maximum((self.tokens >= 0).sum(axis=1), 1)
        for number, column in enumerate(self.tokens.T):
            there = column >= 0
            total[there] += slopes[min(number, len(slopes) - 1)][column[there]]
        found: Reals = total / np.sqrt(lengths)
        return found


def _whole(model: Model) -> dict[str, list[int]]:
    """The tokens that are words by themselves."""
    pieces = enumerate(model.pieces(list(range(model.card.vocab))))
    return {p[1:]: [token] for token, p in pieces if p[:1] == " " and len(p) > SHORTEST and p[1:].isalpha()}


def _read(model: Model, words: Sequence[str]) -> list[list[int]]:
    """The tokens of each word after a space. They are read in one go, for ten thousand questions take an engine in
    another process seconds; a token that reaches into the next word is the first's."""
    ids = model.encode("".join(f" {word}" for word in words))
    found: list[list[int]] = [[] for _ in words]
    ends = np.cumsum([len(word) + 1 for word in words])
    at = 0
    for one, piece in zip(ids, model.pieces(ids), strict=True):
        word = int(np.searchsorted(ends, at, side="right"))
        if word < len(words):
            found[word].append(one)
        at += len(piece)
    return found
