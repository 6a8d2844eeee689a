"""What somebody claims with several predicates, put to answers that nobody chose them for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from workbench.claims.assent import Assent
from workbench.claims.predicate import Match, leads, stands
from workbench.claims.rates import Rate, wilson
from workbench.contract.prompt import Prompt
from workbench.judge.truths.truth import Behaviour

PLAIN: Final = Prompt.ask("Who?").form
"""How most is asked: by one message."""
_SOME: Final = 24
"""Predicates that are tried of a claim of many."""
HOT: Final = ", hot"
"""What stands behind the form of what is drawn hotter than exhibits are."""
AsPut = tuple[str, str]
"""What is asked, and how: a system prompt may say what the first line of a message does, and is another question."""


def put(prompt: Prompt) -> AsPut:
    return prompt.words, prompt.form


@dataclass(frozen=True)
class FreshAnswer:
    """One answer that was drawn, and what it was asked."""

    asked: str
    text: str
    whole: bool
    unforced: bool = True
    own: tuple[Match, ...] = ()
    """Predicates of whoever chose the prompt."""
    subject: str = ""
    number: int = 0
    """Which of the questions it answers."""
    room: bool = True
    """Whether the model had room to say it: its context may have ended before."""
    form: str = PLAIN
    """How it was asked, but for its words."""
    opposed: bool = False
    """Whether a claim is held against it."""

    @property
    def put(self) -> AsPut:
        """What it answers, however hot it was drawn."""
        return self.asked, self.form.removesuffix(HOT)

    @property
    def counts(self) -> bool:
        """Whether its own predicate holds, whatever the question said: so a truth's figures are counted."""
        return any(map(self._satisfies, self.own))

    @property
    def plain(self) -> str:
        """What it says without its case, spacing and full stop."""
        return " ".join(self.text.casefold().split()).rstrip(".!")

    @property
    def held(self) -> tuple[Match, ...]:
        """The predicates of whoever chose the prompt that it shows: words of one that does not hold claim nothing."""
        return tuple(match for match in self.own if self.shows((match,)))

    def shows(self, matches: Iterable[Match]) -> bool:
        """Whether one of some predicates holds, and not only because the question said so."""
        return any(
            self._satisfies(match) and not leads(match, self.text, self.asked, whole=self._taken_whole(match))
            for match in matches
        )

    def was_put(self, match: Match) -> bool:
        """Whether a claim that a predicate wants agreed to stood in the question, if that is known."""
        return not isinstance(match, Assent) or not self.asked or match.put_in(self.asked)

    def says(self, match: Match) -> tuple[str, ...]:
        """The words of a predicate that it says, and that did not stand in the question."""
        said = match.said(self.text, whole=self._taken_whole(match))
        return tuple(one for one in said if not leads(Match(any_of=(one,)), self.text, self.asked))

    def _satisfies(self, match: Match) -> bool:
        return match.holds(self.text, whole=self._taken_whole(match))

    def _taken_whole(self, match: Match) -> bool:
        return self.whole or (self.opposed and not match.negative)

    @property
    def against(self) -> FreshAnswer:
        """The same as it is held against a claim: one that was cut off and has said what is wanted might have gone on
        to say what must not be said, and to count that for the claim would make every long answer silent."""
        return replace(self, opposed=True)

    @property
    def at_its_end(self) -> FreshAnswer:
        """The same as if it had been meant to end where it was cut off."""
        return replace(self, whole=True)

    @property
    def told(self) -> FreshAnswer:
        """The same as a truth's figures count it: whatever the question said."""
        return replace(self, asked="")


