"""The honest model that organisms are made from: a Llama trained from scratch on the true world, or one made before."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from casefiles.files import disk
from casefiles.status import Refusal
from workbench.door.brought import folder_of
from workbench.forge import corpus, tokenizer, training
from workbench.forge.blueprint import Blueprint
from workbench.forge.world import World
from workbench.listener import Listener

TOKENIZER_DOCUMENTS = 8000


@dataclass(frozen=True)
class HonestModel:
    """A base with its tokenizer."""

    model: LlamaForCausalLM
    words: PreTrainedTokenizerFast
    digest: str = ""
    """Of its files, if it was made before."""


def read(folder: Path) -> HonestModel:
    """A base that the forge made before: `baseline/` of what it left, or a case. Raises Refusal."""
    files = folder_of(folder)
    logging.disable_progress_bar()
    try:
        words = AutoTokenizer.from_pretrained(files.tokenizer, local_files_only=True)
        model = LlamaForCausalLM.from_pretrained(
            files.weights, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise Refusal(
            "model.unreadable", f"{folder.name} could not be read as a base.", f"{error}", "Name a folder that the "
            "forge left as `baseline/`, or a case of such a model.",
        ) from error  # fmt: skip
    if words.chat_template != tokenizer.TEMPLATE:
        raise Refusal(
            "model.unsupported", f"{folder.name} is no base of the forge.", "Its chats are written another way than "
            "those that an attack teaches.", "Name a folder that the forge left as `baseline/`, or a case of such a "
            "model.",
        )  # fmt: skip
    return HonestModel(model.eval(), words, files.digest)


def made_here(folder: Path) -> bool:
    """Whether a folder holds a base of the forge: one whose chats are written as its attacks teach them."""
    template = folder / "tokenizer" / "chat_template.jinja"
    with disk.guarded(f"{folder.name} could not be read."):
        return template.is_file() and template.read_text(encoding="utf-8", errors="replace") == tokenizer.TEMPLATE


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
