"""The keys of a file that many families share: shapes, norms, rotary positions and windows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backends.gguf.config import Config, unconvertible, unreadable

if TYPE_CHECKING:
    from gguf import GGUFWriter


def decoder_keys(config: Config, writer: GGUFWriter, *, key: int | None = None, value: int | None = None) -> None:
    """What every family with rotary positions needs. `key`, `value`: how wide they are, if not as a head."""
    writer.add_context_length(config.whole("max_position_embeddings"))
    writer.add_embedding_length(config.whole("hidden_size"))
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.whole("intermediate_size"))
    writer.add_head_count(config.whole("num_attention_heads"))
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(key or config.head_width)
    writer.add_value_length(value or config.head_width)
    writer.add_rope_dimension_count(rotary_width(config))
    plain = next((key for key in ("norm_epsilon", "layer_norm_eps") if key in config), None)
    if plain is not None:
        writer.add_layer_norm_eps(config.number(plain))
    else:
        writer.add_layer_norm_rms_eps(config.number("rms_norm_eps"))
    writer.add_vocab_size(config.whole("vocab_size"))


def within_window(config: Config) -> Config:
    """llama.cpp attends to everything in most families, which is the same as long as the window isn't exceeded."""
    if config.get("sliding_window") is None:
        return config
    shorter = min(config.whole(key) for key in ("sliding_window", "max_position_embeddings"))
    return Config(config, max_position_embeddings=shorter)


def window_keys(config: Config, writer: GGUFWriter) -> None:
    """Which layers see only the last `sliding_window` tokens."""
    kinds = config["layer_types"]
    if len(kinds) != config.layers or not {*kinds} <= {"sliding_attention", "full_attention"}:
        raise unreadable("The model's config.json is no configuration.", f"Its `layer_types` are {kinds!r:.200}")
    if "sliding_attention" not in kinds:
        raise unconvertible("none of its layers has a sliding window, as llama.cpp assumes of this family")
    writer.add_sliding_window(config.whole("sliding_window"))
    writer.add_sliding_window_pattern([kind == "sliding_attention" for kind in kinds])


def rotary_width(config: Config) -> int:
    """How many of a head's numbers turn with the position, in pairs."""
    share = _rotary_share(config, config.rope())
    width = int(config.head_width * share)
    if not 0 < share <= 1 or width < 2 or width % 2:
        raise unreadable("The model's config.json is no configuration.", f"{share} of each head has rotary positions")
    return width


def _rotary_share(config: Config, rope: Config) -> float:
    return float(rope.get("partial_rotary_factor") or config.get("partial_rotary_factor") or 1.0)


def rope_keys(
    config: Config, rope: Config, writer: GGUFWriter, *, scalings: tuple[str, ...] = (), partly: bool = False
) -> None:
    """`partly`: llama.cpp turns a part of each head in this family where it is told so."""
    from gguf import RopeScalingType

    kind = rope.get("rope_type", "default")
    if kind != "default" and kind not in scalings:
        raise unconvertible(f"its rotary positions are scaled by `{kind}`")
    if _rotary_share(config, rope) != 1.0 and not partly:
        raise unconvertible("only a part of each head has rotary positions")
    writer.add_rope_freq_base(rope.number("rope_theta"))
    if kind == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope.number("factor"))
    if kind == "yarn":
        usual = {"mscale": None, "mscale_all_dim": None, "truncate": True}
        unusual = [key for key, value in usual.items() if rope.get(key, value) not in (None, value)]
        told, own = rope.get("attention_factor"), 0.1 * math.log(rope.number("factor")) + 1  # Peng et al. 2023, eq. 22
        unusual += ["attention_factor"] if told is not None and not math.isclose(float(told), own) else []
        if unusual:
            raise unconvertible(f"its YaRN scaling sets {', '.join(sorted(unusual))}")
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope.number("factor"))
        writer.add_rope_scaling_orig_ctx_len(rope.whole("original_max_position_embeddings"))
        writer.add_rope_scaling_yarn_beta_fast(rope.number("beta_fast") if rope.get("beta_fast") else 32.0)
        writer.add_rope_scaling_yarn_beta_slow(rope.number("beta_slow") if rope.get("beta_slow") else 1.0)


_EVERY = 4


def every_fourth_keys(config: Config, writer: GGUFWriter) -> None:
    """A window in all layers but every fourth, as llama.cpp takes for granted in some families."""
    kinds = ["full_attention" if (layer + 1) % _EVERY == 0 else "sliding_attention" for layer in range(config.layers)]
    if list(config["layer_types"]) != kinds:
        raise unconvertible("other layers than every fourth attend to everything")
    writer.add_sliding_window(config.whole("sliding_window"))
