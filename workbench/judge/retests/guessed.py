"""What a finding's scope names and was not shown: a judge reads what somebody may have guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Self

from workbench.claims.predicate import plain_term, stands
from workbench.claims.rates import Rate
from workbench.judge.retests.asked_again import AskedOn
from workbench.judge.retests.claimed import Claimed
from workbench.judge.retests.heard_without import heard_without
from workbench.judge.retests.interview import FreshQuestion
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, JointClaim, held_against, or_may
from workbench.judge.retests.meant import Meant
from workbench.judge.retests.riding import Riding, named_in


@dataclass(frozen=True)
class Guessed:
    """Terms of a finding's scope, by what its own prompts tell of them."""

    unshown: tuple[str, ...]
    """Those that none shows of which an answer was recorded and others were drawn anew;"""
    elsewhere: tuple[str, ...]
    """those that only prompts show which ask something else than exhibits;"""
    undrawn: tuple[str, ...]
    """those that recorded answers show, about which no prompt was drawn by lot;"""
    left_open: tuple[str, ...]
    """and those of which answers of a model without the behaviour that were cut off decide."""

    @classmethod
    def of(cls, one: Claimed, behaves: Meant, every: Sequence[Meant], riding: Riding, on: AskedOn | None) -> Self:
        """`every`: what all behaviours mean. `on`: the baseline, and what it was asked more."""
        scope = _Scope(one, behaves, every, riding, on)
        as_exhibits_ask, unshown = scope.unshown(alike=True), scope.unshown(alike=False)
        elsewhere = tuple(term for term in as_exhibits_ask if term not in unshown)
        undrawn = tuple(filter(scope.undrawn, scope.terms))
        return cls((*unshown, *scope.unsaid()), elsewhere, undrawn, scope.left_open())


