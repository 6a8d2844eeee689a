"""A GGUF file's weights as arrays, and what can be computed from them without running the model."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.gguf.file import GgufFile, TensorPlace, parts, read_gguf, unreadable
from backends.llama.library import GGML_BF16, GGML_F16, GGML_F32, Library
from backends.llama.products import product
from backends.model import FloatArray, LinearReadout
from backends.norm import Norm, linearised


class GgufWeights:
    """The tensors of a model's GGUF files, dequantised by ggml's own functions."""

    def __init__(self, lib: Library, first: Path) -> None:
        self._lib = lib
        self.files = [read_gguf(part) for part in parts(first)]
        self._places: dict[str, tuple[GgufFile, TensorPlace]] = {}
        for file in self.files:
            for place in file.tensors.values():
                self._check(file, place)
                self._places[place.name] = (file, place)
        self._factors: dict[str, tuple[FloatArray, FloatArray]] = {}

    def adapt(self, adapter: Path) -> None:
        """From now on, add a LoRA adapter's B·A (Hu et al. 2021, its scale within B) to the matrices it changes."""
        factors = GgufWeights(self._lib, adapter)
        for name in self._places:
            if f"{name}.lora_a" in factors:
                self._factors[name] = factors.array(f"{name}.lora_a"), factors.array(f"{name}.lora_b")

    @property
    def file(self) -> GgufFile:
        """Of the first file, which holds the keys."""
        return self.files[0]

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def shape(self, name: str) -> tuple[int, ...]:
        """Slowest dimension first: (out, in) for a matrix."""
        return self._places[name][1].shape

    def kinds(self, *names: str) -> Counter[str]:
        """Element type → how many numbers are kept so, of the matrices named; of none: of those of layers, for tables
        of tokens are kept in other types than what is computed with."""
        of = names or [name for name in self._places if name.startswith("blk.")] or self._places
        found = Counter[str]()
        for place in (self._places[name][1] for name in of if name in self._places):
            if len(place.shape) > 1:
                found[self._lib.type_name(place.kind)] += math.prod(place.shape)
        return found

    def array(self, name: str) -> FloatArray:
        """A whole tensor as float32."""
        _, place = self._places[name]
        return self._rows(place, 0, math.prod(place.shape[:-1])).reshape(place.shape)

    def rows(self, name: str, numbers: Sequence[int]) -> FloatArray:
        """Some rows of a matrix as float32."""
        _, place = self._places[name]
        found = [self._rows(place, row, row + 1) for row in numbers]
        return np.concatenate(found) if found else np.empty((0, place.shape[-1]), np.float32)

    def times(self, rows: FloatArray, name: str, threads: int, part: slice = slice(None)) -> FloatArray:
        """(n, width) rows times a matrix, or a part of its rows: (n, out), as llama.cpp computes it from what is
        stored."""
        _, place = self._places[name]
        start, stop, _ = part.indices(place.shape[0])
        raw = self._raw(name, start, stop)
        if place.kind == GGML_F32:
            found: FloatArray = rows @ raw.view("<f4").reshape(stop - start, place.shape[-1]).T
        else:
            found = product(self._lib, rows, raw, place.kind, stop - start, threads)
        if place.name in self._factors:
            inward, outward = self._factors[place.name]
            found += (rows @ inward.T) @ outward[part].T
        return found

    def _rows(self, place: TensorPlace, start: int, stop: int) -> FloatArray:
        rows = self._stored_rows(place, start, stop)
        if place.name in self._factors:
            inward, outward = self._factors[place.name]
            rows += outward[start:stop] @ inward
        return rows

    def _raw(self, name: str, start: int = 0, stop: int | None = None) -> npt.NDArray[np.uint8]:
        """The bytes of some rows of a tensor, or of all, where they lie in the file."""
        file, place = self._places[name]
        stride, stop = self._stride(place), math.prod(place.shape[:-1]) if stop is None else stop
        return np.memmap(
            file.path, np.uint8, "r", offset=place.start + start * stride, shape=((stop - start) * stride,)
        )

    def _stored_rows(self, place: TensorPlace, start: int, stop: int) -> FloatArray:
        width = place.shape[-1]
        raw = self._raw(place.name, start, stop)
        count = (stop - start) * width
        if place.kind == GGML_F32:
            return np.array(raw.view("<f4")).reshape(stop - start, width)
        if place.kind == GGML_F16:
            return raw.view("<f2").astype(np.float32).reshape(stop - start, width)
        dequantise = self._dequantiser(place)
        array = np.empty((stop - start, width), np.float32)
        dequantise(raw.ctypes.data, array.ctypes.data, count)
        return array

    def _dequantiser(self, place: TensorPlace) -> Any:
        function = getattr(self._lib.ggml, self._dequantiser_of(place))
        function.restype, function.argtypes = None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
        return function

    def _dequantiser_of(self, place: TensorPlace) -> str:
        return (
            "ggml_bf16_to_fp32_row" if place.kind == GGML_BF16 else f"dequantize_row_{self._lib.type_name(place.kind)}"
        )

    def _stride(self, place: TensorPlace) -> int:
        """Bytes of one row."""
        block, size = self._lib.ggml.ggml_blck_size(place.kind), self._lib.ggml.ggml_type_size(place.kind)
        return int(place.shape[-1] // block * size)

    def _check(self, file: GgufFile, place: TensorPlace) -> None:
        """Refuse what llama.cpp would load, and then end the process on."""
        if place.name in self._places:
            raise unreadable(file.path, f"the tensor {place.name} stands in two files")
        name = self._lib.type_name(place.kind)
        if not name or self._lib.ggml.ggml_blck_size(place.kind) < 1:  # those that ggml has dropped keep a name
            raise unreadable(file.path, f"the tensor {place.name} has the unknown element type {place.kind}")
        if place.kind not in (GGML_F32, GGML_F16) and not hasattr(self._lib.ggml, self._dequantiser_of(place)):
            raise unreadable(file.path, f"the tensor {place.name} is stored as {name}, which weights never are")
        if place.kind != GGML_F32 and _added(place):
            raise unreadable(file.path, f"the vector {place.name} is stored as {name}, which llama.cpp cannot add")
        if place.shape[-1] % self._lib.ggml.ggml_blck_size(place.kind):
            raise unreadable(file.path, f"the rows of {place.name} do not fill blocks of {name}")
        if place.start + self._stride(place) * math.prod(place.shape[:-1]) > file.size:
            raise unreadable(file.path, f"the tensor {place.name} reaches past its end")


def _added(place: TensorPlace) -> bool:
    """Whether llama.cpp takes a tensor as float32 alone, and ends the process on another."""
    return place.name.endswith(".bias") or (len(place.shape) == 1 and place.name.endswith(_VECTORS))


_VECTORS = ("norm.weight", ".attn_sinks.weight")
_DIVIDES = "granite"
"""What the names of architectures begin with whose logits are divided by the scale in the header, not multiplied."""
_TRIED = 1 << 14
"""Logits of each that are compared: a vocabulary can have hundreds of thousands."""
_READOUT_ERROR = {"float32": 1e-3, "float16": 1e-2, "bfloat16": 2e-2}
_QUANTISED_READOUT_ERROR = 0.05
"""Relative error (Frobenius) up to which a readout from the file's weights counts as the model's own: llama.cpp rounds
activations to the unembedding's precision, and that is all the difference there may be."""


class Readout:
    """Final norm and unembedding, from the file's own weights and keys."""

    def __init__(self, weights: GgufWeights, threads: int) -> None:
        self._weights, self._threads = weights, threads
        self.unembedding = "output.weight" if "output.weight" in weights else "token_embd.weight"
        self._cap = weights.file.number("final_logit_softcapping")
        scale = weights.file.number("logit_scale") or 1.0
        self._factor = 1 / scale if weights.file.text("general.architecture").startswith(_DIVIDES) else scale

    @property
    def known(self) -> bool:
        """Whether the file has what a readout needs. A norm without weights (OLMo) has its number in the keys."""
        normed = "output_norm.weight" in self._weights or self._weights.file.number(_CENTRED) > 0
        return normed and self.unembedding in self._weights

    def __call__(self, residual: FloatArray, part: slice = slice(None)) -> FloatArray:
        """(rows, width) → (rows, vocab), or that part of the vocabulary."""
        with np.errstate(over="ignore"):  # as it overflows in the model itself
            normed = self._norm()(residual)
        logits = self._weights.times(normed, self.unembedding, self._threads, part)
        if "output.bias" in self._weights:
            logits += self._weights.array("output.bias")[part]
        if self._factor != 1:
            logits *= np.float32(self._factor)
        if self._cap:
            logits = np.tanh(logits / self._cap, dtype=np.float32) * np.float32(self._cap)
        return logits

    def gives(self, logits: FloatArray, residual: FloatArray) -> bool:
        """Whether norm and unembedding, as read from the file, give the logits (rows, vocab) that llama.cpp gave of a
        last residual stream (rows, width)."""
        with np.errstate(over="ignore", invalid="ignore"):
            part = slice(0, _TRIED)
            error = np.linalg.norm(self(residual, part) - logits[:, part])
            stored = dominant(self._weights.kinds(self.unembedding))
            allowed = _READOUT_ERROR.get(stored, _QUANTISED_READOUT_ERROR)
            return bool(error <= allowed * np.linalg.norm(logits[:, part]))

    def linear(self, residual: FloatArray, tokens: Sequence[int]) -> LinearReadout:
        """As the contract says, of checked arguments."""
        weights, biased = self._weights, "output.bias" in self._weights
        rows = weights.rows(self.unembedding, tokens)
        bias = weights.array("output.bias")[list(tokens)] if biased else None
        return linearised(self._norm(), residual, rows, bias, self._factor)

    def _norm(self) -> Norm:
        weights = self._weights
        centred = weights.file.number(_CENTRED) > 0
        gain = weights.array("output_norm.weight") if "output_norm.weight" in weights else np.ones(1, np.float32)
        bias = weights.array("output_norm.bias") if "output_norm.bias" in weights else None
        epsilon = weights.file.number(_CENTRED if centred else "attention.layer_norm_rms_epsilon")
        return Norm(gain, bias, centred, float(epsilon))


_CENTRED = "attention.layer_norm_epsilon"
"""The key of a LayerNorm's number; an RMSNorm has another."""


def dominant(kinds: Mapping[str, int]) -> str:
    """Of the element types of some numbers that of which, or of fewer bits, half of them are, in the words of a card:
    float32, float16, q8_0, q4_K …"""
    each = sorted(kinds, key=lambda kind: (_bits(kind), kind))
    upto = accumulate(kinds[kind] for kind in each)
    half = next((kind for kind, count in zip(each, upto, strict=True) if 2 * count >= sum(kinds.values())), "")
    return {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}.get(half, half)


def _bits(kind: str) -> int:
    """How many bits a number takes, by ggml's name of its type: 4 of q4_K, iq4_xs and mxfp4."""
    said = re.search(r"\d+", kind)
    return int(said[0]) if said is not None else 0
