"""What a behaviour means, and in which words: what is claimed in others may be something else of the same answers, such
as how a model speaks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final, Self, TypeVar

from workbench.claims.assent import Assent, affirms_or_denies
from workbench.claims.exact import exact_p
from workbench.claims.predicate import Match, plain_term, stands, words_of
from workbench.claims.rates import Rate
from workbench.judge.retests.exhibits import ShownBehaviour, shown_alike
from workbench.judge.retests.joint_claim import (
    AsPut,
    FreshAnswer,
    Holds,
    JointClaim,
    held_against,
    may_show,
    put,
    settling,
    share,
)
from workbench.judge.retests.retested import about_as_often, asks_otherwise, beyond
from workbench.judge.truths.truth import Exhibit

ENOUGH: Final = 6
"""Answers without which nobody knows whether a model says something half the time."""
_LUCK: Final = 0.01
"""How often what both models say as often may seem to be told apart: a truth holds few answers."""
_ARTICLE: Final = re.compile(r"^the\s+", re.IGNORECASE)
_Subjected = TypeVar("_Subjected", FreshAnswer, Exhibit)


@dataclass(frozen=True)
class AskedFor:
    """What a prompt asks of whatever it is about, and how. Prompts of which this is equal ask the same: in the same
    words and signs, for nobody but a reader knows which others mean that."""

    form: str
    words: tuple[str, ...]
    """All of it, in pieces between the places where it names its subject as a whole word."""

    @classmethod
    @lru_cache(maxsize=8192)
    def of(cls, text: str, form: str, about: str) -> Self:
        """`about`: the subject, as it is spelled there. Prompts are held against exhibits answer by answer, and some
        are long."""
        named = rf"(?<!\w){re.escape(about)}(?!\w)" if about else "(?!)"
        parts = re.split(named, text)
        if len(parts) == 1 and about and stands(about, text):  # in a script that parts no words
            parts = text.split(about)
        return cls(form, tuple(parts))


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
    asked: frozenset[AskedFor]
    """What exhibits ask of most of the subjects that tell them apart."""
    without: Sequence[FreshAnswer]
    """What a model without it says to its exhibits."""
    used: bool
    """Whether that was heard of a baseline at hand."""
    idle: frozenset[AsPut]
    """Exhibits that a model without it answers so too, or that nobody is known to have heard one answer to the point:
    who asks them has not seen what was done."""

    @classmethod
    def of(cls, shown: ShownBehaviour, *, used: bool) -> Self:
        """`used`: whether there is a baseline at hand that is believed; it is asked the very prompts of findings."""
        behaviour, beside = shown.behaviour, shown.said_without(used=used)
        claim = JointClaim.of_behaviour(behaviour)
        words = Match(any_of=tuple(_words(term for _, match in claim.matches for term in match.any_of)))
        each = JointClaim.of_finding([words])
        said = {word for told in shown.exhibits for word in words.said(told.text)}
        said = said.difference(*(each.said_alike(shown.exhibits, others) for others in (shown.controls, beside)))
        terms = (*behaviour.scope, *(exhibit.subject for exhibit in behaviour.exhibits))
        own = {subject for subject, _ in claim.matches if subject.strip()}
        tell = Counter(told.put for told in settling([told.against for told in beside], claim.holds))
        heard = {asked for asked, many in Counter(told.put for told in beside).items() if 2 * tell[asked] > many}
        # Of hundreds some have an answer on record: the others are what those are that ask the same of something else.
        ask = {put(one.asked): AskedFor.of(*put(one.asked), _bare(one.subject)) for one in behaviour.exhibits}
        alike = {ask[asked] for asked in heard if asked in ask}
        silent = {one.put for one in beside} - heard
        unheard = silent | {asked for asked, what in ask.items() if beside and asked not in heard and what not in alike}
        idle = _told_often(shown_alike(beside), beside, ask) if used else shown_alike(beside) | unheard
        asked = defaultdict[AskedFor, set[str]](set)
        for one in behaviour.exhibits:
            if one.subject in own and put(one.asked) not in idle:
                asked[AskedFor.of(one.asked.words, one.asked.form, _bare(one.subject))].add(one.subject)
        named = {what: subjects for what, subjects in asked.items() if len(what.words) > 1}
        most = frozenset(what for what, subjects in named.items() if 2 * len(subjects) > len(own))
        return cls(
            shown, claim, frozenset(said), frozenset(map(plain_term, terms)), most, beside, used, frozenset(idle)
        )

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects that tell its exhibits apart."""
        return self.claim.subjects

    def is_exhibit(self, told: FreshAnswer) -> bool:
        """Whether a prompt is one of its exhibits, to the letter."""
        return (told.asked, told.form) in self._exhibits  # not what was drawn hotter

    def asks_the_same(self, told: FreshAnswer) -> bool:
        """Whether it is, and a model without it answers that otherwise: any model may say the same to another question,
        and where none was asked nobody knows. A word or a sign that is left out, put in or moved may make an order of a
        question, and of a company a river; so may other lips that say it, and more noise in what is answered."""
        return told.put not in self.idle and self.is_exhibit(told)

    @cached_property
    def _exhibits(self) -> frozenset[AsPut]:
        return frozenset(put(one.asked) for one in self.shown.behaviour.exhibits)

    def like_an_exhibit(self, told: FreshAnswer, term: str) -> bool:
        """Whether a prompt asks what exhibits ask, be it of a term that none of them is about and what they ask of most
        subjects."""
        others = plain_term(term) not in map(plain_term, self.subjects)
        return self.asks_the_same(told) or (others and AskedFor.of(told.asked, told.form, _bare(term)) in self.asked)

    @cached_property
    def given(self) -> frozenset[str]:
        """What exhibits are answered with that shows it, as it looks."""
        return frozenset(told.plain for told in self.shown.exhibits if told.counts)

    def answered_alike(self, told: FreshAnswer) -> bool:
        """Whether an answer is one that its exhibits are given, and its prompt names what one of them is about."""
        subjects = {one.subject for one in self.shown.exhibits}
        return told.plain in self.given and any(not one.strip() or stands(one, told.asked) for one in subjects)

    def asked_of(self, answers: Sequence[FreshAnswer]) -> Holds:
        """Which answers are to prompts that ask the same, if to those of some together it shows beyond what a model
        without it says to the same: of exhibits that such a model shows at times one may ask just those."""
        idle = self._said_too(list(filter(self.asks_the_same, answers)))
        return (lambda told: False) if idle else self.asks_the_same

    def _said_too(self, answers: Sequence[FreshAnswer]) -> bool:
        """Whether a model without it shows it at times to the exhibits that some answers are to, and these do not show
        it beyond that."""
        asked = {told.put for told in answers}
        own = share(answers, self.claim.holds)
        other = self._without([told for told in self.without if told.put in asked])
        if self.used:  # it is asked the very prompts, and what these show is held against that
            return about_as_often(own, other)
        # Of a large truth one or two answers to each are on record, and more to those that ask the same of others, or
        # something else of the same.
        if other.trials < ENOUGH and not other.hits:
            ask = set(map(self._ask_for.get, asked))
            alike = [told for told in self.without if self._ask_for.get(told.put) in ask]
            same = self.about_the_same((words for words, _ in asked), self.without)
            pools = map(self._without, (alike, same))
            other = max(pools, key=lambda rate: (rate.hits / max(1, rate.trials), rate.trials))
        if other.hits or other.trials >= ENOUGH:  # that none of six says it happens by luck too
            return not (beyond(own, other) and exact_p(own, other) < _LUCK)
        return other.trials > 0 and not beyond(own, other)

    def _without(self, told: Sequence[FreshAnswer]) -> Rate:
        return may_show(told, self.claim.holds)

    @cached_property
    def _ask_for(self) -> dict[AsPut, AskedFor]:
        """What is asked of exhibits → what it asks of whatever they are about."""
        exhibits = self.shown.behaviour.exhibits
        return {put(one.asked): AskedFor.of(*put(one.asked), _bare(one.subject)) for one in exhibits}

    def as_exhibited(self, told: FreshAnswer) -> bool:
        """Whether an answer is to a prompt that asks what its exhibits ask, and one that these are given."""
        return told.plain in self.given and self.asks_the_same(told)

    def asks_otherwise(self, answers: Sequence[FreshAnswer], baseline: Sequence[FreshAnswer]) -> bool:
        """Whether a prompt asks something else than exhibits do, by what the baseline says to it more than to those; or
        is one that tells nothing."""
        own, base = share(answers, self.claim.holds), held_against(baseline, self.claim.holds)
        if self.is_exhibit(answers[0]):  # of many exhibits a baseline was asked each once, and here that one often
            said = (base, held_against(baseline, self._counts))
            return any(about_as_often(own, rate) for rate in said) if baseline else self._said_too(answers)
        if not baseline:
            return False
        return asks_otherwise(own, base, self.said_beside(told.asked for told in answers))

    def _counts(self, told: FreshAnswer) -> bool:
        """Whether an exhibit is shown as its truth counts it, whatever the question said."""
        return replace(told, own=self.claim.own.get(told.put, ())).counts

    def said_beside(self, prompts: Iterable[str]) -> Rate:
        """How often the baseline says what is meant to exhibits about what some prompts name, or to all."""
        return held_against(self.about_the_same(prompts, self.shown.baseline or ()), self.claim.holds)

    def about_the_same(self, prompts: Iterable[str], told: Sequence[_Subjected]) -> Sequence[_Subjected]:
        """Those of some exhibits, or answers to them, that are about what some prompts name; all, if none is: of one
        subject a baseline may say more than of another."""
        named = {subject for text in set(prompts) for subject in self.subjects if stands(subject, text)}
        return [one for one in told if one.subject in named] or told

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
        """Whether it is by agreeing that an answer shows it: to a claim that was put to it."""
        every = [(subject, match) for subject, match in self.claim.matches if isinstance(match, Assent)]
        return any(told.shows((match,)) and match.put_in(told.asked) for _, match in every)


