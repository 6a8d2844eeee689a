"""The matrices around the residual stream: its readout as logits, embeddings, and what each MLP reads and writes."""

from __future__ import annotations

from typing import Any

import torch

from backends.matrices import by_head
from backends.model import Card, FloatArray, LinearReadout, ModelRefusal
from backends.norm import Norm, linearised
from backends.torch.checkpoint import setting
from backends.torch.norms import norm_of
from backends.torch.sites import BlockModules, Layout, weight


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

    def reading(self, residual: FloatArray, tokens: list[int]) -> LinearReadout:
        """As the contract says, of checked arguments."""
        out, config = self._layout.unembedding, self._config
        norm = self._normed(self._layout.final_norm)
        if norm is None or out is None:
            raise unserved("A linear reading of the residual stream", self._card)
        scaling, scale = setting(config, "logits_scaling"), setting(config, "logit_scale")  # Granite, Cohere
        bias = getattr(out, "bias", None)
        rows = _array(weight(out)[tokens])
        factor = float(scale or 1) / float(scaling or 1)
        return linearised(norm, residual, rows, None if bias is None else _array(bias[tokens]), factor)

    def named(self, part: str, layer: int) -> FloatArray | None:
        """Weights by their name within a block, or outside of blocks; None where they are not served."""
        if part in ("embed", "unembed"):
            module = self._layout.embedding if part == "embed" else self._layout.unembedding
            return None if module is None else _array(weight(module))
        kind, _, which = part.rpartition(".")
        block = self._layout.blocks[layer]
        if kind == "mlp":
            return self._of_mlp(block, which)
        if kind == "attn":
            return self._of_attention(block, part)
        norm = self._normed(self._layout.final_norm if kind == "ln_final" else block.norm(kind))
        return None if norm is None else norm.gain if which == "w" else norm.bias

    def _of_mlp(self, block: BlockModules, which: str) -> FloatArray | None:
        inward = block.mlp_gate if which == "W_gate" else block.mlp_out if which.endswith("out") else block.mlp_in
        if inward is None:
            return None
        array = _part(inward, which[0])
        if array is None or which.endswith("out"):
            return array
        # A fused projection holds the gate above the values that it gates.
        width = self._card.mlp_width
        return array[:width] if which == "W_gate" else array[-width:]

    def _of_attention(self, block: BlockModules, part: str) -> FloatArray | None:
        kind, which = part.removeprefix("attn.").split("_")
        if block.attention is None or block.attention_out is None:
            return None
        if which == "O":
            array = _part(block.attention_out, kind)
        else:
            head_width = weight(block.attention_out).shape[1] // self._card.heads
            array = _projection(block.attention, kind, which, self._card, head_width)
        return None if array is None else by_head(part, array, self._card)

    def _normed(self, module: Any) -> Norm | None:
        if module is None:
            return None
        gain = getattr(module, "weight", None)
        width = self._card.width if gain is None else len(gain)
        return norm_of(module, width, self._like)


def _projection(attention: Any, kind: str, which: str, card: Card, head_width: int) -> FloatArray | None:
    """The queries', keys' or values' projection (out, in), or its bias, from a module of its own or a fused one."""
    queries, keys = card.heads * head_width, card.kv_heads * head_width
    expected = queries if which == "Q" else keys
    if (own := getattr(attention, f"{which.lower()}_proj", None)) is not None:
        array = _part(own, kind)
        return array if array is not None and len(array) == expected else None
    for name in ("c_attn", "qkv_proj"):  # one above the other
        if (fused := getattr(attention, name, None)) is not None and (array := _part(fused, kind)) is not None:
            start = {"Q": 0, "K": queries, "V": queries + keys}[which]
            return array[start : start + expected] if len(array) == queries + 2 * keys else None
    fused = getattr(attention, "query_key_value", None)  # head by head
    if fused is None or (array := _part(fused, kind)) is None or len(array) != 3 * queries or queries != keys:
        return None
    heads = array.reshape(card.heads, 3, head_width, *array.shape[1:])
    return heads[:, "QKV".index(which)].reshape(queries, *array.shape[1:])


def _part(module: Any, kind: str) -> FloatArray | None:
    """The (out, in) matrix of a projection, W, or its (out,) bias, b."""
    found = weight(module) if kind == "W" else getattr(module, "bias", None)
    return None if found is None else _array(found)


def _array(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.detach().float().cpu().numpy()
    return array


def unserved(what: str, card: Card) -> ModelRefusal:
    """The refusal of something that this architecture does not offer."""
    return ModelRefusal(
        "model.unsupported",
        f"{what} is not served on this model.",
        f"Its architecture ({card.architecture}) is not known well enough.",
        "Use another engine.",
    )
