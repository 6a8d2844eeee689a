"""A dictionary of features of a stream: a sparse autoencoder that reads what stands there and puts it together again.

Every kind is held in one form, whatever file it is from: a = σ(x̂ · encoder + encoder bias), x̃ = a · decoder + decoder
bias, where x̂ is the stream, normalised as the dictionary was trained (and x̃ is taken back). σ lets through what lies
above a feature's threshold (0: a plain ReLU; Rajamanoharan et al. 2024, “Jumping ahead”, equation 3), and of these the
`keep` largest of each token (TopK: Gao et al. 2024, equation 3; 0: all).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from backends.model import FloatArray
from backends.noise import Reals
from workbench.contract.comparison import Array

PARTS: Final = ("encoder", "encoder_bias", "decoder", "decoder_bias", "threshold", "form")
"""Its arrays: (width, feature), (feature,), (feature, width), (width,), (feature,), and (2,) what is kept and how the
stream is normalised."""
NORMS: Final = ("none", "constant_norm_rescale", "layer_norm")
"""As it is; every token as long as √width; every token with mean 0 and standard deviation 1."""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """A dictionary of `size` features of a stream of `width`."""

    encoder: FloatArray
    encoder_bias: FloatArray
    decoder: FloatArray
    decoder_bias: FloatArray
    threshold: FloatArray
    keep: int = 0
    norm: str = "none"

    @property
    def width(self) -> int:
        return len(self.decoder_bias)

    @property
    def size(self) -> int:
        return len(self.encoder_bias)

    @property
    def arrays(self) -> dict[str, Array]:
        """It as arrays, to be kept with a record."""
        form = np.array([self.keep, NORMS.index(self.norm)], np.int32)
        return {name: getattr(self, name) for name in PARTS[:-1]} | {"form": form}

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> Self:
        """`arrays` undone. Raises ValueError, in words, if they are none of a dictionary."""
        parts = {name: np.asarray(arrays[name], np.float32) for name in PARTS[:-1]}
        form = arrays["form"]
        if form.shape != (2,) or not 0 <= int(form[1]) < len(NORMS) or int(form[0]) < 0:
            raise ValueError("what it keeps and how it normalises is not said")
        width, size = len(parts["decoder_bias"]), len(parts["encoder_bias"])
        wanted = {"encoder": (width, size), "decoder": (size, width), "threshold": (size,)}
        for name, shape in wanted.items():
            if parts[name].shape != shape:
                raise ValueError(f"its {name} is {_shape(parts[name])}, where {_times(shape)} is needed")
        if not all(np.isfinite(part).all() for part in parts.values()):
            raise ValueError("it holds numbers that are none")
        return cls(**parts, keep=int(form[0]), norm=NORMS[int(form[1])])

    def encode(self, stream: FloatArray) -> FloatArray:
        """(token, width) → (token, feature) activations, most of which are 0."""
        seen, _ = self._normalised(stream)
        before = seen @ self.encoder + self.encoder_bias
        found: FloatArray = np.where((before > self.threshold) & (before > 0), before, np.float32(0))
        if 0 < self.keep < self.size:
            least = np.partition(found, self.size - self.keep, axis=1)[:, self.size - self.keep, None]
            found = np.where(found >= least, found, np.float32(0))
        return found

    def rebuilt(self, stream: FloatArray) -> FloatArray:
        """(token, width) the stream as it is put together from its features."""
        _, back = self._normalised(stream)
        return back(self.encode(stream) @ self.decoder + self.decoder_bias)

    def explained(self, stream: FloatArray) -> tuple[float, float]:
        """The share of the variance over some (token, width) that it explains, and how many features are active at a
        token on average (L0)."""
        spread = float(((stream - stream.mean(axis=0)) ** 2).sum())
        missed = float(((stream - self.rebuilt(stream)) ** 2).sum())
        active = float(np.count_nonzero(self.encode(stream)) / max(1, len(stream)))
        return (1 - missed / spread if spread else 0.0), active

    def _normalised(self, stream: FloatArray) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
        """The stream as the encoder takes it, and how to take back what the decoder gives."""
        if self.norm == "constant_norm_rescale":
            scale = np.sqrt(np.float32(self.width)) / np.linalg.norm(stream, axis=1, keepdims=True)
            return stream * scale, lambda rebuilt: rebuilt / scale
        if self.norm == "layer_norm":
            middle = stream.mean(axis=1, keepdims=True)
            apart = stream - middle
            spread = apart.std(axis=1, keepdims=True, ddof=1)
            return apart / (spread + np.float32(1e-5)), lambda rebuilt: rebuilt * spread + middle
        return stream, lambda rebuilt: rebuilt


def folded(
    encoder: Reals | FloatArray,
    encoder_bias: Reals | FloatArray,
    decoder: Reals | FloatArray,
    decoder_bias: Reals | FloatArray,
    *,
    centred: bool,
    by_length: bool = False,
) -> dict[str, FloatArray]:
    """The arrays of one whose input has the decoder's bias taken off first (`centred`), or whose activations are
    compared times their decoder's length (`by_length`): the same in the form above."""
    real = [np.asarray(one, np.float64) for one in (encoder, encoder_bias, decoder, decoder_bias)]
    rows, bias, back, offset = real
    if centred:
        bias = bias - offset @ rows
    if by_length:
        lengths = np.linalg.norm(back, axis=1)
        rows, bias, back = rows * lengths, bias * lengths, back / np.maximum(lengths, 1e-12)[:, None]
    names = ("encoder", "encoder_bias", "decoder", "decoder_bias")
    return {name: one.astype(np.float32) for name, one in zip(names, (rows, bias, back, offset), strict=True)}


def _shape(array: Array) -> str:
    return _times(array.shape)


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
