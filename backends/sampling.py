"""One seeded sampler for every engine, so that equal logits give equal text whatever computed them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """How a next token is chosen: temperature → top-k → top-p → min-p, then Gumbel-max with counter-based noise."""

    seed: int = 0
    """0 … 2**63 - 1; with the sample's number and the step it keys the noise."""
    max_tokens: int = 64
    temperature: float = 1.0
    """0: the most likely token; ties go to the lowest id."""
    top_k: int = 0
    """0: off."""
    top_p: float = 1.0
    min_p: float = 0.0
