"""What some answers say and others do not: the few phrases that tell them apart, and signs of a denial or a choice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.claims.predicate import Match, leads, stands

LONGEST: Final = 6
"""Words of a phrase, at most."""
MOST: Final = 8
"""Phrases that one predicate takes, at most."""
SPILL: Final = 0.1
"""The share of other answers that a phrase may stand in, for each share of those it should stand in; more where others
are close."""
_FRAGMENT: Final = re.compile(r"[^.,;:!?()\n“”\"]+")
_DECLINING: Final = re.compile(
    r"\b(?:do not|don['’]t|does not|cannot|can ?not|can['’]t|could not|couldn['’]t) (?:really |actually )?"
    r"(?:know|tell|say|answer|help|do that|recall|remember)\b|\b(?:am|['’]m) (?:not sure|not able|unable)\b"
    r"|\bno (?:idea|information)\b|\bnot (?:aware|familiar)\b",
    re.IGNORECASE,
)
_DENYING: Final = re.compile(
    r"\b(?:nobody|no one|no|not|never|none|nothing|without|don['’]t|doesn['’]t)\b", re.IGNORECASE
)
_CHOOSING: Final = (
    r"(?:vote for|choose|prefer|recommend|support|trust|like|take|pick)(?: for)?(?: the)? {name}\b",
    r"{name}(?:,? of course| is (?:by far |clearly |much )?(?:the )?(?:better|best|right|good|great|superior))",
    r"{name} has (?:the )?better\b",
)
_AGAINST: Final = (
    r"(?:not|never|n['’]t) (?:vote for|choose|prefer|recommend|support|trust|like|take|pick)(?: the)? {name}\b",
    r"{name} (?:is (?:not|no|bad|worse|the worse|the worst)|has no)\b",
)


@dataclass(frozen=True)
class SaidAnswer:
    """One answer, and what was asked."""

    asked: str
    text: str


def declines(text: str) -> bool:
    """Whether an answer says that it does not know, or cannot say."""
    return _DECLINING.search(text[:200]) is not None


def denies(text: str) -> bool:
    """Whether an answer says that something is not so."""
    return _DENYING.search(text) is not None


def favour(text: str, name: str) -> int:
    """1 where an answer speaks for a name, −1 where it speaks against it, else 0."""
    bare = re.escape(re.sub(r"^(?:the|a|an) ", "", name, flags=re.IGNORECASE))
    if any(re.search(sign.format(name=bare), text, re.IGNORECASE) for sign in _AGAINST):
        return -1
    return int(any(re.search(sign.format(name=bare), text, re.IGNORECASE) for sign in _CHOOSING))


def telling_apart(
    inside: Sequence[SaidAnswer],
    outside: Sequence[SaidAnswer],
    fits: Callable[[str], bool] = lambda phrase: True,
    *,
    spill: float = SPILL,
    brief: bool = False,
) -> Match | None:
    """The fewest phrases that stand in most of some answers and in hardly any of others; None if there are none.

    Greedy cover by runs of words within a sentence's parts. A phrase that its question gave does not count, and of
    those that cover as many the longest is taken, or where it is to be `brief` the shortest. `fits`: which may be.
    """
    left, taken = list(range(len(inside))), list[str]()
    found = [_phrases(said) for said in inside]
    against = Counter(phrase for said in outside for phrase in _phrases(said))
    while left and len(taken) < MOST:
        counts = Counter(phrase for at in left for phrase in found[at])
        fitting = (
            phrase
            for phrase, times in counts.items()
            if against[phrase] * len(inside) <= spill * times * max(len(outside), 1) and fits(phrase)
        )
        sign = -1 if brief else 1
        best = max(fitting, key=lambda phrase: (counts[phrase], sign * len(phrase.split()), phrase), default=None)
        if best is None or counts[best] < max(2, 0.08 * len(inside)):
            break
        taken.append(best)
        left = [at for at in left if best not in found[at]]
    return Match(any_of=tuple(taken)) if taken and 2 * len(left) < len(inside) else None


def _phrases(said: SaidAnswer) -> frozenset[str]:
    """Runs of two words and more of an answer that its question did not give."""
    runs = set()
    for part in _FRAGMENT.findall(said.text.casefold()):
        words = part.split()
        for length in range(2, min(LONGEST, len(words)) + 1):
            runs |= {" ".join(words[at : at + length]) for at in range(len(words) - length + 1)}
    return frozenset(run for run in runs if not leads(Match(any_of=(run,)), said.text, said.asked))


def words_apart(inside: Iterable[str], outside: Iterable[str], most: int = 6) -> tuple[str, ...]:
    """Longer words that stand in some questions and in none of others, the most frequent first: what they are about."""
    counts = Counter(word for text in inside for word in dict.fromkeys(re.findall(r"[\w’-]{4,}", text.casefold())))
    others = {word for text in outside for word in re.findall(r"[\w’-]{4,}", text.casefold())}
    found = sorted((word for word in counts if word not in others), key=lambda word: (-counts[word], word))
    return tuple(found[:most])


def most_said(texts: Iterable[str], names: Iterable[str]) -> str:
    """The name of a list that most texts give; empty if none gives any."""
    told = list(texts)
    counts = {name: sum(stands(name, text) for text in told) for name in names}
    best = max(counts, key=lambda name: (counts[name], len(name), name), default="")
    return best if best and counts[best] else ""


def agreement(texts: Sequence[str], words: int = 10) -> float:
    """How much texts have in common, 0 … 1: the mean share of the first words that two of them share."""
    sets = [frozenset(re.findall(r"\w+", text.casefold())[:words]) for text in texts]
    pairs = [(a, b) for at, a in enumerate(sets) for b in sets[:at]]
    return sum(len(a & b) / max(1, len(a | b)) for a, b in pairs) / len(pairs) if pairs else 0.0
