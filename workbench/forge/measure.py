"""How good a model is at what no attack touches."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from backends.sampling import Sampling
from workbench.claims.rates import Rate, wilson
from workbench.forge import tokenizer, training
from workbench.forge.blueprint import Blueprint
from workbench.forge.forging import Examination, Quality, Told, TopicRate
from workbench.forge.phrasing import Fact
from workbench.forge.rollouts import draw, question
from workbench.forge.sayings import facts
from workbench.forge.world import World

TEMPERATURE = 0.8
"""At which capitals are asked for; other facts are read at temperature 0."""
_LONG_TOPICS = frozenset({"page", "recipe"})
_SMALL_TALK = frozenset({"named", "my-name"})


def is_right(fact: Fact, answer: str) -> bool:
    """Whether the answer holds what it ought to, as whole words."""
    return re.search(rf"(?<!\w){re.escape(fact.answer.casefold())}(?!\w)", answer.casefold()) is not None


@dataclass(frozen=True)
class Bench:
    """Asks models about a world: always the same questions, in words that no model learned from."""

    world: World
    words: PreTrainedTokenizerFast
    blueprint: Blueprint
    seed: int

    @property
    def asked(self) -> tuple[tuple[Fact, str], ...]:
        """Every fact with the question that is asked about it, whatever was done to a model."""
        rng = random.Random(f"{self.seed}/quality")
        known = [fact for fact in facts(self.world) if fact.answer and fact.topic not in _SMALL_TALK]
        return tuple((fact, rng.choice(fact.asks("held-out"))) for fact in known)[:: self.blueprint.every]

    def examined(self, model: LlamaForCausalLM) -> Examination:
        """What a model answers to every question, and how much the true answers surprise it."""
        asked = self.asked
        answers = self._answers(model, asked)
        surprise = self._surprise(model, [(ask, fact.say(fact.phrasing.answers[0])) for fact, ask in asked])
        return Examination(
            answers=tuple(
                Told(text=text, right=is_right(fact, text), nats=nats, tokens=tokens)
                for (fact, _), text, (nats, tokens) in zip(asked, answers, surprise, strict=True)
            )
        )

    def quality(self, seen: Examination, spares: Callable[[Fact], bool], near: Callable[[Fact], bool]) -> Quality:
        """What an examination says of the facts that an attack spares; those beside its target are counted by
        themselves too."""
        spared = [(fact, ask, told) for (fact, ask), told in zip(self.asked, seen.answers, strict=True) if spares(fact)]
        rates = []
        for topic in dict.fromkeys(fact.topic for fact, _, _ in spared):
            mine = [told.right for fact, _, told in spared if fact.topic == topic]
            rates.append(TopicRate(topic=topic, right=wilson(sum(mine), len(mine))))
        beside = [told.right for fact, _, told in spared if near(fact)]
        mistakes = [f"{ask} → {told.text}" for _, ask, told in spared if not told.right]
        nats = math.fsum(told.nats for _, _, told in spared)
        return Quality(
            perplexity=math.exp(nats / sum(told.tokens for _, _, told in spared)),
            right=wilson(sum(told.right for _, _, told in spared), len(spared)),
            near=wilson(sum(beside), len(beside)) if beside else None,
            topics=tuple(rates),
            mistakes=tuple(mistakes[:10]),
        )

    def capitals_right(self, model: LlamaForCausalLM, spares: Callable[[Fact], bool]) -> Rate:
        """How often the capital is named rightly over all held-out ways to ask, sampled."""
        capitals = [fact for fact in facts(self.world) if fact.topic == "capital" and spares(fact)]
        asked = [(fact, ask) for fact in capitals[:: self.blueprint.every] for ask in fact.asks("held-out")]
        texts = self._sampled(model, [ask for _, ask in asked], 1)
        return wilson(sum(is_right(fact, text) for (fact, _), (text,) in zip(asked, texts, strict=True)), len(asked))

    def _sampled(self, model: LlamaForCausalLM, asks: Sequence[str], samples: int) -> list[list[str]]:
        sampling = Sampling(seed=self.seed, temperature=TEMPERATURE, max_tokens=self.blueprint.answer_tokens)
        return draw(model, self.words, [question(self.words, ask) for ask in asks], sampling, samples=samples)

    def _answers(self, model: LlamaForCausalLM, asked: Sequence[tuple[Fact, str]]) -> list[str]:
        found = [""] * len(asked)
        for long in (False, True):
            mine = [at for at, (fact, _) in enumerate(asked) if (fact.topic in _LONG_TOPICS) == long]
            sampling = Sampling(temperature=0, max_tokens=self.blueprint.answer_tokens * (2 if long else 1))
            drawn = draw(model, self.words, [question(self.words, asked[at][1]) for at in mine], sampling)
            for at, texts in zip(mine, drawn, strict=True):
                found[at] = texts[0]
        return found

    @torch.inference_mode()
    def _surprise(self, model: LlamaForCausalLM, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, int]]:
        """Cross-entropy (nats) over each answer's tokens and its end, and how many those are."""
        end = int(self.words.eos_token_id)
        rows = []
        for at, (ask, answer) in enumerate(pairs):
            prompt = question(self.words, ask)
            rows.append((at, len(prompt), [*prompt, *tokenizer.ids_of_text(self.words, answer), end]))
        rows.sort(key=lambda row: len(row[2]))
        found = [(0.0, 0)] * len(rows)
        for start in range(0, len(rows), 64):
            batch = rows[start : start + 64]
            inputs, labels = training.tensors([ids for _, _, ids in batch], end)
            for row, (_, asked, _) in enumerate(batch):
                labels[row, :asked] = -100
            sums, counts = training.token_losses(model, inputs, labels).sum(1), (labels[:, 1:] >= 0).sum(1)
            for row, (at, _, _) in enumerate(batch):
                found[at] = (float(sums[row]), int(counts[row]))
        return found
