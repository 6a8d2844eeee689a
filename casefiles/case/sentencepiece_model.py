"""A tokenizer's model as SentencePiece writes it: what of it is read, and what says only how it was made.

A message of protocol buffers (sentencepiece_model.proto): its pieces, how it was trained, how texts are normalised.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from casefiles.files import disk

_VARIED, _FIXED_8, _BYTES, _FIXED_4 = 0, 1, 2, 5
"""How fields are written in protocol buffers."""
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of such a file; those of families have up to five million."""
_LINE: Final = re.compile(rb"([A-Za-z0-9+/]+={0,2}) \d+")
_PIECE, _TRAINER, _NORMALIZER, _DENORMALIZER = 1, 2, 3, 5
_TEXT: Final = 1
"""The field of a piece's text."""
_MAP: Final = 2
"""And of a normaliser's character map."""
_READ: Final = {
    _PIECE: frozenset({1, 2, 3}),
    # Of how it was trained its kind, its size, and which pieces are special; no files, nor what they are called.
    _TRAINER: frozenset({3, 4, 6, *range(10, 26), *range(30, 37), *range(40, 54)}),
    _NORMALIZER: frozenset({1, 2, 3, 4, 5}),
    _DENORMALIZER: frozenset({1, 2, 3, 4, 5}),
}
"""The fields that are read, by the part that they are in: a rule or a test of itself nobody reads."""


@dataclass(frozen=True)
class _Field:
    number: int
    kind: int
    value: bytes
    """What it holds, where that is bytes."""
    written: bytes
    """All of it."""


def character_map(model: bytes) -> bytes:
    """The map of letters in a model; empty if it has none. Raises ValueError: it is no such file."""
    normalizers = [one.value for one in _parts(model) if one.number == _NORMALIZER]
    return _last(normalizers[-1], _MAP) if normalizers else b""


def entries(path: Path) -> list[str]:
    """The vocabulary of a file that is called a model: of SentencePiece, or as lines of base64 and numbers."""
    model = read(path)
    with suppress(ValueError):
        every = [_last(one.value, _TEXT) for one in _parts(model) if one.number == _PIECE]
        return [text.decode("utf-8", "replace") for text in every]
    return [_told(line) for line in model.splitlines()]


def read(path: Path) -> bytes:
    """Such a file. Raises Refusal if it is larger than any."""
    return disk.read_small(path, _LARGEST)


def unread(model: bytes) -> list[str]:
    """What it says that nobody reads. Raises ValueError as above."""
    return [one.value.decode("utf-8", "replace") for one in _unread(model)]


def stripped(model: bytes) -> bytes:
    """The same without that. Raises ValueError as above."""
    kept = b""
    for one in _parts(model):
        if one.number in _READ and one.kind == _BYTES:
            inside = b"".join(field.written for field in _fields(one.value) if field.number in _READ[one.number])
            kept += _written(one.number, inside) if inside else b""
    return kept


def _told(line: bytes) -> str:
    """What a line says: in letters if it is base64 and a number."""
    if (entry := _LINE.fullmatch(line)) is not None:
        with suppress(ValueError):
            return base64.b64decode(entry[1], validate=True).decode("utf-8", "replace")
    return line.decode("utf-8", "replace")


def _unread(model: bytes) -> Iterator[_Field]:
    for one in _parts(model):
        if one.number not in _READ or one.kind != _BYTES:
            yield one
        else:
            yield from (field for field in _fields(one.value) if field.number not in _READ[one.number])


def _parts(model: bytes) -> list[_Field]:
    """The fields of the whole, among them some piece."""
    found = list(_fields(model))
    if not any(one.number == _PIECE and one.kind == _BYTES for one in found):
        raise ValueError("it is no SentencePiece model")
    return found


def _last(message: bytes, wanted: int) -> bytes:
    """What a field of bytes holds, the last that is given."""
    found = [one.value for one in _fields(message) if one.number == wanted and one.kind == _BYTES]
    return found[-1] if found else b""


def _fields(message: bytes) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        begins = at
        key, at = _number(message, at)
        size = {_FIXED_8: 8, _FIXED_4: 4}.get(key & 7, 0)
        if key & 7 in (_VARIED, _BYTES):
            size, at = _number(message, at)
        elif not size:
            raise ValueError("it is no SentencePiece model")
        value = b""
        if key & 7 != _VARIED:
            value = message[at : at + size]
            at += size
        if at > len(message):
            raise ValueError("it is no SentencePiece model")
        yield _Field(key >> 3, key & 7, value, message[begins:at])


def _number(message: bytes, at: int) -> tuple[int, int]:
    """A number of as many bytes as it needs, and where it ends."""
    value, shift = 0, 0
    for end in range(at, min(at + 10, len(message))):
        value |= (message[end] & 0x7F) << shift
        shift += 7
        if message[end] < 0x80:
            return value, end + 1
    raise ValueError("it is no SentencePiece model")


def _written(number: int, value: bytes) -> bytes:
    return _as_number(number << 3 | _BYTES) + _as_number(len(value)) + value


def _as_number(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
