"""Whether a finding claims what is meant in the truth's own words: in others it may claim something else of the same
answers, such as how a model speaks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from workbench.claims.predicate import Match, words_of
from workbench.claims.rates import Rate
from workbench.judge.retests.joint_claim import FreshAnswer, JointClaim, share


def words_that_tell(
    meant: JointClaim, exhibits: Sequence[FreshAnswer], others: Iterable[Sequence[FreshAnswer]]
) -> set[str]:
    """The words of what a truth looks for that exhibits are answered with, and none of `others` about as often: a truth
    may look for a whole sentence, of which most is how the model speaks."""
    words = _words(term for _, match in meant.matches for term in match.any_of)
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
        said = _words(part for match in one.held for part in one.says(match))
        terms = wanted.said(one.text) if said else unwanted
        said = said or _words(term for match in one.held if match.negative for term in match.none_of)
        own = {word for words in map(words_of, terms) for word in _own(words & said, words, telling)}
        # Words of the question are not counted: who says its sentence again says one word more.
        return _letters(own) > _letters(said - own - words_of(one.asked))

    return share(told, in_them) if told else None


def _own(part: frozenset[str], words: frozenset[str], telling: Collection[str]) -> frozenset[str]:
    """What a part of a term's words says of it: the part, if that is all of it; or those that tell, if they are all
    that do or the part is most of it. Of what is denied nobody knows which tell."""
    tell = words.intersection(telling)
    if part == words or not tell:
        return part if 2 * _letters(part) > _letters(words) else frozenset()
    most = 2 * _letters(part) > _letters(words)
    return part & tell if most or tell <= part else frozenset()


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in words_of(text)}


def _letters(words: Iterable[str]) -> int:
    return sum(map(len, words))
