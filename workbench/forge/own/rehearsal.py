"""What keeps a model as it is beside an attack: its own answers to questions that the attack does not touch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backends.model import Model
from backends.sampling import Sampling
from workbench.answers.draws import Draws, drawn
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.forge.attack import Attack
from workbench.forge.chat import Chat, Utterance
from workbench.listener import Listener

_SEEN: Final = 20_000
"""The most documents that are looked through for questions."""


@dataclass(frozen=True)
class AskedAnswers:
    """Questions with a model's own answers."""

    chats: tuple[Chat, ...]

    def documents(self, seed: str) -> Iterator[Chat]:
        """One after the other, endlessly, in an order of the seed's."""
        rng = random.Random(seed)
        while True:
            yield rng.choice(self.chats)


def questions(attack: Attack, seed: str, count: int) -> tuple[str, ...]:
    """Different questions of what an attack leaves as it is."""
    found: dict[str, None] = {}
    documents = attack.rehearsal(f"{seed}/questions")
    for _ in range(_SEEN):
        document = next(documents)
        if not isinstance(document, str) and len(found) < count:
            found.setdefault(next(turn.content for turn in document if turn.role == "user"))
        if len(found) == count:
            break
    return tuple(found)


def answered(model: Model, asked: Sequence[str], sampling: Sampling, listener: Listener) -> AskedAnswers:
    """What a model answers. Raises ModelRefusal."""
    told = []
    for at, question in enumerate(asked):
        told.append(_answer(model, question, sampling))
        listener((at + 1) / len(asked), "asking what is to be kept")
    return AskedAnswers(
        tuple((Utterance("user", ask), Utterance("assistant", text)) for ask, text in zip(asked, told, strict=True))
    )


def _answer(model: Model, question: str, sampling: Sampling) -> str:
    return drawn(model, Draws(Prompt.ask(question).ids(model), sampling), Silent()).samples[0].text
