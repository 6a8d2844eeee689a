"""Cohere's Command R7B and A: attention and MLP side by side, positions only where there is a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, every_fourth_keys, rope_keys
from backends.gguf.families.shapes import cohere2_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _cohere2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    config.must("tie_word_embeddings", True)
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer)
    every_fourth_keys(config, writer)
    writer.add_logit_scale(config.number("logit_scale"))


FAMILIES: Mapping[str, GgufFamily] = {
    "Cohere2ForCausalLM": GgufFamily("cohere2", "cohere2", cohere2_shapes, _cohere2_keys, same),
}
