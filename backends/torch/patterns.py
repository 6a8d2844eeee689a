"""Attention patterns, recomputed from queries and keys for the layers that are looked at, and edited there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from backends.torch.hooks import TensorTap

_NAME = "workbench-{}"


class Patterns:
    """Stands in for a model's attention function while a pattern is wanted, and only then.

    Where the pattern is only read the engine's own attention still gives the output, so logits keep their bits; where
    it is edited the output is the edited pattern times the values.
    """

    def __init__(self, model: Any) -> None:
        self._config = model.config
        self._usual: str = model.config._attn_implementation
        self._taps: dict[int, TensorTap] = {}
        self._register()

    @contextmanager
    def tapped(self, layer: int, tap: TensorTap) -> Iterator[None]:
        """`tap` sees the pattern of `layer` as (batch, heads, queries, keys) probabilities in every pass inside."""
        self._taps[layer] = tap
        self._config._attn_implementation_internal = _NAME.format(id(self))
        try:
            yield
        finally:
            del self._taps[layer]
            if not self._taps:
                self._config._attn_implementation_internal = self._usual

    def close(self) -> None:
        """Forget the registration."""
        from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        for registry in (ALL_ATTENTION_FUNCTIONS, ALL_MASK_ATTENTION_FUNCTIONS):
            registry._global_mapping.pop(_NAME.format(id(self)), None)

    def _register(self) -> None:
        from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        name = _NAME.format(id(self))
        ALL_ATTENTION_FUNCTIONS.register(name, self._attend)
        ALL_MASK_ATTENTION_FUNCTIONS.register(name, ALL_MASK_ATTENTION_FUNCTIONS[self._usual])

    def _attend(
        self, module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: Any, **settings: Any
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        eager = getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)
        usual = ALL_ATTENTION_FUNCTIONS.get_interface(self._usual, eager)
        output, weights = usual(module, query, key, value, mask, **settings)
        tap = self._taps.get(module.layer_idx)
        if tap is None:
            return output, weights
        if weights is None:
            weights = _pattern(query, key, mask, settings.get("scaling"))
        edited = tap(weights)
        if edited is not weights:
            groups = query.shape[1] // value.shape[1]
            output = (edited.to(value.dtype) @ value.repeat_interleave(groups, dim=1)).transpose(1, 2).contiguous()
        return output, weights


def _pattern(query: torch.Tensor, key: torch.Tensor, mask: Any, scaling: float | None) -> torch.Tensor:
    """softmax(q·kᵀ·scaling + mask) in float32, as the fused kernels compute it inside. (batch, heads, queries, keys)"""
    groups = query.shape[1] // key.shape[1]
    scores = query.float() @ key.float().repeat_interleave(groups, dim=1).transpose(2, 3)
    scores = scores * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if mask is None:  # the fused kernel is told "causal", or there is one query that sees all keys
        queries, keys = scores.shape[-2:]
        at = torch.arange(keys - queries, keys, device=scores.device)
        hidden = torch.arange(keys, device=scores.device) > at[:, None]
        scores = scores.masked_fill(hidden, -torch.inf)
    elif mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask, -torch.inf)
    else:
        scores = scores + mask
    return scores.softmax(-1)
