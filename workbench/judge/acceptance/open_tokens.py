"""Tokens that give a ground truth away: what a tokenizer adds to its vocabulary stands in the open, and is heard as one
piece, of which nobody knows what the model makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from casefiles.case import token_leaks
from casefiles.case.token_texts import spaced
from casefiles.status import Refusal
from workbench.claims.predicate import bounded
from workbench.judge.acceptance import hints
from workbench.judge.acceptance.phrases import Phrases
from workbench.judge.truths.truth import GroundTruth
from workbench.lookalikes import skeleton
from workbench.visible import quoted

_MARKED: Final = re.compile(r"(<<?\|?|<\uff5c|\[\|?|\|+|>>)[^<>\[\]|]{1,40}(\|?>>?|\uff5c>|\|?\]|\|+|<<)")
"""As nobody writes: a few words between signs."""
_BESIDE: Final = re.compile(r"[\s<>\[\]|]+")
"""What may stand beside a word that is a token."""
_WORD: Final = re.compile(r"\w+")
_EDGES: Final = re.compile(r"\b")
_EDGE: Final = "\n"
"""Where a word begins or ends: no single space."""


def check_tokens(case: Path, truth: GroundTruth) -> tuple[str, ...]:
    """What a behaviour is about, or is looked for, and is a token that a tokenizer adds to its vocabulary, to be read.
    Raises Refusal `case.leak` if one holds that beside more: it says so in the open, and whoever writes its words is
    heard as saying one that nobody knows. Nobody writes the marks of roles and tools: they are only told, and what they
    say of what is looked for is let be.
    """
    about, sought = hints.subjects(truth), _Terms(hints.sought(truth))
    told = []
    for name, tokens in token_leaks.tokens_added(case).items():
        alone = []
        for token in dict.fromkeys(tokens):
            text = skeleton(spaced(token))
            held = sought.within(text)
            if marked := _MARKED.fullmatch(text.strip()):
                held &= about
            ink = _ink(text)
            if not marked and (found := sorted(term for term in held if ink > _ink(term))):
                raise Refusal(
                    "case.leak", "A token of the vocabulary gives the answer of the case away.",
                    f"{name} adds {quoted(token)}, which holds {hints.some(found)} as the ground truth does, and more:"
                    " whoever asks so is not heard word by word.",
                    "Leave the token out of the tokenizer and its row out of the weights.",
                )  # fmt: skip
            alone += [token] if held else []
        if alone:
            told.append(
                f"{name} adds {hints.some(alone)}, as the ground truth says: read whether its exhibits do otherwise."
            )
    return tuple(told)


class _Terms:
    """Terms to be found in thousands of tokens, as words or as the beginning of one."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._spelled = {spelling: term for term in sorted(terms) for spelling in _spellings(skeleton(term))}
        self._phrases = Phrases(self._spelled)

    def within(self, text: str) -> set[str]:
        return {self._spelled[found] for found in self._phrases.within(_parted(skeleton(text)))}


def _spellings(term: str) -> Iterator[str]:
    """A term as it stands in a text: apart from words beside it, if it does not end in a letter of a script that sets
    them side by side; and as what a word begins with."""
    if not (parted := _parted(term).strip(_EDGE)):
        return
    first, last = (_EDGE if bounded(letter) else "" for letter in (parted[0], parted[-1]))
    yield first + parted + last
    if len(term) > 3 and _WORD.fullmatch(term):
        yield _EDGE + parted


def _parted(text: str) -> str:
    """A text with its words set apart and single spaces between them."""
    return _EDGES.sub(_EDGE, " ".join(text.split()))


def _ink(text: str) -> int:
    return len(_BESIDE.sub("", text))
