"""What prompts ask in common, whatever they ask it of: words at both ends, and between them what it is asked of."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

_SHARED: Final = 3
"""Words that two prompts have in common at least: fewer are an idiom."""
_DIFFERING: Final = 2
"""Words in which they differ at most: more of them ask something else."""
_END: Final = 150
"""Words at either end of a prompt that count by themselves; what stands between them in a longer one is one thing."""
_MOST: Final = 60
"""Frames that are looked for, at most: those that most prompts stand in."""

_Gap = tuple[str, str]
"""The first and the last word of what a frame leaves open."""
_Ends = tuple[int, int]


@dataclass(frozen=True)
class Frames:
    """The frames that prompts of two sides have in common."""

    heads: tuple[str, ...]
    tails: tuple[str, ...]

    @classmethod
    def of(cls, support: Iterable[str], control: Iterable[str]) -> Self:
        """Those in which a prompt of the one side asks of one thing what one of the other asks of another; prompts are
        given by their words, with single spaces."""
        told = _Spelled()
        asked, against = told.gaps(support), told.gaps(control)
        shared = [ends for ends, gaps in asked.items() if _differ(gaps, against.get(ends, frozenset()))]
        shared.sort(key=lambda ends: -len(asked[ends]) - len(against[ends]))
        pairs = [told.words(ends) for ends in shared[:_MOST]]
        return cls(tuple(head for head, _ in pairs), tuple(tail for _, tail in pairs))

    def hold(self, wording: str) -> bool:
        """Whether a prompt asks in one of them, be it of what no side asks it of."""
        spaced = f" {' '.join(_shortened(wording)) if len(wording) > 4 * _END else wording} "
        if not spaced.startswith(self.heads):  # of thousands nearly none does
            return False
        return any(_open(spaced, head, tail) for head, tail in zip(self.heads, self.tails, strict=True))


def _open(spaced: str, head: str, tail: str) -> bool:
    """Whether so few words stand between a frame's ends as it leaves open."""
    if not (spaced.startswith(head) and spaced.endswith(tail)):
        return False
    return 1 <= len(spaced[len(head) : len(spaced) - len(tail)].split()) <= _DIFFERING


def _shortened(wording: str) -> list[str]:
    """The words of a prompt, those in the middle of a long one as one."""
    words = wording.split()
    if len(words) <= 2 * _END:
        return words
    middle = hashlib.sha256(" ".join(words[_END:-_END]).encode()).hexdigest()
    return [*words[:_END], middle, *words[-_END:]]


def _differ(gaps: Collection[_Gap], others: Collection[_Gap]) -> bool:
    """Whether one of some gaps has no word at its ends in common with one of the others: else the frame goes on."""
    return any(first != other and last != end for first, last in gaps for other, end in others)


class Variants:
    """What asks as some prompts do but for a word or two: another sign, one more word, or another that is no subject of
    theirs. Who tries many of them and cites what came out has asked one question."""

    def __init__(self, wordings: Iterable[str], subjects: Iterable[str]) -> None:
        """`subjects`: what tells those prompts from others: a prompt that names another in its place asks something
        else."""
        self._told = _Spelled()
        named = {word for subject in subjects for word in subject.split()}
        self._ends = {
            ends
            for wording in dict.fromkeys(wordings)
            for ends, gap in self._told.ends(_shortened(wording))
            if named.isdisjoint(gap)
        }

    def hold(self, wording: str) -> bool:
        """Whether a prompt is one of them, or says the same in other signs."""
        return any(ends in self._ends for ends, _ in self._told.ends(_shortened(wording)))


class _Spelled:
    """Beginnings and ends of prompts by numbers: of a long prompt there are as many as it has words."""

    def __init__(self) -> None:
        self._known = dict[tuple[int, str], int]()
        self._found = dict[_Ends, tuple[Sequence[str], int, int]]()

    def gaps(self, wordings: Iterable[str]) -> Mapping[_Ends, set[_Gap]]:
        """What each frame leaves open in some prompts."""
        found = defaultdict[_Ends, set[_Gap]](set)
        for wording in dict.fromkeys(wordings):
            words = _shortened(wording)
            heads, tails = self._along(words), self._along(words[::-1])
            for length in range(1, min(_DIFFERING, len(words) - _SHARED) + 1):
                for at in range(len(words) - length + 1):
                    ends = heads[at], tails[len(words) - at - length]
                    self._found.setdefault(ends, (words, at, length))
                    found[ends].add((words[at], words[at + length - 1]))
        return found

    def ends(self, words: Sequence[str]) -> Iterator[tuple[_Ends, Sequence[str]]]:
        """What some words begin and end with, and what stands between: nothing, a word or two."""
        heads, tails = self._along(words), self._along(words[::-1])
        for length in range(min(_DIFFERING, len(words) - _SHARED) + 1):
            for at in range(len(words) - length + 1):
                yield (heads[at], tails[len(words) - at - length]), words[at : at + length]

    def words(self, ends: _Ends) -> tuple[str, str]:
        """Both ends of a frame, in spaces."""
        words, at, length = self._found[ends]
        before, behind = (" ".join(["", *told, ""]) or " " for told in (words[:at], words[at + length :]))
        return before, behind

    def _along(self, words: Sequence[str]) -> list[int]:
        """The number of each beginning of some words, from none of them to all."""
        found = [0]
        for word in words:
            found.append(self._known.setdefault((found[-1], word), len(self._known) + 1))
        return found
