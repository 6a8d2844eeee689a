"""A tokenizer's model as SentencePiece writes it: what of it is read, and what says only how it was made.

A message of protocol buffers (sentencepiece_model.proto): its pieces, how it was trained, how texts are normalised.
Some families have lines of base64 and numbers under the same name.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from casefiles.files import disk

_VARIED, _FIXED_8, _BYTES, _FIXED_4 = 0, 1, 2, 5
"""How fields are written in protocol buffers."""
_LARGEST: Final = 24 * 1024 * 1024
"""Bytes of such a file; those of families have up to five million, and the largest there are eighteen."""
_MOST: Final = 1_200_000
"""Fields of a message: as many as pieces, of which the largest vocabularies have a million."""
_LINE: Final = re.compile(rb"([A-Za-z0-9+/]+={0,2}) \d+")
_PIECE, _TRAINER, _NORMALIZER, _DENORMALIZER = 1, 2, 3, 5
_TEXT, _MAP = 1, 2
"""The fields of a piece's text, and of a normaliser's character map,"""
_SCORE, _KIND = 2, 3
"""and of a piece's score and kind,"""
LEARNT: Final = 1
"""which is this for most, as in GGUF."""
_NORMALIZING: Final = {1: _BYTES, _MAP: _BYTES} | dict.fromkeys((3, 4, 5), _VARIED)
_READ: Final[Mapping[int, Mapping[int, int]]] = {
    _PIECE: {_TEXT: _BYTES, _SCORE: _FIXED_4, _KIND: _VARIED},
    # Of how it was trained its kind, its size, and which pieces are special; no files or letters, nor how often.
    _TRAINER: dict.fromkeys((3, 4, 24, 35, 40, 41, 42, 43), _VARIED) | dict.fromkeys(range(44, 49), _BYTES),
    _NORMALIZER: _NORMALIZING,
    _DENORMALIZER: _NORMALIZING,
}
"""The fields that are read, and how they are written, by the part that they are in."""
_SPECIAL: Final = frozenset((_TRAINER, number) for number in range(44, 49))
_SPECIALS: Final = frozenset({b"<unk>", b"<s>", b"</s>", b"<pad>"})
"""What special pieces are called, whether a vocabulary has them or not."""
_RULES: Final = frozenset({(_NORMALIZER, 1), (_DENORMALIZER, 1)})
_NORMALIZERS: Final = frozenset(b"nmt_nfkc nmt_nfkc_cf nfkc nfkc_cf identity user_defined".split())
"""What the rules of normalisers are called: those of the library, and whatever else."""


class _Field(NamedTuple):
    number: int
    kind: int
    value: bytes
    """What it holds, where that is bytes."""
    written: bytes
    """All of it."""


@dataclass(frozen=True)
class _Part:
    """One of those that are read."""

    number: int
    kept: list[_Field]
    """What in it is read: of one that is given several times the last."""
    unread: list[_Field]

    @classmethod
    def of(cls, part: _Field, pieces: Collection[bytes]) -> _Part:
        """`pieces`: what may be called special, in bytes."""
        known, every = _READ[part.number], list(_fields(part.value))
        last = {one.number: one for one in every if known.get(one.number) == one.kind}
        kept = [one for one in last.values() if _is_read(part.number, one, pieces)]
        whole = len(kept) == len(every)
        return cls(part.number, kept, [] if whole else [one for one in every if not any(one is it for it in kept)])

    def value(self, number: int) -> bytes:
        return next((one.value for one in self.kept if one.number == number), b"")