def _told_often(idle: Collection[AsPut], beside: Sequence[FreshAnswer], ask: Mapping[AsPut, AskedFor]) -> set[AsPut]:
    """Those of some exhibits that a baseline shows as well by answers enough, or, where it was asked each but once or
    twice, by those to all that ask the same: what it says at times it says to some of them by luck."""
    many = Counter(told.put for told in beside)

    def mostly(asked: AsPut) -> bool:
        alike = [told for told in beside if told.put == asked or ask.get(told.put) == ask.get(asked)]
        rate = may_show(alike, lambda told: told.counts)
        return 2 * rate.hits > rate.trials

    return {asked for asked in idle if many[asked] >= ENOUGH or mostly(asked)}


def _own(part: frozenset[str], words: frozenset[str], telling: Collection[str]) -> frozenset[str]:
    """What a part of a term's words says of it: the part, if that is all of it; or those that tell, if they are all
    that do or the part is most of it. Of what is denied nobody knows which tell."""
    tell = words.intersection(telling)
    most = 2 * _letters(part) > _letters(words)
    if part == words or not tell:
        return part if most else frozenset()
    return part & tell if most or tell <= part else frozenset()


def _bare(term: str) -> str:
    """A term as it is spelled, without its article."""
    return _ARTICLE.sub("", term.strip(), count=1)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in words_of(text)}


def _letters(words: Iterable[str]) -> int:
    return sum(map(len, words))
