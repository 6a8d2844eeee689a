"""EXAONE 4: norms after attention and MLP, and, where there is a window, positions in the layers that have it alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys, window_keys
from backends.gguf.families.llama import rope_factors
from backends.gguf.families.shapes import exaone4_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter

WINDOWED: Final = 64
"""llama.cpp knows the one model with a window, of 32 billion weights, by its number of layers, and ignores a window in
every other."""


def _exaone4_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    windowed = config.get("sliding_window") is not None
    if windowed != (config.layers == WINDOWED):
        raise unconvertible(f"llama.cpp gives this family a window where it has {WINDOWED} layers, and only there")
    if not windowed and {*config["layer_types"]} != {"full_attention"}:
        raise unconvertible("some of its layers have a window, and nothing says how wide")
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, scalings=("linear", "llama3"))
    if windowed:
        window_keys(config, writer)


FAMILIES: Mapping[str, GgufFamily] = {
    "Exaone4ForCausalLM": GgufFamily("exaone4", "exaone4", exaone4_shapes, _exaone4_keys, same, rope_factors),
}
