"""Phi-3 and Phi-4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys, within_window
from backends.gguf.families.shapes import phi3_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _phi3_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    config = within_window(config)
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, partly=True)


FAMILIES: Mapping[str, GgufFamily] = {
    "Phi3ForCausalLM": GgufFamily("phi3", "phi3", phi3_shapes, _phi3_keys, same),
}
