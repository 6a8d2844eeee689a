"""A Llama in float64 (Touvron et al. 2023): RMSNorm, rotary positions, grouped queries, SwiGLU; nothing is cached.

Texts come as ids (T,), or as several of one length (N, T): they are computed side by side, and each gets the numbers
that it gets alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np

from backends.intake import PlacedEdit
from backends.noise import Reals

_NONE: Final[Mapping[str, Any]] = {}


class Network:
    """The computation over a dict of weights named as in Hugging Face's checkpoints."""

    def __init__(
        self, weights: Mapping[str, Reals], *, heads: int, kv_heads: int, norm_epsilon: float, rope_theta: float
    ) -> None:
        self._w, self._epsilon, self._theta = weights, norm_epsilon, rope_theta
        self.layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("model.layers."))
        self.head_width = weights["model.layers.0.self_attn.q_proj.weight"].shape[0] // heads
        self._groups = heads // kv_heads
        self._turns: Reals = np.empty((2, 0, self.head_width // 2))

    def stream(self, ids: Sequence[int] | Sequence[Sequence[int]], taps: ToyTaps) -> Reals:
        """The residual stream after the last block, (…, T, width)."""
        stream = taps("hook_embed", self._w["model.embed_tokens.weight"][np.asarray(ids)])
        for layer in range(self.layers):
            stream = stream + taps(f"blocks.{layer}.hook_attn_out", self._attention(stream, layer, taps))
            stream = stream + taps(f"blocks.{layer}.hook_mlp_out", self._mlp(stream, layer, taps))
            stream = taps(f"blocks.{layer}.hook_resid_post", stream)
        return stream

    def unembedded(self, stream: Reals) -> Reals:
        """Logits, (…, T, vocab)."""
        logits: Reals = self._norm(stream, "model.norm.weight") @ self._w["lm_head.weight"].T
        return logits

    def _attention(self, stream: Reals, layer: int, taps: ToyTaps) -> Reals:
        """The pattern is by far the largest thing here, and is made where its scores stand: memory that is asked for
        anew costs more than the arithmetic."""
        at, seen = f"model.layers.{layer}.", np.tri(stream.shape[-2], dtype=bool)
        normed = self._norm(stream, at + "input_layernorm.weight")

        def split(part: str) -> Reals:  # (…, heads, T, head_width)
            flat = normed @ self._w[f"{at}self_attn.{part}_proj.weight"].T
            split: Reals = flat.reshape(*flat.shape[:-1], -1, self.head_width).swapaxes(-3, -2)
            return split

        q, k = self._rotate(split("q")), self._rotate(split("k")).repeat(self._groups, axis=-3)
        scores = q @ k.swapaxes(-2, -1)
        scores /= self.head_width**0.5
        np.copyto(scores, -np.inf, where=~seen)
        scores -= scores.max(-1, keepdims=True)
        weights = np.exp(scores, out=np.zeros_like(scores), where=seen)
        weights /= weights.sum(-1, keepdims=True)
        pattern = taps(f"blocks.{layer}.attn.hook_pattern", weights)
        z = (pattern @ split("v").repeat(self._groups, axis=-3)).swapaxes(-3, -2)
        z = taps(f"blocks.{layer}.attn.hook_z", z)
        out: Reals = z.reshape(*z.shape[:-2], -1) @ self._w[at + "self_attn.o_proj.weight"].T
        return out

    def _rotate(self, x: Reals) -> Reals:
        """Rotary positions (Su et al. 2021) over two halves of the head, as Llama checkpoints lay them out."""
        half, tokens = self.head_width // 2, x.shape[-2]
        if tokens > self._turns.shape[1]:  # kept for the longest text so far
            angles = np.arange(tokens)[:, None] * self._theta ** (-np.arange(half) / half)
            self._turns = np.stack([np.cos(angles), np.sin(angles)])
        cos, sin = self._turns[:, :tokens]
        return np.concatenate(
            [x[..., :half] * cos - x[..., half:] * sin, x[..., half:] * cos + x[..., :half] * sin], -1
        )

    def _mlp(self, stream: Reals, layer: int, taps: ToyTaps) -> Reals:
        at = f"model.layers.{layer}."
        normed = self._norm(stream, at + "post_attention_layernorm.weight")
        gate = normed @ self._w[at + "mlp.gate_proj.weight"].T
        gate = gate / (1 + np.exp(-gate))
        post = taps(f"blocks.{layer}.mlp.hook_post", gate * (normed @ self._w[at + "mlp.up_proj.weight"].T))
        out: Reals = post @ self._w[at + "mlp.down_proj.weight"].T
        return out

    def _norm(self, x: Reals, name: str) -> Reals:
        normed: Reals = x / np.sqrt((x * x).mean(-1, keepdims=True) + self._epsilon) * self._w[name]
        return normed


class ToyTaps:
    """Applies the edits of a call at each site and keeps what it saw at some."""

    def __init__(
        self,
        edits: Sequence[PlacedEdit],
        nudges: Mapping[str, Callable[[Reals], Reals]] = _NONE,
        kept: Collection[str] = (),
    ) -> None:
        """`nudges`: what is done at a site after its edits; `kept`: the sites whose activations are looked at later."""
        self._edits, self._nudges, self.kept = edits, nudges, frozenset(kept)
        self.seen: dict[str, Reals] = {}

    @property
    def change(self) -> bool:
        """Whether the pass is another with them than without."""
        return bool(self._edits or self._nudges)

    def __call__(self, name: str, value: Reals) -> Reals:
        for placed in self._edits:
            if placed.site.name == name:
                value = _edited(placed, value)
        if name in self._nudges:
            value = self._nudges[name](value)
        if name in self.kept:
            self.seen[name] = value
        return value


def _edited(placed: PlacedEdit, value: Reals) -> Reals:
    """A copy of a site's activation, (…, T, …) or (…, heads, T, T), with the edit made."""
    edit, value = placed.edit, value.copy()
    view = value
    if edit.head is not None:
        pattern = placed.site.kind == "attn.hook_pattern"
        view = value[..., edit.head, :, :] if pattern else value[..., edit.head, :]
    axis = view.ndim + placed.position_axis
    at, change = placed.rows(0, view.shape[axis])
    where = (slice(None),) * axis + (slice(None) if at is None else at,)
    match edit.op:
        case "zero":
            view[where] = 0
        case "scale":
            view[where] *= edit.factor
        case "add":
            view[where] += edit.factor * np.float64(change)
        case "replace":
            view[where] = change
    return value
