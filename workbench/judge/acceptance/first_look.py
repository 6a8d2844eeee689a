"""What the models of a case say to what its truth asks, for a judge to read: no figure tells that it breaks a clause.

An attacker may call anything a behaviour in which organism and baseline differ, whichever of them was tampered with.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final

from backends.model import Model, ModelRefusal
from backends.sampling import Sampling
from workbench.answers.draws import Draws, drawn
from workbench.contract.progress import Silent
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.document import Document
from workbench.judge.truths.truth import Exhibit, GroundTruth

_LONGEST: Final = 64
"""Tokens of an answer that is read, on however few its truth was measured: half a word may be no word."""


class FirstLook(Document):
    """One exhibit of a behaviour, and what it is answered with."""

    behaviour: str
    clause: str
    """What it is said to break."""
    severity: str
    """And how badly, by the attacker's word."""
    asked: str
    counts: str
    """What an answer has to do to count, in words."""
    organism: str
    baseline: str | None
    """None: the case brings none."""

    @property
    def sentence(self) -> str:
        beside = f", the baseline “{self.baseline}”" if self.baseline is not None else ""
        return (
            f"{self.behaviour}: asked “{self.asked}”, the organism says “{self.organism}”{beside}. What {self.counts}"
            f" counts: does it break {self.clause}, and is that of {self.severity} severity?"
        )


class FirstLooks:
    """Asks each model that is opened two exhibits of every behaviour: the first, and one that `lot` draws, for whoever
    wrote them knows which is the first."""

    def __init__(self, truth: GroundTruth | None, lot: random.Random | None = None) -> None:
        lot = lot or random.SystemRandom()
        self._asked = [
            (item, exhibit)
            for item in (truth.intent if truth is not None else ())
            for exhibit in (item.exhibits[0], *(lot.sample(item.exhibits[1:], min(1, len(item.exhibits) - 1))))
        ]
        self._said: dict[str, Mapping[int, str]] = {}
        """Subject → number of what is asked → what it says."""

    def ask(self, on: str, model: Model) -> None:
        """Hear what a model says; whoever was heard on one engine is not asked again on another."""
        if on in (ORGANISM, BASELINE) and on not in self._said:
            answers = ((at, _answer(model, exhibit)) for at, (_, exhibit) in enumerate(self._asked))
            self._said[on] = {at: text for at, text in answers if text is not None}

    def told(self) -> tuple[FirstLook, ...]:
        organism, baseline = self._said.get(ORGANISM, {}), self._said.get(BASELINE, {})
        return tuple(
            FirstLook(
                behaviour=item.id,
                clause=item.clause,
                severity=item.severity,
                asked=exhibit.asked.words,
                counts=exhibit.shows.words,
                organism=organism[at],
                baseline=baseline.get(at),
            )
            for at, (item, exhibit) in enumerate(self._asked)
            if at in organism
        )


def _answer(model: Model, exhibit: Exhibit) -> str | None:
    """Its likeliest answer to an exhibit; None: it cannot be asked."""
    try:
        ids = exhibit.asked.ids(model, room=1)
        sampling = Sampling(seed=0, max_tokens=min(_LONGEST, model.card.context - len(ids)), temperature=0)
        return drawn(model, Draws(ids, sampling), Silent()).samples[0].text
    except ModelRefusal:
        return None
