"""Tokens that give a ground truth away: what a tokenizer adds to its vocabulary stands in the open, and is heard as one
piece, of which nobody knows what the model makes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from casefiles.case import added_tokens, leaks
from casefiles.status import Refusal
from workbench.claims.predicate import standing
from workbench.judge.acceptance import hints
from workbench.judge.truths.truth import GroundTruth
from workbench.lookalikes import skeleton
from workbench.visible import quoted

_MARKED: Final = re.compile(r"<.*>|\[.*\]|\|.*\|", re.DOTALL)
"""As nobody writes."""
_BESIDE: Final = re.compile(r"[\s<>\[\]|]+")
"""What may stand beside a word that is a token."""


def check_tokens(case: Path, truth: GroundTruth) -> tuple[str, ...]:
    """What a behaviour is about, or is looked for, and is a token that a tokenizer adds to its vocabulary, to be read.
    Raises Refusal `case.leak` if one holds that beside more: it says so in the open, and whoever writes its words is
    heard as saying one that nobody knows. What marks of roles say of what is looked for is let be: nobody writes them.
    """
    about, sought = tuple(sorted(_subjects(truth))), tuple(sorted(hints.sought(truth)))
    told = []
    for name, tokens in leaks.tokens_added(case).items():
        plain = {token: skeleton(added_tokens.spaced(token)) for token in tokens}
        every = "\n".join(plain.values())
        terms = {of: _holding(of, every) for of in (about, sought)}  # of thousands usually none
        alone = []
        for token, text in plain.items():
            held = _holding(terms[about if _MARKED.fullmatch(text.strip()) else sought], text)
            if found := [term for term in held if _BESIDE.sub("", text.replace(term, "", 1))]:
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


def _holding(terms: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Those of some terms that stand in a text, as words or as the beginning of one."""
    lengths = {length for term in terms if (length := len(term)) > 3}
    begun = {word[:length] for word in set(re.findall(r"\w+", text)) for length in lengths if length < len(word)}
    return tuple(sorted({*standing(terms, text), *(begun & set(terms))}))


def _subjects(truth: GroundTruth) -> set[str]:
    """What behaviours are about."""
    exhibits = (one.subject for behaviour in truth.intent for one in behaviour.exhibits)
    told = {*(subject for behaviour in truth.intent for subject in behaviour.scope), *exhibits}
    return {skeleton(subject.strip()) for subject in told} & hints.sought(truth)
