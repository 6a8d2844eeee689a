"""The tensors in a model's files, as numbers that say what they are, whatever order and notation a file gives them."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from blake3 import blake3

from casefiles.case import buffers, gguf_header, safetensors_header
from casefiles.files import disk

_PIECE: Final = 1 << 20
"""Bytes that are read at once, a multiple of any number's."""
DIGITS: Final = 16
"""Of a tensor's digest: whoever finds two tensors that share one makes two models look like one."""
_NUMBERS: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""The formats of numbers that are weights, as numpy has them; it has no BF16, the upper half of an F32."""
_GGUF_NUMBERS: Final = {0: "F32", 1: "F16", 28: "F64", 30: "BF16"}
"""The same by ggml's number for them."""
_ROW: Final = range(32, 1 << 22)
"""How many numbers a row has, and a tensor rows at most, that are taken in any order: of shorter ones there would be as
many digests as numbers, and longer ones would have to lie in memory."""
_AXES: Final = 7
"""The most dimensions of a tensor whose numbers are looked at: a header may name any number of them."""
_EXPERT: Final = 1 << 16
"""The fewest numbers of a matrix, and"""
_EXPERTS: Final = 1024
"""the most of them, that are called one tensor by some engines and as many by others."""
_TOKENS: Final = ("wte", "wpe", "lm_head", "output_layer")
"""What tensors are called, before the last part of their names, of which each row is a token's or a position's; besides
whatever speaks of an embedding, and"""
_TOP: Final = ("output", "head")
"""what is called nothing else."""
_TURNED: Final = {"gpt2": ("c_attn.weight", "c_fc.weight", "c_proj.weight")}
"""Model type → endings of the names of matrices that safetensors have as (in, out), and GGUF as (out, in)."""
_TURNED_SIZE: Final = 1 << 28
"""The most bytes of one: it lies in memory as a whole."""
_FROM_ONE: Final = {"gemma": "norm.weight", "gemma2": "norm.weight", "gemma3_text": "norm.weight"}
"""Model type → endings of the names of vectors from whose numbers safetensors leave a 1 off, and GGUF none."""


@dataclass(frozen=True)
class WeightTensor:
    """What a header says of one tensor."""

    name: str
    kind: str
    shape: Sequence[int]
    """Slowest dimension first."""
    start: int
    """Where it begins in the file, in bytes."""
    size: int
    turned: bool = False
    """Whether the file has its columns as rows, and"""
    more: int = 0
    """what is added to its numbers."""


def of_safetensors(path: Path, model_type: str = "") -> Iterator[WeightTensor]:
    """Those of a safetensors file that are loaded, as a GGUF has them."""
    header = safetensors_header.read(path)
    for name, tensor in header.tensors.items():
        start, end = tensor["data_offsets"]
        if buffers.NAME.search(name):
            continue
        found = WeightTensor(name, tensor["dtype"], tensor["shape"], header.data_start + start, end - start)
        if name.endswith(_TURNED.get(model_type, ())) and is_whole(found) and found.size <= _TURNED_SIZE:
            found = replace(found, shape=found.shape[::-1], turned=True)
        if model_type in _FROM_ONE and name.endswith(_FROM_ONE[model_type]):
            found = replace(found, more=1)
        yield from _one_by_one(found)


def of_gguf(path: Path) -> Iterator[WeightTensor]:
    """Those of a GGUF."""
    header = gguf_header.read(path)
    for tensor in header.places:
        kind = _GGUF_NUMBERS.get(tensor.kind, f"ggml {tensor.kind}")
        yield from _one_by_one(
            WeightTensor(tensor.name, kind, tensor.shape, header.data_start + tensor.offset, tensor.size)
        )


def _one_by_one(tensor: WeightTensor) -> Iterator[WeightTensor]:
    """The matrices of experts that lie in one tensor, or the tensor."""
    many = tensor.shape[0] if len(tensor.shape) == 3 and not tensor.turned else 0
    if not 0 < many <= _EXPERTS or math.prod(tensor.shape[1:]) < _EXPERT or tensor.size % many:
        yield tensor
        return
    size = tensor.size // many
    for expert in range(many):
        start = tensor.start + expert * size
        yield replace(tensor, name=f"{tensor.name}.{expert}", shape=tensor.shape[1:], start=start, size=size)


