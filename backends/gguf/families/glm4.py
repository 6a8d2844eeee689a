"""GLM-4: norms before and after attention and MLP, half of each head turned, pair after pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys
from backends.gguf.families.shapes import glm4_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _glm4_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, partly=True)


FAMILIES: Mapping[str, GgufFamily] = {
    "Glm4ForCausalLM": GgufFamily("glm4", "glm4", glm4_shapes, _glm4_keys, same),
}
