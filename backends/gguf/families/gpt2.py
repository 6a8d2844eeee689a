"""GPT-2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.shapes import gpt2_shapes

if TYPE_CHECKING:
    from gguf import GGUFWriter


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


FAMILIES: Mapping[str, GgufFamily] = {
    "GPT2LMHeadModel": GgufFamily(
        "gpt2",
        "gpt2",
        gpt2_shapes,
        _gpt2_keys,
        same,
        stem="transformer",
        turned=("c_attn.weight", "c_proj.weight", "c_fc.weight"),
    ),
}
