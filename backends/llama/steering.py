"""Edits that llama.cpp makes by itself, as its control vectors, with nobody called back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backends.intake import PlacedEdit
from backends.model import Card, FloatArray


def steering(edits: Sequence[PlacedEdit], card: Card) -> FloatArray | None:
    """Edits that only add one vector to whole residual streams, as vectors (layers - 1, width) that llama.cpp adds
    itself; None if they are anything else. It has none for block 0."""
    vectors = np.zeros((card.layers - 1, card.width), np.float32)
    for placed in edits:
        edit = placed.edit
        if placed.site.kind != "hook_resid_post" or edit.op != "add" or edit.positions is not None:
            return None
        value = edit.value
        if placed.site.layer == 0 or value is None:
            return None
        # A number for each of as many positions as the stream is wide, (width, 1), is no vector.
        if value.size != 1 and (value.size, value.shape[-1]) != (card.width, card.width):
            return None
        vectors[placed.site.layer - 1] += value.reshape(-1) * np.float32(edit.factor)
    return vectors if edits else None
