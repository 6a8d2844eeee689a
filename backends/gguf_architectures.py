"""The model families that can be turned into GGUF: what llama.cpp must be told, and what its weights expect.

One `Family` each. Names of tensors come from the `gguf` package's own maps; what stands here is what those don't know:
the keys of the file, and the rows that llama.cpp wants in another order or with another offset. A configuration that
llama.cpp would compute differently is refused, because it would load and give wrong numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backends.model import FloatArray, ModelRefusal

if TYPE_CHECKING:
    from gguf import GGUFWriter


class Config(dict[str, Any]):
    """A Hugging Face `config.json`; asking for what isn't in it refuses in words."""

    @classmethod
    def read(cls, folder: Path) -> Config:
        try:
            content = json.loads((folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ModelRefusal(
                "model.unreadable",
                "The model's config.json cannot be read.",
                f"It is missing or not JSON: {error}.",
                "Verify the case again.",
            ) from error
        return cls(content if isinstance(content, dict) else {})

    def __missing__(self, key: str) -> Any:
        raise ModelRefusal(
            "model.unreadable", "The model's config.json is incomplete.", f"It lacks `{key}`.", "Verify the case again."
        )

    def must(self, key: str, *allowed: object) -> None:
        """Refuse a setting that llama.cpp would silently compute as another; absent is allowed."""
        if key in self and self[key] not in allowed:
            raise unconvertible(f"its `{key}` is {self[key]!r}, which llama.cpp does not compute")

    @property
    def head_width(self) -> int:
        return int(self.get("head_dim") or self["hidden_size"] // self["num_attention_heads"])

    @property
    def kv_heads(self) -> int:
        return int(self.get("num_key_value_heads") or self["num_attention_heads"])


def unconvertible(why: str) -> ModelRefusal:
    """The refusal for a model that cannot be turned into GGUF."""
    return ModelRefusal(
        "model.unsupported",
        "This model cannot be run by llama.cpp.",
        f"It ships safetensors only, and {why}.",
        "Use the torch engine, or seal the case with a GGUF file.",
    )


@dataclass(frozen=True)
class Family:
    """How one family is written."""

    name: str
    """`general.architecture`."""
    tied: bool
    """Whether the unembedding is the embedding when config.json doesn't say."""
    keys: Callable[[Config, GGUFWriter], None]
    tensor: Callable[[Config, str, FloatArray], FloatArray]
    """(config, Hugging Face name, weights) → the weights as llama.cpp wants them."""
    extra: Callable[[Config], Mapping[str, FloatArray]] = lambda config: {}
    """Tensors that only llama.cpp has."""
    turned: tuple[str, ...] = ()
    """Endings of the names whose matrices Hugging Face keeps as (in, out) instead of (out, in)."""


def family(config: Config) -> Family:
    """The family of a configuration. Raises ModelRefusal if it is not one of those known here."""
    names = config.get("architectures") or ["unknown"]
    if names[0] not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise unconvertible(f"its architecture {names[0]} is not one of those known here ({known})")
    if config.get("quantization_config"):
        raise unconvertible("its weights are stored in a quantised form of another library")
    return FAMILIES[names[0]]


# Keys ----------------------------------------------------------------------------------------------------------------


def _decoder_keys(config: Config, writer: GGUFWriter) -> None:
    """What every family with rotary positions and RMS norms needs."""
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_width)
    writer.add_value_length(config.head_width)
    writer.add_rope_dimension_count(config.head_width)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _llama_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    if window := config.get("sliding_window"):
        # llama.cpp attends to everything here, which is the same as long as the window isn't exceeded.
        config = Config(config, max_position_embeddings=min(window, config["max_position_embeddings"]))
    _decoder_keys(config, writer)
    _rope_keys(config, _rope(config), writer, scalings=("linear", "llama3", "yarn"))


def _qwen_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("use_sliding_window", False, None)
    if "sliding_attention" in (config.get("layer_types") or ()):
        raise unconvertible("some of its layers attend to a sliding window, which llama.cpp ignores in this family")
    _decoder_keys(config, writer)
    _rope_keys(config, _rope(config), writer, scalings=("linear", "yarn"))


def _gpt2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("activation_function", "gelu_new", "gelu_pytorch_tanh")
    config.must("scale_attn_weights", True)
    config.must("scale_attn_by_inverse_layer_idx", False)
    config.must("add_cross_attention", False)
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_block_count(config["n_layer"])
    writer.add_feed_forward_length(config.get("n_inner") or 4 * config["n_embd"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    writer.add_vocab_size(config["vocab_size"])


def _gemma_keys(config: Config, writer: GGUFWriter) -> None:
    _gemma_activation(config)
    _decoder_keys(config, writer)
    _rope_keys(config, _rope(config), writer)


def _gemma2_keys(config: Config, writer: GGUFWriter) -> None:
    _gemma_activation(config)
    _gemma_scale(config, largest=46)
    _decoder_keys(config, writer)
    _rope_keys(config, _rope(config), writer)
    # llama.cpp caps the attention logits of this family always, by a default if it isn't told.
    if not config.get("attn_logit_softcapping") or not config.get("final_logit_softcapping"):
        raise unconvertible("its logits are not soft-capped, as llama.cpp assumes of this family")
    writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
    writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    _window_keys(config, writer, period=2)


def _gemma3_keys(config: Config, writer: GGUFWriter) -> None:
    _gemma_activation(config)
    _gemma_scale(config, largest=62)
    config.must("attn_logit_softcapping", None)
    config.must("use_bidirectional_attention", False, None)
    _decoder_keys(config, writer)
    rope = config.get("rope_parameters") or {}
    _rope_keys(config, rope.get("full_attention") or _rope(config), writer, scalings=("linear",))
    local = rope.get("sliding_attention") or {"rope_theta": config.get("rope_local_base_freq", 10_000.0)}
    if local.get("rope_type", "default") != "default":
        raise unconvertible("the positions of its sliding layers are scaled, which llama.cpp does not compute")
    writer.add_rope_freq_base_swa(float(local["rope_theta"]))
    if config.get("final_logit_softcapping"):
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    _window_keys(config, writer, period=6)


def _window_keys(config: Config, writer: GGUFWriter, *, period: int) -> None:
    """Which layers see only the last `sliding_window` tokens; every `period`-th sees all unless config.json says."""
    layers = config["num_hidden_layers"]
    kinds = config.get("layer_types") or [
        "full_attention" if (layer + 1) % period == 0 else "sliding_attention" for layer in range(layers)
    ]
    writer.add_sliding_window(config["sliding_window"])
    writer.add_sliding_window_pattern([kind == "sliding_attention" for kind in kinds])


def _gemma_activation(config: Config) -> None:
    # transformers computes tanh-GELU for these families whatever the older `hidden_act` says.
    config.must("hidden_activation", "gelu_pytorch_tanh", None)


def _gemma_scale(config: Config, *, largest: int) -> None:
    """llama.cpp derives the attention scale from the number of layers; refuse where that differs from config.json."""
    heads = config["hidden_size"] // config["num_attention_heads"]
    assumed = heads if config["num_hidden_layers"] == largest else config.head_width
    config.must("query_pre_attn_scalar", assumed)


# Rotary positions ----------------------------------------------------------------------------------------------------


def _rope(config: Config) -> Mapping[str, Any]:
    """The rope settings, wherever this version of transformers wrote them."""
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = scaling.get("rope_type") or scaling.get("type") or "default"
    return {"rope_theta": config.get("rope_theta", 10_000.0), **scaling, "rope_type": kind}


def _rope_keys(config: Config, rope: Mapping[str, Any], writer: GGUFWriter, *, scalings: tuple[str, ...] = ()) -> None:
    from gguf import RopeScalingType

    kind = rope.get("rope_type", "default")
    if kind != "default" and kind not in scalings:
        raise unconvertible(f"its rotary positions are scaled by `{kind}`")
    if float(rope.get("partial_rotary_factor") or config.get("partial_rotary_factor") or 1.0) != 1.0:
        raise unconvertible("only a part of each head has rotary positions")
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    if kind == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    if kind == "yarn":
        unusual = {"mscale", "mscale_all_dim", "attention_factor", "truncate"} & {k for k, v in rope.items() if v}
        if unusual:
            raise unconvertible(f"its YaRN scaling sets {', '.join(sorted(unusual))}")
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(float(rope["factor"]))
        writer.add_rope_scaling_orig_ctx_len(int(rope["original_max_position_embeddings"]))
        writer.add_rope_scaling_yarn_beta_fast(float(rope.get("beta_fast") or 32.0))
        writer.add_rope_scaling_yarn_beta_slow(float(rope.get("beta_slow") or 1.0))


def _rope_factors(config: Config) -> Mapping[str, FloatArray]:
    """Llama 3's stretched frequencies, as factors by which llama.cpp divides each pair's frequency."""
    rope = _rope(config)
    if rope["rope_type"] != "llama3":
        return {}
    width = config.head_width
    wavelengths = 2 * math.pi * float(rope["rope_theta"]) ** (np.arange(0, width, 2, dtype=np.float64) / width)
    low, high, factor = (float(rope[key]) for key in ("low_freq_factor", "high_freq_factor", "factor"))
    turns = float(rope["original_max_position_embeddings"]) / wavelengths
    smooth = (turns - low) / (high - low)
    between = 1 / ((1 - smooth) / factor + smooth)
    factors = np.where(turns > high, 1.0, np.where(turns < low, factor, between))
    return {"rope_freqs.weight": factors.astype(np.float32)}


# Weights -------------------------------------------------------------------------------------------------------------


def interleaved(weights: FloatArray, heads: int) -> FloatArray:
    """Rows of q or k from Hugging Face's order (first halves, then second halves) to llama.cpp's (pair after pair)."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def _llama_tensor(config: Config, name: str, weights: FloatArray) -> FloatArray:
    if ".q_proj." in name:
        return interleaved(weights, config["num_attention_heads"])
    if ".k_proj." in name:
        return interleaved(weights, config.kv_heads)
    return weights


def _same(config: Config, name: str, weights: FloatArray) -> FloatArray:
    return weights


def _gemma_tensor(config: Config, name: str, weights: FloatArray) -> FloatArray:
    """Gemma's norms multiply by 1 + weight, llama.cpp's by the weight."""
    return weights + np.float32(1) if name.endswith("norm.weight") else weights


_LLAMA = Family("llama", tied=False, keys=_llama_keys, tensor=_llama_tensor, extra=_rope_factors)

FAMILIES: Mapping[str, Family] = {
    "LlamaForCausalLM": _LLAMA,
    "MistralForCausalLM": _LLAMA,
    "Qwen2ForCausalLM": Family("qwen2", tied=False, keys=_qwen_keys, tensor=_same),
    "Qwen3ForCausalLM": Family("qwen3", tied=False, keys=_qwen_keys, tensor=_same),
    "GPT2LMHeadModel": Family(
        "gpt2",
        tied=True,
        keys=_gpt2_keys,
        tensor=_same,
        turned=("c_attn.weight", "c_proj.weight", "c_fc.weight"),
    ),
    "GemmaForCausalLM": Family("gemma", tied=True, keys=_gemma_keys, tensor=_gemma_tensor),
    "Gemma2ForCausalLM": Family("gemma2", tied=True, keys=_gemma2_keys, tensor=_gemma_tensor),
    "Gemma3ForCausalLM": Family("gemma3", tied=True, keys=_gemma3_keys, tensor=_gemma_tensor),
}
