"""The norm before the unembedding, and the readout linearised at it: what each part of a residual adds to a logit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backends.model import FloatArray, LinearReadout
from backends.noise import Reals


@dataclass(frozen=True, eq=False)
class Norm:
    """RMSNorm (Zhang and Sennrich 2019), or LayerNorm (Ba et al. 2016) where it is centred: gain · x / s + bias, with x
    less its mean if centred, and s² = mean(x²) + epsilon."""

    gain: FloatArray
    """(width,), as it multiplies."""
    bias: FloatArray | None
    centred: bool
    epsilon: float

    def scaled(self, x: FloatArray) -> tuple[Reals, Reals]:
        """(rows, width) x, less its mean if centred, and its (rows, 1) s."""
        wide = x.astype(np.float64)
        if self.centred:
            wide = wide - wide.mean(-1, keepdims=True)
        return wide, np.sqrt(np.square(wide).mean(-1, keepdims=True) + self.epsilon)

    def __call__(self, x: FloatArray) -> FloatArray:
        """(rows, width)"""
        wide, scale = self.scaled(x)
        normed: FloatArray = (wide / scale * self.gain + (0 if self.bias is None else self.bias)).astype(np.float32)
        return normed


def linearised(
    norm: Norm, residual: FloatArray, unembedding: FloatArray, bias: FloatArray | None = None, factor: float = 1.0
) -> LinearReadout:
    """The logit of one token for each of (rows, width) residuals, with s held at what it is there.

    With u the token's row of (rows, width) `unembedding`, g the norm's gain and b its bias, a logit is
    factor · (u · (g ∘ x / s + b) + bias), so its direction is d = factor · u ∘ g / s. Where the norm is centred x is
    less its mean, which is the same as d less its own.
    """
    _, scale = norm.scaled(residual)
    directions = factor * unembedding.astype(np.float64) * norm.gain / scale
    if norm.centred:
        directions -= directions.mean(-1, keepdims=True)
    offsets = np.zeros(len(directions)) if norm.bias is None else unembedding @ norm.bias.astype(np.float64)
    offsets = factor * (offsets + (0 if bias is None else bias))
    return LinearReadout(directions.astype(np.float32), offsets.astype(np.float32))
