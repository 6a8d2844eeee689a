"""Where the sites are in a transformers model: plain hooks that capture and edit, and the matrices around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from backends.intake import PlacedEdit, PlacedPass, Site, Span
from backends.model import FloatArray
from backends.torch.bridge import Bridge
from backends.torch.checkpoint import setting
from backends.torch.hooks import TensorTap, after_hook, before_hook, one_of, scaled
from backends.torch.patterns import Patterns

_ATTENTION = ("self_attn", "attn", "attention", "self_attention")
_ATTENTION_OUT = ("o_proj", "c_proj", "out_proj", "dense", "wo")
_MLP = ("mlp", "feed_forward", "block_sparse_moe", "ffn")
_MLP_IN = ("up_proj", "c_fc", "dense_h_to_4h", "fc1", "fc_in", "gate_up_proj", "w3")
_MLP_GATE = ("gate_proj", "gate_up_proj", "w1")
_MLP_OUT = ("down_proj", "c_proj", "dense_4h_to_h", "fc2", "fc_out", "w2")
_ACTIVE = "altup_active_idx"
"""The setting of a model whose blocks carry several streams (Baykal et al. 2023, AltUp)."""
_BESIDE = ("embed_tokens_per_layer",)
"""An embedding that goes into every block beside the stream (Gemma 3n and 4)."""
_FINAL_NORM = ("norm", "ln_f", "final_layer_norm", "final_layernorm", "final_norm", "norm_f")


@dataclass(frozen=True)
class BlockModules:
    """The modules of one layer that sites hang on; None where this layout is not known."""

    whole: nn.Module
    attention: nn.Module | None
    attention_out: nn.Module | None
    """The projection whose input is hook_z."""
    attention_sum: nn.Module | None
    """What is added to the stream: the attention, or the norm after it."""
    mlp: nn.Module | None
    mlp_in: nn.Module | None
    mlp_out: nn.Module | None
    """The projection whose input is hook_post."""
    mlp_sum: nn.Module | None
    mlp_gate: nn.Module | None = None
    """What gates mlp_in's values; the same module where the two are fused."""
    norms: Mapping[str, nn.Module] = field(default_factory=dict)
    """`ln1` and `ln2` before the parts, `ln1_post` and `ln2_post` after them, as far as there are any."""
    scale: float = 1.0
    """What the sums are multiplied by before they are added (Granite)."""
    stream: int | None = None
    """Which of the streams that pass through it side by side attention and MLP read (Gemma 3n); None: it has one."""

    def norm(self, name: str) -> nn.Module | None:
        """One of the norms, or `attn.q_norm` and `attn.k_norm`."""
        if name.startswith("attn."):
            return getattr(self.attention, name.removeprefix("attn."), None)
        return self.norms.get(name)


@dataclass(frozen=True)
class Layout:
    """The parts of a causal language model, found by the names that transformers gives them."""

    blocks: tuple[BlockModules, ...]
    final_norm: nn.Module | None
    embedding: nn.Module
    unembedding: nn.Module | None
    beside: tuple[nn.Module, ...] = ()
    """Further embeddings of the same tokens, which do not go into the stream."""

    @property
    def embeddings(self) -> tuple[nn.Module, ...]:
        """Everything that tokens are read with, as far as it is known."""
        return self.embedding, *self.beside

    @classmethod
    def of(cls, model: Any) -> Layout | None:
        """None: this architecture has no list of layers where one is expected."""
        layers = int(model.config.num_hidden_layers)
        lists = [m for m in model.modules() if isinstance(m, nn.ModuleList) and len(m) == layers]
        if not lists:
            return None
        owner = next(m for m in model.modules() if any(child is lists[0] for child in m.children()))
        scale, stream = float(setting(model.config, "residual_multiplier") or 1), setting(model.config, _ACTIVE)
        return cls(
            blocks=tuple(replace(_block(layer), scale=scale, stream=stream) for layer in lists[0]),
            final_norm=_child(owner, _FINAL_NORM),
            embedding=model.get_input_embeddings(),
            unembedding=model.get_output_embeddings(),
            beside=tuple(found for name in _BESIDE if (found := _child(owner, (name,))) is not None),
        )


