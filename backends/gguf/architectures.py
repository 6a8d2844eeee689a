"""The model families that can be turned into GGUF: what llama.cpp must be told, and what its weights expect.

One `GgufFamily` each. Names of tensors come from the `gguf` package's own maps; what stands here is what those don't
know: the keys of the file, and the rows that llama.cpp wants in another order or with another offset. A configuration
that llama.cpp would compute differently is refused, because it would load and give wrong numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from backends.gguf.config import Config, unconvertible, unreadable
from backends.gguf.shapes import Shapes, gpt2_shapes, olmo2_shapes, rotary_shapes, starcoder2_shapes
from backends.model import FloatArray

if TYPE_CHECKING:
    from gguf import GGUFWriter


@dataclass(frozen=True)
class GgufFamily:
    """How one family is written."""

    name: str
    """`general.architecture`."""
    model_type: str
    """What config.json must call it: transformers chooses the model by this, not by its `architectures`."""
    shapes: Callable[[Config], Shapes]
    """The tensors of a checkpoint."""
    keys: Callable[[Config, GGUFWriter], None]
    tensor: Callable[[Config, str, FloatArray], FloatArray]
    """(config, Hugging Face name, weights) → the weights as llama.cpp wants them."""
    extra: Callable[[Config], Mapping[str, FloatArray]] = lambda config: {}
    """Tensors that only llama.cpp has."""
    stem: str = "model"
    """What the names of tensors in a block begin with in transformers."""
    turned: tuple[str, ...] = ()
    """Endings of the names whose matrices Hugging Face keeps as (in, out) instead of (out, in)."""


def family(config: Config) -> GgufFamily:
    """The family of a configuration. Raises ModelRefusal if it is not one of those known here."""
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names else names
    if not isinstance(name, str) or name not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise unconvertible(f"its architecture {name} is not one of those known here ({known})")
    if config.get("model_type") != FAMILIES[name].model_type:
        raise unconvertible(f"its config.json calls it both {name} and {config.get('model_type')}")
    if config.get("quantization_config"):
        raise unconvertible("its weights are stored in a quantised form of another library")
    return FAMILIES[name]


# Keys ----------------------------------------------------------------------------------------------------------------


def _decoder_keys(config: Config, writer: GGUFWriter) -> None:
    """What every family with rotary positions and RMS norms needs."""
    writer.add_context_length(config.whole("max_position_embeddings"))
    writer.add_embedding_length(config.whole("hidden_size"))
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.whole("intermediate_size"))
    writer.add_head_count(config.whole("num_attention_heads"))
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_width)
    writer.add_value_length(config.head_width)
    writer.add_rope_dimension_count(config.head_width)
    if "norm_epsilon" in config:
        writer.add_layer_norm_eps(config.number("norm_epsilon"))
    else:
        writer.add_layer_norm_rms_eps(config.number("rms_norm_eps"))
    writer.add_vocab_size(config.whole("vocab_size"))


def _llama_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config = _within_window(config)
    _decoder_keys(config, writer)
    _rope_keys(config, config.rope(), writer, scalings=("linear", "llama3", "yarn"))


def _within_window(config: Config) -> Config:
    """llama.cpp attends to everything in most families, which is the same as long as the window isn't exceeded."""
    if config.get("sliding_window") is None:
        return config
    shorter = min(config.whole(key) for key in ("sliding_window", "max_position_embeddings"))
    return Config(config, max_position_embeddings=shorter)


def _granite_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    _decoder_keys(config, writer)
    _rope_keys(config, config.rope(), writer)
    writer.add_attention_scale(config.number("attention_multiplier"))
    writer.add_embedding_scale(config.number("embedding_multiplier"))
    writer.add_residual_scale(config.number("residual_multiplier"))
    writer.add_logit_scale(config.number("logits_scaling"))


_NO_POSITIONS = 4
"""Of so many layers of SmolLM3 the last has no positions, as llama.cpp takes for granted."""


def _smollm3_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    config.must("mlp_bias", False)
    config.must("use_sliding_window", False, None)
    if config["no_rope_layers"] != [int((layer + 1) % _NO_POSITIONS != 0) for layer in range(config.layers)]:
        raise unconvertible("other layers than every fourth go without positions")
    _decoder_keys(config, writer)
    _rope_keys(config, config.rope(), writer, scalings=("linear", "yarn"))


def _olmo2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    _decoder_keys(config, writer)
    _rope_keys(config, config.rope(), writer)