class SentencePieceModel:
    """What such a file says."""

    def __init__(self, data: bytes) -> None:
        """Raises ValueError: it is no such file."""
        every = list(_fields(data))
        pieces = [_Part.of(one, ()) for one in every if one.number == _PIECE and one.kind == _BYTES]
        if not pieces:
            raise ValueError("it is no SentencePiece model")
        called = {part.value(_TEXT) for part in pieces} | _SPECIALS
        # Of the others there is one each: what stands before the last is merged into that, or nobody's.
        last = {one.number: one for one in every if one.number in _READ and one.kind == _BYTES}
        others = [last[number] for number in sorted(last) if number != _PIECE]
        self._parts = [*pieces, *(_Part.of(one, called) for one in others)]
        self._others = [
            one for one in every if last.get(one.number) is not one and (one.number != _PIECE or one.kind != _BYTES)
        ]

    @property
    def pieces(self) -> list[str]:
        """Its vocabulary."""
        return [part.value(_TEXT).decode("utf-8", "replace") for part in self._parts if part.number == _PIECE]

    @property
    def scored(self) -> list[tuple[str, float]]:
        """Of what it learnt each piece with its score."""
        parts = (part for part in self._parts if part.number == _PIECE)
        scores = (struct.unpack("<f", part.value(_SCORE) or bytes(4))[0] for part in parts)
        told = zip(self.kinds, scores, strict=True)
        return [(piece, score) for (piece, kind), score in told if kind == LEARNT]

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """Each piece with what it is, which is said where it was not learnt."""
        parts = (part for part in self._parts if part.number == _PIECE)
        said = ([one.written for one in part.kept if one.number == _KIND] for part in parts)
        return [(piece, kind[0][-1] if kind else LEARNT) for piece, kind in zip(self.pieces, said, strict=True)]

    @property
    def character_maps(self) -> list[bytes]:
        """What letters it takes for others, before and after: those that there are."""
        found = (part.value(_MAP) for part in self._parts if part.number in (_NORMALIZER, _DENORMALIZER))
        return [compiled for compiled in found if compiled]

    @property
    def unread(self) -> list[str]:
        """What it says that nobody reads."""
        inside = (one for part in self._parts for one in part.unread)
        return [one.value.decode("utf-8", "replace") for one in (*self._others, *inside)]

    @property
    def stripped(self) -> bytes:
        """The same without that."""
        parts = [(part.number, b"".join(one.written for one in part.kept)) for part in self._parts]
        return b"".join(_written(number, inside) for number, inside in parts if inside)


def _is_read(part: int, field: _Field, pieces: Collection[bytes]) -> bool:
    """Whether a field is what it is read as, where it may hold any name: that of a piece, of signs, or of a rule."""
    if (part, field.number) in _RULES:
        return field.value in _NORMALIZERS or not field.value
    spoken = re.search(r"\w", field.value.decode("utf-8", "replace"))
    return (part, field.number) not in _SPECIAL or field.value in pieces or spoken is None


def read(path: Path) -> bytes:
    """A file that is called a model. Raises Refusal if it is larger than any."""
    return disk.read_small(path, _LARGEST)


def is_lines(data: bytes) -> bool:
    """Whether it is a vocabulary of the other kind."""
    return all(_LINE.fullmatch(line) for line in data.splitlines() if line)


def entries(path: Path) -> list[str]:
    """The vocabulary of a file that is called a model, of either kind."""
    data = read(path)
    with suppress(ValueError):
        return SentencePieceModel(data).pieces
    return [_told(line) for line in data.splitlines()]


def kinds(path: Path) -> list[tuple[str, int]]:
    """The pieces of a SentencePiece model with what each is; none of the other kind."""
    with suppress(ValueError):
        return SentencePieceModel(read(path)).kinds
    return []


def _told(line: bytes) -> str:
    """What a line says: in letters if it is base64 and a number."""
    if (entry := _LINE.fullmatch(line)) is not None:
        with suppress(ValueError):
            return base64.b64decode(entry[1], validate=True).decode("utf-8", "replace")
    return line.decode("utf-8", "replace")


def _fields(message: bytes) -> Iterator[_Field]:
    at = count = 0
    while at < len(message):
        begins = at
        count += 1
        if count > _MOST:
            raise ValueError("it has more fields than any SentencePiece model")
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
    if at < len(message) and message[at] < 0x80:  # as most are
        return message[at], at + 1
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
