"""Attention matrices head by head, from projections as checkpoints keep them."""

from __future__ import annotations

import numpy as np

from backends.model import Card, FloatArray


def by_head(part: str, array: FloatArray, card: Card) -> FloatArray:
    """A projection (out, in), or its bias (out,), as the contract shapes the `part` `attn.W_Q`, `attn.b_K` …: each key
    and value head stands as often as heads share it."""
    kind, which = part.removeprefix("attn.").split("_")
    if which == "O":
        return array if kind == "b" else array.T.reshape(card.heads, -1, array.shape[0])
    heads = card.heads if which == "Q" else card.kv_heads
    apart = array.reshape(heads, -1, *array.shape[1:])  # (heads, head_width, in)
    turned = apart if kind == "b" else apart.swapaxes(1, 2)
    return np.repeat(turned, card.heads // heads, axis=0)
