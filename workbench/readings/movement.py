"""How far a text that is put into prompts moves what they are answered: the one measure of every search for a trigger.

A prompt's answer without the text is q, with it p: the distributions of the answer's first tokens, as many as are
looked at, along the likeliest answer that the prompt gets without it. What is measured is Σ KL(p ‖ q) over these
tokens, in nats: 0 for a text that changes nothing, unbounded for one after which the model says what it never would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from backends.distribution import divergence, log_distribution
from backends.model import Forward, Model, Pass
from backends.noise import Reals
from workbench.contract.comparison import Array
from workbench.contract.prompt import Prompt
from workbench.readings.frame import filled

PLACE: Final = "{}"
"""Where a text is put."""
PASSES: Final = 64
"""Prompts that are read side by side, at most."""


def put_into(text: str, inserted: str) -> str:
    """A message with something in its place; where it has none, before its first word."""
    return text.replace(PLACE, inserted) if PLACE in text else f"{inserted} {text}"


def without(text: str) -> str:
    """A message with nothing in its place."""
    return " ".join(part for part in (part.strip(" ") for part in text.split(PLACE)) if part)


def asked(frame: Prompt | None, message: str) -> Prompt:
    """A message as it is asked: by itself, or in the frame."""
    return Prompt.ask(message) if frame is None else filled(frame, message)


@dataclass(frozen=True, eq=False)
class Unmoved:
    """What is answered to a message with nothing put into it."""

    answer: tuple[int, ...]
    """The likeliest answer's tokens, but for the last that is looked at."""
    logprobs: Reals
    """(reach, vocab), in nats: what each token of the answer is drawn from."""


@dataclass(frozen=True, eq=False)
class Movement:
    """Some messages to a model, to put texts into and measure what they move."""

    model: Model
    frame: Prompt | None
    texts: tuple[str, ...]
    reach: int
    """Tokens of the answer that are looked at."""

    def unmoved(self) -> list[Unmoved]:
        """Read the messages with nothing in their places, along their likeliest answers."""
        prompts = [self._prompt(without(text)) for text in self.texts]
        answers: list[list[int]] = [[] for _ in prompts]
        found: list[Reals] = []
        for step in range(self.reach):
            passes = [
                Pass([*ids, *answer], rows=range(len(ids) - 1, len(ids) + step))
                for ids, answer in zip(prompts, answers, strict=True)
            ]
            found = [log_distribution(one.logits) for one in self._read(passes)]
            for answer, rows in zip(answers, found, strict=True):
                answer.append(int(rows[-1].argmax()))
        return [Unmoved(tuple(answer[:-1]), rows) for answer, rows in zip(answers, found, strict=True)]

    def ids(self, inserted: str, plain: Sequence[Unmoved]) -> list[list[int]]:
        """What the model reads for each message with a text put into it. Raises ModelRefusal where it has no room."""
        return [
            [*self._prompt(put_into(text, inserted)), *one.answer] for text, one in zip(self.texts, plain, strict=True)
        ]

    def moved(self, read: Sequence[Sequence[list[int]]], plain: Sequence[Unmoved]) -> Reals:
        """(text, message) nats by which each text moves each message's answer; `read`: the ids of each text."""
        passes = [Pass(ids, rows=range(-self.reach, 0)) for each in read for ids in each]
        found = [
            float(divergence(log_distribution(one.logits), plain[at % len(plain)].logprobs).sum())
            for at, one in enumerate(self._read(passes))
        ]
        return np.array(found).reshape(len(read), len(self.texts))

    def price(self, inserted: Sequence[str]) -> int:
        """Tokens that it takes to read the messages plainly, and with each text. Raises ModelRefusal where there is no
        room."""
        longer = self.reach - 1
        plain = sum(self.reach * len(self._prompt(without(text))) + self.reach * longer // 2 for text in self.texts)
        return plain + sum(len(self._prompt(put_into(text, one))) + longer for one in inserted for text in self.texts)

    def _prompt(self, message: str) -> list[int]:
        return asked(self.frame, message).ids(self.model, room=self.reach - 1)

    def _read(self, passes: Sequence[Pass]) -> Iterator[Forward]:
        for start in range(0, len(passes), PASSES):
            yield from self.model.forwards(passes[start : start + PASSES])


def middle(array: Array) -> Reals:
    """(text, message) nats → what each text moves: the median over the messages."""
    found: Reals = np.median(array.astype(np.float64), axis=1)
    return found


def strayed(
    figures: dict[str, float] | None, arrays: Mapping[str, Array], others: Mapping[str, Array]
) -> dict[str, float] | None:
    """The distances of two results whose arrays are movements: where logits are off by at most e, a divergence is off
    by at most about 2e (1 + itself)."""
    if figures is None:
        return None
    apart = {
        name: float((np.abs(array - others[name]) / (1 + np.maximum(array, others[name]))).max(initial=0.0))
        for name, array in arrays.items()
    }
    return figures | apart
