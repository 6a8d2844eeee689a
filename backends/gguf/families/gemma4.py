"""Gemma 4: other heads in layers that see everything, keys shared by the last layers, an embedding for each layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import window_keys
from backends.gguf.families.shapes import Shapes
from backends.gguf.safetensors_file import CheckpointTensor, StoredTensor
from backends.model import FloatArray

if TYPE_CHECKING:
    from gguf import GGUFWriter

_STILL: Final = 1e30
"""What llama.cpp divides a frequency by where a pair does not turn at all."""


def _gemma4_keys(config: Config, writer: GGUFWriter) -> None:
    config.must("hidden_activation", "gelu_pytorch_tanh")
    config.must("attention_bias", False)
    config.must("use_bidirectional_attention", None, "vision")
    config.must("tie_word_embeddings", True)
    own, local = _local(config)
    kv_heads = [
        config.kv_heads if sliding else _wide(config, "num_key_value_heads", config.kv_heads) for sliding in own
    ]
    writer.add_context_length(config.whole("max_position_embeddings"))
    writer.add_embedding_length(config.whole("hidden_size"))
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length([_inner(config, layer) for layer in range(config.layers)])
    writer.add_head_count(config.whole("num_attention_heads"))
    writer.add_head_count_kv(kv_heads)
    wide = _wide(config, "head_dim", config.head_width)
    for add, width in (
        (writer.add_key_length, wide),
        (writer.add_value_length, wide),
        (writer.add_rope_dimension_count, wide),
        (writer.add_key_length_swa, config.head_width),
        (writer.add_value_length_swa, config.head_width),
        (writer.add_rope_dimension_count_swa, config.head_width),
    ):
        add(width)
    writer.add_layer_norm_rms_eps(config.number("rms_norm_eps"))
    writer.add_vocab_size(config.whole("vocab_size"))
    writer.add_rope_freq_base(config.rope("full_attention").number("rope_theta"))
    writer.add_rope_freq_base_swa(local.number("rope_theta"))
    window_keys(config, writer)
    writer.add_shared_kv_layers(config.layers - _first_shared(config))
    writer.add_embedding_length_per_layer_input(config.get("hidden_size_per_layer_input") or 0)
    # llama.cpp caps the logits of this family at a number of its own if it isn't told.
    capped = config.get("final_logit_softcapping") is not None
    writer.add_final_logit_softcapping(config.number("final_logit_softcapping") if capped else 0.0)
    if config.get("enable_moe_block"):
        writer.add_expert_count(config.whole("num_experts"))
        writer.add_expert_used_count(config.whole("top_k_experts"))
        writer.add_expert_feed_forward_length(config.whole("moe_intermediate_size"))


def _local(config: Config) -> tuple[list[bool], Config]:
    """Which layers have a window, and their positions."""
    full, local = config.rope("full_attention"), config.rope("sliding_attention")
    if full.get("rope_type") != "proportional" or local.get("rope_type", "default") != "default":
        raise unconvertible("its positions are others than llama.cpp computes")
    if local.get("partial_rotary_factor") not in (None, 1.0):
        raise unconvertible("only a part of each head has positions in its sliding layers")
    return [kind == "sliding_attention" for kind in config["layer_types"]], local


def _wide(config: Config, key: str, usual: int) -> int:
    """A setting of the layers that see everything."""
    layers = [number for number, kind in enumerate(config["layer_types"]) if kind == "full_attention"]
    own = config.get("per_layer_config") or {}
    found = {(own.get(str(layer)) or {}).get(key) or usual for layer in layers}
    if len(found) != 1 or not {*own} <= {*map(str, layers)}:
        raise unconvertible(f"its layers differ in `{key}` in a way that llama.cpp does not know")
    return int(found.pop())


def _first_shared(config: Config) -> int:
    """The first of the layers that compute no keys of their own: llama.cpp gives them those of the last two before."""
    first = config.layers - (config.get("num_kv_shared_layers") or 0)
    if first < config.layers and list(config["layer_types"][first - 2 : first]) != [
        "sliding_attention",
        "full_attention",
    ]:
        raise unconvertible("its last layers share the keys of other layers than the two before")
    return first


def _inner(config: Config, layer: int) -> int:
    twice = config.get("use_double_wide_mlp") and layer >= _first_shared(config)
    return config.whole("intermediate_size") * (2 if twice else 1)


def _gemma4_shapes(config: Config) -> Shapes:
    width, vocab, layers = config.whole("hidden_size"), config.whole("vocab_size"), config.layers
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (vocab, width), "output_norm.weight": (width,)}
    if beside := config.get("hidden_size_per_layer_input") or 0:
        config.must("vocab_size_per_layer_input", vocab)
        shapes["per_layer_token_embd.weight"] = (vocab, layers * beside)
        shapes["per_layer_model_proj.weight"] = (layers * beside, width)
        shapes["per_layer_proj_norm.weight"] = (beside,)
    for layer in range(layers):
        block = _block(config, layer) | (_beside(width, beside) if beside else {})
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in block.items()}
    return shapes


def _block(config: Config, layer: int) -> dict[str, tuple[int, ...]]:
    width, heads, inner = config.whole("hidden_size"), config.whole("num_attention_heads"), _inner(config, layer)
    sliding = config["layer_types"][layer] == "sliding_attention"
    head = config.head_width if sliding else _wide(config, "head_dim", config.head_width)
    kv_heads = config.kv_heads if sliding else _wide(config, "num_key_value_heads", config.kv_heads)
    norms = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
    block: dict[str, tuple[int, ...]] = {f"{norm}.weight": (width,) for norm in norms}
    block |= {
        "layer_output_scale.weight": (1,),
        "attn_q.weight": (heads * head, width),
        "attn_q_norm.weight": (head,),
        "attn_output.weight": (width, heads * head),
        "ffn_gate.weight": (inner, width),
        "ffn_up.weight": (inner, width),
        "ffn_down.weight": (width, inner),
    }
    if layer < _first_shared(config):
        block |= {"attn_k.weight": (kv_heads * head, width), "attn_k_norm.weight": (head,)}
        if sliding or not config.get("attention_k_eq_v"):
            block["attn_v.weight"] = (kv_heads * head, width)
    return block | (_experts(config, width) if config.get("enable_moe_block") else {})


def _experts(config: Config, width: int) -> dict[str, tuple[int, ...]]:
    experts, inner = config.whole("num_experts"), config.whole("moe_intermediate_size")
    return {
        "ffn_gate_inp.weight": (experts, width),
        "ffn_gate_inp.scale": (width,),
        "ffn_gate_up_exps.weight": (experts, 2 * inner, width),
        "ffn_down_exps.weight": (experts, width, inner),
        "ffn_down_exps.scale": (experts,),
        **{f"{norm}.weight": (width,) for norm in ("post_ffw_norm_1", "post_ffw_norm_2", "pre_ffw_norm_2")},
    }


def _beside(width: int, beside: int) -> dict[str, tuple[int, ...]]:
    return {"inp_gate.weight": (beside, width), "proj.weight": (width, beside), "post_norm.weight": (width,)}


_SCALES: Final = {"router.scale": "ffn_gate_inp.scale", "router.per_expert_scale": "ffn_down_exps.scale"}


def _regrouped(config: Config, tensors: Mapping[str, StoredTensor]) -> Mapping[str, CheckpointTensor]:
    """Under names that the `gguf` package knows, or llama.cpp's own."""
    found: dict[str, CheckpointTensor] = {}
    for name, tensor in tensors.items():
        layer, _, part = name.removeprefix("model.layers.").partition(".")
        bare = part in ("layer_scalar", "experts.gate_up_proj", "experts.down_proj")
        own = f"blk.{layer}.{_SCALES[part]}" if part in _SCALES else name
        found[f"{own}.weight" if bare else own] = tensor
    return found


def _rope_factors(config: Config) -> Mapping[str, FloatArray]:
    """In layers that see everything the first pairs of each head turn, the others stand still."""
    pairs = _wide(config, "head_dim", config.head_width) // 2
    turning = int(config.rope("full_attention").number("partial_rotary_factor") * pairs)
    factors = np.where(np.arange(pairs) < turning, 1.0, _STILL)
    return {"rope_freqs.weight": factors.astype(np.float32)}


FAMILIES: Mapping[str, GgufFamily] = {
    "Gemma4ForCausalLM": GgufFamily(
        "gemma4", "gemma4_text", _gemma4_shapes, _gemma4_keys, same, _rope_factors, regrouped=_regrouped
    ),
}