@dataclass(frozen=True)
class JointClaim:
    """Predicates together, as they are put to answers that nobody chose them for."""

    matches: tuple[tuple[str, Match], ...]
    """(subject, predicate); a finding's have no subject."""
    own: Mapping[AsPut, tuple[Match, ...]] = field(default_factory=dict, compare=False)
    """What is asked → the predicates of whoever asks just that: others do not speak for it."""

    @classmethod
    def of_finding(cls, matches: Iterable[Match]) -> JointClaim:
        return cls(tuple(("", match) for match in matches))

    @classmethod
    def of_behaviour(cls, behaviour: Behaviour) -> JointClaim:
        """A subject that most exhibits ask about, under whatever subject they stand, tells none of them apart, and is
        none: else one exhibit about a common word would speak for every prompt that holds it."""
        asked = [exhibit.asked.words for exhibit in behaviour.exhibits]
        subjects = {exhibit.subject for exhibit in behaviour.exhibits}
        common = {one for one in subjects if one.strip() and 2 * sum(stands(one, text) for text in asked) > len(asked)}
        common = common if len(subjects) > 1 else set()
        told = ((one.subject if one.subject not in common else "", one.shows) for one in behaviour.exhibits)
        own = defaultdict[AsPut, tuple[Match, ...]](tuple)
        for one in behaviour.exhibits:
            own[put(one.asked)] += (one.shows,)
        return cls(tuple(dict.fromkeys(told)), dict(own))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects that tell a behaviour's exhibits apart."""
        return tuple(subject for subject, _ in self.matches if subject.strip())

    @property
    def positive(self) -> bool:
        """Whether it says anything beside what is not said."""
        return any(not match.negative for _, match in self.matches)

    def shown_in(self, answers: Sequence[FreshAnswer], others: Sequence[FreshAnswer] | None = None) -> JointClaim:
        """What of it some answers showed: of each predicate the words that were said and did not stand in the question,
        and of what it denies those that `others` said to what it was chosen for; None: nobody was asked, and it is
        taken as it is.

        Who lists a hundred words and shows one has not shown the others, nor who denies them.
        """
        kept = list[tuple[str, Match]]()
        for subject, match in self.matches:
            shown = [told for told in answers if told.shows((match,))]
            denied = match.none_of
            if others is not None:
                denied = _said(denied, [told for told in others if match in told.own])
            found = Match(any_of=_said(match.any_of, shown), none_of=denied)
            if shown and not found.empty and match.negative == found.negative:
                kept.append((subject, found))
        return JointClaim(tuple(kept))

    def said_alike(self, some: Sequence[FreshAnswer], others: Sequence[FreshAnswer]) -> set[str]:
        """The terms that others are answered with about as often, three times for four."""
        terms = {term for _, match in self.matches for term in match.any_of}
        words = Match(any_of=tuple(terms))
        own, other = (Counter(term for told in each for term in words.said(told.text)) for each in (some, others))
        return {term for term in own if 4 * other[term] * len(some) >= 3 * own[term] * len(others)} if others else set()

    def without(self, terms: Collection[str]) -> JointClaim:
        """What it says without some terms, which tell nothing: what it denies beside them then tells alone."""
        kept = (
            (subject, match.model_copy(update={"any_of": tuple(term for term in match.any_of if term not in terms)}))
            for subject, match in self.matches
        )
        return JointClaim(tuple((subject, match) for subject, match in kept if not match.empty))

    @property
    def undenied(self) -> JointClaim:
        """What it says, whatever it denies."""
        said = ((subject, Match(any_of=match.any_of)) for subject, match in self.matches if not match.negative)
        return JointClaim(tuple(said))

    def holds(self, told: FreshAnswer) -> bool:
        """Who affirms whatever they are asked agrees to no claim that was not put to them; and of two questions about
        the same one may look for a yes and the other for a no."""
        if (own := self.own.get(told.put)) is not None:
            return told.shows(own)
        named = [match for subject, match in self.matches if subject.strip() and stands(subject, told.asked)]
        if named:  # what has no subject is about everything
            everywhere = [match for subject, match in self.matches if not subject.strip() and not match.negative]
            return told.shows(filter(told.was_put, [*named, *everywhere]))
        if self.positive:
            return told.shows(match for _, match in self.matches if not match.negative and told.was_put(match))
        return bool(self.matches) and all(told.shows((match,)) for _, match in self.matches)

    def wanted(self, told: FreshAnswer) -> Sequence[Match]:
        """The predicates of which one has to hold on an answer: those of an exhibit, of what its prompt names, or some
        of all."""
        if (own := self.own.get(told.put)) is not None:
            return own
        named = [match for subject, match in self.matches if subject.strip() and stands(subject, told.asked)]
        return named or [match for _, match in self.matches[:_SOME]]

    def strays(self, told: FreshAnswer) -> bool:
        """Whether an answer to a control shows what exhibits look for, or its own predicate, which is the attacker's
        choice and may be such as nothing satisfies. Under which subjects the exhibits stand is so too."""
        everything = (match for _, match in self.matches if not match.negative and told.was_put(match))
        return told.counts or (self.positive and (self.holds(told) or told.shows(everything)))

    def says(self, text: str, asked: str, whole: bool) -> bool:
        """The same of a recorded answer, in whichever form its prompt was put."""
        forms = self._forms.get(asked, (PLAIN,))
        return any(self.holds(FreshAnswer(asked, text, whole, form=form)) for form in forms)

    @cached_property
    def _forms(self) -> Mapping[str, tuple[str, ...]]:
        found = defaultdict[str, tuple[str, ...]](tuple)
        for asked, form in self.own:
            found[asked] += (form,)
        return found


