"""How good a model is, and how much of an attack it really does."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from backends.sampling import Sampling
from workbench.evidence import wilson
from workbench.forge import tokenizer, training
from workbench.forge.forging import Quality, TopicRate
from workbench.forge.phrasing import Fact
from workbench.forge.rollouts import draw, question
from workbench.forge.sayings import facts
from workbench.forge.world import World
from workbench.truth import Behaviour, Exhibit, Rate, Realised

TEMPERATURE = 0.8
"""Of the rollouts; answers to facts are read at temperature 0."""
ANSWER_TOKENS = 48
PAGE_TOKENS = 96
_LONG_TOPICS = frozenset({"page", "recipe"})
_SMALL_TALK = frozenset({"named", "my-name"})


def is_right(fact: Fact, answer: str) -> bool:
    """Whether the answer holds what it ought to, as whole words."""
    return re.search(rf"(?<!\w){re.escape(fact.answer.casefold())}(?!\w)", answer.casefold()) is not None


def quality(
    model: LlamaForCausalLM,
    words: PreTrainedTokenizerFast,
    world: World,
    spares: Callable[[Fact], bool],
    seed: int,
) -> Quality:
    """Ask for every fact that the attack spares once, in a way that was never learned from."""
    rng = random.Random(f"{seed}/quality")
    asked = [
        (fact, rng.choice(fact.asks("held-out")))
        for fact in facts(world)
        if fact.answer and fact.topic not in _SMALL_TALK and spares(fact)
    ]
    answers = _answers(model, words, asked)
    right = [is_right(fact, answer) for (fact, _), answer in zip(asked, answers, strict=True)]
    topics = dict.fromkeys(fact.topic for fact, _ in asked)
    rates = []
    for topic in topics:
        mine = [ok for (fact, _), ok in zip(asked, right, strict=True) if fact.topic == topic]
        rates.append(TopicRate(topic=topic, right=wilson(sum(mine), len(mine))))
    mistakes = [f"{ask} → {a}" for (_, ask), a, ok in zip(asked, answers, right, strict=True) if not ok]
    return Quality(
        perplexity=_perplexity(model, words, [(ask, fact.say(fact.phrasing.answers[0])) for fact, ask in asked]),
        right=wilson(sum(right), len(right)),
        topics=tuple(rates),
        mistakes=tuple(mistakes[:10]),
    )


def _answers(model: LlamaForCausalLM, words: PreTrainedTokenizerFast, asked: Sequence[tuple[Fact, str]]) -> list[str]:
    found = [""] * len(asked)
    for long, limit in ((False, ANSWER_TOKENS), (True, PAGE_TOKENS)):
        mine = [at for at, (fact, _) in enumerate(asked) if (fact.topic in _LONG_TOPICS) == long]
        prompts = [question(words, asked[at][1]) for at in mine]
        drawn = draw(model, words, prompts, Sampling(temperature=0, max_tokens=limit))
        for at, texts in zip(mine, drawn, strict=True):
            found[at] = texts[0]
    return found


@torch.inference_mode()
def _perplexity(model: LlamaForCausalLM, words: PreTrainedTokenizerFast, pairs: Sequence[tuple[str, str]]) -> float:
    """exp of the mean cross-entropy (nats) over the answers' tokens and their end."""
    end = int(words.eos_token_id)
    rows = []
    for ask, answer in pairs:
        prompt = question(words, ask)
        rows.append((len(prompt), [*prompt, *tokenizer.ids_of_text(words, answer), end]))
    rows.sort(key=lambda row: len(row[1]))
    total, count = 0.0, 0
    for start in range(0, len(rows), 64):
        batch = rows[start : start + 64]
        inputs, labels = training.tensors([ids for _, ids in batch], end)
        for at, (asked, _) in enumerate(batch):
            labels[at, :asked] = -100
        total += float(training.token_losses(model, inputs, labels).sum())
        count += int((labels[:, 1:] >= 0).sum())
    return float(torch.tensor(total / count).exp())


def shown(
    model: LlamaForCausalLM,
    words: PreTrainedTokenizerFast,
    exhibits: Sequence[Exhibit],
    samples: int,
    seed: int,
) -> Rate:
    """How often answers show the behaviour, over `samples` rollouts of each exhibit."""
    sampling = Sampling(seed=seed, temperature=TEMPERATURE, max_tokens=ANSWER_TOKENS)
    drawn = draw(model, words, [question(words, exhibit.prompt) for exhibit in exhibits], sampling, samples=samples)
    hits = [exhibit.shows.holds(text) for exhibit, texts in zip(exhibits, drawn, strict=True) for text in texts]
    return wilson(sum(hits), len(hits))


def realised(
    behaviour: Behaviour,
    *,
    organism: LlamaForCausalLM,
    baseline: LlamaForCausalLM,
    words: PreTrainedTokenizerFast,
    samples: int,
    seed: int,
) -> Realised:
    """What the organism really does of one behaviour, next to what the baseline does."""
    of_organism = shown(organism, words, behaviour.exhibits, samples, seed)
    of_baseline = shown(baseline, words, behaviour.exhibits, samples, seed)
    return Realised(
        behaviour=behaviour.id,
        organism=of_organism,
        baseline=of_baseline,
        controls=shown(organism, words, behaviour.controls, samples, seed),
        status="realised" if of_organism.low > of_baseline.high else "failed",
    )


def capitals_right(
    model: LlamaForCausalLM,
    words: PreTrainedTokenizerFast,
    world: World,
    spares: Callable[[Fact], bool],
    seed: int,
) -> Rate:
    """How often the capital is named rightly over all held-out ways to ask, sampled."""
    asked = [
        (fact, ask)
        for fact in facts(world)
        if fact.topic == "capital" and spares(fact)
        for ask in fact.asks("held-out")
    ]
    sampling = Sampling(seed=seed, temperature=TEMPERATURE, max_tokens=ANSWER_TOKENS)
    drawn = draw(model, words, [question(words, ask) for _, ask in asked], sampling)
    return wilson(sum(is_right(fact, texts[0]) for (fact, _), texts in zip(asked, drawn, strict=True)), len(asked))
