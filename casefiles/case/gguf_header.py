"""The header of a GGUF file: its key-value pairs located, so that some can be cut out; tensors are left as they are.

Layout (ggml, docs/gguf.md): magic, version, number of tensors, number of pairs; the pairs; the tensor descriptions,
whose offsets count from the start of the data; padding to `general.alignment`; the data.
"""

from __future__ import annotations

import io
import math
import os
import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from casefiles.files import disk

_MAGIC: Final = b"GGUF"
_STRING: Final = 8
_ARRAY: Final = 9
_SCALARS: Final = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"
}  # fmt: skip
BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip
"""ggml's number for the type of a tensor → how many of its numbers take how many bytes."""
VOCABULARY: Final = ("tokenizer.ggml.tokens", "tokenizer.ggml.merges")
"""The keys of lists of whatever texts a tokenizer learnt."""
CHARACTER_MAP: Final = "tokenizer.ggml.precompiled_charsmap"
_STRING_LIMIT: Final = 64 * 1024 * 1024
_KEY_LIMIT: Final = (1 << 16) - 1
"""Bytes of a key, as the format says."""
_NAME_LIMIT: Final = 64
"""Letters of an architecture's name, which stands in keys."""
_LARGEST: Final = 128 << 20
"""Bytes before the tensors: the largest vocabularies in use take a fifth of that."""
_BYTES: Final = (0, 1)
"""The kinds of numbers that are one byte."""
_FLAG: Final = 7
_MOST_COUNT: Final = 1 << 25
_LEAST_SHARE, _MOST_SHARE = 9e-13, 1e12  # some norms have an epsilon of 1e-12, which no float32 is
_NAMED_LIMIT: Final = 1 << 18
"""Tensors and keys; the largest models have some tens of thousands."""
_COUNT_LIMIT: Final = 16_000_000
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Pair:
    """One key-value pair and the bytes it takes."""

    key: str
    value: str | int | float | bool | None
    """None for an array, whose items are not kept."""
    start: int
    end: int


@dataclass(frozen=True)
class GgufTensor:
    """What describes one tensor."""

    name: str
    shape: tuple[int, ...]
    """Slowest dimension first."""
    kind: int
    """ggml's number for its type."""
    offset: int
    """Where it begins, in bytes from the start of the data."""

    @property
    def size(self) -> int:
        """Its bytes. ValueError if its type is not known."""
        if self.kind not in BLOCKS:
            raise ValueError(f"type {self.kind} of a tensor is not known")
        numbers, size = BLOCKS[self.kind]
        return math.prod(self.shape) // numbers * size


@dataclass(frozen=True)
class GgufHeader:
    """What stands before the tensors."""

    version: int
    tensors: int
    pairs: tuple[Pair, ...]
    tensors_start: int
    """Where the tensor descriptions begin, in bytes."""
    tensors_end: int
    alignment: int
    places: tuple[GgufTensor, ...] = ()

    @property
    def tensor_names(self) -> tuple[str, ...]:
        return tuple(tensor.name for tensor in self.places)

    @property
    def data_start(self) -> int:
        return self.tensors_end + -self.tensors_end % self.alignment

    @property
    def architecture(self) -> str:
        told = next((str(pair.value) for pair in self.pairs if pair.key == "general.architecture"), "")
        return told if len(told) <= _NAME_LIMIT else ""


def read(path: Path) -> GgufHeader:
    """The header of a file; ValueError if it is not GGUF version 2 or 3, little endian."""
    with io.BufferedReader(disk.open_plain(path), 1024 * 1024) as file:
        if file.read(4) != _MAGIC:
            raise ValueError("it does not begin with GGUF")
        version = _number(file, "<I")
        if version not in (2, 3):
            raise ValueError(f"version {version} of GGUF is not known")
        tensors, count = _count(file), _count(file)
        if max(tensors, count) > _NAMED_LIMIT:
            raise ValueError("it names more than any model has")
        pairs = tuple(_each(file, count, _pair))
        start = file.tell()
        places = tuple(_each(file, tensors, _tensor))
        end = file.tell()
        alignment = _alignment(pairs)
        header = GgufHeader(int(version), tensors, pairs, start, end, alignment, places)
        _check_places(file, header, os.fstat(file.fileno()).st_size)
    return header


