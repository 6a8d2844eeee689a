"""Which words the tokens of a reading begin to say."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from workbench.contract.probe import MovedToken
from workbench.evidence.observations import words_of

_TOLD: Final = 3
"""Letters of a word's beginning that tell it."""


class Beginnings:
    """Which of some words tokens begin to say."""

    def __init__(self, words: Iterable[str]) -> None:
        told = ((" ".join(words_of(word)), word) for word in dict.fromkeys(words))
        self._said = sorted(one for one in told if one[0])
        self._whole = defaultdict[str, set[str]](set)
        for said, word in self._said:
            self._whole[said].add(word)

    def begun_by(self, moved: MovedToken) -> frozenset[str]:
        """Those that a token begins to say: it begins a text that says one first, or three letters of it."""
        if not (piece := moved.piece.strip()) or not moved.text.strip().startswith(piece):
            return frozenset()
        several = words_of(moved.text)
        text = " ".join(several)
        found = {word for end in range(len(several)) for word in self._whole.get(" ".join(several[: end + 1]), ())}
        if len(text) >= _TOLD:
            begin, end = (bisect_left(self._said, (one,)) for one in (text, text + chr(sys.maxunicode)))
            found.update(word for _, word in self._said[begin:end])
        return frozenset(found)
