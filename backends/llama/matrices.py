"""The named weights of a GGUF file in the contract's shapes: attention head by head, in the order of checkpoints."""

from __future__ import annotations

from typing import Final

import numpy as np

from backends.llama.weights import GgufWeights
from backends.matrices import by_head
from backends.model import Card, FloatArray

_BLOCK: Final = {
    "ln1": "attn_norm",
    "ln2": "ffn_norm",
    "ln1_post": "post_attention_norm",
    "ln2_post": "post_ffw_norm",
    "attn.q_norm": "attn_q_norm",
    "attn.k_norm": "attn_k_norm",
    "mlp.W_gate": "ffn_gate",
    "mlp.W_in": "ffn_up",
    "mlp.b_in": "ffn_up",
    "mlp.W_out": "ffn_down",
    "mlp.b_out": "ffn_down",
    "attn.W_O": "attn_output",
    "attn.b_O": "attn_output",
}
"""Name in the contract, of norms without what it ends in → name in the file's blocks."""
_INTERLEAVED: Final = frozenset({"llama", "granite", "smollm3"})
"""Architectures whose queries and keys llama.cpp keeps pair after pair, where checkpoints have two halves of a head."""
_ELSEWHERE: Final = frozenset({"command-r", "chatglm", "gptj", "deepseek2"})
"""Architectures whose queries and keys have yet another order in checkpoints."""


_GATED: Final = frozenset({"mlp.W_gate", "mlp.W_in"})


class GgufMatrices:
    """Weights by their names in the contract."""

    def __init__(self, weights: GgufWeights, card: Card, unembedding: str) -> None:
        self._weights, self._card = weights, card
        self._outside = {"embed": "token_embd.weight", "unembed": unembedding}
        self._outside |= {"ln_final.w": "output_norm.weight", "ln_final.b": "output_norm.bias"}

    def stored(self, part: str, layer: int) -> str:
        """The tensor's name in the file, of everything that is one tensor there."""
        if part in self._outside:
            return self._outside[part]
        name, end = part, "bias" if part.rsplit(".", maxsplit=1)[-1].startswith("b") else "weight"
        if part.startswith("ln") or "_norm." in part:
            name, _, _ = part.rpartition(".")
        return f"blk.{layer}.{_BLOCK[name]}.{end}"

    def named(self, part: str, layer: int) -> FloatArray | None:
        """None where the file has no such tensor, or not in a known form."""
        if part.startswith("attn.") and part[-1] in "QKV":
            return self._projection(part, layer)
        if part in _GATED and self._gates_inside(layer):
            every, rows = self._weights.array(self.stored("mlp.W_in", layer)), self._card.mlp_width
            return every[:rows] if part == "mlp.W_gate" else every[rows:]
        stored = self.stored(part, layer)
        if stored not in self._weights:
            return None
        array = self._weights.array(stored)
        return by_head(part, array, self._card) if part == "attn.W_O" else array

    @property
    def complete(self) -> bool:
        """Whether the file holds what the contract names of every model, in its shapes."""
        inward, outward = (self._card.mlp_width, self._card.width), (self._card.width, self._card.mlp_width)
        words = (self._card.vocab, self._card.width)
        wanted = {"embed": words, "unembed": words, "mlp.W_in": inward, "mlp.W_out": outward}
        return all(
            self._shape(part, layer) == shape for part, shape in wanted.items() for layer in range(self._card.layers)
        )

    def _shape(self, part: str, layer: int) -> tuple[int, ...] | None:
        """None where the file has no such tensor."""
        stored = self.stored(part, layer)
        if stored not in self._weights:
            return None
        shape = self._weights.shape(stored)
        return (self._card.mlp_width, *shape[1:]) if part == "mlp.W_in" and self._gates_inside(layer) else shape

    def _gates_inside(self, layer: int) -> bool:
        """Whether the gate stands above the values that it gates, in one tensor."""
        up, gate = self.stored("mlp.W_in", layer), self.stored("mlp.W_gate", layer)
        if gate in self._weights or up not in self._weights:
            return False
        return self._weights.shape(up)[0] == 2 * self._card.mlp_width

    def _projection(self, part: str, layer: int) -> FloatArray | None:
        kind, which = part.removeprefix("attn.").split("_")
        end = "weight" if kind == "W" else "bias"
        if which != "V" and self._card.architecture in _ELSEWHERE:
            return None
        own, fused = f"blk.{layer}.attn_{which.lower()}.{end}", f"blk.{layer}.attn_qkv.{end}"
        heads = self._card.heads if which == "Q" else self._card.kv_heads
        if own in self._weights:
            array = self._weights.array(own)
        elif fused in self._weights:  # queries above keys above values
            every = self._weights.array(fused)
            head_width = len(every) // (self._card.heads + 2 * self._card.kv_heads)
            start = {"Q": 0, "K": self._card.heads, "V": self._card.heads + self._card.kv_heads}[which] * head_width
            array = every[start : start + heads * head_width]
        else:
            return None
        if which != "V" and self._card.architecture in _INTERLEAVED:
            array = _halved(array, heads)
        return by_head(part, array, self._card)


def _halved(rows: FloatArray, heads: int) -> FloatArray:
    """Rows of queries or keys from pair after pair to first halves, then second halves."""
    pairs = rows.reshape(heads, len(rows) // heads // 2, 2, *rows.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(rows.shape)
