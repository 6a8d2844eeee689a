"""Layers that a probe names, held against those that the model has: one that is not there is refused, not left out."""

from __future__ import annotations

from collections.abc import Collection

from backends.model import Model, ModelRefusal


def present(model: Model, layers: Collection[int]) -> None:
    """Raises ModelRefusal where the model has not one of them."""
    if strange := [layer for layer in layers if not 0 <= layer < model.card.layers]:
        raise ModelRefusal(
            "model.input", f"There is no layer {strange[0]}.",
            f"The model has {model.card.layers}, counted from 0.", "Name others.",
        )  # fmt: skip


def chosen(model: Model, layers: Collection[int]) -> tuple[int, ...]:
    """Those that are named, each once and in the model's order; all where none is. Raises ModelRefusal."""
    present(model, layers)
    return tuple(sorted(set(layers))) or tuple(range(model.card.layers))
