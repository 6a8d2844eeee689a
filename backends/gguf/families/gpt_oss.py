"""gpt-oss: mixtures of experts with a bias everywhere, a window in every other block, and sinks in its attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.experts import apart, expert_keys
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys, window_keys
from backends.gguf.families.shapes import gpt_oss_shapes
from backends.gguf.safetensors_file import CheckpointTensor, StoredTensor

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _gpt_oss_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("attention_bias", True)
    config.must("tie_word_embeddings", False)
    config.must("swiglu_alpha", 1.702)
    config.must("swiglu_limit", 7.0)
    decoder_keys(config, writer)
    rope_keys(config, config.rope(), writer, scalings=("yarn",))
    window_keys(config, writer)
    expert_keys(config, writer, counted_as="num_local_experts", inner="intermediate_size")


def _regrouped(config: Config, tensors: Mapping[str, StoredTensor]) -> Mapping[str, CheckpointTensor]:
    found = apart(tensors, woven=True)
    return {f"{name}.weight" if name.endswith(".sinks") else name: tensor for name, tensor in found.items()}


FAMILIES: Mapping[str, GgufFamily] = {
    "GptOssForCausalLM": GgufFamily("gpt-oss", "gpt_oss", gpt_oss_shapes, _gpt_oss_keys, same, regrouped=_regrouped),
}
