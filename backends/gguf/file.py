"""Strict reading of a GGUF file: its keys, and where each tensor lies, before and beside the engine that runs it.

llama.cpp checks a file while it allocates for it and may abort the process on a bad one, so a file is read here first.
The layout is https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from backends.model import ModelRefusal

GgufValue = int | float | bool | str | tuple[int | float | bool, ...]

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

_MOST_KEYS, _MOST_TENSORS, _LONGEST_KEY = 1 << 16, 1 << 18, 1 << 16
_TOKENS = "tokenizer.ggml.tokens"
"""llama.cpp aborts the process if these are not distinct as C strings; it gives empty ones a text itself."""

_KEPT_ARRAY = 4096
"""Longer arrays of numbers (token types, scores) are stepped over, not kept."""


@dataclass(frozen=True)
class TensorPlace:
    """Where one tensor lies and what it is; `shape` slowest dimension first, as in numpy."""

    name: str
    shape: tuple[int, ...]
    kind: int
    """ggml's number for the element type."""
    start: int
    """Byte offset in the file."""


@dataclass(frozen=True)
class GgufFile:
    """Keys and tensors of one GGUF file. Arrays of strings and long arrays are left out of `keys`."""

    path: Path
    size: int
    keys: Mapping[str, GgufValue]
    tensors: Mapping[str, TensorPlace]
    spells_bytes: bool = False
    """Whether the vocabulary has a token for each byte: where llama.cpp falls back to bytes it ends the process for
    want of one."""

    def text(self, key: str) -> str:
        """A string key; empty if it is absent."""
        value = self.keys.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: float = 0.0) -> float:
        """A numeric key of the model's architecture, e.g. `attention.layer_norm_rms_epsilon`."""
        value = self.keys.get(f"{self.text('general.architecture')}.{key}", default)
        return float(value) if isinstance(value, int | float) else default


def read_gguf(path: Path) -> GgufFile:
    """Read a file's header. Raises ModelRefusal if it is not a whole, well-formed GGUF file."""
    try:
        with _HeaderReader(path) as reader:
            return reader.header()
    except (struct.error, ValueError, OverflowError, OSError) as error:
        raise unreadable(path, str(error)) from error


def unreadable(path: Path, why: str) -> ModelRefusal:
    """The refusal for a GGUF file that is damaged."""
    return ModelRefusal(
        "model.unreadable",
        f"The model file {path.name} cannot be read.",
        f"It is damaged or not a GGUF file: {why.rstrip('.')}.",
        "Copy the case again and verify it; if it verifies, the attacker must seal it anew.",
    )


_SPLIT = re.compile(r"-\d{5}-of-(\d{5})\.gguf$")


def parts(first: Path) -> list[Path]:
    """All files of a model split as `NAME-00001-of-0000N.gguf`, in order; a model in one file is its only part."""
    match = _SPLIT.search(first.name)
    if match is None:
        return [first]
    stem, count = first.name[: match.start()], int(match.group(1))
    if count == 0:
        raise unreadable(first, "by its name it has no parts")
    return [first.with_name(f"{stem}-{part:05d}-of-{count:05d}.gguf") for part in range(1, count + 1)]


