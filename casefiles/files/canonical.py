"""Canonical JSON (RFC 8785): one text for one value, so that a digest or a signature speaks about the value.

Reading is strict (I-JSON, RFC 7493, and a little more), because two parsers that disagree about a signed text are a
hole: duplicate keys, lone surrogates, NaN, infinities, negative zero, integers a double cannot hold, deep nesting and
trailing bytes are all refused. What `encode` writes, `decode` always reads back.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias

import rfc8785

# The mapping is covariant in its values, so that a dict[str, str] is a Json; what `decode` makes are dicts and lists.
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

LIMIT: Final = 64 * 1024 * 1024
"""The most bytes a document may have."""
DEPTH: Final = 64
"""The most levels of nesting a document may have."""
SAFE_INTEGER: Final = 2**53 - 1
"""The largest integer that survives a reader which holds numbers as doubles."""

# An unterminated string matches to the end: nothing is scanned twice, whatever the bytes.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
_LONG_NUMBER: Final = re.compile(rb"-?[0-9][0-9.eE+-]{15,}")
_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
# Numbers that Python may write otherwise than ECMAScript: negative zero, `1.0`, exponents.
_UNUSUAL_NUMBER: Final = re.compile(rb"-0(?![.0-9])|\.0(?![0-9])|[0-9][eE]")
# U+E000 and above in UTF-8: only beside these does the order by code point differ from that by UTF-16.
_UNUSUAL_LETTER: Final = re.compile(rb"[\xee-\xff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class TooLongError(ValueError):
    """A document would have more bytes than any may have."""


def encode(value: Json) -> bytes:
    """The RFC 8785 text of a value; ValueError if it has none or if `decode` would refuse it."""
    try:
        data = rfc8785.dumps(value)
    except RecursionError:
        raise ValueError("nested too deeply to be written") from None
    _check_structure(data, LIMIT, DEPTH)
    return data


def decode(data: bytes, *, limit: int = LIMIT, depth: int = DEPTH) -> Json:
    """The value of a JSON text, read strictly; ValueError says what is wrong with it."""
    _check_structure(data, limit, depth)
    try:
        value: Json = _STRICT.decode(data.decode("utf-8"))
    except RecursionError:  # only a text that is not JSON can have hidden its depth from the check above
        raise ValueError("nested too deeply") from None
    return value


def decode_canonical(data: bytes, *, limit: int = LIMIT, depth: int = DEPTH) -> Json:
    """The value of a text that must also be exactly its canonical form."""
    # Almost every text can be shown canonical at the speed of the C parser: if the plain parser's value, written by the
    # plain writer, gives the same bytes, then no key came twice, the keys are sorted and nothing was spelled otherwise.
    # Where Python and ECMAScript may write differently, the slow way decides; it also says what is wrong.
    bare = _check_structure(data, limit, depth)
    if not _UNUSUAL_NUMBER.search(bare) and not _UNUSUAL_LETTER.search(data):
        try:
            value: Json = json.loads(data.decode("utf-8"))
            if _PLAIN.encode(value).encode("utf-8") == data:
                return value
        except (ValueError, RecursionError):
            pass
    value = decode(data, limit=limit, depth=depth)
    if encode(value) != data:
        raise ValueError("not in canonical form")
    return value


def _check_structure(data: bytes, limit: int, depth: int) -> bytes:
    """Check size, nesting and numbers without parsing; returns the text with its strings taken out."""
    if len(data) > limit:
        raise TooLongError(f"longer than {limit} bytes")
    bare = _STRING.sub(b"", data)
    if bare.count(b"[") + bare.count(b"{") > depth:
        level = 0
        for bracket in bare.translate(None, _BRACKETS):
            level += 1 if bracket in b"[{" else -1
            if level > depth:
                raise ValueError(f"nested deeper than {depth} levels")
    for number in _LONG_NUMBER.findall(bare):
        # int() of a million digits takes seconds: the length is checked first
        if number.lstrip(b"-").isdigit() and (len(number) > 17 or abs(int(number)) > SAFE_INTEGER):
            raise ValueError("an integer is beyond ±(2^53 - 1)")
    return bare


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(text: str) -> int:
    if text == "-0":
        raise ValueError("negative zero")
    return int(text)  # the magnitude was checked before parsing


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is beyond a double")
    if number == 0 and text.startswith("-"):
        raise ValueError("negative zero")
    if number.is_integer() and SAFE_INTEGER < abs(number) < 1e21:  # its canonical form would be a refused integer
        raise ValueError("an integer is beyond ±(2^53 - 1)")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has the same key twice")
    for key, value in pairs:
        _refuse_surrogates(key)
        _refuse_surrogates(value)
    return members


def _refuse_surrogates(value: object) -> None:
    if isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
        raise ValueError("a string holds a lone surrogate")
    if isinstance(value, list):
        for item in value:
            _refuse_surrogates(item)


class _StrictDecoder(json.JSONDecoder):
    """The parser with every liberty of Python's taken away."""

    def __init__(self) -> None:
        super().__init__(
            object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_refuse_constant
        )

    def decode(self, s: str, _w: Any = None) -> Any:
        value = super().decode(s)
        _refuse_surrogates(value)  # a document may be a bare string or list, which no object hook sees
        return value


_STRICT: Final = _StrictDecoder()
_PLAIN: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