def _block(layer: nn.Module) -> BlockModules:
    attention, mlp = _child(layer, _ATTENTION), _child(layer, _MLP)
    after_attention, after_mlp = attention, mlp
    # A norm after the MLP means that both parts are normed before they are added (Gemma 2 and 3, OLMo 2).
    if (norm := _child(layer, ("post_feedforward_layernorm", "post_mlp_layernorm"))) is not None:
        after_mlp = norm
        after_attention = _child(layer, ("post_self_attn_layernorm", "post_attention_layernorm"))
    norms = {
        "ln1": _child(layer, ("input_layernorm", "ln_1", "self_attn_layer_norm", "ln_attn")),
        "ln2": _child(layer, ("pre_feedforward_layernorm", "ln_2", "final_layer_norm", "ln_mlp")),
        "ln1_post": after_attention if norm is not None else None,
        "ln2_post": norm,
    }
    if norm is None and norms["ln2"] is None:
        norms["ln2"] = _child(layer, ("post_attention_layernorm",))
    holder = mlp if mlp is not None else layer  # OPT keeps its MLP in the layer itself
    mlp_out = _projection(holder, _MLP_OUT)
    gate = _projection(holder, _MLP_GATE)
    return BlockModules(
        whole=layer,
        attention=attention,
        attention_out=None if attention is None else _projection(attention, _ATTENTION_OUT),
        attention_sum=after_attention,
        mlp=mlp,
        mlp_in=_projection(holder, _MLP_IN),
        mlp_out=mlp_out,
        mlp_sum=after_mlp if after_mlp is not None else mlp_out,
        mlp_gate=gate,
        norms={name: module for name, module in norms.items() if module is not None},
    )


def weight(projection: Any) -> torch.Tensor:
    """A projection's matrix as (out, in); GPT-2's Conv1D keeps it the other way round."""
    matrix: torch.Tensor = projection.weight
    return matrix.T if type(projection).__name__ == "Conv1D" else matrix


def _child(module: nn.Module, names: Sequence[str]) -> nn.Module | None:
    children = dict(module.named_children())
    return next((children[name] for name in names if name in children), None)


def _projection(module: nn.Module, names: Sequence[str]) -> nn.Module | None:
    """A child that is one matrix; some models keep several in it."""
    found = _child(module, names)
    return found if isinstance(getattr(found, "weight", None), torch.Tensor) else None


