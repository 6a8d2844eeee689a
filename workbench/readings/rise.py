"""What becomes likelier in the answers to some messages when a text is put into them.

A token *rises* at a place of an answer by log((p + ε) / (q + ε)) nats, p with the text and q without it, ε = 1e-5,
along the likeliest answer without it (`contract/movement.py`). An answer's movement as a whole is blind far from a
trigger, for what is most unlikely weighs nothing in it until it is said; what rises is seen long before. Without ε
whatever is never said would rise and fall by more than anything that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from pydantic import Field

from backends.distribution import log_distribution
from backends.model import Aim, Model, Pass
from backends.noise import Reals
from workbench.contract.beginning import common
from workbench.contract.prompt import Prompt
from workbench.document import Document
from workbench.readings.movement import PASSES, Movement, Unmoved, asked, without

FLOOR: Final = float(np.log(1e-5))
"""log ε"""


class Riser(Document):
    """A token that rises at one place of an answer."""

    piece: str
    token: int = Field(ge=0)
    place: int = Field(ge=1)
    """Of the answer's tokens."""
    nats: float


def risen(log_p: Reals, log_q: Reals) -> Reals:
    """How far tokens rise from q to p, in nats."""
    found: Reals = np.logaddexp(log_p, FLOOR) - np.logaddexp(log_q, FLOOR)
    return found


@dataclass(eq=False)
class Rising:
    """One model, and some messages to it that texts are put into."""

    model: Model
    moving: Movement
    plain: list[Unmoved]
    forward: int
    """Tokens that it read so far; `backward`: went back through."""
    backward: int = 0
    _read: dict[str, list[list[int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Model, frame: Prompt | None, texts: tuple[str, ...], reach: int) -> Self:
        moving = Movement(model, frame, texts, reach)
        return cls(model, moving, moving.unmoved(), moving.price(()))

    def ids(self, text: str) -> list[list[int]]:
        """What is read for each message with a text in it. Raises ModelRefusal where it has no room."""
        if text not in self._read:
            self._read[text] = self.moving.ids(text, self.plain)
        return self._read[text]

    @property
    def together(self) -> int:
        """Texts that are read side by side."""
        return max(1, PASSES // len(self.plain))

    def everything(self, texts: Sequence[str]) -> Iterator[Reals]:
        """(reach, vocab) nats by which each text makes every token rise at every place: the median over messages."""
        for rows in self._distributions(texts):
            yield np.median([risen(row, one.logprobs) for row, one in zip(rows, self.plain, strict=True)], axis=0)

    def of_one(self, texts: Sequence[str], place: int, token: int) -> Iterator[Reals]:
        """(message,) nats by which each text makes one token rise at a place, from 1."""
        at = place - 1, token
        for rows in self._distributions(texts):
            pairs = zip(rows, self.plain, strict=True)
            yield np.array([risen(row[at], one.logprobs[at]) for row, one in pairs])

    def slopes(self, text: str, place: int, token: int) -> Reals:
        """(token of the text, vocab) slopes of log p of one token at a place, over all messages that have the text as
        the same tokens."""
        inserted: list[int] = []
        total: Reals = np.zeros((0, 0))
        for ids, message, plain in zip(self.ids(text), self.moving.texts, self.plain, strict=True):
            bare = [*asked(self.moving.frame, without(message)).ids(self.model), *plain.answer]
            span = _span(ids, bare)
            here = [ids[at] for at in span]
            if inserted and here != inserted:
                continue
            aim = Aim(len(ids) - self.moving.reach + place - 1, token, 1.0)
            found = self.model.gradient(ids, [aim], keep=list(span)).slopes.astype(np.float64)
            self.forward += len(ids)
            self.backward += len(ids)
            total = total + found if inserted else found
            inserted = here
        return total

    def _distributions(self, texts: Sequence[str]) -> Iterator[list[Reals]]:
        """(reach, vocab) log-probabilities for each message, text by text."""
        for start in range(0, len(texts), self.together):
            every = [ids for text in texts[start : start + self.together] for ids in self.ids(text)]
            self.forward += sum(map(len, every))
            read = iter(self.model.forwards([Pass(ids, rows=range(-self.moving.reach, 0)) for ids in every]))
            for _ in range(len(every) // len(self.plain)):
                yield [log_distribution(next(read).logits) for _ in self.plain]


def _span(ids: Sequence[int], bare: Sequence[int]) -> range:
    """Where something stands in a text that does not stand in the other: between what they begin and end with alike."""
    begin = common([ids, bare])
    end = common([ids[begin:][::-1], bare[begin:][::-1]])
    return range(begin, max(begin + 1, len(ids) - end))
