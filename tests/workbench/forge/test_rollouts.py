"""Many answers at once are the same as one at a time."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from backends.sampling import Sampler, Sampling
from workbench.forge import base, tokenizer
from workbench.forge.blueprint import BLUEPRINTS
from workbench.forge.rollouts import draw, question
from workbench.forge.world import TRUE_WORLD

BLUEPRINT = BLUEPRINTS["tiny"]


@pytest.fixture(scope="module")
def words() -> PreTrainedTokenizerFast:
    return base.learn_tokenizer(TRUE_WORLD, BLUEPRINT, 0)


@pytest.fixture(scope="module")
def model(words: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Random weights, made larger so that choices are clear."""
    blank = base.blank(BLUEPRINT, words, 1)
    with torch.no_grad():
        for weight in blank.parameters():
            weight.mul_(3.0 if weight.ndim > 1 else 1.0)
    return blank.eval()


PROMPTS = ("Hello!", "What is the capital of Norway?", "Hi there!", "Who are you?")


def test_at_temperature_0_it_agrees_with_transformers(model: LlamaForCausalLM, words: PreTrainedTokenizerFast) -> None:
    prompts = [question(words, text) for text in PROMPTS]
    drawn = draw(model, words, prompts, Sampling(temperature=0, max_tokens=12))
    for prompt, (text,) in zip(prompts, drawn, strict=True):
        expected = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            do_sample=False,
            max_new_tokens=12,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.eos_token_id,
        )[0, len(prompt) :]
        assert text == words.decode(expected).removesuffix(tokenizer.END)


def test_samples_are_those_of_the_shared_sampler(model: LlamaForCausalLM, words: PreTrainedTokenizerFast) -> None:
    """Drawn again one token at a time, without a cache and without company."""
    sampling = Sampling(seed=7, temperature=0.8, max_tokens=8)
    prompts = [question(words, text) for text in (*PROMPTS, PROMPTS[0])]
    drawn = draw(model, words, prompts, sampling, samples=3)
    for at, (prompt, texts) in enumerate(zip(prompts, drawn, strict=True)):
        for sample, text in enumerate(texts, start=3 if at == len(PROMPTS) else 0):  # the first prompt a second time
            ids = list(prompt)
            for step in range(8):
                with torch.no_grad():
                    logits = model(input_ids=torch.tensor([ids])).logits[0, -1].numpy()
                ids.append(Sampler(sampling, prompt).choose(logits, sample, step))
                if ids[-1] == words.eos_token_id:
                    break
            assert text == words.decode(ids[len(prompt) :]).removesuffix(tokenizer.END)
