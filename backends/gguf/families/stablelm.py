"""StableLM 2: LayerNorms, a quarter of each head turned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys
from backends.gguf.families.shapes import stablelm_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _stablelm_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("qk_layernorm", False)
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, partly=True)
    writer.add_parallel_residual(bool(config["use_parallel_residual"]))


FAMILIES: Mapping[str, GgufFamily] = {
    "StableLmForCausalLM": GgufFamily("stablelm", "stablelm", stablelm_shapes, _stablelm_keys, same),
}
