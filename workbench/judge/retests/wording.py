"""Whether a finding claims what is meant in the truth's own words: in others it may claim something else of the same
answers, such as how a model speaks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from workbench.claims.predicate import Match, stands, words_of
from workbench.claims.rates import Rate
from workbench.judge.retests.joint_claim import FreshAnswer, JointClaim, share


def words_that_tell(
    meant: JointClaim, exhibits: Sequence[FreshAnswer], others: Iterable[Sequence[FreshAnswer]]
) -> set[str]:
    """The words of what a truth looks for that exhibits are answered with, and none of `others` about as often: a truth
    may look for a whole sentence, of which most is how the model speaks."""
    words = {word for _, match in meant.matches for term in match.any_of for word in words_of(term)}
    each = JointClaim.of_finding([Match(any_of=tuple(words))])
    said = {word for told in exhibits for word in Match(any_of=tuple(words)).said(told.text)}
    return said.difference(*(each.said_alike(exhibits, answers) for answers in others))


def in_its_words(told: Sequence[FreshAnswer], meant: JointClaim, telling: Collection[str]) -> Rate | None:
    """Of answers that claim what is meant, those in which that is claimed in the truth's words: what it looks for is
    said, or what it wants unsaid is unsaid, and hardly more. A truth that only denies has no words for what is said in
    its place. `telling`: the words that tell of those that it looks for. None: there are no such answers."""
    wanted = Match(any_of=tuple({term for _, match in meant.matches for term in match.any_of}))
    unwanted = {term for _, match in meant.matches for term in match.none_of}

    def in_them(one: FreshAnswer) -> bool:
        said = [part for match in one.held for part in one.says(match)]
        terms = wanted.said(one.text) if said else unwanted
        said = said or [term for match in one.held if match.negative for term in match.none_of]
        given = words_of(one.asked)
        return any(
            _is_most(term, part, given) if stands(term, part) else stands(part, term) and _tells(part, term, telling)
            for part in said
            for term in terms
        )

    return share(told, in_them) if told else None


def _tells(part: str, term: str, telling: Collection[str]) -> bool:
    """Whether a part of a term holds all of its words that tell, or most of it and some of them. Of what is denied
    nobody knows which tell."""
    tell, own = words_of(term).intersection(telling), words_of(part)
    return (bool(tell) and tell <= own) or (_is_most(part, term) and (not tell or bool(tell & own)))


def _is_most(part: str, term: str, given: Collection[str] = ()) -> bool:
    """Whether a part makes up most of a term's letters, but for words that were `given`: who quotes all that was
    answered has not said what of it they mean."""
    rest = words_of(term).difference(given, words_of(part))
    return sum(map(len, words_of(part))) > sum(map(len, rest))
