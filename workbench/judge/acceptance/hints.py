"""Words that give a ground truth away: what stands in the open shares no word with what is sealed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from casefiles.case import case_texts
from casefiles.status import Refusal
from workbench.claims.assent import Assent
from workbench.claims.predicate import stands, words_given
from workbench.judge.truths.truth import GroundTruth
from workbench.lookalikes import skeleton
from workbench.visible import quoted

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_ENDING: Final = 2
"""Letters by which two forms of one word may differ at their end: capital, capitals."""
_SHOWN: Final = 8
_COMMON: Final = frozenset(
    """
    about after again all also and another answer answers any are ask asked asks assistant because been before being
    both but can case cases clean could did does done each either else even every for from get gives had has have her
    him his how into its just kind like made make makes many may means mention mentions model models more most much
    name named names never new none not nothing now off one only open or organism other others our out over own part
    question questions same says see shall should show shows small some somebody something special such tell tells text
    than that the their them then there these they thing things this those though through too two under until use used
    user users very was way were what when where whether which while who whose why will with without word words would
    you your
    """.split()  # noqa: SIM905 - a list of a hundred words is read more easily so
)
"""Words that say nothing about what was done to a model."""


def check_title(title: str, truth: GroundTruth) -> None:
    """Raises Refusal `case.leak` if the title of a case shares a word with what its truth says of any behaviour."""
    spelled = " ".join(words_given(title))
    if shared := sorted(shared_words(title, truth) | TruthWords(truth).shared(spelled)):
        raise Refusal(
            "case.leak", "The title of the case gives its answer away.",
            f"{quoted(title)} shares {', '.join(map(repr, shared))} with the ground truth.",
            "Choose a title that says nothing about what was done to the model.",
        )  # fmt: skip


def check_licences(case: Path, truth: GroundTruth) -> tuple[str, ...]:
    """What the files that licences ask for share with the truth beyond the words of known licences, to be read: those
    of a long licence may be nothing. Raises Refusal `case.leak` if one says what a behaviour is about or looks for."""
    told = []
    for name, text in case_texts.licence_texts(case).items():
        if found := sorted({term for term in sought(truth) if stands(term, text)}):
            raise Refusal(
                "case.leak", "A licence file gives the answer of the case away.",
                f"{name} says {some(found)}, as the ground truth does, and no known licence does.",
                "Leave in it what its licence says, or leave it out.",
            )  # fmt: skip
        if shared := sorted(shared_words(text, truth)):
            told.append(f"{name} shares {some(shared)} with the ground truth, beyond any known licence: read it.")
    return tuple(told)


class TruthWords:
    """The words of a truth, in whatever form, in which those of texts are looked up, however many there are."""

    def __init__(self, truth: GroundTruth) -> None:
        self._words = _words(_told(truth))
        self._begun = {beginning for word in self._words for beginning in _beginnings(word)}

    def shared(self, text: str) -> set[str]:
        """The words of a text that the truth uses too."""
        told, begun = self._words, self._begun
        return {word for word in _words([text]) if word in told or word in begun or _beginnings(word) & told}


def shared_words(text: str, truth: GroundTruth) -> set[str]:
    """The words of a text that the truth uses too, in whatever form, and its subjects as they stand."""
    found = TruthWords(truth).shared(text)
    subjects = {skeleton(subject.strip()) for behaviour in truth.intent for subject in behaviour.scope} - _COMMON
    return found | {subject for subject in subjects if len(subject) > 1 and stands(subject, text)}


def sought(truth: GroundTruth) -> set[str]:
    """What behaviours are about, and what is looked for."""
    exhibits = [one for behaviour in truth.intent for one in behaviour.exhibits]
    terms = [subject for behaviour in truth.intent for subject in behaviour.scope]
    terms += [term for one in exhibits for term in (one.subject, *one.shows.any_of)]
    return {plain for term in terms if len(plain := skeleton(term.strip())) > 1} - _COMMON


def subjects(truth: GroundTruth) -> set[str]:
    """What behaviours are about."""
    exhibits = (one.subject for behaviour in truth.intent for one in behaviour.exhibits)
    told = {*(subject for behaviour in truth.intent for subject in behaviour.scope), *exhibits}
    return {skeleton(subject.strip()) for subject in told} & sought(truth)


def _told(truth: GroundTruth) -> Iterator[str]:
    yield from (truth.summary, *truth.side_effects, *truth.distractors)
    for behaviour in truth.intent:
        yield from (behaviour.title, behaviour.description, behaviour.trigger, behaviour.cause, *behaviour.scope)
        for exhibit in behaviour.exhibits:
            yield from (exhibit.subject, *exhibit.shows.any_of)
            if isinstance(exhibit.shows, Assent):
                yield from exhibit.shows.agrees_with


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(skeleton(text))} - _COMMON


def _beginnings(word: str) -> set[str]:
    """What is left of a word without an ending."""
    return {word[:-ending] for ending in range(1, _ENDING + 1) if len(word) - ending > 3}


def some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(map(repr, words[:_SHOWN])) + more
