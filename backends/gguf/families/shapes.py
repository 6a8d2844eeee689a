"""The tensors that a configuration stands for, under llama.cpp's names: no more, no fewer, of these shapes.

llama.cpp uses whatever optional tensors it finds, a bias for instance; transformers ignores those that config.json does
not ask for. So a checkpoint with one tensor too many would be two models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from backends.gguf.config import Config, unconvertible

Shapes = Mapping[str, tuple[int, ...]]
"""Name → shape, (out, in) for a matrix."""


def rotary_shapes(
    config: Config, *, qkv_bias: bool = False, qk_norms: bool = False, post_norms: bool = False
) -> Shapes:
    """Of the families with rotary positions, RMS norms and a gated MLP."""
    width, inner, heads = (config.whole(key) for key in ("hidden_size", "intermediate_size", "num_attention_heads"))
    head, kv_heads = config.head_width, config.kv_heads
    if heads % kv_heads or head % 2:
        raise unconvertible(f"its {heads} heads of {head} do not share {kv_heads} heads of keys, or have no halves")
    block: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (width,),
        "attn_q.weight": (heads * head, width),
        "attn_k.weight": (kv_heads * head, width),
        "attn_v.weight": (kv_heads * head, width),
        "attn_output.weight": (width, heads * head),
        "ffn_norm.weight": (width,),
        "ffn_gate.weight": (inner, width),
        "ffn_up.weight": (inner, width),
        "ffn_down.weight": (width, inner),
    }
    biased = [f"attn_{name}" for name in ("q", "k", "v") if qkv_bias or config.get("attention_bias")]
    biased += ["attn_output"] if config.get("attention_bias") else []
    biased += [f"ffn_{name}" for name in ("gate", "up", "down") if config.get("mlp_bias")]
    block |= {f"{name}.bias": block[f"{name}.weight"][:1] for name in biased}
    if qk_norms:
        block |= {"attn_q_norm.weight": (head,), "attn_k_norm.weight": (head,)}
    if post_norms:
        block |= {"post_attention_norm.weight": (width,), "post_ffw_norm.weight": (width,)}
    return _repeated(config, block, {"output_norm.weight": (width,)}, width)


def olmo2_shapes(config: Config) -> Shapes:
    """Of OLMo 2: norms after attention and MLP and none before, and norms over all queries and all keys at once."""
    plain = rotary_shapes(config, post_norms=True)
    shapes = {
        name: shape for name, shape in plain.items() if not name.endswith((".attn_norm.weight", "ffn_norm.weight"))
    }
    for layer in range(config.layers):
        for part in ("q", "k"):
            rows, _ = shapes[f"blk.{layer}.attn_{part}.weight"]
            shapes[f"blk.{layer}.attn_{part}_norm.weight"] = (rows,)
    return shapes


def exaone4_shapes(config: Config) -> Shapes:
    """Of EXAONE 4: norms after attention and MLP and none before, and norms over the queries and keys of each head."""
    plain = rotary_shapes(config, qk_norms=True, post_norms=True)
    return {name: shape for name, shape in plain.items() if not name.endswith((".attn_norm.weight", "ffn_norm.weight"))}


def starcoder2_shapes(config: Config) -> Shapes:
    """Of StarCoder 2: rotary positions, LayerNorms, an MLP without a gate, a bias everywhere."""
    plain = rotary_shapes(config, qkv_bias=True)
    shapes = {name: shape for name, shape in plain.items() if ".ffn_gate." not in name}
    biased = ("attn_norm", "attn_output", "ffn_norm", "ffn_up", "ffn_down")
    for layer in range(config.layers):
        shapes |= {f"blk.{layer}.{name}.bias": shapes[f"blk.{layer}.{name}.weight"][:1] for name in biased}
    return shapes | {"output_norm.bias": shapes["output_norm.weight"]}


def stablelm_shapes(config: Config) -> Shapes:
    """Of StableLM 2: LayerNorms with a bias; where attention and MLP stand side by side, one norm is for both."""
    plain = dict(rotary_shapes(config, qkv_bias=bool(config["use_qkv_bias"])))
    norms = [name for name in plain if name.endswith("norm.weight")]
    if config["use_parallel_residual"]:
        for name in [name for name in norms if ".ffn_norm." in name]:
            norms.remove(name)
            del plain[name]
    return plain | {name.replace(".weight", ".bias"): plain[name] for name in norms}


def phi3_shapes(config: Config) -> Shapes:
    """Of Phi-3: queries, keys and values in one matrix, gate and up in another."""
    return _fused(config, rotary_shapes(config), ("attn_q", "attn_k", "attn_v"), ("ffn_gate", "ffn_up"))


def glm4_shapes(config: Config) -> Shapes:
    """Of GLM-4: gate and up in one matrix, norms before and after, and a bias on queries, keys and values alone."""
    plain = {
        name: shape for name, shape in rotary_shapes(config, post_norms=True).items() if "attn_output.bias" not in name
    }
    return _fused(config, plain, ("ffn_gate", "ffn_up"))


def cohere2_shapes(config: Config) -> Shapes:
    """Of Cohere 2: one norm for attention and MLP, which stand side by side."""
    return {name: shape for name, shape in rotary_shapes(config).items() if ".ffn_norm." not in name}


_FUSED = {("attn_q", "attn_k", "attn_v"): "attn_qkv", ("ffn_gate", "ffn_up"): "ffn_up"}


def _fused(config: Config, shapes: Shapes, *together: tuple[str, ...]) -> Shapes:
    """The same with some matrices of each block in one, row under row."""
    found = dict(shapes)
    for layer in range(config.layers):
        for parts in together:
            taken = [found.pop(f"blk.{layer}.{part}.weight") for part in parts]
            found[f"blk.{layer}.{_FUSED[parts]}.weight"] = (sum(shape[0] for shape in taken), taken[0][1])
    return found


def mixture_shapes(
    plain: Shapes,
    config: Config,
    experts: int,
    inner: int,
    shared: int = 0,
    *,
    gated: bool = True,
    layers: Sequence[int] | None = None,
) -> Shapes:
    """The same with a router and `experts` MLPs of the width `inner` in each block instead of one, and beside them, if
    `shared` is a width, one that every token goes through, behind a gate of its own where it is `gated`. `layers`:
    those that are mixtures; None: all."""
    width = config.whole("hidden_size")
    found = dict(plain)
    for layer in range(config.layers) if layers is None else layers:
        block = f"blk.{layer}.ffn"
        for part in ("gate", "up", "down"):
            found.pop(f"{block}_{part}.weight")
        found[f"{block}_gate_inp.weight"] = (experts, width)
        found |= {f"{block}_{part}_exps.weight": (experts, inner, width) for part in ("gate", "up")}
        found[f"{block}_down_exps.weight"] = (experts, width, inner)
        if shared:
            found |= {f"{block}_{part}_shexp.weight": (shared, width) for part in ("gate", "up")}
            found[f"{block}_down_shexp.weight"] = (width, shared)
        if shared and gated:
            found[f"{block}_gate_inp_shexp.weight"] = (1, width)
    return found


def gpt_oss_shapes(config: Config) -> Shapes:
    """Of gpt-oss: a bias everywhere but in norms, and a number for each head that its attention can sink into."""
    experts, inner = config.whole("num_local_experts"), config.whole("intermediate_size")
    found = dict(mixture_shapes(rotary_shapes(config), config, experts, inner))
    for layer in range(config.layers):
        block = f"blk.{layer}"
        found[f"{block}.post_attention_norm.weight"] = found.pop(f"{block}.ffn_norm.weight")
        found[f"{block}.attn_sinks.weight"] = (config.whole("num_attention_heads"),)
        found[f"{block}.ffn_gate_inp.bias"] = (experts,)
        found |= {f"{block}.ffn_{part}_exps.bias": (experts, inner) for part in ("gate", "up")}
        found[f"{block}.ffn_down_exps.bias"] = (experts, config.whole("hidden_size"))
    return found


def deepseek_shapes(config: Config) -> Shapes:
    """Of DeepSeek V3: keys and values unfold from one narrow row for all heads, and queries from another."""
    width, heads, mixed = (config.whole(key) for key in ("hidden_size", "num_attention_heads", "n_routed_experts"))
    turned, straight, value = (config.whole(f"{key}_head_dim") for key in ("qk_rope", "qk_nope", "v"))
    narrow, row = config.whole("q_lora_rank"), config.whole("kv_lora_rank")
    attention: dict[str, tuple[int, ...]] = {
        "attn_q_a.weight": (narrow, width),
        "attn_q_a_norm.weight": (narrow,),
        "attn_q_b.weight": (heads * (straight + turned), narrow),
        "attn_kv_a_mqa.weight": (row + turned, width),
        "attn_kv_a_norm.weight": (row,),
        "attn_k_b.weight": (heads, row, straight),
        "attn_v_b.weight": (heads, value, row),
        "attn_output.weight": (width, heads * value),
    }
    plain = {name: shape for name, shape in rotary_shapes(config).items() if not _PROJECTION.search(name)}
    for layer in range(config.layers):
        plain |= {f"blk.{layer}.{name}": shape for name, shape in attention.items()}
    inner = config.whole("moe_intermediate_size")
    layers = range(config.get("first_k_dense_replace") or 0, config.layers)
    shared = inner * config.whole("n_shared_experts")
    found = mixture_shapes(plain, config, mixed, inner, shared, gated=False, layers=layers)
    return {**found, **{f"blk.{layer}.exp_probs_b.bias": (mixed,) for layer in layers}}


_PROJECTION = re.compile(r"\.attn_(?:q|k|v|output)\.")


def gpt2_shapes(config: Config) -> Shapes:
    """Of GPT-2: learned positions, LayerNorms, a bias everywhere."""
    width, positions = config.whole("n_embd"), config.whole("n_positions")
    inner = 4 * width if config.get("n_inner") is None else config.whole("n_inner")
    if width % config.whole("n_head"):
        raise unconvertible(f"its width {width} is not shared out among {config['n_head']} heads")
    matrices = {
        "attn_qkv": (3 * width, width),
        "attn_output": (width, width),
        "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }
    block: dict[str, tuple[int, ...]] = {f"{name}.weight": shape for name, shape in matrices.items()}
    block |= {f"{norm}.weight": (width,) for norm in ("attn_norm", "ffn_norm")}
    block |= {
        f"{name}.bias": shape[:1]
        for name, shape in [*matrices.items(), ("attn_norm", (width,)), ("ffn_norm", (width,))]
    }
    rest = {
        "position_embd.weight": (positions, width),
        "output_norm.weight": (width,),
        "output_norm.bias": (width,),
    }
    return _repeated(config, block, rest, width)


def _repeated(config: Config, block: Shapes, rest: Shapes, width: int) -> Shapes:
    """One `block` for each layer, the `rest`, and what every model has."""
    vocab = config.whole("vocab_size")
    shapes = {"token_embd.weight": (vocab, width), **rest}
    if not config.get("tie_word_embeddings"):
        shapes["output.weight"] = (vocab, width)
    for layer in range(config.layers):
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in block.items()}
    return shapes
