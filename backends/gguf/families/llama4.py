"""Llama 4: mixtures of experts; three blocks of four attend within chunks, the fourth to all, without positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.experts import apart, expert_keys
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys
from backends.gguf.families.llama import rope_factors
from backends.gguf.families.shapes import Shapes, mixture_shapes, rotary_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter

CHUNK: Final = 8192
"""Tokens that see each other in a chunk, and after which queries without positions are scaled: llama.cpp knows no
other number."""
UNNORMED: Final = 128
"""llama.cpp norms queries and keys unless there are so many experts."""
_NO_POSITIONS: Final = 4


def _llama4_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    if config["use_qk_norm"] != (config.whole("num_local_experts") != UNNORMED):
        raise unconvertible(f"llama.cpp norms queries and keys of this family unless it has {UNNORMED} experts")
    turning = [int((layer + 1) % _NO_POSITIONS != 0) for layer in range(config.layers)]
    kinds = ["chunked_attention" if turns else "full_attention" for turns in turning]
    if [int(bool(turns)) for turns in config["no_rope_layers"]] != turning or list(config["layer_types"]) != kinds:
        raise unconvertible("other layers than every fourth attend to everything and go without positions")
    _mixtures(config)
    within = _within_chunk(config)
    decoder_keys(Config(within, intermediate_size=config.whole("intermediate_size_mlp")), writer)
    rope_keys(config, config.rope(), writer, scalings=("llama3",))
    writer.add_interleave_moe_layer_step(config.whole("interleave_moe_layer_step"))
    expert_keys(config, writer, counted_as="num_local_experts", inner="intermediate_size")


def _within_chunk(config: Config) -> Config:
    """The same for no more tokens than llama.cpp computes as it says."""
    most = config.whole("max_position_embeddings")
    chunk = config.get("attention_chunk_size")
    if chunk != CHUNK:
        most = min(most, CHUNK if chunk is None else config.whole("attention_chunk_size"), CHUNK)
    tuned = (config["attn_temperature_tuning"], config["floor_scale"], config["attn_scale"])
    if tuned != (True, CHUNK, 0.1):
        most = min(most, CHUNK - 1, config.whole("floor_scale") - 1 if tuned[0] else CHUNK - 1)
    return Config(config, max_position_embeddings=max(1, most))


def _mixtures(config: Config) -> list[int]:
    step = config.whole("interleave_moe_layer_step")
    layers = list(range(step - 1, config.layers, step))
    if list(config["moe_layers"]) != layers:
        raise unconvertible("other layers are mixtures of experts than every so many")
    return layers


def _llama4_shapes(config: Config) -> Shapes:
    experts, inner = config.whole("num_local_experts"), config.whole("intermediate_size")
    plain = rotary_shapes(Config(config, intermediate_size=config.whole("intermediate_size_mlp")))
    return mixture_shapes(plain, config, experts, inner, inner, gated=False, layers=_mixtures(config))


FAMILIES: Mapping[str, GgufFamily] = {
    "Llama4ForCausalLM": replace(
        GgufFamily("llama4", "llama4_text", _llama4_shapes, _llama4_keys, same, rope_factors),
        regrouped=lambda config, tensors: apart(tensors, woven=False),
    ),
}