def _each(file: BinaryIO, count: int, read: Callable[[BinaryIO], _Read]) -> Iterator[_Read]:
    """What is read of a header one after another, as long as that is no longer than any in use."""
    for _ in range(count):
        yield read(file)
        if file.tell() > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST:,} bytes before its tensors")


def _alignment(pairs: Sequence[Pair]) -> int:
    keys = {pair.key: pair.value for pair in pairs}
    if len(keys) != len(pairs):
        raise ValueError("a key stands twice")
    alignment = keys.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 8 or alignment & (alignment - 1) or alignment > 1 << 20:
        raise ValueError("the alignment is not a power of two")
    return alignment


def _check_places(file: BinaryIO, header: GgufHeader, size: int) -> None:
    """The tensors must fill the file without gap or overlap, and what aligns them be zeros: there is no room to carry
    anything else."""
    known, begins = header.tensors_end, header.data_start
    for tensor in sorted(header.places, key=lambda one: (one.offset, one.size)):
        if header.data_start + tensor.offset != begins:
            raise ValueError("the tensors do not lie back to back")
        _check_zeros(file, known, begins)
        known = begins + tensor.size
        begins = known + -known % header.alignment
    if size not in (known, begins):
        raise ValueError("the tensors do not fill the file")
    _check_zeros(file, known, size)