def _starcoder2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "gelu_pytorch_tanh")
    config.must("use_bias", True)
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    config = _within_window(config)
    _decoder_keys(config, writer)
    _rope_keys(config, config.rope(), writer)


def _qwen_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_act", "silu")
    config.must("use_sliding_window", False, None)
    config.must("attention_bias", False)
    if "sliding_attention" in (config.get("layer_types") or ()):
        raise unconvertible("some of its layers attend to a sliding window, which llama.cpp ignores in this family")
    _decoder_keys(config, writer)
    _rope_keys(config, config.rope(), writer, scalings=("linear", "yarn"))


def _qwen2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("head_dim", None, config.whole("hidden_size") // config.whole("num_attention_heads"))
    _qwen_keys(config, writer)


def _gpt2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("activation_function", "gelu_new", "gelu_pytorch_tanh")
    config.must("scale_attn_weights", True)
    config.must("scale_attn_by_inverse_layer_idx", False)
    config.must("add_cross_attention", False)
    writer.add_context_length(config.whole("n_positions"))
    writer.add_embedding_length(config.whole("n_embd"))
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(gpt2_shapes(config)["blk.0.ffn_up.bias"][0])
    writer.add_head_count(config.whole("n_head"))
    writer.add_layer_norm_eps(config.number("layer_norm_epsilon"))
    writer.add_vocab_size(config.whole("vocab_size"))


def _gemma_keys(config: Config, writer: GGUFWriter) -> None:
    # transformers takes the older `gelu` of this family for tanh-GELU, and has read config.json so already.
    config.must("hidden_act", "gelu_pytorch_tanh")
    config.must("hidden_activation", "gelu_pytorch_tanh", None)
    _gemma_common(config, writer)
    _rope_keys(config, config.rope(), writer)


def _gemma2_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_activation", "gelu_pytorch_tanh")
    _gemma_scale(config, largest=46)
    _gemma_common(config, writer)
    _rope_keys(config, config.rope(), writer)
    # llama.cpp caps the attention logits of this family always, by a default if it isn't told.
    if config.get("attn_logit_softcapping") is None or config.get("final_logit_softcapping") is None:
        raise unconvertible("its logits are not soft-capped, as llama.cpp assumes of this family")
    writer.add_attn_logit_softcapping(config.number("attn_logit_softcapping"))
    writer.add_final_logit_softcapping(config.number("final_logit_softcapping"))
    _window_keys(config, writer)


def _gemma3_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_activation", "gelu_pytorch_tanh")
    _gemma_scale(config, largest=62)
    config.must("attn_logit_softcapping", None)
    _gemma_common(config, writer)
    _rope_keys(config, config.rope("full_attention"), writer, scalings=("linear",))
    local = config.rope("sliding_attention")
    if local.get("rope_type", "default") != "default":
        raise unconvertible("the positions of its sliding layers are scaled, which llama.cpp does not compute")
    writer.add_rope_freq_base_swa(local.number("rope_theta"))
    if config.get("final_logit_softcapping") is not None:
        writer.add_final_logit_softcapping(config.number("final_logit_softcapping"))
    _window_keys(config, writer)


def _gemma_common(config: Config, writer: GGUFWriter) -> None:
    config.must("use_bidirectional_attention", False, None)
    config.must("attention_bias", False)
    config.must("tie_word_embeddings", True)
    _decoder_keys(config, writer)


def _window_keys(config: Config, writer: GGUFWriter) -> None:
    """Which layers see only the last `sliding_window` tokens."""
    kinds = config["layer_types"]
    if len(kinds) != config.layers or not {*kinds} <= {"sliding_attention", "full_attention"}:
        raise unreadable("The model's config.json is no configuration.", f"Its `layer_types` are {kinds!r:.200}")
    if "sliding_attention" not in kinds:
        raise unconvertible("none of its layers has a sliding window, as llama.cpp assumes of this family")
    writer.add_sliding_window(config.whole("sliding_window"))
    writer.add_sliding_window_pattern([kind == "sliding_attention" for kind in kinds])


def _gemma_scale(config: Config, *, largest: int) -> None:
    """llama.cpp derives the attention scale from the number of layers; refuse where that differs from config.json."""
    heads = config.whole("hidden_size") // config.whole("num_attention_heads")
    assumed = heads if config.layers == largest else config.head_width
    config.must("query_pre_attn_scalar", assumed)


# Rotary positions ----------------------------------------------------------------------------------------------------


def _rope_keys(config: Config, rope: Config, writer: GGUFWriter, *, scalings: tuple[str, ...] = ()) -> None:
    from gguf import RopeScalingType

    kind = rope.get("rope_type", "default")
    if kind != "default" and kind not in scalings:
        raise unconvertible(f"its rotary positions are scaled by `{kind}`")
    if float(rope.get("partial_rotary_factor") or config.get("partial_rotary_factor") or 1.0) != 1.0:
        raise unconvertible("only a part of each head has rotary positions")
    writer.add_rope_freq_base(rope.number("rope_theta"))
    if kind == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope.number("factor"))
    if kind == "yarn":
        usual = {"mscale": None, "mscale_all_dim": None, "attention_factor": None, "truncate": True}
        unusual = [key for key, value in usual.items() if rope.get(key, value) not in (None, value)]
        if unusual:
            raise unconvertible(f"its YaRN scaling sets {', '.join(sorted(unusual))}")
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope.number("factor"))
        writer.add_rope_scaling_orig_ctx_len(rope.whole("original_max_position_embeddings"))
        writer.add_rope_scaling_yarn_beta_fast(rope.number("beta_fast") if rope.get("beta_fast") else 32.0)
        writer.add_rope_scaling_yarn_beta_slow(rope.number("beta_slow") if rope.get("beta_slow") else 1.0)


