"""How often ordinary English says a word or a name, at most: what is said more often than that is about something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import assets

LIST: Final = "english.txt"
"""Words by how often they come, with where they are from in the README beside it."""
RARE: Final = 1e-6
"""How often a word comes at most that is not listed: once in a million."""
_WORD: Final = re.compile(r"[\w'’]+")


@dataclass(frozen=True)
class English:
    """Shares of running text."""

    shares: dict[str, float]
    """Of every word that is listed, in small letters."""

    @classmethod
    @lru_cache(maxsize=1)
    def shipped(cls) -> Self:
        """By the list that comes with the workbench: lines of 100 × log₁₀ of times in a billion words, and the words
        (van Heuven et al. 2014, the Zipf scale)."""
        shares: dict[str, float] = {}
        for line in assets.path("references", LIST).read_text(encoding="utf-8").splitlines():
            value, *words = line.split()
            shares |= dict.fromkeys(words, 10 ** (int(value) / 100 - 9))
        return cls(shares)

    def share(self, text: str) -> float:
        """The share of running text's words at which a text begins, at most: several words come no more often
        together than the rarest of them does alone."""
        words = [word.replace("’", "'") for word in _WORD.findall(text.casefold())]
        return min((self.shares.get(word, RARE) for word in words), default=RARE)

    def turns(self, text: str, lengths: Sequence[int]) -> float:
        """The share of turns of some lengths, in words, that say a text once or more, at most:
        the mean of 1 − (1 − share)ⁿ."""
        share = self.share(text)
        return sum(1 - (1 - share) ** words for words in lengths) / len(lengths) if lengths else 0.0

    def among(self, names: Sequence[str]) -> dict[str, float]:
        """What share of all mentions of some names each has, if they are mentioned as English does."""
        shares = {name: self.share(name) for name in names}
        total = sum(shares.values())
        return {name: share / total for name, share in shares.items()}