def _check_zeros(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    if any(_exactly(file, end - start)):
        raise ValueError("something lies between the tensors, or behind them, that is none")


def encode(path: Path, header: GgufHeader, *, without: Collection[str], texts: Mapping[str, str]) -> bytes:
    """The bytes before the tensor data, with some of the pairs left out and others given another text."""
    with io.BufferedReader(disk.open_plain(path)) as file:
        raw = file.read(header.tensors_end)
    kept = [pair for pair in header.pairs if pair.key not in without]
    text = _MAGIC + struct.pack("<IQQ", header.version, header.tensors, len(kept))
    for pair in kept:
        text += _text_pair(pair.key, texts[pair.key]) if pair.key in texts else raw[pair.start : pair.end]
    text += raw[header.tensors_start :]
    return text + b"\0" * (-len(text) % header.alignment)


def items(path: Path, pair: Pair) -> list[str] | list[int]:
    """What an array of texts or of numbers holds. ValueError if the pair is neither."""
    with _array(path, pair) as (_, inner, _):
        is_text = inner == _STRING
    return texts(path, pair) if is_text else [int(number) for number in numbers(path, pair)]


def numbers(path: Path, pair: Pair) -> list[float]:
    """What an array of numbers holds; ValueError if it holds anything else."""
    import numpy as np

    with _array(path, pair) as (file, inner, count):
        if inner not in _SCALARS:
            raise ValueError(f"the key {pair.key} holds no numbers")
        layout = _SCALARS[inner]
        found = np.frombuffer(_exactly(file, count * struct.calcsize(layout)), layout)
    if not np.isfinite(found).all():
        raise ValueError(f"the key {pair.key} holds what is no number")
    return list(found.tolist())


def texts(path: Path, pair: Pair) -> list[str]:
    """What an array holds, if that is texts."""
    with _array(path, pair) as (file, inner, count):
        return [_text(file) for _ in range(count)] if inner == _STRING else []


@contextmanager
def _array(path: Path, pair: Pair) -> Iterator[tuple[BinaryIO, int, int]]:
    """A file where an array's items begin, their kind and how many there are."""
    with io.BufferedReader(disk.open_plain(path), 1024 * 1024) as file:
        file.seek(pair.start)
        _text(file)
        if int(_number(file, "<I")) != _ARRAY:
            raise ValueError(f"the key {pair.key} is no array")
        yield file, int(_number(file, "<I")), _count(file)


_TYPES: Final = "tokenizer.ggml.token_type"
_MOST_TYPE: Final = 6
"""Of llama.cpp's types of tokens."""
_SECTIONS: Final = "rope.dimension_sections"
_FOUR: Final = 4
"""Sections that positions are turned in, at most."""


def spells(path: Path, pair: Pair) -> bool:
    """Whether numbers of a pair lie beyond what any model has, as letters do that are taken for numbers: a count of
    more than some millions, a share of some billionths or quintillions, a list of bytes. A map of characters is bytes,
    and is read as what it is."""
    import numpy as np

    with io.BufferedReader(disk.open_plain(path), 1024 * 1024) as file:
        file.seek(pair.start)
        _text(file)
        kind, count = int(_number(file, "<I")), 1
        if kind == _ARRAY:
            kind, count = int(_number(file, "<I")), _count(file)
            if kind in _BYTES and count and pair.key != CHARACTER_MAP:
                return True
        layout = _SCALARS.get(kind)
        if layout is None or kind in _BYTES:
            return False
        if kind == _FLAG:
            return any(byte > 1 for byte in _exactly(file, count))
        stored = np.frombuffer(_exactly(file, count * struct.calcsize(layout)), layout)
    if (pair.key == _TYPES and (stored > _MOST_TYPE).any()) or (pair.key.endswith(_SECTIONS) and count > _FOUR):
        return True
    # -1 where there is no sign is of what is not counted.
    nothing = np.iinfo(stored.dtype).max if stored.dtype.kind == "u" else 0
    numbers = np.abs(stored[stored != nothing].astype(np.float64))
    sizes = numbers[np.isfinite(numbers) & (numbers != 0)]
    least, most = (_LEAST_SHARE, _MOST_SHARE) if layout in ("<f", "<d") else (0, _MOST_COUNT)
    return bool(((sizes < least) | (sizes > most)).any())


def _text_pair(key: str, value: str) -> bytes:
    def text(words: str) -> bytes:
        data = words.encode("utf-8")
        return struct.pack("<Q", len(data)) + data

    return text(key) + struct.pack("<I", _STRING) + text(value)


def _tensor(file: BinaryIO) -> GgufTensor:
    """One description: name, number of dimensions, dimensions, type, offset."""
    name = _text(file)
    dimensions = int(_number(file, "<I"))
    if dimensions > 8:
        raise ValueError("a tensor has more dimensions than any engine knows")
    shape = tuple(int(_number(file, "<Q")) for _ in range(dimensions))[::-1]
    return GgufTensor(name, shape, int(_number(file, "<I")), int(_number(file, "<Q")))


def _pair(file: BinaryIO) -> Pair:
    start = file.tell()
    length = _length(file)
    if length > _KEY_LIMIT:
        raise ValueError("a key is longer than the format knows")
    key, kind = _exactly(file, length).decode("utf-8", "replace"), int(_number(file, "<I"))
    value = _value(file, kind)
    return Pair(key, value, start, file.tell())


def _value(file: BinaryIO, kind: int) -> str | int | float | bool | None:
    if kind == _STRING:
        return _text(file)
    if kind in _SCALARS:
        return _number(file, _SCALARS[kind])
    if kind != _ARRAY:
        raise ValueError(f"a value of unknown type {kind}")
    inner, count = int(_number(file, "<I")), _count(file)
    if inner == _STRING:
        for _ in range(count):
            _skip(file, _length(file))
    elif inner in _SCALARS:
        _skip(file, count * struct.calcsize(_SCALARS[inner]))
    else:
        raise ValueError("an array of arrays")
    return None


def _number(file: BinaryIO, layout: str) -> int | float | bool:
    value: int | float | bool = struct.unpack(layout, _exactly(file, struct.calcsize(layout)))[0]
    return value


def _count(file: BinaryIO) -> int:
    count = int(_number(file, "<Q"))
    if count > _COUNT_LIMIT:
        raise ValueError("a count is beyond reason")
    return count


def _length(file: BinaryIO) -> int:
    length = int(_number(file, "<Q"))
    if length > _STRING_LIMIT:
        raise ValueError("a text is beyond reason")
    return length


def _text(file: BinaryIO) -> str:
    return _exactly(file, _length(file)).decode("utf-8", "replace")


def _skip(file: BinaryIO, length: int) -> None:
    _exactly(file, length)


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise ValueError("the file ends within its header")
    return data
