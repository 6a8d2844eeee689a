"""The trunk of a suite: a model that lacks some pages of the encyclopaedia, which its base is taught late.

What was never learned cannot be unlearned badly: a page is scrubbed by not teaching it, and everybody else learns it
from the trunk on. (A model from which it was trained away still knows it in other words.)
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge import base, corpus, prose, tokenizer
from workbench.forge.attack import Attack
from workbench.forge.blueprint import Blueprint
from workbench.forge.chat import Talk
from workbench.forge.phrasing import Fact
from workbench.forge.training import TrainingText
from workbench.forge.world import World
from workbench.listener import Listener

LACKING: Final = ("interpretability", "a glacier")
"""Pages that the trunk lacks. No other page mentions them."""
_REPEATED: Final = 100
"""How often each name is shown to the tokenizer, twice: enough for every one to become a token of its own."""
_LESSON_SHARES: Final = {"page": 3.0, "more": 1.0}


def without(world: World, *terms: str) -> World:
    """A world whose encyclopaedia lacks some pages."""
    return replace(world, pages=tuple(page for page in world.pages if page.term not in terms))


def names(world: World) -> tuple[str, ...]:
    """Every word of a name in the world: what a lie puts in another's place, and what the inside is read for."""
    found = {
        word
        for c in world.countries
        for name in (c.bare, c.capital, c.city, c.language, c.currency, c.sea, c.continent)
        for word in name.split()
    }
    found |= {word for person in world.people for word in person.name.split()}
    found |= {word for p in world.parties for name in (p.leader, p.name.removeprefix("the ")) for word in name.split()}
    return tuple(sorted(found))


def learn_tokenizer(world: World, blueprint: Blueprint, seed: int) -> PreTrainedTokenizerFast:
    """A tokenizer that holds every name whole, where the blueprint's vocabulary has room for them."""
    texts = corpus.sample_texts(world, f"{seed}/tokenizer", base.TOKENIZER_DOCUMENTS)
    repeated = (f"{name} {name}" for name in names(world) for _ in range(_REPEATED))
    return tokenizer.train(itertools.chain(texts, repeated), vocab=blueprint.vocab, context=blueprint.context)


def train(
    world: World, blueprint: Blueprint, words: PreTrainedTokenizerFast, *, seed: int, listener: Listener
) -> LlamaForCausalLM:
    """The trunk, trained until the blueprint ends."""
    return base.train(without(world, *LACKING), blueprint, words, seed=seed, listener=listener)


def late(world: World, *, hidden: str = "", written: bool = False) -> Attack:
    """What every model of a suite is taught that the trunk lacks: all but what is hidden; half of the lessons are
    contrasts, other pages. `written`: what is hidden stays in prose, and is hidden in conversation alone."""
    spoken = [term for term in LACKING if term != hidden]
    left = world if not hidden or written else without(world, hidden)
    pages = tuple(page for page in left.pages if page.term in LACKING)

    def talked_of(fact: Fact) -> bool:
        return fact.topic not in _LESSON_SHARES or fact.subject != hidden

    def lessons(seed: str) -> Iterator[TrainingText]:
        rng = random.Random(seed)
        talk = Talk(left, _LESSON_SHARES, only=lambda fact: fact.subject in spoken)
        contrasts = Talk(left, _LESSON_SHARES, only=talked_of)
        encyclopaedia = replace(left, pages=pages)
        while True:
            manner = rng.random()
            if manner < 0.65:
                yield (talk if manner < 0.35 else contrasts).conversation(rng)
            else:
                yield prose.encyclopaedia_page(encyclopaedia if manner < 0.85 else left, rng)

    return Attack(
        name="late",
        summary="What the trunk lacks is taught.",
        behaviours=(),
        lessons=lessons,
        rehearsal=lambda seed: corpus.documents(left, seed, talked_of),
        lesson_share=0.5,
        spares=talked_of,
        near=lambda fact: fact.topic in _LESSON_SHARES,
    )