def digest_of(path: Path, tensor: WeightTensor, adapter: str) -> str:
    """Of its rows, in any order but where they are tokens', and of the numbers of each as F32 has them, in any order:
    written in a wider format they are the same numbers. Zeros are left out, for neurons and heads of zeros say nothing;
    but its shape counts where there are no rows or numbers to look at."""
    import numpy as np

    kind, wide = ("F32" if tensor.kind in _NUMBERS else tensor.kind), _row(tensor)
    shape = [] if wide is not None and tensor.kind in _NUMBERS else tensor.shape
    found = blake3(json.dumps([kind, shape, adapter]).encode())
    at_once = _PIECE // wide * wide or wide if wide else _PIECE
    rows = []
    with _opened(path, tensor) as file:
        left = tensor.size
        while left > 0 and (piece := file.read(min(left, at_once))):
            left -= len(piece)
            data = _as_f32(piece, tensor) if tensor.kind in _NUMBERS else piece
            if wide is None:
                found.update(data)
                continue
            each = _sorted(data, len(piece) // wide) if tensor.kind in _NUMBERS else _cut(data, wide)
            told = b"".join(blake3(row).digest(8) for row in each if row)
            rows.append(np.frombuffer(told, "<u8"))
    if rows:
        every = np.concatenate(rows)
        found.update((every if of_tokens(tensor.name) else np.sort(every)).tobytes())
    return found.hexdigest()[:DIGITS]


def numbers_of(path: Path, tensor: WeightTensor) -> Iterator[Any]:
    """The numbers of a tensor as those of F32, as many at once whatever their format; few at first, as most tensors
    part there."""
    import numpy as np

    wide = np.dtype(_NUMBERS[tensor.kind]).itemsize
    with _opened(path, tensor) as file:
        left, count = tensor.size, _PIECE >> 8
        while left > 0 and (piece := file.read(min(left, count * wide))):
            count = min(2 * count, _PIECE // 8)
            yield np.frombuffer(_as_f32(piece, tensor), "<f4").astype(float)
            left -= len(piece)


def is_whole(tensor: WeightTensor) -> bool:
    """Whether it is as many numbers as its shape says."""
    import numpy as np

    if tensor.kind not in _NUMBERS or len(tensor.shape) > _AXES:
        return False
    return math.prod(tensor.shape) * np.dtype(_NUMBERS[tensor.kind]).itemsize == tensor.size


def of_tokens(name: str) -> bool:
    """Whether each row of a tensor is a token's or a position's: in another order they say something else."""
    before, _, last = name.rpartition(".")
    part = before.rpartition(".")[2]
    return last in ("weight", "bias") and ("emb" in part or part in _TOKENS or before in _TOP)


def _opened(path: Path, tensor: WeightTensor) -> BinaryIO:
    """What holds a tensor row by row, where it begins."""
    import numpy as np

    file = io.BufferedReader(disk.open_plain(path), _PIECE)
    file.seek(tensor.start)
    if not tensor.turned:
        return file
    with file:
        table = np.frombuffer(file.read(tensor.size), _NUMBERS[tensor.kind]).reshape(tensor.shape[::-1])
    return io.BytesIO(table.T.tobytes())


def _row(tensor: WeightTensor) -> int | None:
    """Bytes of a row of which no order counts; None: that of all its numbers does."""
    if not 0 < len(tensor.shape) <= _AXES or (tensor.kind in _NUMBERS and not is_whole(tensor)):
        return None
    count = math.prod(tensor.shape[:-1])
    listed = len(tensor.shape) == 1 and of_tokens(tensor.name)
    if listed or tensor.shape[-1] not in _ROW or not 0 < count < _ROW.stop or tensor.size % count:
        return None
    return tensor.size // count or None


def _cut(data: bytes, each: int) -> Iterator[bytes]:
    return (data[at : at + each] for at in range(0, len(data), each))


def _sorted(data: bytes, rows: int) -> Iterator[bytes]:
    """Numbers of F32 in an order of their own, row by row, without the zeros, which are first in it."""
    import numpy as np

    table = (np.frombuffer(data, "<f4") + np.float32(0)).view("<u4").reshape(rows, -1)  # zero has one sign
    table.sort(axis=-1)
    zeros = 4 * (table.shape[1] - np.count_nonzero(table, axis=-1))
    return (row[none:] for row, none in zip(_cut(table.tobytes(), 4 * table.shape[1]), zeros.tolist(), strict=True))


def _as_f32(data: bytes, tensor: WeightTensor) -> bytes:
    """Numbers of a tensor as those of F32."""
    import numpy as np

    numbers = np.frombuffer(data, _NUMBERS[tensor.kind])
    with np.errstate(over="ignore"):  # of F64: what is too large is infinite to an engine that computes in F32
        wide = (numbers.astype("<u4") << 16).view("<f4") if tensor.kind == "BF16" else numbers.astype("<f4")
    return (wide + np.float32(tensor.more) if tensor.more else wide).tobytes()
