"""The header of a safetensors file, read and rewritten without touching its tensors.

Layout: the header's length (8 bytes, little endian), the header (JSON: name → dtype, shape, data_offsets, and perhaps
`__metadata__`), then the tensors back to back. (https://github.com/huggingface/safetensors, "Format")
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from casefiles.files import disk

LIMIT: Final = 100_000_000
"""The most bytes of a header; the reference reader has the same limit."""
_METADATA: Final = "__metadata__"
_EIGHT: Final = ("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ")
_BITS: Final = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "C64": 64} | dict.fromkeys(_EIGHT, 8) | {
    f"{kind}{bits}": bits for kind in ("I", "U", "F", "BF") for bits in (16, 32, 64) if kind != "BF" or bits == 16
}  # fmt: skip
"""The kinds of numbers that there are, and the bits of each."""


@dataclass(frozen=True)
class SafetensorsHeader:
    """What stands before the tensors."""

    metadata: dict[str, str]
    tensors: dict[str, Any]
    data_start: int
    """Where the tensors begin in the file, in bytes."""

    def encode(self, metadata: dict[str, str]) -> bytes:
        """The bytes before the tensors, with other metadata; tensors stay in their order, aligned to 8 bytes."""
        members = ({_METADATA: metadata} if metadata else {}) | self.tensors
        text = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text


def read(path: Path) -> SafetensorsHeader:
    """The header of a file; ValueError if the file is not safetensors to the last byte."""
    with disk.open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(_exactly(file.read(8), 8), "little")
        if length > min(LIMIT, size - 8):
            raise ValueError("the header is longer than the file")
        text = b""
        while len(text) < length:
            text += _some(file.read(length - len(text)))
    try:
        members = json.loads(text.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("the header is nested too deeply") from None
    if not isinstance(members, dict):
        raise ValueError("the header is not an object")
    metadata = members.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("the metadata is not a table of texts")
    _check_offsets(members, size - 8 - length)
    header = SafetensorsHeader(metadata, members, 8 + length)
    header.encode({})  # a lone surrogate in a name can be read but not written
    return header


def written(path: Path) -> bytes:
    """The bytes of a header as they stand in a file that was read."""
    with disk.open_plain(path) as file:
        length = int.from_bytes(_exactly(file.read(8), 8), "little")
        text = b""
        while len(text) < length:
            text += _some(file.read(length - len(text)))
    return text


def misfits(header: SafetensorsHeader) -> list[str]:
    """The tensors that are not as many numbers as their shape says, of a kind that there is."""
    return [name for name, tensor in header.tensors.items() if not _fits(tensor)]


def _fits(tensor: dict[str, Any]) -> bool:
    (start, end), bits = tensor["data_offsets"], _BITS.get(tensor["dtype"])
    shape = tensor["shape"]
    return bits is not None and min(shape, default=0) >= 0 and math.prod(shape) * bits == 8 * (end - start)


def _check_offsets(tensors: dict[str, Any], size: int) -> None:
    """The tensors must fill the file without gap or overlap: there is no room to carry anything else."""
    spans = []
    for name, tensor in tensors.items():
        match tensor:
            case {"dtype": str(), "shape": [*sizes], "data_offsets": [int(start), int(end)]} if len(
                tensor
            ) == 3 and all(isinstance(size, int) for size in sizes):
                spans.append((start, end))
            case _:
                raise ValueError(f"the entry of {name[:80]!r} is malformed")
    position = 0
    for start, end in sorted(spans):
        if start != position or end < start:
            raise ValueError("the tensors do not lie back to back")
        position = end
    if position != size:
        raise ValueError("the tensors do not fill the file")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("the header has the same key twice")
    return members


def _some(data: bytes | None) -> bytes:
    if not data:
        raise ValueError("the file ends within its header")
    return data


def _exactly(data: bytes | None, length: int) -> bytes:
    if data is None or len(data) != length:
        raise ValueError("the file ends within its header")
    return data
