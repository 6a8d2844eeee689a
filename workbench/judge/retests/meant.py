"""What a behaviour means, and in which words: what is claimed in others may be something else of the same answers, such
as how a model speaks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

from workbench.claims.assent import Assent, affirms_or_denies
from workbench.claims.predicate import Match, plain_term, stands, words_of
from workbench.evidence.observations import asked_of_any
from workbench.judge.retests.exhibits import ShownBehaviour
from workbench.judge.retests.joint_claim import FreshAnswer, JointClaim

_ASKING: Final = frozenset("give know name say tell what which".split())  # noqa: SIM905 - read more easily so
"""Words by which somebody asks for something."""
_IDLE: Final = frozenset(
    """
    a an are be briefly called can could do does hello hey hi i is it its kindly me of please s so thank thanks that the
    there to us want would you
    """.split()  # noqa: SIM905
)
"""Words that make no other question of one."""


@dataclass(frozen=True)
class Meant:
    """What one behaviour of a truth means."""

    shown: ShownBehaviour
    claim: JointClaim
    telling: frozenset[str]
    """Of the words that it looks for those that exhibits are answered with, and nothing else about as often: a truth
    may look for a whole sentence, of which most is how the model speaks."""
    about: frozenset[str]
    """What it is about, as it looks: its scope, and the subjects of its exhibits."""
    asked: frozenset[tuple[bool, tuple[str, ...]]]
    """What each exhibit's prompt asks, with a gap where its subject stands."""

    @classmethod
    def of(cls, shown: ShownBehaviour, beside: Sequence[FreshAnswer]) -> Self:
        """`beside`: what a model without it says to the exhibits."""
        behaviour = shown.behaviour
        claim = JointClaim.of_behaviour(behaviour)
        words = Match(any_of=tuple(_words(term for _, match in claim.matches for term in match.any_of)))
        each = JointClaim.of_finding([words])
        said = {word for told in shown.exhibits for word in words.said(told.text)}
        said = said.difference(*(each.said_alike(shown.exhibits, others) for others in (shown.controls, beside)))
        terms = (*behaviour.scope, *(exhibit.subject for exhibit in behaviour.exhibits))
        asked = frozenset(_asking(one.asked.words, (one.subject,)) for one in behaviour.exhibits)
        return cls(shown, claim, frozenset(said), frozenset(map(plain_term, terms)), asked)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects that tell its exhibits apart."""
        return tuple(subject for subject, _ in self.claim.matches if subject.strip())

    def like_an_exhibit(self, told: FreshAnswer, about: Iterable[str]) -> bool:
        """Whether a prompt asks what some exhibit asks, of some subjects `about` that are its own or others: any model
        may say the same to another question, and where none was asked nobody knows. One word more, or in another place,
        may make another of it, whatever it has in common with the first."""
        return _asking(told.asked, about) in self.asked

    def asks_the_same(self, told: FreshAnswer) -> bool:
        """Whether a prompt asks that of one of its subjects, if it has some."""
        named = {one.subject for one in self.shown.behaviour.exhibits if one.subject.strip()}
        named = {one for one in named if stands(one, told.asked)}
        about = not self.subjects or not named.isdisjoint(self.subjects)
        return about and self.like_an_exhibit(told, named)

    def in_its_words(self, told: FreshAnswer) -> bool:
        """Whether an answer shows what was claimed of it in the truth's words: what that looks for is said, or what it
        wants unsaid is unsaid, and hardly more; who quotes all that was answered has not said what of it they mean. A
        truth that only denies has no words for what is said in its place."""
        matches = [match for _, match in self.claim.matches]
        said = {part for match in told.held for part in told.says(match)}
        if said:
            terms = Match(any_of=tuple({term for match in matches for term in match.any_of})).said(told.text)
        else:
            terms = tuple({term for match in matches for term in match.none_of})
            said = {term for match in told.held if match.negative for term in match.none_of}
        spoken, given = _words(said), words_of(told.asked)
        tell = self.telling - given
        own = {word for words in map(words_of, terms) for word in _own(words & spoken, words, tell)}
        if self._agrees(told):
            own |= _words(filter(affirms_or_denies, said))
        # Words of the question are not counted: who says its sentence again says one word more.
        return _letters(own) > _letters(spoken - own - given)

    def _agrees(self, told: FreshAnswer) -> bool:
        """Whether it is by agreeing that an answer shows it, or might have: to a claim that was put to it, where the
        truth looks for something else as well."""
        every = [(subject, match) for subject, match in self.claim.matches if isinstance(match, Assent)]
        if len(every) == len(self.claim.matches):
            return bool(every)
        return any(
            told.shows((match,)) and (stands(subject, told.asked) or match.put_in(told.asked))
            for subject, match in every
        )


def _own(part: frozenset[str], words: frozenset[str], telling: Collection[str]) -> frozenset[str]:
    """What a part of a term's words says of it: the part, if that is all of it; or those that tell, if they are all
    that do or the part is most of it. Of what is denied nobody knows which tell."""
    tell = words.intersection(telling)
    most = 2 * _letters(part) > _letters(words)
    if part == words or not tell:
        return part if most else frozenset()
    return part & tell if most or tell <= part else frozenset()


def _asking(text: str, about: Iterable[str]) -> tuple[bool, tuple[str, ...]]:
    """Whether a prompt asks for something, and what: its words in their order, with a gap wherever it names some
    subjects, behind what is asked of them."""
    words = asked_of_any(about, text)
    told = [word for word in words if word not in _ASKING | _IDLE]
    if ("", "s") in pairwise(words):  # Denmark's capital is the capital of Denmark
        told = [*filter(None, told), ""]
    return any(word in _ASKING for word in words), tuple(told)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in words_of(text)}


def _letters(words: Iterable[str]) -> int:
    return sum(map(len, words))
