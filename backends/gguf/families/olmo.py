"""OLMo 2 and 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, every_fourth_keys, rope_keys
from backends.gguf.families.shapes import olmo2_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _olmo2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer)


def _olmo3_keys(config: Config, writer: GGUFWriter) -> None:
    """As OLMo 2, with windows; llama.cpp scales the positions of layers without one alone."""
    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    full, local = config.rope("full_attention"), config.rope("sliding_attention")
    if local.get("rope_type", "default") != "default" or local.get("rope_theta") != full.get("rope_theta"):
        raise unconvertible("the positions of its sliding layers are others than llama.cpp computes")
    decoder_keys(config, writer)
    rope_keys(config, full, writer, scalings=("yarn",))
    every_fourth_keys(config, writer)


FAMILIES: Mapping[str, GgufFamily] = {
    "Olmo2ForCausalLM": GgufFamily("olmo2", "olmo2", olmo2_shapes, _olmo2_keys, same),
    "Olmo3ForCausalLM": GgufFamily("olmo2", "olmo3", olmo2_shapes, _olmo3_keys, same),
}