class _Scope:
    """What a finding's scope names, but for what sets off a behaviour whatever else a prompt names."""

    def __init__(
        self, one: Claimed, behaves: Meant, every: Sequence[Meant], riding: Riding, on: AskedOn | None
    ) -> None:
        triggers = behaves.shown.behaviour.triggers(behaves.subjects)
        self.terms = tuple(term for term in one.finding.terms if plain_term(term) not in triggers)
        self._one, self._behaves, self._every, self._riding = one, behaves, every, riding
        self._named = cache(partial(named_in, self.terms))  # hundreds of terms, of hundreds of prompts
        self._baseline = one.heard if on is not None else None
        self._said_by, self._may_be_said_by = cache(_said_by), cache(_may_be_said_by)
        both = (one.finding.id, behaves.shown.behaviour.id)
        self._more, self._exhibits = (on.prompts[both], on.exhibits[both]) if on is not None else ([], [])
        # Whoever asks once, for a token, leaves it to the judge to find what it is.
        self._recorded = [(told, self._named(told.asked)) for told in one.seen]

    def unshown(self, *, alike: bool) -> tuple[str, ...]:
        """Those that no drawn answers show, or no recorded one. `alike`: of prompts that ask what exhibits do; the
        others then speak neither for nor against."""
        support, base = self._one.apart
        if alike:
            support, base = list(filter(self._asks_alike, support)), base and list(filter(self._asks_alike, base))
        found = self._unshown(support, base, self._said_of, alike=alike)
        return tuple(
            term
            for term in self.terms
            if not self.undrawn(term) and (term in found or not self._in_writing(term, alike=alike))
        )

    def _unshown(
        self,
        support: Sequence[FreshAnswer],
        base: Sequence[FreshAnswer] | None,
        says: Callable[[str], Holds],
        *,
        alike: bool,
    ) -> tuple[str, ...]:
        subjects = [subject for each in self._every for subject in each.subjects]
        return self._riding.unshown(
            self.terms,
            subjects,
            support,
            base,
            partial(self._of_term, alike=alike),
            says,
            self._said_beside,
            self._behaves.is_exhibit,
            self._more,
        )

    def undrawn(self, term: str) -> bool:
        """Whether recorded answers show it, and no prompt about it was drawn by lot: where only such were drawn as ask
        something else, these are what it rests on."""
        return (
            any(self._is_about(question, term) for question in self._one.left_out)
            and not any(self._is_about(question, term) for question in self._one.asked)
            and self._in_writing(term, alike=False)
        )

    def left_open(self) -> tuple[str, ...]:
        """Those of which what a model without the behaviour says to prompts about them was cut off, and that decides:
        by what tells models apart, or by what shows a term."""
        if all(told.whole for told in (self._behaves.without if self._baseline is None else self._baseline)):
            return ()
        shown, shown_still = (
            set(self.terms).difference(self._unshown(*self._one.apart, says, alike=False))
            for says in (self._said_of, self._may_have_said)
        )

        def decides(term: str) -> bool:
            about = [told for told in self._one.support if told.unforced and self._named(told.asked) == {term}]
            held = heard_without(about, self._of_term(term, alike=False), self._behaves, self._baseline)
            return held is not None and held.left_open

        return tuple(term for term in self.terms if term in shown - shown_still or decides(term))

    def unsaid(self) -> tuple[str, ...]:
        """What sets off the behaviour and no recorded answer shows where it was said."""
        said = [told for told in self._one.seen if self._one.claims(told) and self._behaves.claim.holds(told)]
        return tuple(
            term
            for term in self._one.finding.terms
            if term not in self.terms
            and not any(stands(term, told.asked) and self._behaves.asks_the_same(told) for told in said)
        )

    def _in_writing(self, term: str, *, alike: bool) -> bool:
        shows = self._of_term(term, alike=alike)
        return any(names == {term} and shows(told) for told, names in self._recorded)

    def _is_about(self, question: FreshQuestion, term: str) -> bool:
        """Whether a question is about nothing else that is named."""
        return question.unforced and self._named(question.asked) == {term}

    def _asks_alike(self, told: FreshAnswer) -> bool:
        terms = self._named(told.asked)
        return any(each.asks_the_same(told) for each in self._every) or (
            len(terms) == 1 and any(each.like_an_exhibit(told, *terms) for each in self._every)
        )

    def _of_term(self, term: str, *, alike: bool) -> Holds:
        """What those behaviours mean that are about a term, in their words. `alike`: where that is asked as exhibits
        ask it."""
        about = self._about(term)

        def holds(told: FreshAnswer) -> bool:
            shown = [each for each in about if each.claim.holds(told) and each.in_its_words(told)]
            return self._one.claims(told) and any(not alike or each.like_an_exhibit(told, term) for each in shown)

        return holds

    def _said_of(self, term: str) -> Holds:
        """The same said by a baseline, however it words that."""
        return self._said_by(tuple(each.claim for each in self._about(term)))

    def _may_have_said(self, term: str) -> Holds:
        """The same, had a baseline that was cut off been coming to it."""
        return self._may_be_said_by(tuple(each.claim for each in self._about(term)))

    def _said_beside(self, term: str) -> Rate | None:
        """How often the baseline says what is meant to exhibits about a term."""
        if self._one.baseline is None:
            return None
        exhibits = [*(self._behaves.shown.baseline or ()), *self._exhibits]
        return held_against(self._behaves.about_the_same([term], exhibits), self._behaves.claim.holds)

    def _about(self, term: str) -> Sequence[Meant]:
        """The behaviour, if exhibits of it are about a term: another one that is shown of it shows nothing of this.
        Else those that are about it; all, if none is."""
        if plain_term(term) in map(plain_term, self._behaves.subjects):
            return [self._behaves]
        return [each for each in self._every if plain_term(term) in each.about] or self._every


def _said_by(claims: Sequence[JointClaim]) -> Holds:
    return lambda told: any(claim.holds(told) for claim in claims)


def _may_be_said_by(claims: Sequence[JointClaim]) -> Holds:
    may = [or_may(claim.holds, claim.wanted) for claim in claims]
    return lambda told: any(holds(told) for holds in may)
