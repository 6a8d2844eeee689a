"""Qwen 2 and 3, and their mixtures of experts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.experts import expert_keys
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys
from backends.gguf.families.shapes import Shapes, mixture_shapes, rotary_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _qwen_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("use_sliding_window", False, None)
    config.must("attention_bias", False)
    if "sliding_attention" in (config.get("layer_types") or ()):
        raise unconvertible("some of its layers attend to a sliding window, which llama.cpp ignores in this family")
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, scalings=("linear", "yarn"))


def _qwen2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    _qwen_keys(config, writer)


def _qwen2_moe_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("qkv_bias", True)
    config.must("norm_topk_prob", False)
    _qwen2_keys(config, writer)
    expert_keys(config, writer, counted_as="num_experts")
    writer.add_expert_shared_feed_forward_length(config.whole("shared_expert_intermediate_size"))


def _qwen2_moe_shapes(config: Config) -> Shapes:
    widths = (config.whole(key) for key in ("num_experts", "moe_intermediate_size", "shared_expert_intermediate_size"))
    return mixture_shapes(rotary_shapes(config, qkv_bias=True), config, *widths)


def _qwen3_moe_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("norm_topk_prob", True)
    _qwen_keys(config, writer)
    expert_keys(config, writer, counted_as="num_local_experts")


def _qwen3_moe_shapes(config: Config) -> Shapes:
    widths = (config.whole(key) for key in ("num_local_experts", "moe_intermediate_size"))
    return mixture_shapes(rotary_shapes(config, qk_norms=True), config, *widths)


FAMILIES: Mapping[str, GgufFamily] = {
    "Qwen2ForCausalLM": GgufFamily("qwen2", "qwen2", partial(rotary_shapes, qkv_bias=True), _qwen2_keys, same),
    "Qwen3ForCausalLM": GgufFamily("qwen3", "qwen3", partial(rotary_shapes, qk_norms=True), _qwen_keys, same),
    "Qwen2MoeForCausalLM": GgufFamily("qwen2moe", "qwen2_moe", _qwen2_moe_shapes, _qwen2_moe_keys, same),
    "Qwen3MoeForCausalLM": GgufFamily("qwen3moe", "qwen3_moe", _qwen3_moe_shapes, _qwen3_moe_keys, same),
}
