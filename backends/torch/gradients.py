"""How the log-probability of some tokens changes with what passes by at a site, by autograd from that site on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import numpy as np
import torch

from backends.intake import PlacedPass, Site
from backends.model import Aim, FloatArray, Gradient
from backends.torch.hooks import after_hook
from backends.torch.passes import Passes
from backends.torch.sites import Taps

_NUMBERS: Final = 1 << 24
"""Of an embedding, what is multiplied at once (64 MiB as float32)."""


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
    passes: Passes, embeddings: Sequence[Any], placed: PlacedPass, aims: Sequence[Aim], site: Site | None, taps: Taps
) -> Gradient:
    """At a site, with the edits made there; or, where there is none, of all embeddings of the tokens, told for each
    token."""
    leaves = [Leaf() for _ in (embeddings if site is None else [site])]
    with recording(), taps.attached(), ExitStack() as stack:
        for number, leaf in enumerate(leaves):
            stack.enter_context(after_hook(embeddings[number], leaf) if site is None else taps.hook(site, leaf))
        total = _total(passes.recorded(placed, taps), aims)
        found = torch.autograd.grad(total, [leaf.value for leaf in leaves])
    shaped = [slopes if site is None else taps.shaped(site, slopes) for slopes in found]
    kept = [slopes[0] if placed.keep is None else slopes[0, placed.keep] for slopes in shaped]
    return Gradient(float(total.detach()), _numbers(kept[0]) if site is not None else _by_token(embeddings, kept))


def _total(logits: torch.Tensor, aims: Sequence[Aim]) -> torch.Tensor:
    """Σ weight · log p(token), from the (aims, vocab) logits at their positions."""
    logs = logits.float().log_softmax(-1)
    tokens = torch.tensor([aim.token for aim in aims], device=logits.device)
    weights = torch.tensor([aim.weight for aim in aims], device=logits.device, dtype=torch.float32)
    return (logs.gather(-1, tokens[:, None])[:, 0] * weights).sum()


def _by_token(embeddings: Sequence[Any], found: Sequence[torch.Tensor]) -> FloatArray:
    """(positions, vocab) from (positions, width) of each: an embedding is linear in the token, counted as one of them
    or none. Each token's embedding is what the module says it is, which may be more than a row of its matrix."""
    vocab = len(embeddings[0].weight)
    parts = [_of_tokens(*pair, vocab) for pair in zip(embeddings, found, strict=True)]
    return np.asarray(sum(parts[1:], start=parts[0]))


def _of_tokens(embedding: Any, found: torch.Tensor, vocab: int) -> FloatArray:
    rows, width = embedding.weight.shape
    every, step = torch.arange(vocab, device=found.device), max(1, _NUMBERS // width)
    every[rows:] = 0  # tokens that Gemma 3n's second table has not are its first
    with torch.inference_mode():
        parts = [found.float() @ embedding(every[at : at + step]).float().T for at in range(0, vocab, step)]
        return _numbers(torch.cat(parts, dim=-1))


def _numbers(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.detach().float().cpu().numpy()
    return array