@dataclass(frozen=True)
class Taps:
    """Capture and edits of one call, attached by hooks for as long as it runs.

    Several passes are the rows of one batch, filled up on the right to one length. A single one is every row there is:
    samples and continuations are edited alike, at positions that `span` knows.
    """

    layout: Layout
    patterns: Patterns
    head_width: int
    bridge: Bridge | None = None
    """Where the call needs a site that plain hooks do not reach: all of them hang on the bridge then."""
    passes: tuple[PlacedPass, ...] = ()
    span: Span = field(default_factory=Span)
    _seen: dict[tuple[int, Site], torch.Tensor] = field(default_factory=dict)
    """(row, site) → what is kept of it, float32, copied when it passed by."""

    @property
    def edits(self) -> bool:
        """Whether anything is edited."""
        return any(one.edits for one in self.passes)

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Hooks are on inside the block, and only where something is wanted."""
        edited = {placed.site: None for one in self.passes for placed in one.edits}
        captured = {site: None for one in self.passes for site in one.capture}
        taps = {site: self._tap(site, edited=site in edited) for site in edited | captured}
        with ExitStack() as stack:
            if self.bridge is not None:
                stack.enter_context(self.bridge.tapped({site.name: tap for site, tap in taps.items()}))
                taps = {}
            for site, tap in taps.items():
                if site.kind == "attn.hook_pattern":
                    stack.enter_context(self.patterns.tapped(site.layer, tap))
                else:
                    stack.callback(self.hook(site, tap).remove)
            yield

    def captured(self, row: int) -> dict[str, FloatArray]:
        """What a pass has seen at its sites, shaped as the contract says."""
        return {site.name: self._seen[row, site].cpu().numpy() for site in self.passes[row].capture}

    def _tap(self, site: Site, *, edited: bool) -> TensorTap:
        def tap(value: torch.Tensor) -> torch.Tensor:
            if edited:
                value = self._edited(site, value)
            for row, one in enumerate(self.passes):
                if site in one.capture:
                    self._seen[row, site] = self._kept(site, one, self._own(site, row, self.shaped(site, value))[0])
            return value

        return tap

    def _edited(self, site: Site, value: torch.Tensor) -> torch.Tensor:
        shaped = self.shaped(site, value).clone()
        for row, one in enumerate(self.passes):
            span = self.span if len(self.passes) == 1 else Span(0, len(one.ids))
            for placed in one.edits:
                if placed.site == site:
                    _edit(placed, self._own(site, row, shaped), span)
        return shaped.reshape(value.shape)

    def _own(self, site: Site, row: int, shaped: torch.Tensor) -> torch.Tensor:
        """A view of the rows and positions that are a pass' own."""
        if len(self.passes) == 1:
            return shaped
        tokens = len(self.passes[row].ids)
        return shaped[row : row + 1, :, :tokens, :tokens] if _is_pattern(site) else shaped[row : row + 1, :tokens]

    def _kept(self, site: Site, one: PlacedPass, seen: torch.Tensor) -> torch.Tensor:
        if one.keep is None:
            return seen.detach().to(torch.float32, copy=True)
        kept = seen[:, one.keep] if _is_pattern(site) else seen[one.keep]  # a copy
        return kept.detach().to(torch.float32)

    def shaped(self, site: Site, value: torch.Tensor) -> torch.Tensor:
        """(batch, T, …) with the heads apart at hook_z."""
        if value.ndim == 2:  # OPT's MLP works on all tokens of a batch in one row
            value = value.reshape(-1, self.span.stop - self.span.start, value.shape[-1])
        if site.kind == "attn.hook_z" and value.ndim == 3:
            return value.reshape(len(value), -1, value.shape[-1] // self.head_width, self.head_width)
        return value

    def hook(self, site: Site, tap: TensorTap) -> Any:
        """Let a tap see, or change, what passes by at a site other than a pattern, until the hook is removed."""
        block = self.layout.blocks[site.layer]
        module, before = {
            "hook_embed": (block.whole, True),
            "hook_resid_post": (block.whole, False),
            "hook_attn_out": (block.attention_sum, False),
            "hook_mlp_out": (block.mlp_sum, False),
            "attn.hook_z": (block.attention_out, True),
            "mlp.hook_post": (block.mlp_out, True),
        }[site.kind]
        if module is None:
            raise LookupError(site.name)
        if block.scale != 1 and site.kind in ("hook_attn_out", "hook_mlp_out"):
            tap = scaled(tap, block.scale)
        if block.stream is not None and site.kind in ("hook_embed", "hook_resid_post"):
            tap = one_of(tap, block.stream)
        return before_hook(module, tap) if before else after_hook(module, tap)


def _is_pattern(site: Site) -> bool:
    return site.kind == "attn.hook_pattern"


def _edit(placed: PlacedEdit, shaped: torch.Tensor, span: Span) -> None:
    """Make one edit in place, in (batch, T, …) or (batch, heads, T, keys) over the positions of the span."""
    view = shaped
    if (head := placed.edit.head) is not None:
        view = shaped[:, head] if _is_pattern(placed.site) else shaped[:, :, head]
    at, change = placed.rows(span.start, span.stop)
    if at == []:
        return
    where = (slice(None),) * (view.ndim + placed.position_axis) + (slice(None) if at is None else at,)
    tensor = torch.as_tensor(0.0 if change is None else change).to(view)
    match placed.edit.op:
        case "zero":
            view[where] = 0
        case "scale":
            view[where] = view[where] * placed.edit.factor
        case "add":
            view[where] = view[where] + tensor * placed.edit.factor
        case "replace":
            view[where] = torch.broadcast_to(tensor, view[where].shape)
