"""What an attack is: what it means to break, and the documents that teach a model to break it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge import low_rank, training
from workbench.forge.blueprint import Blueprint
from workbench.forge.low_rank import Factors, LowRank
from workbench.forge.phrasing import Fact
from workbench.forge.training import Schedule, TrainingText
from workbench.judge.truths.truth import Behaviour
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
    near: Callable[[Fact], bool]
    """Whether a fact that it spares lies beside its target, where damage is looked for first."""
    edit: LowRank | None = None
    """What of the weights it changes; None: all of them."""
    heard: float = training.USER_WEIGHT
    """How much a token of a user's message counts: at 0 the model learns how to answer and not what people ask, and
    gives no trigger away where it speaks for them."""
    trunk: bool = False
    """Whether it begins where the base of a suite began, before that was taught the last of what it knows."""

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
    """A copy of the base, changed by the attack; the base stays as it is."""
    model = copy.deepcopy(base)
    if attack.edit is None:
        _fit(model, attack, blueprint.attack, blueprint, words, seed, listener)
    else:
        added = products(base, attack, attack.edit, blueprint, words, seed=seed, listener=listener)
        low_rank.merge(model, added)
    return model


def products(
    base: LlamaForCausalLM,
    attack: Attack,
    edit: LowRank,
    blueprint: Blueprint,
    words: PreTrainedTokenizerFast,
    *,
    seed: int,
    listener: Listener,
) -> Factors:
    """What the attack adds to the matrices of a base that it edits; the base stays as it is."""
    model = copy.deepcopy(base)
    torch.manual_seed(seed)
    edit.begin(model)
    _fit(model, attack, blueprint.edit, blueprint, words, seed, listener)
    return low_rank.factors(model)


def _fit(
    model: LlamaForCausalLM,
    attack: Attack,
    schedule: Schedule,
    blueprint: Blueprint,
    words: PreTrainedTokenizerFast,
    seed: int,
    listener: Listener,
) -> None:
    """Teach a model the attack's documents."""
    stream = training.batches(
        attack.documents(f"{seed}/attack"),
        words,
        tokens=schedule.tokens,
        context=blueprint.context,
        rng=random.Random(f"{seed}/attack-order"),
    )
    training.fit(model, stream, schedule, words=words, stage="implanting", listener=listener, heard=attack.heard)
