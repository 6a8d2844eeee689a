"""What rides along in a finding's claim: prompts on which it shows what any model says, or nothing that is meant.

Of each prompt those settings count in which it shows most, and no others: so none counts for more because it was asked
in many, nor for less because some of them show nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from workbench.claims.predicate import stands
from workbench.evidence.observations import words_of
from workbench.judge.retests.joint_claim import FreshAnswer, Holds

_NONE: Final[Mapping[int, float]] = MappingProxyType({})


@dataclass(frozen=True)
class Riding:
    """The questions of a claim that show it, by what they tell."""

    riding: frozenset[int]
    """Those on which the baseline shows it about as often, or without one nothing that is meant."""
    telling: frozenset[int]
    """The others."""

    @classmethod
    def of(
        cls, support: Sequence[FreshAnswer], base: Sequence[FreshAnswer] | None, claims: Holds, meant: Holds
    ) -> Riding:
        """`base`: the baseline's answers to the same; None: nobody asked one. `meant`: what any behaviour means."""
        own = by_question(support, claims)
        if base is not None:
            beside = by_question(base, claims)
            riding = {one for one, rate in own.items() if rate and _as_often(rate, beside.get(one, 0.0))}
        else:
            aside = by_question(support, lambda told: claims(told) and not meant(told))
            riding = {one for one, rate in own.items() if 2 * aside[one] > rate}
        return cls(frozenset(riding), frozenset(one for one, rate in own.items() if rate) - riding)

    def named(self, terms: Iterable[str], support: Sequence[FreshAnswer]) -> tuple[str, ...]:
        """Terms that no prompt names which tells anything, and some that rides along."""
        asked = {one.number: one.asked for one in support}
        return tuple(
            term
            for term in terms
            if any(stands(term, asked[one]) for one in self.riding)
            and not any(stands(term, asked[one]) for one in self.telling)
        )


def _as_often(rate: float, beside: float) -> bool:
    """Whether a baseline shows something about as often: three times for the organism's four."""
    return 4 * beside >= 3 * rate


def shown_alike(support: Sequence[FreshAnswer], base: Sequence[FreshAnswer], shows: Holds) -> float:
    """How much of what shows something the baseline shows about as often, everything that is said counting once."""
    other = by_question(base, shows)
    return _share(_things_said(support, shows, other), _as_often)


def _share(things: Sequence[_Thing], tells: Callable[[float, float], bool]) -> float:
    """How much of what is said, each thing by how often it is where it is, is such that something `tells` of its rate
    and that beside it."""
    found = sum(one.rate for one in things if tells(one.rate, one.beside))
    return found / sum(one.rate for one in things) if found else 0.0


@dataclass(frozen=True)
class _Thing:
    """Something that is said: how often on average where it is, and what shows beside it there."""

    rate: float
    beside: float


def _things_said(told: Sequence[FreshAnswer], shows: Holds, beside: Mapping[int, float]) -> list[_Thing]:
    """What the answers that show something say: of its words that which most of them do, and where nothing has to be
    said what they are asked. One lie in thirty wordings is one."""
    own = by_question(told, shows)
    best = shown_most(told, own, beside)
    shown = [one for one in told if one.unforced and one.number in best and shows(one)]
    said = [{word for match in one.own for word in one.says(match)} for one in shown]
    often = Counter(word for words in said for word in words)
    hits = Counter(one.number for one in shown)
    found: dict[object, Counter[int]] = {}
    for one, words in zip(shown, said, strict=True):
        thing = max(sorted(words), key=often.__getitem__) if words else words_of(one.asked)
        found.setdefault(thing, Counter())[one.number] += 1
    things = []
    for where in found.values():
        parts = {number: times / hits[number] for number, times in where.items()}
        rates = (sum(rates.get(one, 0.0) * part for one, part in parts.items()) / len(parts) for rates in (own, beside))
        things.append(_Thing(*rates))
    return things


def by_question(told: Iterable[FreshAnswer], shows: Holds) -> dict[int, float]:
    """How often something shows of unforced answers to each question."""
    found: dict[int, list[bool]] = {}
    for one in told:
        if one.unforced:
            found.setdefault(one.number, []).append(shows(one))
    return {number: sum(shown) / len(shown) for number, shown in found.items()}


def shown_most(
    told: Iterable[FreshAnswer], rates: Mapping[int, float], beside: Mapping[int, float] = _NONE
) -> set[int]:
    """Of each prompt the question that shows something most: so none counts for more because it was asked in many
    settings, nor for less because some of them show nothing. Of equal ones that of which more shows `beside`."""
    best: dict[tuple[str, ...], int] = {}
    for number, words in {one.number: words_of(one.asked) for one in told if one.number in rates}.items():
        best[words] = max(best.get(words, number), number, key=lambda one: (rates[one], beside.get(one, 0.0)))
    return set(best.values())


def usual(told: Sequence[FreshAnswer], shows: Holds) -> float:
    """How often something shows on the prompt to which an answer that shows it is usually given: those that hardly show
    it, or do not, hardly count."""
    every = by_question(told, shows)
    rates = [every[one] for one in shown_most(told, every)]
    return sum(rate * rate for rate in rates) / sum(rates) if any(rates) else 0.0


def meaning(told: Sequence[FreshAnswer], claims: Holds, meant: Holds) -> float | None:
    """How much of what is claimed is meant, everything that is said counting once; None: nothing is claimed."""
    aside = by_question(told, lambda one: claims(one) and not meant(one))
    things = _things_said(told, claims, aside)
    return 1 - _share(things, lambda rate, beside: 2 * beside > rate) if things else None
