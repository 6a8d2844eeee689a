"""How the log-probability of some tokens changes with what passes by at a site, by autograd from that site on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch

from backends.intake import PlacedPass, Site
from backends.model import Aim, FloatArray, Gradient
from backends.torch.hooks import after_hook
from backends.torch.passes import Passes
from backends.torch.sites import Taps

_ROWS: Final = 8192
"""Rows of an embedding that are multiplied at once."""


class Leaf:
    """Stands in for what passes by, so that autograd begins here: no weight has a gradient of its own."""

    def __init__(self) -> None:
        self.value = torch.empty(0)

    def __call__(self, value: torch.Tensor) -> torch.Tensor:
        self.value = value.detach().requires_grad_(True)
        return self.value


@contextmanager
def recording() -> Iterator[None]:
    """Passes inside are recorded for autograd."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def gradient(
    passes: Passes, embedding: Any, placed: PlacedPass, aims: Sequence[Aim], site: Site | None, taps: Taps
) -> Gradient:
    """At a site, with the edits made there; or, where there is none, of the token embeddings, told for each token."""
    leaf = Leaf()
    with recording(), taps.attached(), after_hook(embedding, leaf) if site is None else taps.hook(site, leaf):
        total = _total(passes.recorded(placed, taps), aims)
        (found,) = torch.autograd.grad(total, leaf.value)
    shaped = found if site is None else taps.shaped(site, found)
    kept = shaped[0] if placed.keep is None else shaped[0, placed.keep]
    return Gradient(float(total.detach()), _by_token(embedding, kept) if site is None else _numbers(kept))


def _total(logits: torch.Tensor, aims: Sequence[Aim]) -> torch.Tensor:
    """Σ weight · log p(token), from the (aims, vocab) logits at their positions."""
    logs = logits.float().log_softmax(-1)
    tokens = torch.tensor([aim.token for aim in aims], device=logits.device)
    weights = torch.tensor([aim.weight for aim in aims], device=logits.device, dtype=torch.float32)
    return (logs.gather(-1, tokens[:, None])[:, 0] * weights).sum()


def _by_token(embedding: Any, found: torch.Tensor) -> FloatArray:
    """(positions, vocab) from (positions, width): an embedding is linear in the token, counted as one of them or none.
    Each token's embedding is what the module says it is, which may be more than a row of its matrix."""
    every = torch.arange(embedding.weight.shape[0], device=found.device)
    with torch.inference_mode():
        parts = [found.float() @ embedding(every[at : at + _ROWS]).float().T for at in range(0, len(every), _ROWS)]
        return _numbers(torch.cat(parts, dim=-1))


def _numbers(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.detach().float().cpu().numpy()
    return array
