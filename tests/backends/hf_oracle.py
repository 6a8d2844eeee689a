"""A transformers model with plain hooks written for these tests alone: what every engine is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from backends.model import Edit, FloatArray, Forward

_STACKS = {
    "gpt2": "transformer.h",
    "gptj": "transformer.h",
    "falcon": "transformer.h",
    "bloom": "transformer.h",
    "gpt_neox": "gpt_neox.layers",
    "opt": "model.decoder.layers",
    "mamba": "backbone.layers",
}
"""Where the blocks are, by the kind of model; of others in `model.layers`."""

_WRITERS = {
    "gpt2": ("attn", "attn.c_proj", "mlp", "mlp.c_proj"),
    "gptj": ("attn", "attn.out_proj", "mlp", "mlp.fc_out"),
    "falcon": ("self_attention", "self_attention.dense", "mlp", "mlp.dense_4h_to_h"),
    "bloom": ("self_attention.dense", "self_attention.dense", "mlp.dense_4h_to_h", "mlp.dense_4h_to_h"),
    "gpt_neox": ("attention", "attention.dense", "mlp", "mlp.dense_4h_to_h"),
    "opt": ("self_attn", "self_attn.out_proj", "fc2", "fc2"),
    "starcoder2": ("self_attn", "self_attn.o_proj", "mlp", "mlp.c_proj"),
    "mamba": (),
}
"""In a block, what adds to the stream as attention and what heads are written through, and likewise of the MLP. BLOOM
adds the stream inside both parts, and OPT has no module for its MLP."""

_SOFTMAXES = {"diffllama": 2}
"""How often a block attends, where not once: DiffLlama with one pattern to each half of the values."""


class Oracle:
    """Eager attention, float32, one sequence, the whole of it in one pass."""

    def __init__(self, folder: Path, weights: Mapping[str, FloatArray] | None = None) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        self.torch = torch
        self.model: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        if weights is not None:
            with torch.no_grad():
                for name, parameter in self.model.named_parameters():
                    parameter.copy_(torch.from_numpy(np.array(weights[name])))
        config = self.model.config
        self.kind: str = config.model_type
        self.layers = self.model.get_submodule(_STACKS.get(self.kind, "model.layers"))
        self.heads = getattr(config, "num_attention_heads", 1)
        self.scale: float = getattr(config, "residual_multiplier", 1.0)  # what Granite adds is multiplied by it first
        self.stream: int | None = getattr(config, "altup_active_idx", None)  # of Gemma 3n's, the one that is worked on

    def forward(self, ids: Sequence[int], capture: Sequence[str] = (), edits: Sequence[Edit] = ()) -> Forward:
        seen: dict[str, FloatArray] = {}
        with self._taps(set(capture) | {edit.site for edit in edits}, edits, seen), self.torch.no_grad():
            logits = self.model(self.torch.tensor([list(ids)])).logits[0].numpy()
        return Forward(logits, {site: seen[site] for site in capture})

    @contextmanager
    def _taps(self, sites: set[str], edits: Sequence[Edit], seen: dict[str, FloatArray]) -> Iterator[None]:
        def tap(site: str, value: Any) -> Any:
            if value.ndim == 2:  # Llama 4's mixtures and OPT's MLPs forget which sequence a token is of
                return tap(site, value[None])[0]
            if self.stream is not None and site.endswith(("hook_embed", "hook_resid_post")) and len(value) > 1:
                streams = value.clone()
                streams[self.stream] = tap(site, value[self.stream])
                return streams
            if value.ndim == 3 and site.endswith("hook_z"):
                split = value.reshape(1, value.shape[1], self.heads, -1)
                return tap(site, split).reshape(value.shape)
            scale = self.scale if site.endswith(("hook_attn_out", "hook_mlp_out")) else 1.0
            value = value * scale
            for edit in edits:
                if edit.site == site:
                    self._edit(value[0], edit, by_head=-3 if site.endswith("pattern") else -2)
            seen[site] = value[0].numpy().copy()
            return value / scale

        handles = []
        for site in sites:
            kind = site.split(".", 2)[-1]
            layer = self.layers[int(site.split(".")[1])] if "." in site else self.layers[0]
            if kind == "attn.hook_pattern":
                continue
            module, at_input = self._module(layer, kind)
            if at_input:
                handles.append(
                    module.register_forward_pre_hook(
                        lambda _, args, site=site: (tap(site, args[0]), *args[1:]),
                    )
                )
            else:
                handles.append(
                    module.register_forward_hook(
                        lambda _, __, out, site=site: (
                            (tap(site, out[0]), *out[1:]) if isinstance(out, tuple) else tap(site, out)
                        ),
                    )
                )
        functional = self.torch.nn.functional
        each = _SOFTMAXES.get(self.kind, 1)
        softmax, calls = functional.softmax, iter(range(len(self.layers) * each))

        def watched(*args: Any, **kwargs: Any) -> Any:
            probabilities = softmax(*args, **kwargs)
            if probabilities.ndim != 4:  # a router's
                return probabilities
            site = f"blocks.{next(calls) // each}.attn.hook_pattern"
            if site not in sites:
                return probabilities
            tokens = probabilities.shape[-2]  # what goes into gpt-oss's sinks stands behind them
            edited = tap(site, probabilities[..., :tokens])
            return self.torch.cat([edited, probabilities[..., tokens:]], dim=-1)

        functional.softmax = watched
        try:
            yield
        finally:
            functional.softmax = softmax
            for handle in handles:
                handle.remove()

    def _module(self, layer: Any, kind: str) -> tuple[Any, bool]:
        if kind in ("hook_embed", "hook_resid_post"):
            return layer, kind == "hook_embed"
        kinds = ("hook_attn_out", "attn.hook_z", "hook_mlp_out", "mlp.hook_post")
        if self.kind in _WRITERS:
            paths = dict(zip(kinds, _WRITERS[self.kind], strict=True))
            return layer.get_submodule(paths[kind]), kind in ("attn.hook_z", "mlp.hook_post")
        after = ("post_attention_layernorm", "post_feedforward_layernorm")
        if hasattr(layer, "post_mlp_layernorm"):  # GLM-4 has norms before and after
            after = ("post_self_attn_layernorm", "post_mlp_layernorm")
        post_normed = hasattr(layer, after[1])
        mlp = layer.mlp if hasattr(layer, "mlp") else layer.feed_forward
        match kind:
            case "hook_attn_out":
                return (getattr(layer, after[0]) if post_normed else layer.self_attn), False
            case "hook_mlp_out":
                return (getattr(layer, after[1]) if post_normed else mlp), False
            case "attn.hook_z":
                return layer.self_attn.o_proj, True
            case "mlp.hook_post":
                return mlp.down_proj, True
        raise KeyError(kind)

    def _edit(self, value: Any, edit: Edit, *, by_head: int) -> None:
        """In place, on (T, …) or (heads, T, T); the first positional axis is the one `positions` counts along."""
        if edit.head is not None:
            value = value.select(by_head, edit.head)
        axis = 1 if by_head == -3 and edit.head is None else 0
        rows = range(value.shape[axis]) if edit.positions is None else edit.positions
        change = None if edit.value is None else self.torch.from_numpy(np.array(edit.value, np.float32))
        for number, row in enumerate(rows):
            one = value.select(axis, row)
            mine = change
            if change is not None and change.ndim > axis and change.ndim == value.ndim and change.shape[axis] > 1:
                mine = change.select(axis, number)
            elif change is not None and change.ndim == value.ndim:
                mine = change.select(axis, 0)
            match edit.op:
                case "zero":
                    one.zero_()
                case "scale":
                    one.mul_(edit.factor)
                case "add":
                    one.add_(mine, alpha=edit.factor)
                case "replace":
                    one.copy_(mine.expand_as(one))
