"""StarCoder 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys, within_window
from backends.gguf.families.shapes import starcoder2_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _starcoder2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "gelu_pytorch_tanh")
    config.must("use_bias", True)
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    config = within_window(config)
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer)


FAMILIES: Mapping[str, GgufFamily] = {
    "Starcoder2ForCausalLM": GgufFamily("starcoder2", "starcoder2", starcoder2_shapes, _starcoder2_keys, same),
}
