"""Tensors that a model of a known kind has no use for: their names are read by whoever opens the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from casefiles.case import known_fields

_PARTS: Final = known_fields.listed(
    """
    A_log attention attn attn_k attn_k_norm attn_norm attn_out attn_output attn_q attn_q_norm attn_qkv attn_sub_norm
    attn_v base_layer base_model bias biogpt blk block block_sparse_moe blocks c_attn c_fc c_proj conv1d D decoder
    dense dense_4h_to_h dense_h_to_4h diagonal_decay down_proj down_proj_bias dt_bias dt_proj
    e_score_correction_bias embed embed_in embed_out embed_positions embed_tokens embedding embedding_norm
    embeddings encoder expert experts fc1 fc2 fc_in fc_out feed_forward ffn ffn_down ffn_gate ffn_norm ffn_sub_norm
    ffn_up final_layer_norm final_layernorm final_norm g_idx gate gate_proj gate_up_proj gate_up_proj_bias gpt_neox
    h head in_proj input_layernorm input_linear inv_freq k_layernorm k_norm k_proj key_decay key_layernorm
    kv_a_layernorm kv_a_proj_with_mqa kv_b_proj language_model layer layer_norm layernorm layernorm1 layernorm2
    layers lm_head ln ln_1 ln_2 ln_f lora_A lora_B lora_embedding_A lora_embedding_B lora_magnitude_vector mixer mlp
    model modules_to_save multi_head_attention norm norm1 norm2 norm_1 norm_2 norm_f o_proj operator_norm out_proj
    output output_gate output_linear output_norm output_projection position_embeddings positions_embed
    post_attention_layernorm post_attention_norm post_feedforward_layernorm post_ffw_norm post_mlp_layernorm
    post_self_attn_layernorm pre_feedforward_layernorm q_a_layernorm q_a_proj q_b_proj q_layernorm q_norm q_proj
    qkv_proj query_decay query_key_value query_layernorm qweight qzeros rope_freqs rotary_emb router scales
    self_attention self_attn self_attn_layer_norm shared_expert shared_expert_gate shared_experts sinks slope_rate
    text_model token_embd tokens_embed transformer up_proj v_proj w1 w2 w3 weight weight_scale Wk wk wo
    word_embeddings word_embeddings_layernorm wpe Wq wq Wqkv wte Wv wv x_proj
    """
)
_STACK: Final = re.compile(r"(?:^|\.)(?:layers|h|blk|blocks)\.(\d+)\.")
"""A tensor of one layer, by its number."""


def unusual(names: Iterable[str], layers: int | None = None) -> tuple[str, ...]:
    """Names with a part that no usual model has, and those of a layer past the last; like ones once."""
    found = (name for name in names if _strange(name) or _past(name, layers))
    return tuple(dict.fromkeys(re.sub(r"\d+", "N", name) if _strange(name) else name for name in found))


def own_parts(names: Iterable[str]) -> set[str]:
    """What in names of tensors somebody chose: their parts, but for numbers and those of usual models."""
    parts = {part for name in names for part in re.split(r"[./:]", name)}
    return {part for part in parts if not part.isdecimal()} - _PARTS


def _strange(name: str) -> bool:
    return any(not part.isdecimal() and part not in _PARTS for part in re.split(r"[./]", name))


def _past(name: str, layers: int | None) -> bool:
    number = _STACK.search(name)
    return layers is not None and number is not None and int(number[1]) >= layers
