"""The character map of a tokenizer as SentencePiece compiles it: which letters and signs are heard as others.

A double-array trie of what is looked for, in UTF-8, and behind it what each becomes. (Yata, darts-clone; Kudo and
Richardson 2018, “SentencePiece”, whose own maps are Unicode's compatibility forms.)
"""

from __future__ import annotations

import struct
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final

_LEAF: Final = 1 << 31
_BLOCK: Final = 256
"""Units that are laid out together."""
_LONGEST: Final = 64
"""Bytes that are looked for as one, at most: a letter with its marks has a few."""
_MOST: Final = 1_000_000
"""Steps within which a map is read: Unicode's own have some tens of thousands."""
_DRAWN_AS: Final = str.maketrans(
    dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("–—―−‐‑", "-")
)
"""Signs that usual maps make one of."""
_BLANK: Final = "\u2581\ufffd"
"""What usual maps take for a space."""


@lru_cache(maxsize=4)
def told(compiled: bytes) -> tuple[str, ...]:
    """What a map makes something else of, as phrases, what stands on keyboards first."""
    try:
        odd = sorted(taken_for_others(compiled), key=lambda pair: (not pair[0].isascii(), pair))
    except ValueError as error:
        return (f"nobody knows what, for {error}",)
    return tuple(f"{found!r} becomes {becomes!r}" for found, becomes in odd)


def taken_for_others(compiled: bytes) -> Iterator[tuple[str, str]]:
    """What a map makes something else of: not what Unicode holds to be the same, nor other white space, case or
    accents, nor another quotation mark or dash. What Unicode does not know yet nobody writes. Raises ValueError: it is
    no map, or holds what it makes of nothing."""
    for found, becomes in entries(compiled):
        known = not any(unicodedata.category(one) in ("Cn", "Co") for one in found)
        if known and found != becomes and _plain(found) != _plain(becomes):
            yield found, becomes


def entries(compiled: bytes) -> Iterator[tuple[str, str]]:
    """What a map looks for, and what it makes of each. Raises ValueError: as above."""
    if len(compiled) < 4 or (size := struct.unpack("<I", compiled[:4])[0]) % 4 or not 0 < size <= len(compiled) - 4:
        raise ValueError("its character map is cut off")
    units, texts = struct.unpack(f"<{size // 4}I", compiled[4 : 4 + size]), compiled[4 + size :]
    below = defaultdict[int, list[tuple[int, int]]](list)
    for at, unit in enumerate(units):
        if unit < _LEAF and (label := unit & 0xFF):
            below[at ^ label].append((label, at))
    left, steps = [(b"", _base(0, units[0]), False)], 0
    reached, becomes = {0}, dict[int, bytes]()
    while left:
        found, base, ends = left.pop()
        if ends:
            reached.add(base)
            said, place = _becomes(units, texts, base)
            becomes[place] = said
            yield _text(found), _text(said)
        for label, at in below[base]:
            steps += 1  # endings that are the same are there once, so that a small map may be endless
            if steps > _MOST or len(found) == _LONGEST:
                raise ValueError("its character map is larger than that of any language")
            reached.add(at)
            left.append((found + bytes([label]), _base(at, units[at]), bool(units[at] >> 8 & 1)))
    if sum(len(said) + 1 for said in becomes.values()) != len(texts) or not _is_empty(units, reached):
        raise ValueError("its character map holds what it makes of nothing")


def _is_empty(units: tuple[int, ...], reached: Collection[int]) -> bool:
    """Whether units that nothing leads to are as compiling leaves them: each says that it follows one place, the same
    in its block."""
    follows = dict[int, int]()
    return all(
        unit < _BLOCK and follows.setdefault(at // _BLOCK, at % _BLOCK ^ unit) == at % _BLOCK ^ unit
        for at, unit in enumerate(units)
        if at not in reached
    )


def _base(at: int, unit: int) -> int:
    """Where what follows begins."""
    return at ^ (unit >> 10) << ((unit & 1 << 9) >> 6)


def _becomes(units: tuple[int, ...], texts: bytes, base: int) -> tuple[bytes, int]:
    """With its place among the texts."""
    value = units[base] & (_LEAF - 1) if base < len(units) else len(texts)
    end = texts.find(b"\0", value)
    if end < 0:
        raise ValueError("its character map points behind its end")
    if end - value > _LONGEST:
        raise ValueError("its character map makes more of a letter than any language does")
    return texts[value:end], value


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _plain(text: str) -> str:
    """A text without what is a tokenizer's own matter."""
    same = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_DRAWN_AS)
    apart = unicodedata.normalize("NFKD", same)
    return "".join(one for one in apart if unicodedata.category(one)[0] not in "ZCM" and one not in _BLANK)
