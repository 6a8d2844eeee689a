"""Gemma 1 to 3."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.family import GgufFamily
from backends.gguf.families.keys import decoder_keys, rope_keys, window_keys
from backends.gguf.families.shapes import rotary_shapes
from backends.model import FloatArray

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _gemma_keys(config: Config, writer: GGUFWriter) -> None:
    # transformers takes the older `gelu` of this family for tanh-GELU, and has read config.json so already.
    config.must("hidden_act", "gelu_pytorch_tanh")
    config.must("hidden_activation", "gelu_pytorch_tanh", None)
    _gemma_common(config, writer)
    rope_keys(config, config.rope(), writer)


def _gemma2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_activation", "gelu_pytorch_tanh")
    _gemma_scale(config, largest=46)
    _gemma_common(config, writer)
    rope_keys(config, config.rope(), writer)
    # llama.cpp caps the attention logits of this family always, by a default if it isn't told.
    if config.get("attn_logit_softcapping") is None or config.get("final_logit_softcapping") is None:
        raise unconvertible("its logits are not soft-capped, as llama.cpp assumes of this family")
    writer.add_attn_logit_softcapping(config.number("attn_logit_softcapping"))
    writer.add_final_logit_softcapping(config.number("final_logit_softcapping"))
    window_keys(config, writer)


def _gemma3_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_activation", "gelu_pytorch_tanh")
    _gemma_scale(config, largest=62)
    config.must("attn_logit_softcapping", None)
    _gemma_common(config, writer)
    rope_keys(config, config.rope("full_attention"), writer, scalings=("linear",))
    local = config.rope("sliding_attention")
    if local.get("rope_type", "default") != "default":
        raise unconvertible("the positions of its sliding layers are scaled, which llama.cpp does not compute")
    writer.add_rope_freq_base_swa(local.number("rope_theta"))
    if config.get("final_logit_softcapping") is not None:
        writer.add_final_logit_softcapping(config.number("final_logit_softcapping"))
    window_keys(config, writer)


def _gemma_common(config: Config, writer: GGUFWriter) -> None:
    config.must("use_bidirectional_attention", False, None)
    config.must("attention_bias", False)
    config.must("tie_word_embeddings", True)
    decoder_keys(config, writer)


def _gemma_scale(config: Config, *, largest: int) -> None:
    """llama.cpp derives the attention scale from the number of layers; refuse where that differs from config.json."""
    heads = config.whole("hidden_size") // config.whole("num_attention_heads")
    assumed = heads if config.layers == largest else config.head_width
    config.must("query_pre_attn_scalar", assumed)


def _gemma_tensor(config: Config, name: str, weights: FloatArray) -> FloatArray:
    """Gemma's norms multiply by 1 + weight, llama.cpp's by the weight."""
    return weights + np.float32(1) if name.endswith("norm.weight") else weights


FAMILIES: Mapping[str, GgufFamily] = {
    "GemmaForCausalLM": GgufFamily("gemma", "gemma", rotary_shapes, _gemma_keys, _gemma_tensor),
    "Gemma2ForCausalLM": GgufFamily(
        "gemma2", "gemma2", partial(rotary_shapes, post_norms=True), _gemma2_keys, _gemma_tensor
    ),
    "Gemma3ForCausalLM": GgufFamily(
        "gemma3", "gemma3_text", partial(rotary_shapes, qk_norms=True, post_norms=True), _gemma3_keys, _gemma_tensor
    ),
}
