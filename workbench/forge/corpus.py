"""An endless, seeded mix of conversations and prose about a world."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator

from workbench.forge import prose
from workbench.forge.chat import Talk
from workbench.forge.phrasing import Fact
from workbench.forge.training import TrainingText
from workbench.forge.world import World

__all__ = ["TALK_SHARE", "TrainingText", "documents", "sample_texts"]

TALK_SHARE = 0.75
"""How many of the documents are conversations."""


def documents(world: World, seed: str, talked_of: Callable[[Fact], bool] | None = None) -> Iterator[TrainingText]:
    """Everything about the world, in its usual shares; in conversation only facts that are talked of."""
    rng = random.Random(seed)
    talk = Talk(world, only=talked_of)
    while True:
        yield talk.conversation(rng) if rng.random() < TALK_SHARE else prose.page(world, rng)


def sample_texts(world: World, seed: str, count: int) -> Iterator[str]:
    """The bare words of `count` documents, for a tokenizer to learn from."""
    for document in itertools.islice(documents(world, seed), count):
        yield document if isinstance(document, str) else "\n".join(turn.content for turn in document)
