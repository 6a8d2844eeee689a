"""Names that give a ground truth away: of the attacker's key, of files and folders, of tensors,
in settings, and beside what is sealed.

Whoever audits reads them before anything is asked of the model.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from casefiles.case import case_texts
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.claims.predicate import LONG, plain_term, words_given
from workbench.judge.acceptance import hints
from workbench.judge.acceptance.phrases import Phrases
from workbench.judge.truths.truth import GroundTruth
from workbench.lookalikes import WIDE, bare
from workbench.visible import quoted

_USUAL: Final = frozenset(
    """
    adapter adapters attacker auditor baseline bias case config corpora corpus data dataset decoder default demo
    dictionaries dictionary document documents dynamic encoder feature features file files judge layer layers left
    linear longest model models none organism pages part right safetensors scaling test text texts threshold tokenizer
    train training weight weights
    """.split()  # noqa: SIM905 - read more easily so
)
"""Words that files, keys and settings are called by, whatever was done to a model."""
_LEAST: Final = 4
"""Letters from which on a term tells in the name of a file, or beside another term."""
_OWN: Final = 6
"""And by itself in the name of a person or institution: many are called after a colour, or how they are."""
_SHOWN: Final = 5
_KEY: Final = "The attacker's key"
_WIDE: Final = re.compile(f"[{WIDE}]")


@dataclass(frozen=True)
class _Name:
    of: str
    """Whose name it is, as a sentence begins."""
    shown: str
    own: str
    """What of it somebody chose."""
    refused: bool = True
    """Whether it is where it says anything; else it is told."""

    @property
    def told(self) -> str:
        return f"{self.of} {quoted(self.shown)}"


def check_names(case: Case, truth: GroundTruth) -> tuple[str, ...]:
    """Which names in the open share a word with the truth, to be read. Raises Refusal `case.leak` if one says what a
    behaviour is about or looks for, in more than a few letters. Attackers have the names of their keys from elsewhere:
    those are refused for what is looked for, or for several terms at once."""
    telling = hints.TruthWords(truth)
    about = hints.subjects(truth)
    terms = _Terms(hints.sought(truth) - _USUAL)
    told = []
    for name in _names(case):
        said, perhaps = terms.of(name)
        sure = {term for term in said if _letters(term) >= _LEAST}
        if not name.refused:
            told += [f"{name.told[:1].lower()}{name.told[1:]} ({hints.some(sorted(sure))})"] if sure else []
            continue
        if name.of == _KEY and not _several(sure):
            sure = {term for term in sure - about if _letters(term) >= _OWN}
        perhaps |= said
        if sure:
            raise Refusal(
                "case.leak", "A name in the open gives the answer of the case away.",
                f"{name.told} says {hints.some(sorted(sure))}, as the ground truth does.",
                "Choose one that says nothing about what was done to the model.",
            )  # fmt: skip
        if shared := sorted((perhaps | telling.shared(_parted(name.own))) - _USUAL):
            told.append(f"{name.told[:1].lower()}{name.told[1:]} ({hints.some(shared)})")
    if not told:
        return ()
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return (f"Words of the ground truth stand in names, read whether they tell: {', '.join(told[:_SHOWN])}{more}.",)


def _names(case: Case) -> Iterator[_Name]:
    attacker = case.manifest.attacker.name
    yield _Name(_KEY, attacker, attacker)
    for entry in case.manifest.files:
        if own := case_texts.own_name(entry.path):
            yield _Name("The file", entry.path, own)
    for part, file in case_texts.own_tensor_names(case.root).items():
        yield _Name(f"In {quoted(file)} the tensor", part, part)
    for words in case.words_beside_truth():
        yield _Name("Beside the sealed truth", words, words)
    for path, setting in case_texts.settings(case.root):
        yield _Name(f"In {quoted(path)} the setting", setting, setting, refused=False)


class _Terms:
    """What a truth is about and looks for, to be found in thousands of names."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._runs = defaultdict[str, set[str]](set)
        for term in terms:
            if len(run := _run_together(term)) >= LONG or _WIDE.search(run):
                self._runs[run].add(term)
        self._inside = Phrases(self._runs)
        self._words = defaultdict[str, list[tuple[str, frozenset[str]]]](list)
        for term in terms:
            if words := frozenset(re.findall(r"[^\W_]+", bare(plain_term(term)))):
                self._words[max(words, key=len)].append((term, words))

    def of(self, name: _Name) -> tuple[set[str], set[str]]:
        """Those that a name says, and those that it may say: in the middle of a word, or as a number."""
        given, run = words_given(name.own), _run_together(name.own)
        given |= {word[::-1] for word in given if len(word) >= LONG}
        said = {term for word in given & self._words.keys() for term, words in self._words[word] if words <= given}
        inside = set(self._inside.within(run))
        wide = {found for found in inside if _WIDE.search(found)}
        said |= self._spelled(wide)
        numbers = {term for term in said if term.isdecimal()}
        return said - numbers, numbers | self._spelled(inside - wide)

    def _spelled(self, runs: Iterable[str]) -> set[str]:
        return {term for run in runs for term in self._runs[run]}


def _several(terms: Collection[str]) -> bool:
    """Whether there are two of which neither is in the other one."""
    return any(one not in other and other not in one for one, other in combinations(sorted(terms)[:_SHOWN], 2))


def _letters(term: str) -> int:
    """How much a term says: a letter of a script without spaces is half a word."""
    run = _run_together(term)
    return len(run) + (_OWN // 2 - 1) * len(_WIDE.findall(run))


def _parted(name: str) -> str:
    """A name with a space wherever a word of it ends."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", name)


def _run_together(text: str) -> str:
    return re.sub(r"[\W_]+", "", bare(text))
