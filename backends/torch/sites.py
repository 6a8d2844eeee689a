"""Where the sites are in a transformers model: plain hooks that capture and edit, and the matrices around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from backends.intake import PlacedEdit, Site, Span
from backends.torch.bridge import Bridge
from backends.torch.checkpoint import setting
from backends.torch.hooks import TensorTap, after_hook, before_hook, scaled
from backends.torch.patterns import Patterns

_ATTENTION = ("self_attn", "attn", "attention", "self_attention")
_ATTENTION_OUT = ("o_proj", "c_proj", "out_proj", "dense", "wo")
_MLP = ("mlp", "feed_forward", "block_sparse_moe", "ffn")
_MLP_IN = ("up_proj", "c_fc", "dense_h_to_4h", "fc1", "fc_in", "gate_up_proj", "w3")
_MLP_OUT = ("down_proj", "c_proj", "dense_4h_to_h", "fc2", "fc_out", "w2")
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
    scale: float = 1.0
    """What the sums are multiplied by before they are added (Granite)."""


@dataclass(frozen=True)
class Layout:
    """The parts of a causal language model, found by the names that transformers gives them."""

    blocks: tuple[BlockModules, ...]
    final_norm: nn.Module | None
    embedding: nn.Module
    unembedding: nn.Module | None

    @classmethod
    def of(cls, model: Any) -> Layout | None:
        """None: this architecture has no list of layers where one is expected."""
        layers = int(model.config.num_hidden_layers)
        lists = [m for m in model.modules() if isinstance(m, nn.ModuleList) and len(m) == layers]
        if not lists:
            return None
        owner = next(m for m in model.modules() if any(child is lists[0] for child in m.children()))
        return cls(
            blocks=tuple(_block(layer, float(setting(model.config, "residual_multiplier") or 1)) for layer in lists[0]),
            final_norm=_child(owner, _FINAL_NORM),
            embedding=model.get_input_embeddings(),
            unembedding=model.get_output_embeddings(),
        )


def _block(layer: nn.Module, scale: float) -> BlockModules:
    attention, mlp = _child(layer, _ATTENTION), _child(layer, _MLP)
    after_attention, after_mlp = attention, mlp
    # A norm after the MLP means that both parts are normed before they are added (Gemma 2 and 3, OLMo 2).
    if (norm := _child(layer, ("post_feedforward_layernorm", "post_mlp_layernorm"))) is not None:
        after_mlp = norm
        after_attention = _child(layer, ("post_self_attn_layernorm", "post_attention_layernorm"))
    holder = mlp if mlp is not None else layer  # OPT keeps its MLP in the layer itself
    mlp_out = _projection(holder, _MLP_OUT)
    return BlockModules(
        whole=layer,
        attention=attention,
        attention_out=None if attention is None else _projection(attention, _ATTENTION_OUT),
        attention_sum=after_attention,
        mlp=mlp,
        mlp_in=_projection(holder, _MLP_IN),
        mlp_out=mlp_out,
        mlp_sum=after_mlp if after_mlp is not None else mlp_out,
        scale=scale,
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
    """Capture and edits of one call, attached by hooks for as long as it runs."""

    layout: Layout
    patterns: Patterns
    head_width: int
    bridge: Bridge | None = None
    """Where the call needs a site that plain hooks do not reach: all of them hang on the bridge then."""
    capture: tuple[Site, ...] = ()
    edits: tuple[PlacedEdit, ...] = ()
    span: Span = field(default_factory=Span)
    seen: dict[str, torch.Tensor] = field(default_factory=dict)
    """site → (batch, …), float32, copied when it passed by."""

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Hooks are on inside the block, and only where something is wanted."""
        taps = {}
        for site in {placed.site: None for placed in self.edits} | dict.fromkeys(self.capture):
            edits = [placed for placed in self.edits if placed.site == site]
            taps[site] = self._tap(site, edits, keep=site in self.capture)
        with ExitStack() as stack:
            if self.bridge is not None:
                stack.enter_context(self.bridge.tapped({site.name: tap for site, tap in taps.items()}))
                taps = {}
            for site, tap in taps.items():
                if site.kind == "attn.hook_pattern":
                    stack.enter_context(self.patterns.tapped(site.layer, tap))
                else:
                    stack.callback(self._hook(site, tap).remove)
            yield

    def _tap(self, site: Site, edits: Sequence[PlacedEdit], *, keep: bool) -> TensorTap:
        def tap(value: torch.Tensor) -> torch.Tensor:
            if edits:
                value = self._edited(site, edits, value)
            if keep:
                self.seen[site.name] = value.detach().to(torch.float32, copy=True)
            return value

        return tap

    def _edited(self, site: Site, edits: Sequence[PlacedEdit], value: torch.Tensor) -> torch.Tensor:
        shaped = self._shaped(site, value).clone()
        for placed in edits:
            view = shaped
            if (head := placed.edit.head) is not None:
                view = shaped[:, head] if site.kind == "attn.hook_pattern" else shaped[:, :, head]
            at, change = placed.rows(self.span.start, self.span.stop)
            axis = view.ndim + placed.position_axis
            where = (slice(None),) * axis + (slice(None) if at is None else at,)
            if at == []:
                continue
            tensor = torch.as_tensor(0.0 if change is None else change).to(value)
            match placed.edit.op:
                case "zero":
                    view[where] = 0
                case "scale":
                    view[where] = view[where] * placed.edit.factor
                case "add":
                    view[where] = view[where] + tensor * placed.edit.factor
                case "replace":
                    view[where] = torch.broadcast_to(tensor, view[where].shape)
        return shaped.reshape(value.shape)

    def _shaped(self, site: Site, value: torch.Tensor) -> torch.Tensor:
        """(batch, T, …) with the heads apart at hook_z."""
        if value.ndim == 2:  # OPT's MLP works on all tokens of a batch in one row
            value = value.reshape(-1, self.span.stop - self.span.start, value.shape[-1])
        if site.kind == "attn.hook_z" and value.ndim == 3:
            return value.reshape(len(value), -1, value.shape[-1] // self.head_width, self.head_width)
        return value

    def captured(self, site: Site) -> torch.Tensor:
        """What was seen at a site in a batch of one, shaped as the contract says."""
        return self._shaped(site, self.seen[site.name])[0]

    def _hook(self, site: Site, tap: TensorTap) -> Any:
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
        return before_hook(module, tap) if before else after_hook(module, tap)
