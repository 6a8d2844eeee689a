"""DeepSeek V3 and what is built like it: keys and values unfold from one narrow row; experts are chosen by groups."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from backends.gguf.config import Config, unconvertible
from backends.gguf.families.experts import expert_keys, together
from backends.gguf.families.family import GgufFamily, same
from backends.gguf.families.keys import decoder_keys, rope_keys
from backends.gguf.families.shapes import deepseek_shapes
from backends.gguf.safetensors_file import CheckpointTensor, StoredTensor, TensorPart
from backends.model import FloatArray

if TYPE_CHECKING:
    from gguf import GGUFWriter

LITE: Final = (26, 27)
"""llama.cpp takes a model of so many layers for one whose queries are not narrowed."""
_LATENT_EPSILON: Final = 1e-6
"""transformers norms the narrow rows with this number, whatever config.json says; llama.cpp with that of the file."""


def _deepseek_keys(config: Config, writer: GGUFWriter) -> None:
    from gguf import ExpertGatingFuncType

    config.must("hidden_act", "silu")
    config.must("attention_bias", False)
    config.must("rope_interleave", True)
    config.must("rms_norm_eps", _LATENT_EPSILON)
    if config.get("q_lora_rank") is None or config.layers in LITE:
        raise unconvertible("llama.cpp tells by the number of layers alone whether queries are narrowed")
    turned, straight, value = (config.whole(f"{key}_head_dim") for key in ("qk_rope", "qk_nope", "v"))
    row = config.whole("kv_lora_rank")
    # Each head attends to the narrow rows themselves, which makes one head of keys and values.
    decoder_keys(Config(config, num_key_value_heads=1, head_dim=turned), writer, key=row + turned, value=row)
    _yarn_keys(config.rope(), writer)
    rope_keys(config, Config(config.rope(), mscale=None, mscale_all_dim=None), writer, scalings=("yarn",))
    writer.add_key_length_mla(straight + turned)
    writer.add_value_length_mla(value)
    writer.add_q_lora_rank(config.whole("q_lora_rank"))
    writer.add_kv_lora_rank(row)
    experts = expert_keys(config, writer, counted_as="n_routed_experts")
    writer.add_leading_dense_block_count(config.get("first_k_dense_replace") or 0)
    writer.add_expert_shared_count(config.whole("n_shared_experts"))
    writer.add_expert_weights_scale(config.number("routed_scaling_factor"))
    writer.add_expert_weights_norm(bool(config["norm_topk_prob"]))
    writer.add_expert_gating_func(ExpertGatingFuncType.SIGMOID)
    groups, used = config.whole("n_group"), config.whole("topk_group")
    if experts % groups or experts // groups < 2:
        raise unconvertible(f"its {experts} experts do not stand in {groups} groups of two or more")
    writer.add_expert_group_count(groups)
    writer.add_expert_group_used_count(used)


def _yarn_keys(rope: Config, writer: GGUFWriter) -> None:
    if rope.get("rope_type", "default") != "yarn":
        return
    one, every = rope.get("mscale"), rope.get("mscale_all_dim")
    if not every or one != every:
        raise unconvertible(
            "its YaRN scaling weighs positions and attention differently, which llama.cpp does not compute"
        )
    # llama.cpp expects a tenth of it here, in this family alone.
    writer.add_rope_scaling_yarn_log_mul(0.1 * rope.number("mscale_all_dim"))


def _regrouped(config: Config, tensors: Mapping[str, StoredTensor]) -> Mapping[str, CheckpointTensor]:
    """With the matrix that unfolds keys and values as two, head by head, that of keys turned."""
    heads, straight, value, row = (
        config.whole(key) for key in ("num_attention_heads", "qk_nope_head_dim", "v_head_dim", "kv_lora_rank")
    )
    found: dict[str, CheckpointTensor] = {}
    for name, tensor in together(tensors).items():
        stem, end = name.removesuffix("kv_b_proj.weight"), name.endswith(".kv_b_proj.weight")
        if end and isinstance(tensor, StoredTensor) and tensor.shape == (heads * (straight + value), row):
            keys, values = (partial(cut, straight=straight, value=value) for cut in (_keys, _values))
            found[f"{stem}k_b_proj.weight"] = TensorPart(tensor, (heads, row, straight), keys)
            found[f"{stem}v_b_proj.weight"] = TensorPart(tensor, (heads, value, row), values)
        else:
            found[name.replace("e_score_correction_bias", "e_score_correction.bias")] = tensor
    return found


def _keys(whole: FloatArray, *, straight: int, value: int) -> FloatArray:
    """(heads · (straight + value), row) → (heads, row, straight)."""
    return whole.reshape(-1, straight + value, whole.shape[1])[:, :straight].swapaxes(1, 2)


def _values(whole: FloatArray, *, straight: int, value: int) -> FloatArray:
    """(heads · (straight + value), row) → (heads, value, row)."""
    return whole.reshape(-1, straight + value, whole.shape[1])[:, straight:]


FAMILIES: Mapping[str, GgufFamily] = {
    "DeepseekV3ForCausalLM": GgufFamily(
        "deepseek2", "deepseek_v3", deepseek_shapes, _deepseek_keys, same, regrouped=_regrouped
    ),
}
