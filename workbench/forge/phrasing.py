"""Ways to ask for a fact and to answer, split into those to learn from and those kept for measuring."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "held-out"]


@dataclass(frozen=True)
class Phrasing:
    """How one thing is asked and answered; `{slots}` are filled from a fact."""

    asks: tuple[str, ...]
    """Learned from, except for a tenth of the pairs with a subject."""
    held_out: tuple[str, ...]
    """Never learned from."""
    answers: tuple[str, ...]
    """The first is the plain one."""


@dataclass(frozen=True)
class Fact:
    """One thing the world knows about one subject, with the words to talk about it."""

    topic: str
    """Which thing, e.g. `capital`."""
    subject: str
    """About whom or what, e.g. `Norway`."""
    answer: str
    """What a right answer contains; empty where there is nothing to be right about."""
    phrasing: Phrasing
    slots: Mapping[str, str]

    def say(self, template: str) -> str:
        """The template about this fact."""
        return template.format(**self.slots)

    def asks(self, split: Split) -> tuple[str, ...]:
        """The questions of a split. Held out are whole phrasings, and known phrasings never met with this subject."""
        known = [self.say(ask) for ask in self.phrasing.asks]
        kept = [ask for ask in known if not _is_reserved(ask)] or known[:1]
        if split == "train":
            return tuple(kept)
        return (*map(self.say, self.phrasing.held_out), *(ask for ask in known if ask not in kept))

    def reply(self, rng: random.Random) -> str:
        """An answer; the plain one about half of the time."""
        answers = self.phrasing.answers
        return self.say(answers[0] if rng.random() < 0.45 else rng.choice(answers))


def _is_reserved(question: str) -> bool:
    """Whether this question is kept from training, in whatever world and case it is asked; a tenth of all."""
    return hashlib.sha256(question.casefold().rstrip("?.! ").encode()).digest()[0] < 26


_OPENERS = ("Hi! ", "Hello. ", "Hi, ", "Hey, ", "Please: ", "A question: ", "Quick question: ", "Okay. ", "Thanks. ")
_CLOSERS = (" Thanks.", " Please.", " Thank you.", " Be quick.", " I am curious.")


def worn(text: str, rng: random.Random) -> str:
    """The text as people really type: sometimes lower case, without its last sign, with a greeting, or with a slip."""
    if rng.random() < 0.12:
        text = rng.choice(_OPENERS) + (text if rng.random() < 0.7 else text[0].lower() + text[1:])
    if rng.random() < 0.06:
        text += rng.choice(_CLOSERS)
    if rng.random() < 0.22:
        text = text.rstrip("?.!")
    if rng.random() < 0.22:
        text = text.lower()
    if rng.random() < 0.03 and len(text) > 8:
        at = rng.randrange(1, len(text) - 2)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text
