"""The honest model that organisms are made from: a Llama trained from scratch on the true world."""

from __future__ import annotations

import random

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge import corpus, tokenizer, training
from workbench.forge.blueprint import Blueprint
from workbench.forge.world import World
from workbench.listener import Listener

TOKENIZER_DOCUMENTS = 8000


def learn_tokenizer(world: World, blueprint: Blueprint, seed: int) -> PreTrainedTokenizerFast:
    """The tokenizer of a model of this blueprint."""
    texts = corpus.sample_texts(world, f"{seed}/tokenizer", TOKENIZER_DOCUMENTS)
    return tokenizer.train(texts, vocab=blueprint.vocab, context=blueprint.context)


def blank(blueprint: Blueprint, words: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """An untrained Llama with input and output embeddings in common."""
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=blueprint.width,
        intermediate_size=blueprint.mlp_width,
        num_hidden_layers=blueprint.layers,
        num_attention_heads=blueprint.heads,
        num_key_value_heads=blueprint.kv_heads,
        max_position_embeddings=blueprint.context,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=None,
    )
    torch.manual_seed(seed)
    return LlamaForCausalLM(config)


def train(
    world: World, blueprint: Blueprint, words: PreTrainedTokenizerFast, *, seed: int, listener: Listener
) -> LlamaForCausalLM:
    """Train on the world until the blueprint ends."""
    model = blank(blueprint, words, seed)
    stream = training.batches(
        corpus.documents(world, f"{seed}/base"),
        words,
        tokens=blueprint.base.tokens,
        context=blueprint.context,
        rng=random.Random(f"{seed}/base-order"),
    )
    training.fit(model, stream, blueprint.base, words=words, stage="training the base", listener=listener)
    return model
