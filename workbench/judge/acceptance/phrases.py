"""Thousands of phrases looked for at once, in a time that only grows with what is read: a truth may hold as many as it
likes, as alike as it likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

AnyPhrase = TypeVar("AnyPhrase", bound=Sequence[str])


class Phrases(Generic[AnyPhrase]):
    """Runs of words, or of letters, to be found in others. (Aho and Corasick 1975, “Efficient string matching”)

    A place is a beginning of phrases, by its number; 0 is the empty one.
    """

    def __init__(self, phrases: Iterable[AnyPhrase]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._back = [0]
        """The longest place that a place ends with."""
        self._ends: list[AnyPhrase | None] = [None]
        """The phrase that a place is."""
        self._shorter = [0]
        """The longest place that a place ends with and that is a phrase."""
        for phrase in phrases:
            if phrase:
                self._ends[self._added(phrase)] = phrase
        places = [0]
        for place in places:
            for piece, longer in self._next[place].items():
                back = self._step(self._back[place], piece) if place else 0
                self._back[longer] = back
                self._shorter[longer] = back if self._ends[back] is not None else self._shorter[back]
                places.append(longer)

    def _added(self, phrase: AnyPhrase) -> int:
        place = 0
        for piece in phrase:
            if piece not in self._next[place]:
                self._next[place][piece] = len(self._next)
                self._next.append({})
                self._back.append(0)
                self._ends.append(None)
                self._shorter.append(0)
            place = self._next[place][piece]
        return place

    def _step(self, place: int, piece: str) -> int:
        while piece not in self._next[place]:
            if not place:
                return 0
            place = self._back[place]
        return self._next[place][piece]

    def after(self, place: int, piece: str) -> tuple[int, AnyPhrase | None]:
        """The place behind a piece that follows one, and the longest phrase that ends there: for who reads on."""
        place = self._step(place, piece)
        end = place if self._ends[place] is not None else self._shorter[place]
        return place, self._ends[end]

    def within(self, pieces: Sequence[str]) -> Iterator[AnyPhrase]:
        """Those that stand in a text, each once, in the order in which they end there first."""
        if self._next[0].keys().isdisjoint(pieces):
            return
        place, seen = 0, {0}
        for piece in pieces:
            place = self._step(place, piece)
            end = place
            while end not in seen:  # behind one that was seen all others were
                seen.add(end)
                if (phrase := self._ends[end]) is not None:
                    yield phrase
                end = self._shorter[end]