class _HeaderReader:
    """A cursor over the mapped file that never reads past its end."""

    def __init__(self, path: Path) -> None:
        self.path, self.at = path, 0
        self.spells_bytes = False
        self.file = path.open("rb")
        try:
            self.bytes = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ)
        except BaseException:
            self.file.close()
            raise

    def __enter__(self) -> _HeaderReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.bytes.close()
        self.file.close()

    def header(self) -> GgufFile:
        magic, version, tensors, keys = self.take("4sIQQ")
        if magic != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        if version not in (2, 3):
            raise ValueError(f"version {version} of the format is not known here")
        if keys > _MOST_KEYS or tensors > _MOST_TENSORS:
            raise ValueError(f"it claims {keys} keys and {tensors} tensors")
        found: dict[str, GgufValue] = {}
        for _ in range(keys):
            key = self.text(_LONGEST_KEY)
            if key in found:
                raise ValueError(f"the key {key} stands in it twice")
            value = self.value(self.take("I")[0], distinct=key == _TOKENS)
            if isinstance(value, float) and not (math.isfinite(value) and (value >= 0 or "epsilon" not in key)):
                raise ValueError(f"its key {key} is {value}")
            if value is not None:
                found[key] = value
        places = [self.place() for _ in range(tensors)]
        alignment = found.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
            raise ValueError(f"its alignment is {alignment}")
        data = (self.at + alignment - 1) // alignment * alignment
        named = {p.name: TensorPlace(p.name, p.shape, p.kind, data + p.start) for p in places}
        if len(named) != len(places):
            raise ValueError("two of its tensors have one name")
        for place in named.values():
            if place.start > len(self.bytes):
                raise ValueError(f"the tensor {place.name} lies past its end")
        return GgufFile(self.path, len(self.bytes), found, named, self.spells_bytes)

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.bytes, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def text(self, longest: int) -> str:
        (length,) = self.take("Q")
        if length > longest or length > len(self.bytes) - self.at:
            raise ValueError(f"a text of {length} bytes does not fit in it")
        self.at += length
        return self.bytes[self.at - length : self.at].decode("utf-8")

    def value(self, kind: int, *, distinct: bool) -> GgufValue | None:
        if kind == _STRING:
            return self.text(len(self.bytes))
        if kind == _ARRAY:
            return self.array(distinct=distinct)
        number: int | float | bool = self.take(_SCALARS[self.known(kind)])[0]
        return number

    def array(self, *, distinct: bool) -> GgufValue | None:
        kind, length = self.take("IQ")
        if kind == _STRING:
            self.texts(length, distinct=distinct)
            return None
        letter = _SCALARS[self.known(kind)]
        width = struct.calcsize("<" + letter)
        self.fitting(length, width)
        if length > _KEPT_ARRAY:
            self.at += length * width
            return None
        return self.take(f"{length}{letter}")

    def texts(self, length: int, *, distinct: bool) -> None:
        """Step over a list of texts; there may be hundreds of thousands of them."""
        held, end, size_at = self.bytes, len(self.bytes), struct.Struct("<Q").unpack_from
        at, found = self.at, list[bytes]()
        for _ in range(self.fitting(length, 8)):
            start = at + 8
            at = start + size_at(held, at)[0]
            if at > end:
                raise ValueError(f"a text of {at - start} bytes does not fit in it")
            if distinct:
                found.append(held[start:at])
        self.at = at
        if distinct:
            self.spells_bytes = _spells_bytes(found)

    def place(self) -> TensorPlace:
        name = self.text(_LONGEST_KEY)
        (rank,) = self.take("I")
        if not 1 <= rank <= 4:
            raise ValueError(f"the tensor {name} has {rank} dimensions")
        dimensions = self.take(f"{rank}Q")
        kind, start = self.take("IQ")
        elements = 1
        for dimension in dimensions:
            elements *= dimension
        # The densest type packs eight weights into a byte; anything beyond that cannot be in the file.
        if not 0 < elements <= 8 * len(self.bytes):
            raise ValueError(f"the tensor {name} claims {elements} numbers")
        return TensorPlace(name, tuple(dimensions)[::-1], kind, start)

    def fitting(self, count: int, width: int) -> int:
        if count * width > len(self.bytes) - self.at:
            raise ValueError(f"{count} elements do not fit in it")
        return count

    @staticmethod
    def known(kind: int) -> int:
        if kind not in _SCALARS:
            raise ValueError(f"it holds a value of unknown type {kind}")
        return kind


def _spells_bytes(tokens: list[bytes]) -> bool:
    """Whether there is a token for each byte. Raises ValueError where two are one to C, which ends them at a zero."""
    if b"\0" in b"".join(tokens):
        tokens = [token.split(b"\0", 1)[0] for token in tokens]
    seen = set(tokens)
    if len(seen) + max(0, tokens.count(b"") - 1) < len(tokens):
        twice = next(token for token, times in Counter(tokens).items() if token and times > 1)
        raise ValueError(f"two of its tokens are {twice[:20]!r}")
    return all(b"<0x%02X>" % byte in seen or bytes([byte]) in seen for byte in range(256))
