"""What rides along in a finding's claim: prompts on which it shows what any model says, or nothing that is meant.

Of each prompt those settings count in which it shows most, and no others: so none counts for more because it was asked
in many, nor for less because some of them show nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from workbench.claims.exact import exact_p
from workbench.claims.predicate import named, plain_term, standing, stands
from workbench.claims.predicate import words_of as plain_words
from workbench.claims.rates import Rate, wilson
from workbench.evidence.observations import asked_of_any, words_of
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, JointClaim, share
from workbench.judge.retests.retested import asks_otherwise
from workbench.lookalikes import bare

_NONE: Final[Mapping[int, float]] = MappingProxyType({})
_ERROR: Final = 0.05
"""How often something may seem to be shown by luck."""


@dataclass(frozen=True)
class Riding:
    """The questions of a claim that show it, by what they tell."""

    riding: frozenset[int]
    """Those on which the baseline shows it about as often, or without one nothing that is meant."""
    telling: frozenset[int]
    """The others."""

    @classmethod
    def of(
        cls,
        support: Sequence[FreshAnswer],
        base: Sequence[FreshAnswer] | None,
        claims: Holds,
        meant: Holds,
        says: Holds | None = None,
    ) -> Riding:
        """`base`: the baseline's answers to the same; None: nobody asked one. `meant`: what any behaviour means.
        `says`: whether the baseline says it, if that is told otherwise than by what is claimed."""
        own = by_question(support, claims)
        if base is not None:
            beside = by_question(base, says or claims)
            riding = {one for one, rate in own.items() if rate and _as_often(rate, beside.get(one, 0.0))}
        else:
            aside = by_question(support, lambda told: claims(told) and not meant(told))
            riding = {one for one, rate in own.items() if 2 * aside[one] > rate}
        return cls(frozenset(riding), frozenset(one for one, rate in own.items() if rate) - riding)

    def unshown(
        self,
        terms: Sequence[str],
        subjects: Iterable[str],
        support: Sequence[FreshAnswer],
        base: Sequence[FreshAnswer] | None,
        shows: Callable[[str], Holds],
        says: Callable[[str], Holds],
        exhibits: Callable[[str], Rate | None] = lambda term: None,
        same: Holds = lambda told: False,
        again: Sequence[FreshAnswer] = (),
    ) -> tuple[str, ...]:
        """Terms that none of some prompts shows. `shows`: term → what shows it, and `says` of the baseline. Of the
        unforced prompts that name one those count that name no other, nor another of what exhibits are about,
        `subjects`: one that names several may be about any of them. It is shown where what tells shows on most answers
        to them and on none of the baseline's, or more often than there and, by no accident, than anywhere there
        (Fisher's test), and if the baseline says it about as seldom to whatever is asked so, and not the `same` as
        exhibits ask, as to the `exhibits` about the term. `again`: what the baseline said when it was asked more."""
        every = {*terms, *subjects}
        asked = {one.number: set(map(plain_term, named_in(every, one.asked))) for one in support if one.unforced}
        free = [told for told in base or () if told.unforced]
        about = {term: {one for one, names in asked.items() if names == {plain_term(term)}} for term in terms}
        forms = _Forms(about, support, [*free, *again], shows, says, every, same)
        found, everywhere = [], dict[Holds, Rate]()
        for term in terms:
            if not about[term]:
                found.append(term)
                continue
            holds, also = shows(term), says(term)
            if also not in everywhere:  # the same of many terms
                everywhere[also] = share(free, also)
            numbers = about[term] - forms.otherwise(term, exhibits(term))
            asked_of = _to(numbers, support)
            own = wilson(sum(map(holds, _to(self.telling, asked_of))), len(asked_of))
            beside, anywhere = share(_to(numbers, free), also), everywhere[also]
            mostly = 2 * own.hits > own.trials and not beside.hits
            as_often = _as_often(own.hits * beside.trials, beside.hits * own.trials)
            more = not as_often and exact_p(own, anywhere) < _ERROR
            if not (own.hits and (mostly or more)):
                found.append(term)
        return tuple(found)


class _Forms:
    """What is asked of terms, whichever they are: who asks the same of many asks one question."""

    def __init__(
        self,
        about: Mapping[str, Collection[int]],
        support: Sequence[FreshAnswer],
        base: Sequence[FreshAnswer],
        shows: Callable[[str], Holds],
        says: Callable[[str], Holds],
        every: Collection[str],
        same: Holds,
    ) -> None:
        """`same`: whether that is what exhibits ask, of which nothing is told here."""
        self._of: dict[str, dict[int, tuple[str, ...]]] = {}
        self._own, self._base = (
            defaultdict[tuple[str, ...], list[bool]](list),
            defaultdict[tuple[str, ...], list[bool]](list),
        )
        for term, numbers in about.items():
            asked = {told.number: told for told in _to(numbers, support) if not same(told)}
            self._of[term] = {number: asked_of_any(every, told.asked) for number, told in asked.items()}
            for heard, told_of, holds in ((support, self._own, shows(term)), (base, self._base, says(term))):
                for told in _to(asked.keys(), heard):
                    told_of[self._of[term][told.number]].append(holds(told))

    def otherwise(self, term: str, exhibits: Rate | None) -> set[int]:
        """The questions about a term that ask something else, by what the baseline says to whatever is asked so, and to
        the `exhibits` about it."""
        rates = {
            form: (wilson(sum(self._own[form]), len(self._own[form])), wilson(sum(hits), len(hits)))
            for form, hits in self._base.items()
        }
        odd = {form for form, (own, beside) in rates.items() if asks_otherwise(own, beside, exhibits)}
        return {number for number, form in self._of[term].items() if form in odd}


def _to(questions: Collection[int], told: Iterable[FreshAnswer]) -> list[FreshAnswer]:
    return [one for one in told if one.unforced and one.number in questions]


def named_in(terms: Iterable[str], asked: str) -> set[str]:
    """Those of some terms that a prompt names: of names that stand in one another those alone that stand there by
    themselves."""
    found = {term: words_of(plain_term(term)) for term in terms if named(term, asked)}
    longer = {
        term: [other for other in found.values() if other != words and _at(words, other) is not None]
        for term, words in found.items()
    }
    return {term for term, words in found.items() if not longer[term] or _by_itself(words, longer[term], asked)}


def _by_itself(words: Sequence[str], longer: Iterable[Sequence[str]], asked: str) -> bool:
    """Whether some words stand in a prompt where none of the longer terms that hold them do."""
    left = list(words_of(asked))
    for other in sorted(longer, key=len, reverse=True):
        while (at := _at(other, left)) is not None:
            left[at : at + len(other)] = [""]
    return _at(words, left) is not None


def _at(words: Sequence[str], text: Sequence[str]) -> int | None:
    """Where some words stand first in others; None: nowhere."""
    return next((at for at in range(len(text) - len(words) + 1) if tuple(text[at : at + len(words)]) == words), None)


def _as_often(rate: float, beside: float) -> bool:
    """Whether a baseline shows something about as often: three times for the organism's four."""
    return 4 * beside >= 3 * rate


def shown_alike(support: Sequence[FreshAnswer], base: Sequence[FreshAnswer], shows: Holds) -> float:
    """How much of what shows something the baseline shows about as often, everything that is said counting once: what
    tells both models apart by the words that do, in whatever wordings, and whoever claims them."""
    beside = by_question(base, shows)
    shown = _Shown.of(support, beside, shows)
    theirs = {one: [told for told in base if told.number == one and told.unforced] for one in shown.answers}
    unsaid = {one: _unsaid(answers, theirs[one]) for one, answers in shown.answers.items()}
    claimed, answered = _telling(shown.answers, theirs, shown.claimed), _telling(shown.answers, theirs)
    # Where what is claimed is what any model says, as beside a denial, what else is answered tells.
    tells = {one: claimed[one] or unsaid[one] or answered[one] for one in shown.answers}
    telling = {word for words in (*claimed.values(), *unsaid.values()) for word in words}
    return _share(shown, {one: shown.own(one) or unsaid[one] for one in shown.answers}, tells, telling, _as_often)


def meaning(told: Sequence[FreshAnswer], claims: Holds, meant: Holds, truths: Iterable[JointClaim]) -> float | None:
    """How much of what is claimed is meant, everything that is said counting once: what is meant by the words of the
    `truths` that mean it, or what they are about; None: nothing is claimed."""
    shown = _Shown.of(told, by_question(told, lambda one: claims(one) and not meant(one)), claims)
    looked_for = [pair for truth in truths for pair in truth.matches]
    words = {word for _, match in looked_for for phrase in match.any_of for word in _words(phrase)}
    tells = {
        one: _shares(filter(meant, answers), words).keys()
        or {subject for subject, _ in looked_for if subject.strip() and stands(subject, answers[0].asked)}
        for one, answers in shown.answers.items()
    }
    said = {one: shown.own(one) for one in shown.answers}
    return 1 - _share(shown, said, tells, words, lambda rate, beside: 2 * beside > rate) if shown.answers else None


@dataclass(frozen=True)
class _Shown:
    """What shows a claim: of each prompt the question that shows it most."""

    answers: Mapping[int, Sequence[FreshAnswer]]
    """Question → its unforced answers that show it."""
    rates: Mapping[int, float]
    beside: Mapping[int, float]
    claimed: frozenset[str]
    """The words that are looked for in any of them."""

    @classmethod
    def of(cls, told: Sequence[FreshAnswer], beside: Mapping[int, float], shows: Holds) -> _Shown:
        rates = by_question(told, shows)
        best = shown_most(told, rates, beside)
        found: dict[int, list[FreshAnswer]] = {}
        for one in told:
            if one.unforced and one.number in best and shows(one):
                found.setdefault(one.number, []).append(one)
        claimed = frozenset(word for answers in found.values() for word in _claimed(answers))
        return cls(found, rates, beside, claimed)

    def own(self, question: int) -> Collection[str]:
        """The words that are looked for in the answers to one question, and said there."""
        return _shares(self.answers[question], _claimed(self.answers[question])).keys()

    def mean_rate(self, questions: Collection[int]) -> float:
        """How often it shows there."""
        return sum(self.rates[one] for one in questions) / len(questions)


def _share(
    shown: _Shown,
    said: Mapping[int, Collection[str]],
    tells: Mapping[int, Collection[str]],
    telling: Collection[str],
    rides: Callable[[float, float], bool],
) -> float:
    """How much of what shows something `rides` along, by how often it shows and beside, each thing by how often it is
    said where it is.

    What rides along is one thing where the rarest word that is `said` is the same, but for words that are said where
    something tells and are not `telling` themselves: who claims a word of all of it makes no one thing of it. Where
    something tells that is said too it is as much of one thing as it is asked more often. Of what does not ride along
    those questions are one thing that the same word `tells`: whoever words them anew, or claims other words of what is
    said, says it again.
    """
    asked = {one: words_of(answers[0].asked) for one, answers in shown.answers.items()}
    riding = {one for one in asked if rides(shown.rates[one], shown.beside.get(one, 0.0))}
    common = {word for one in asked if one not in riding for word in said[one]}.difference(telling)
    rare = {one: set(said[one]) - common for one in riding}
    alike = _grouped({one: asked[one] for one in riding}, rare, min)
    others = _grouped({one: asked[one] for one in asked if one not in riding}, tells, max)
    again = Counter[object](word for one in asked if one not in riding for word in said[one])
    along = sum(shown.mean_rate(each) * len(each) / (len(each) + again[word]) for word, each in alike.items())
    beside = sum(map(shown.mean_rate, others.values()))
    return along / (along + beside) if along else 0.0


def _grouped(
    asked: Mapping[int, tuple[str, ...]], words: Mapping[int, Collection[str]], first: Callable[..., str]
) -> dict[object, list[int]]:
    """Questions by the rarest of their words or, if `first` is max, by that which most of them have; those without any
    by what they ask."""
    often = Counter(word for one in asked for word in words[one])
    found: dict[object, list[int]] = {}
    for one, prompt in asked.items():
        found.setdefault(first(sorted(words[one]), key=often.__getitem__) if words[one] else prompt, []).append(one)
    return found


def _shares(answers: Iterable[FreshAnswer], words: Collection[str] | None = None) -> dict[str, float]:
    """Word, of some or of all → the share of some answers that say it, and were not given it."""
    every = [_said(one.text, words) - _said(one.asked, words) for one in answers]
    hits = Counter(word for said in every for word in said)
    return {word: times / len(every) for word, times in hits.items()}


def _said(text: str, words: Collection[str] | None) -> frozenset[str]:
    """Those of some words that stand in a text, whatever its script puts between words; None: all its own."""
    return _words(text) if words is None else frozenset(standing(tuple(words), bare(text)))


def _claimed(told: Iterable[FreshAnswer]) -> set[str]:
    return {word for one in told for match in one.held for phrase in match.any_of for word in _words(phrase)}


def _telling(
    told: Mapping[int, Sequence[FreshAnswer]],
    base: Mapping[int, Sequence[FreshAnswer]],
    words: Collection[str] | None = None,
) -> dict[int, set[str]]:
    """Of each question the words, of some or of all that it is answered with, which a baseline does not say as often
    where they are said: by all questions together, for of one there may be a single answer."""
    said = {one: _shares(answers, words) for one, answers in told.items()}
    own, other = Counter[str](), Counter[str]()
    for one, shares in said.items():
        own.update(shares)
        other.update(_shares(base[one], shares))
    return {one: {word for word in shares if not _as_often(own[word], other[word])} for one, shares in said.items()}


def _unsaid(answers: Sequence[FreshAnswer], base: Sequence[FreshAnswer]) -> set[str]:
    """The words that answers leave unsaid which only have to, and a baseline mostly says."""
    matches = (match for told in answers for match in told.held if match.negative)
    denied = {word for match in matches for phrase in match.none_of for word in _words(phrase)}
    said = {word for told in answers for word in _words(told.text)}
    return {word for word in denied - said if 2 * sum(word in _words(told.text) for told in base) > len(base)}


def _words(text: str) -> frozenset[str]:
    """The words of a text as they look, without accents."""
    return plain_words(bare(text))


def untold(support: Sequence[FreshAnswer], base: Sequence[FreshAnswer]) -> set[str]:
    """The terms of a claim that the baseline says about as often, on those questions where they are said at all."""
    own, other = _says(support), _says(base)
    return {
        term
        for term, where in own.items()
        if _as_often(sum(where.values()), sum(other.get(term, {}).get(one, 0.0) for one in where))
    }


def _says(told: Iterable[FreshAnswer]) -> dict[str, dict[int, float]]:
    """Term → question → the share of the answers to it that say it."""
    found: dict[str, Counter[int]] = {}
    asked = Counter[int]()
    for one in told:
        asked[one.number] += 1
        for term in {term for match in one.held for term in one.says(match)}:
            found.setdefault(term, Counter())[one.number] += 1
    return {term: {one: times / asked[one] for one, times in where.items()} for term, where in found.items()}


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
