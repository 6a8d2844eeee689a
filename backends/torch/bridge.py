"""TransformerLens' TransformerBridge for the sites that plain hooks do not name on an architecture.

Booting a bridge rewrites the model it wraps, so it is booted on a twin that shares every weight with the original.
The twin runs eager attention: its logits differ from the original's by rounding (2e-6 in float32).
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from backends.torch.hooks import TensorTap

_ALIASES = {"hook_embed": "blocks.0.hook_resid_pre"}
"""Sites that have another name there: the contract's hook_embed includes scaling and learned positions."""


class Bridge:
    """A twin of a loaded model with TransformerLens' hook points, to be tapped under the contract's names."""

    def __init__(self, model: Any) -> None:
        """Raises whatever TransformerLens does on an architecture that it does not know."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of imports that an air-gapped session has no use for
            disabled = logging.root.manager.disable
            logging.disable(logging.WARNING)
            try:
                from transformer_lens.model_bridge import TransformerBridge

                self._bridge = TransformerBridge.boot_transformers(
                    "local",
                    hf_model=_twin(model),
                    tokenizer=_no_tokenizer(),
                    dtype=model.dtype,
                    device=str(model.device),
                )
            finally:
                logging.disable(disabled)
        self._taps: dict[str, TensorTap] = {}

    @contextmanager
    def tapped(self, taps: dict[str, TensorTap]) -> Iterator[None]:
        """`taps` see their sites in every pass inside the block."""
        self._taps = {_ALIASES.get(site, site): tap for site, tap in taps.items()}
        try:
            yield
        finally:
            self._taps = {}

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        """(batch, T, vocab) logits of a pass over whole sequences, taps applied."""
        hooks = [(name, _hook(tap)) for name, tap in self._taps.items()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of edits that it discards: `probing.discarded` finds those
            logits: torch.Tensor = self._bridge.run_with_hooks(ids, fwd_hooks=hooks, return_type="logits")
        return logits


def _hook(tap: TensorTap) -> Callable[..., torch.Tensor | None]:
    def hooked(value: torch.Tensor, hook: Any) -> torch.Tensor | None:
        edited = tap(value)
        return None if edited is value else edited

    return hooked


def _no_tokenizer() -> Any:
    """A bridge wants a tokenizer, and looks for one on a hub if it gets none; it is only ever given ids."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    nothing = Tokenizer(models.WordLevel({"-": 0}, unk_token="-"))
    return PreTrainedTokenizerFast(tokenizer_object=nothing, eos_token="-")


def _twin(model: Any) -> Any:
    """A model of the same class over the same tensors, from a configuration of its own."""
    with torch.device("meta"):
        twin = type(model)(copy.deepcopy(model.config))
    twin.load_state_dict(model.state_dict(), assign=True, strict=False)
    buffers = dict(model.named_buffers())
    for name, buffer in list(twin.named_buffers()):
        if buffer.is_meta:  # rotary frequencies and their like are not part of the state
            owner, _, leaf = name.rpartition(".")
            setattr(twin.get_submodule(owner), leaf, buffers[name])
    twin.tie_weights()
    return twin.eval().requires_grad_(False)
