"""The matrices around the residual stream: its readout as logits, embeddings, and what each MLP reads and writes."""

from __future__ import annotations

from typing import Any

import torch

from backends.model import Card, FloatArray, ModelRefusal
from backends.torch.checkpoint import setting
from backends.torch.sites import Layout, weight


class Matrices:
    """The readout and the named matrices of one loaded model."""

    def __init__(self, model: Any, layout: Layout, card: Card) -> None:
        self._config, self._layout, self._card = model.config, layout, card
        self._like = weight(layout.embedding)

    def read_out(self, residual: torch.Tensor) -> FloatArray:
        """(rows, width) residuals after the last block → (rows, vocab) logits, unchecked."""
        norm, out, config = self._layout.final_norm, self._layout.unembedding, self._config
        if norm is None or out is None:
            raise unserved("A readout of the residual stream", self._card)
        with torch.inference_mode():
            logits = out(norm(residual.to(self._like)))
            if (scaling := setting(config, "logits_scaling")) is not None:  # Granite
                logits = logits / scaling
            if (scale := setting(config, "logit_scale")) is not None:  # Cohere
                logits = logits * scale
            if (cap := setting(config, "final_logit_softcapping")) is not None:  # Gemma 2
                logits = torch.tanh(logits / cap) * cap
        array: FloatArray = logits.float().cpu().numpy()
        return array

    def named(self, name: str) -> FloatArray:
        """`embed`, `unembed`, `blocks.{l}.mlp.W_in` or `blocks.{l}.mlp.W_out`. Raises ModelRefusal."""
        found = self._matrix(name)
        if found is None:
            raise ModelRefusal(
                "model.unsupported",
                f"This engine does not serve the matrix {name!r} of this model.",
                "It serves embed, unembed, blocks.L.mlp.W_in and blocks.L.mlp.W_out where the layout has them.",
                "Name one of them.",
            )
        array: FloatArray = found.detach().float().cpu().numpy()
        return array

    def _matrix(self, name: str) -> torch.Tensor | None:
        part = name.rpartition(".")
        if name in ("embed", "unembed"):
            module = self._layout.embedding if name == "embed" else self._layout.unembedding
            return None if module is None else weight(module)
        layer = next((i for i in range(self._card.layers) if part[0] == f"blocks.{i}.mlp"), None)
        if layer is None or part[2] not in ("W_in", "W_out"):
            return None
        block = self._layout.blocks[layer]
        module = block.mlp_in if part[2] == "W_in" else block.mlp_out
        if module is None:
            return None
        matrix = weight(module)
        # A fused projection holds the gate above the values that it gates.
        return matrix[-self._card.mlp_width :] if part[2] == "W_in" else matrix


def unserved(what: str, card: Card) -> ModelRefusal:
    """The refusal of something that this architecture does not offer."""
    return ModelRefusal(
        "model.unsupported",
        f"{what} is not served on this model.",
        f"Its architecture ({card.architecture}) is not known well enough.",
        "Use another engine.",
    )