def _rope_factors(config: Config) -> Mapping[str, FloatArray]:
    """Llama 3's stretched frequencies, as factors by which llama.cpp divides each pair's frequency."""
    rope = config.rope()
    if rope.get("rope_type") != "llama3":
        return {}
    width = config.head_width
    wavelengths = 2 * math.pi * rope.number("rope_theta") ** (np.arange(0, width, 2, dtype=np.float64) / width)
    low, high, factor = (rope.number(key) for key in ("low_freq_factor", "high_freq_factor", "factor"))
    if low >= high:
        raise unconvertible("its rotary positions are scaled by `llama3` without a range between low and high")
    turns = rope.whole("original_max_position_embeddings") / wavelengths
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
        return interleaved(weights, config.whole("num_attention_heads"))
    if ".k_proj." in name:
        return interleaved(weights, config.kv_heads)
    return weights


def _same(config: Config, name: str, weights: FloatArray) -> FloatArray:
    return weights


def _gemma_tensor(config: Config, name: str, weights: FloatArray) -> FloatArray:
    """Gemma's norms multiply by 1 + weight, llama.cpp's by the weight."""
    return weights + np.float32(1) if name.endswith("norm.weight") else weights


_LLAMA = GgufFamily("llama", "llama", rotary_shapes, keys=_llama_keys, tensor=_llama_tensor, extra=_rope_factors)

FAMILIES: Mapping[str, GgufFamily] = {
    "LlamaForCausalLM": _LLAMA,
    "MistralForCausalLM": replace(_LLAMA, model_type="mistral"),
    "Qwen2ForCausalLM": GgufFamily("qwen2", "qwen2", partial(rotary_shapes, qkv_bias=True), _qwen2_keys, _same),
    "Qwen3ForCausalLM": GgufFamily("qwen3", "qwen3", partial(rotary_shapes, qk_norms=True), _qwen_keys, _same),
    "GraniteForCausalLM": GgufFamily("granite", "granite", rotary_shapes, _granite_keys, _llama_tensor),
    "SmolLM3ForCausalLM": GgufFamily("smollm3", "smollm3", rotary_shapes, _smollm3_keys, _llama_tensor),
    "Olmo2ForCausalLM": GgufFamily("olmo2", "olmo2", olmo2_shapes, _olmo2_keys, _same),
    "Starcoder2ForCausalLM": GgufFamily("starcoder2", "starcoder2", starcoder2_shapes, _starcoder2_keys, _same),
    "GPT2LMHeadModel": GgufFamily(
        "gpt2",
        "gpt2",
        gpt2_shapes,
        _gpt2_keys,
        _same,
        stem="transformer",
        turned=("c_attn.weight", "c_proj.weight", "c_fc.weight"),
    ),
    "GemmaForCausalLM": GgufFamily("gemma", "gemma", rotary_shapes, _gemma_keys, _gemma_tensor),
    "Gemma2ForCausalLM": GgufFamily(
        "gemma2", "gemma2", partial(rotary_shapes, post_norms=True), _gemma2_keys, _gemma_tensor
    ),
    "Gemma3ForCausalLM": GgufFamily(
        "gemma3", "gemma3_text", partial(rotary_shapes, qk_norms=True, post_norms=True), _gemma3_keys, _gemma_tensor
    ),
}
