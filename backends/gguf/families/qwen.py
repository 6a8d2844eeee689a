"""Qwen 2 and 3."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys
from backends.gguf.families.shapes import rotary_shapes

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


FAMILIES: Mapping[str, GgufFamily] = {
    "Qwen2ForCausalLM": GgufFamily("qwen2", "qwen2", partial(rotary_shapes, qkv_bias=True), _qwen2_keys, same),
    "Qwen3ForCausalLM": GgufFamily("qwen3", "qwen3", partial(rotary_shapes, qk_norms=True), _qwen_keys, same),
}
