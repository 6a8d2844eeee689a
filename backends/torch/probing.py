"""What a loaded model really serves: each capability is announced only after its identity has held on this model."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch

from backends.intake import NEEDS
from backends.memory import does_not_fit
from backends.model import Aim, Capability, Edit, FloatArray, Model, ModelRefusal, resid_post
from backends.torch import hardware
from backends.torch.checkpoint import unreadable
from backends.torch.hooks import TensorTap, after_hook
from backends.torch.matrices import Matrices
from backends.torch.sites import Layout, weight

_TOLERANCE = {"float32": 1e-3, "float16": 2e-2, "bfloat16": 8e-2}
"""Relative to the largest number compared."""
_TOKENS = 7


def caches(model: Model) -> bool:
    """Whether decoding two rows with cached keys gives what passes over the whole sequence give. Recurrent layers keep
    another kind of state, which transformers cannot copy from one row to many."""
    ids = _ids(model)
    try:
        forced = model.continuations(ids[:-2], [ids[-2:], ids[-2:][::-1]])
    except Exception as error:  # each kind of cache fails in its own way
        _unless_full(error)
        return False
    tolerance = _TOLERANCE.get(model.card.dtype, 8e-2)
    return all(
        _close(rows, model.forward([*ids[:-2], *tail]).logits[-3:-1], tolerance)
        for rows, tail in zip(forced, (ids[-2:], ids[-2:][::-1]), strict=True)
    )


def differentiates(model: Model) -> bool:
    """Whether the slope of a log-probability, along a direction that is added to the stream, is what two passes with a
    little of it added and taken away say; in coarse arithmetic, whether there is any."""
    ids, site = _ids(model), resid_post(0)
    aim = Aim(-1, ids[0])
    try:
        slopes = model.gradient(ids, [aim], at=site).slopes
        seen = model.forward(ids, capture=[site], rows=[]).captured[site]
        if model.card.dtype != "float32":
            return bool(np.abs(slopes).any())
        step = slopes / (float(np.abs(slopes).max()) or 1.0) * np.float32(1e-3 * float(np.abs(seen).max()))
        ends = [_logprob(model, ids, aim, Edit(site, "add", step, factor=sign)) for sign in (-1.0, 1.0)]
    except Exception as error:  # operations that have no backward
        _unless_full(error)
        return False
    expected, found = 2 * float((slopes * step).sum()), ends[1] - ends[0]
    return abs(found - expected) <= 0.1 * abs(expected) + 1e-5


def embeds(model: Model, embeddings: Sequence[Any]) -> bool:
    """Whether all that the model knows of its tokens comes from these embeddings: another text, with what they give of
    the first, says what the first does."""
    ids, given = _ids(model), dict[int, torch.Tensor]()

    def tap(number: int) -> TensorTap:
        return lambda value: given.setdefault(number, value)

    with ExitStack() as stack:
        for number, embedding in enumerate(embeddings):
            stack.enter_context(after_hook(embedding, tap(number)))
        said, other = (model.forward(text).logits for text in (ids, [(i + 1) % model.card.vocab for i in ids]))
    return _close(other, said, _TOLERANCE.get(model.card.dtype, 8e-2))


def _logprob(model: Model, ids: list[int], aim: Aim, edit: Edit) -> float:
    [row] = model.forward(ids, edits=[edit], rows=[aim.position]).logits.astype(np.float64)
    return float(row[aim.token] - row.max() - np.log(np.exp(row - row.max()).sum()))


def discarded(model: Model, bridged: frozenset[Capability]) -> frozenset[Capability]:
    """Which bridged capabilities can be read but not edited: on some attentions a bridge shows patterns that the
    model has already consumed, and an edit there changes nothing."""
    lost = set()
    plain = model.forward(_ids(model)).logits
    for kind, capability in NEEDS.items():
        if capability in bridged:
            edited = model.forward(_ids(model), edits=[Edit(f"blocks.0.{kind}", "scale", factor=0.25)]).logits
            if _close(edited, plain, 1e-4):
                lost.add(capability)
    return frozenset(lost)


def _unless_full(error: Exception) -> None:
    """What a model lacks must not depend on how much memory happened to be free."""
    if hardware.out_of_memory(error):
        raise does_not_fit() from error


def _ids(model: Model) -> list[int]:
    return [(37 * i + 11) % model.card.vocab for i in range(min(_TOKENS, model.card.context))]


def _close(a: FloatArray, b: FloatArray, tolerance: float) -> bool:
    scale = float(np.abs(b).max()) or 1.0
    return a.shape == b.shape and float(np.abs(a - b).max()) <= tolerance * scale


def served(model: Model, layout: Layout, matrices: Matrices) -> frozenset[Capability]:
    """Run a few tokens through a model whose intake lets everything pass, and keep what adds up:

    residual   every block's hook fires and the logits are finite
    readout    the readout of the last resid_post is the logits
    sublayers  hook_embed and each block's attn_out and mlp_out sum to its resid_post
    heads      the output projection (and the norm after it) makes attn_out of hook_z, and no head needs the others
    neurons    the down projection (and the norm after it) makes mlp_out of mlp.hook_post
    patterns   the rows are causal and sum to 1, or to less where attention can sink into nothing (gpt-oss), and put in
               place of the attention's own they leave the logits alone

    Raises ModelRefusal on a model that sees what comes after a token, or does not run at all.
    """
    return _Trial(model, layout, matrices).held()


class _Trial:
    def __init__(self, model: Model, layout: Layout, matrices: Matrices) -> None:
        self._model, self._layout, self._matrices, self._card = model, layout, matrices, model.card
        self._ids = _ids(model)
        self._tolerance = _TOLERANCE.get(self._card.dtype, 8e-2)
        self._layers = range(self._card.layers)

    def held(self) -> frozenset[Capability]:
        try:
            logits = self._model.forward(self._ids).logits
        except ModelRefusal:
            raise
        except torch.AcceleratorError as error:
            raise ModelRefusal(
                "model.unsupported",
                "The device does not run this model.",
                f"{str(error).splitlines()[0].rstrip('.')}.",
                "Use the device cpu.",
            ) from error
        except Exception as error:  # sizes that only clash when they meet
            raise unreadable("The model does not run.", error) from error
        self._refuse_foresight(logits)
        streams = self._seen(["hook_embed", *map(resid_post, self._layers)])
        if streams is None:
            return frozenset()
        found = {Capability.RESIDUAL, Capability.EDITS, Capability.WEIGHTS}
        if self._reads_out(streams[resid_post(self._layers[-1])], logits):
            found.add(Capability.READOUT)
        parts = self._seen([f"blocks.{i}.hook_{part}_out" for i in self._layers for part in ("attn", "mlp")])
        if parts is not None and self._sums(streams, parts):
            found.add(Capability.SUBLAYERS)
            if self._makes("attn.hook_z", parts):
                found.add(Capability.HEADS)
            if self._makes("mlp.hook_post", parts):
                found.add(Capability.NEURONS)
        if Capability.NEURONS not in found or self._layout.unembedding is None:
            found.remove(Capability.WEIGHTS)
        patterns = self._seen(sites := [f"blocks.{i}.attn.hook_pattern" for i in self._layers])
        if patterns is not None and all(map(self._is_pattern, patterns.values())) and self._attends(sites, logits):
            found.add(Capability.PATTERNS)
            if Capability.HEADS in found and not self._apart():
                found.remove(Capability.HEADS)
        return frozenset(found)

    def _refuse_foresight(self, logits: FloatArray) -> None:
        """An encoder loads as a language model too, but there is nothing it says of the next token."""
        *before, last = self._ids
        other = self._model.forward([*before, (last + 1) % self._card.vocab]).logits
        if not self._close(other[:-1], logits[:-1]):
            raise ModelRefusal(
                "model.unsupported",
                "This is not a causal language model.",
                "What it says at a token changes with the tokens that come after.",
                "Ask for a model that reads from left to right.",
            )

    def _attends(self, sites: list[str], logits: FloatArray) -> bool:
        try:
            kept = self._model.forward(self._ids, edits=[Edit(site, "scale", factor=1.0) for site in sites]).logits
        except Exception as error:  # an attention whose output is more than its pattern times its values
            _unless_full(error)
            return False
        return self._close(kept, logits)

    def _apart(self) -> bool:
        """Whether a head without its pattern leaves the others what they were: a norm over them all, or a difference of
        two, comes before hook_z in some attentions."""
        if self._card.heads == 1:
            return True
        pattern, site = "blocks.0.attn.hook_pattern", "blocks.0.attn.hook_z"
        kept, without = (
            self._model.forward(self._ids, capture=[site], edits=edits).captured[site][:, 1:]
            for edits in ([], [Edit(pattern, "zero", head=0)])
        )
        return self._close(without, kept)

    def _seen(self, sites: list[str]) -> dict[str, FloatArray] | None:
        try:
            return dict(self._model.forward(self._ids, capture=sites).captured)
        except Exception as error:  # another layout, an attention of its own kind, a bridge without the site
            _unless_full(error)
            return None

    def _close(self, a: FloatArray, b: FloatArray) -> bool:
        return _close(a, b, self._tolerance)

    def _reads_out(self, last: FloatArray, logits: FloatArray) -> bool:
        try:
            return self._close(self._matrices.read_out(torch.from_numpy(last)), logits)
        except (ModelRefusal, RuntimeError, TypeError):
            return False

    def _sums(self, streams: dict[str, FloatArray], parts: dict[str, FloatArray]) -> bool:
        stream = streams["hook_embed"]
        for layer in self._layers:
            stream = stream + parts[f"blocks.{layer}.hook_attn_out"] + parts[f"blocks.{layer}.hook_mlp_out"]
            if not self._close(stream, streams[resid_post(layer)]):
                return False
            stream = streams[resid_post(layer)]
        return True

    def _makes(self, site: str, parts: dict[str, FloatArray]) -> bool:
        """Whether the projection whose input the site is makes of it what is added to the stream."""
        seen = self._seen([f"blocks.{i}.{site}" for i in self._layers])
        if seen is None:
            return False
        for layer in self._layers:
            block = self._layout.blocks[layer]
            value = seen[f"blocks.{layer}.{site}"]
            if site == "attn.hook_z":
                modules, added = (block.attention_out, block.attention, block.attention_sum), "hook_attn_out"
            else:
                modules, added = (block.mlp_out, block.mlp, block.mlp_sum), "hook_mlp_out"
            if modules[0] is None or (site == "attn.hook_z" and value.shape[1] != self._card.heads):
                return False
            made = _through(value, *modules)
            if made is None or not self._close(made * block.scale, parts[f"blocks.{layer}.{added}"]):
                return False
        return True

    def _is_pattern(self, pattern: FloatArray) -> bool:
        tokens = len(self._ids)
        hidden = np.triu(np.ones((tokens, tokens), dtype=bool), 1)
        if pattern.shape != (self._card.heads, tokens, tokens) or pattern[:, hidden].any():
            return False
        sinks = any(hasattr(block.attention, "sinks") for block in self._layout.blocks)
        sums = np.maximum(pattern.sum(-1), 1) if sinks else pattern.sum(-1)
        return bool(np.allclose(sums, 1, atol=self._tolerance))


def _through(value: FloatArray, projection: Any, whole: Any, summed: Any) -> FloatArray | None:
    """A site's rows through the projection, and through the norm after the whole part if there is one; None if they
    do not fit."""
    if value.size // len(value) != weight(projection).shape[1]:
        return None
    with torch.inference_mode():
        rows = torch.from_numpy(value.reshape(len(value), -1)).to(projection.weight)
        out = projection(rows)
        if summed is not whole and summed is not projection:
            out = summed(out)
        array: FloatArray = out.float().cpu().numpy()
    return array