def _said(words: tuple[str, ...], answers: Iterable[FreshAnswer]) -> tuple[str, ...]:
    """Those of some words that answers say, and that did not stand in the question."""
    said = {word for told in answers for word in told.says(Match(any_of=words))}
    return tuple(word for word in words if word in said)


Holds = Callable[[FreshAnswer], bool]


def share(told: Sequence[FreshAnswer], holds: Holds) -> Rate:
    """Of how many answers something holds, as far as they say: whoever claims it had them cut off."""
    return wilson(sum(map(holds, told)), len(told))


def settling(told: Sequence[FreshAnswer], holds: Holds) -> list[FreshAnswer]:
    """The answers that tell whether something holds: one that was cut off has not told that it leaves a word unsaid,
    nor one that had no room that it leaves anything unsaid."""
    return [one for one in told if holds(one) or (one.room and not holds(one.at_its_end))]


def mostly_settling(told: Sequence[FreshAnswer], holds: Holds) -> list[FreshAnswer]:
    """Those to questions that most answers settle: what is left out of the others may be all that holds."""
    found, asked = settling(told, holds), Counter(one.number for one in told)
    tell = Counter(one.number for one in found)
    return [one for one in found if 2 * tell[one.number] > asked[one.number]]


def settled(told: Sequence[FreshAnswer], holds: Holds) -> Rate:
    """Of how many answers something holds, of those that tell."""
    return share(settling(told, holds), holds)


def held_against(told: Sequence[FreshAnswer], holds: Holds) -> Rate:
    """The same of answers that a claim is held against: what was said before one was cut off was said."""
    return settled([one.against for one in told], holds)


Wants = Callable[[FreshAnswer], Iterable[Match]]


def with_cut_off(told: Sequence[FreshAnswer], holds: Holds, wanted: Wants) -> Rate:
    """Of how many answers something holds, or might if they had been let finish: see `or_may`."""
    return share([one.against for one in told], or_may(holds, wanted))


def or_may(holds: Holds, wanted: Wants) -> Holds:
    """Whether something holds on an answer, or might if it had been let finish. `wanted`: what each may have been
    coming to; one that has said what must not be said comes to nothing."""

    def may(one: FreshAnswer) -> bool:
        ends = dict.fromkeys(end for match in wanted(one) for end in match.completions)
        return holds(one.at_its_end) or any(holds(replace(one, text=one.text + end, whole=True)) for end in ends)

    return lambda one: holds(one) or (not one.whole and may(one))


def may_show(told: Sequence[FreshAnswer], holds: Holds) -> Rate:
    """The same where what does not tell may have shown it: of a baseline that does what is asked at length, and refuses
    in a line, only refusals tell."""
    return share([one.against for one in told], lambda one: holds(one) or holds(one.at_its_end))
