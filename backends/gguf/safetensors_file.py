"""Reading safetensors files as float32 without torch, one tensor at a time, from a map of the file.

Layout: https://github.com/huggingface/safetensors#format. numpy has no bfloat16, hence an own reader.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.model import FloatArray, ModelRefusal

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_LONGEST_HEADER = 100 << 20

_PIECE = 1 << 24
"""Bytes compared at a time."""


@dataclass(frozen=True)
class StoredTensor:
    """Where one tensor lies in which file, and as what."""

    file: Path
    dtype: str
    """As the format spells it: F32, F16, BF16 …"""
    shape: tuple[int, ...]
    start: int
    """Byte offset in the file."""

    def read(self) -> FloatArray:
        """Its numbers as float32; exact for F32, F16 and BF16."""
        raw: npt.NDArray[Any] = np.memmap(
            self.file, np.dtype(_TYPES[self.dtype]), "r", offset=self.start, shape=(math.prod(self.shape),)
        )
        if self.dtype == "BF16":
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        return raw.astype(np.float32).reshape(self.shape)

    def same(self, other: CheckpointTensor) -> bool:
        """Whether both hold the same bytes as the same numbers."""
        if not isinstance(other, StoredTensor) or (self.dtype, self.shape) != (other.dtype, other.shape):
            return False
        size = math.prod(self.shape) * np.dtype(_TYPES[self.dtype]).itemsize
        mine, theirs = (np.memmap(t.file, np.uint8, "r", offset=t.start, shape=(size,)) for t in (self, other))
        pieces = range(0, size, _PIECE)
        return all(np.array_equal(mine[at : at + _PIECE], theirs[at : at + _PIECE]) for at in pieces)


@dataclass(frozen=True)
class StackedTensor:
    """Tensors of one shape and kind as one, along a new first axis: the experts of a mixture."""

    parts: tuple[StoredTensor, ...]

    @property
    def dtype(self) -> str:
        return self.parts[0].dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.parts), *self.parts[0].shape)

    def read(self) -> FloatArray:
        return np.stack([part.read() for part in self.parts])

    def same(self, other: CheckpointTensor) -> bool:
        return isinstance(other, StackedTensor) and all(map(StoredTensor.same, self.parts, other.parts))


@dataclass(frozen=True)
class TensorPart:
    """A part of a tensor, or the whole of it turned: what a checkpoint keeps in one piece and llama.cpp in several."""

    whole: StoredTensor
    shape: tuple[int, ...]
    cut: Callable[[FloatArray], FloatArray]
    """What takes the part, of that shape, out of the whole."""

    @property
    def dtype(self) -> str:
        return self.whole.dtype

    def read(self) -> FloatArray:
        return self.cut(self.whole.read())

    def same(self, other: CheckpointTensor) -> bool:
        return False


CheckpointTensor = StoredTensor | StackedTensor | TensorPart


def stored_tensors(folder: Path) -> Mapping[str, StoredTensor]:
    """Every tensor in the folder's `*.safetensors` files. Raises ModelRefusal if one is damaged."""
    found: dict[str, StoredTensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        try:
            tensors = _header(file)
        except (ValueError, KeyError, TypeError, AttributeError, struct.error, OSError, RecursionError) as error:
            raise _damaged(file, str(error)) from error
        if twice := found.keys() & tensors.keys():
            raise _damaged(file, f"{min(twice)} stands in another file too")
        found.update(tensors)
    return found


def _header(file: Path) -> dict[str, StoredTensor]:
    size = file.stat().st_size
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > min(size - 8, _LONGEST_HEADER):
            raise ValueError(f"its header claims {length} bytes")
        entries = json.loads(stream.read(length))
    return {name: _place(file, name, entry, 8 + length, size) for name, entry in entries.items() if name[:2] != "__"}


def _place(file: Path, name: str, entry: dict[str, Any], data: int, size: int) -> StoredTensor:
    dtype, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    if dtype not in _TYPES:
        raise ValueError(f"{name} is stored as {dtype}")
    if not all(isinstance(number, int) and number >= 0 for number in (*shape, start, end)):
        raise ValueError(f"{name} has no proper shape")
    if end - start != math.prod(shape) * np.dtype(_TYPES[dtype]).itemsize or data + end > size:
        raise ValueError(f"{name} does not fit in it")
    return StoredTensor(file, dtype, shape, data + start)


def _damaged(file: Path, why: str) -> ModelRefusal:
    return ModelRefusal(
        "model.unreadable",
        f"The weights in {file.name} cannot be read.",
        f"The file is damaged or holds what this engine doesn't know: {why}.",
        "Verify the case again, or use the torch engine.",
    )
