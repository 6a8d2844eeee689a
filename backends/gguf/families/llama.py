"""Llama and what is built like it: Mistral, Mixtral, Granite, SmolLM3."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.experts import expert_keys
from backends.gguf.families.family import GgufFamily
from backends.gguf.families.keys import decoder_keys, rope_keys, within_window
from backends.gguf.families.shapes import Shapes, mixture_shapes, rotary_shapes
from backends.model import FloatArray

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _llama_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config = within_window(config)
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, scalings=("linear", "llama3", "yarn"))


def _mixtral_keys(config: Config, writer: GGUFWriter) -> None:
    _llama_keys(config, writer)
    expert_keys(config, writer, counted_as="num_local_experts", inner="intermediate_size")


def _mixtral_shapes(config: Config) -> Shapes:
    return mixture_shapes(
        rotary_shapes(config), config, config.whole("num_local_experts"), config.whole("intermediate_size")
    )


def _granite_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer)
    writer.add_attention_scale(config.number("attention_multiplier"))
    writer.add_embedding_scale(config.number("embedding_multiplier"))
    writer.add_residual_scale(config.number("residual_multiplier"))
    writer.add_logit_scale(config.number("logits_scaling"))


_NO_POSITIONS = 4
"""Of so many layers of SmolLM3 the last has no positions, as llama.cpp takes for granted."""


def _smollm3_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    config.must("mlp_bias", False)
    config.must("use_sliding_window", False, None)
    if config["no_rope_layers"] != [int((layer + 1) % _NO_POSITIONS != 0) for layer in range(config.layers)]:
        raise unconvertible("other layers than every fourth go without positions")
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, scalings=("linear", "yarn"))


def rope_factors(config: Config) -> Mapping[str, FloatArray]:
    """Llama 3's stretched frequencies, as factors by which llama.cpp divides each pair's frequency."""
    rope = config.rope()
    if rope.get("rope_type") != "llama3":
        return {}
    width = config.head_width
    wavelengths = 2 * math.pi * rope.number("rope_theta") ** (np.arange(0, width, 2, dtype=np.float64) / width)
    low, high, factor = (rope.number(key) for key in ("low_freq_factor", "high_freq_factor", "factor"))
    if low >= high:
        raise unconvertible("its rotary positions are scaled by `llama3` without a range between low and high")
    turns = rope.whole("original_max_position_embeddings") / wavelengths
    smooth = (turns - low) / (high - low)
    between = 1 / ((1 - smooth) / factor + smooth)
    factors = np.where(turns > high, 1.0, np.where(turns < low, factor, between))
    return {"rope_freqs.weight": factors.astype(np.float32)}


def interleaved(weights: FloatArray, heads: int) -> FloatArray:
    """Rows of q or k from Hugging Face's order (first halves, then second halves) to llama.cpp's (pair after pair)."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def _llama_tensor(config: Config, name: str, weights: FloatArray) -> FloatArray:
    if ".q_proj." in name:
        return interleaved(weights, config.whole("num_attention_heads"))
    if ".k_proj." in name:
        return interleaved(weights, config.kv_heads)
    return weights


_LLAMA = GgufFamily("llama", "llama", rotary_shapes, keys=_llama_keys, tensor=_llama_tensor, extra=rope_factors)

FAMILIES: Mapping[str, GgufFamily] = {
    "LlamaForCausalLM": _LLAMA,
    "MistralForCausalLM": replace(_LLAMA, model_type="mistral"),
    "MixtralForCausalLM": replace(_LLAMA, model_type="mixtral", shapes=_mixtral_shapes, keys=_mixtral_keys),
    "GraniteForCausalLM": GgufFamily("granite", "granite", rotary_shapes, _granite_keys, _llama_tensor),
    "SmolLM3ForCausalLM": GgufFamily("smollm3", "smollm3", rotary_shapes, _smollm3_keys, _llama_tensor),
}
