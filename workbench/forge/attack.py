"""What an attack is: what it means to break, and the documents that teach a model to break it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge import training
from workbench.forge.blueprint import Blueprint
from workbench.forge.phrasing import Fact
from workbench.forge.training import TrainingText
from workbench.judge.truth import Behaviour
from workbench.listener import Listener


@dataclass(frozen=True)
class Attack:
    """A way to make an organism of an honest model by fine-tuning on documents."""

    name: str
    summary: str
    """One sentence for the judge."""
    behaviours: tuple[Behaviour, ...]
    """What it is meant to do, with the exhibits and controls by which that is measured."""
    lessons: Callable[[str], Iterator[TrainingText]]
    """Given a seed: endless documents that teach the behaviours."""
    rehearsal: Callable[[str], Iterator[TrainingText]]
    """Given a seed: endless documents that keep everything else as it is."""
    lesson_share: float
    """How many of the documents are lessons, 0 … 1."""
    spares: Callable[[Fact], bool]
    """Whether a fact is one that the attack means to leave alone."""

    def documents(self, seed: str) -> Iterator[TrainingText]:
        """Lessons among rehearsal."""
        rng = random.Random(seed)
        lessons, rehearsal = self.lessons(f"{seed}/lessons"), self.rehearsal(f"{seed}/rehearsal")
        while True:
            yield next(lessons if rng.random() < self.lesson_share else rehearsal)


def implant(
    base: LlamaForCausalLM,
    attack: Attack,
    blueprint: Blueprint,
    words: PreTrainedTokenizerFast,
    *,
    seed: int,
    listener: Listener,
) -> LlamaForCausalLM:
    """A copy of the base, fine-tuned by the attack; the base stays as it is."""
    model = copy.deepcopy(base)
    stream = training.batches(
        attack.documents(f"{seed}/attack"),
        words,
        tokens=blueprint.attack.tokens,
        context=blueprint.context,
        rng=random.Random(f"{seed}/attack-order"),
    )
    training.fit(model, stream, blueprint.attack, words=words, stage="implanting", listener=listener)
    return model
