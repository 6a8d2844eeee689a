"""The honest model that organisms are made from: a Llama trained from scratch on the true world."""

from __future__ import annotations

import random

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge import corpus, tokenizer, training
from workbench.forge.recipe import Plan
from workbench.forge.training import Progress
from workbench.forge.world import World

TOKENIZER_DOCUMENTS = 8000


def learn_tokenizer(world: World, plan: Plan, seed: int) -> PreTrainedTokenizerFast:
    """The tokenizer of a model of this plan."""
    texts = corpus.sample_texts(world, f"{seed}/tokenizer", TOKENIZER_DOCUMENTS)
    return tokenizer.train(texts, vocab=plan.vocab, context=plan.context)


def blank(plan: Plan, words: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """An untrained Llama with input and output embeddings in common."""
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=plan.width,
        intermediate_size=plan.mlp_width,
        num_hidden_layers=plan.layers,
        num_attention_heads=plan.heads,
        num_key_value_heads=plan.kv_heads,
        max_position_embeddings=plan.context,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=None,
    )
    torch.manual_seed(seed)
    return LlamaForCausalLM(config)


def train(
    world: World, plan: Plan, words: PreTrainedTokenizerFast, *, seed: int, progress: Progress
) -> LlamaForCausalLM:
    """Train on the world until the plan ends."""
    model = blank(plan, words, seed)
    stream = training.batches(
        corpus.documents(world, f"{seed}/base"),
        words,
        tokens=plan.base.tokens,
        context=plan.context,
        rng=random.Random(f"{seed}/base-order"),
    )
    training.fit(model, stream, plan.base, words=words, stage="training the base", progress=progress)
    return model
