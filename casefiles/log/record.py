"""The body of one record: reading a line of a log strictly, at the speed a log of a million lines needs.

A line is accepted only if it is the one canonical text (RFC 8785) of a well-formed record. `canonical.decode_canonical`
decides that; orjson is asked first, and believed only where both are known to write the same text for every value.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import orjson

from casefiles.files import canonical, schema

VERSION: Final = 1
GENESIS: Final = "genesis"
KINDS: Final[frozenset[str]] = frozenset(schema.load("record")["properties"]["kind"]["enum"])
"""As published, which is as the workbench writes them."""
LONGEST: Final = canonical.LIMIT
_NAMES: Final = ("data", "kind", "seq", "session", "ts_us", "v")
_SESSION: Final = re.compile(r"[0-9a-f]{32}").fullmatch

_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
# orjson writes numbers with an exponent and integral floats otherwise than RFC 8785. A hit in a string only costs time.
_INTEGRAL: Final = re.compile(rb"\.0(?:[,\]}]|\Z)").search
_SMALL: Final = re.compile(rb"e-[0-9]")
_LARGE: Final = re.compile(rb"e\+[0-9]")
_BEFORE_EXPONENT: Final = frozenset(b"0123456789.")


class SpellingError(ValueError):
    """The line is not the canonical text of any value."""


class Fields(NamedTuple):
    """What a record says."""

    data: dict[str, Any]
    kind: str
    seq: int
    session: str
    ts_us: int
    """Microseconds since the epoch, UTC."""


def parse(line: bytes) -> Fields:
    """The record of a line. Raises SpellingError, or ValueError if it is canonical but not a record."""
    return Fields(*values(line))


def values(line: bytes) -> tuple[dict[str, Any], str, int, str, int]:
    """The same as a bare tuple, for whoever reads a million of them."""
    value = _canonical(line)
    if type(value) is not dict or tuple(value) != _NAMES:
        raise ValueError("a record has exactly the fields v, seq, ts_us, session, kind and data")
    data, kind, seq, session, ts_us, version = value.values()
    if type(version) is not int or version != VERSION:
        raise ValueError("the record is of a version that is not known here")
    if type(seq) is not int or type(ts_us) is not int or seq < 0 or ts_us < 0:
        raise ValueError("seq and ts_us are integers from 0")
    if type(session) is not str or not _SESSION(session):
        raise ValueError("the session is not 32 hexadecimal digits")
    if type(kind) is not str or kind not in KINDS:
        raise ValueError("the record is of a kind that is not known here")
    if type(data) is not dict:
        raise ValueError("the data of a record is an object")
    return data, kind, seq, session, ts_us


def _canonical(line: bytes) -> Any:
    if _written_alike(line):
        try:
            value = orjson.loads(line)
            if orjson.dumps(value, option=_OPTIONS) == line and (
                line.isascii() or not _has_late_letters(line) or _plain_keys(value)
            ):
                return value
        except (ValueError, TypeError):  # whether it is refused, and with which words, the strict reader decides
            pass
    try:
        return canonical.decode_canonical(line)
    except ValueError as error:
        raise SpellingError(str(error)) from None


def _written_alike(line: bytes) -> bool:
    """Whether orjson and RFC 8785 write everything in the line alike, and it is short and flat enough for a record."""
    if line.count(b"[") + line.count(b"{") > canonical.DEPTH or len(line) > LONGEST or _INTEGRAL(line):
        return False
    if b"-" in line and _SMALL.search(line) and _exponent(_SMALL, line):
        return False
    return not (b"+" in line and _LARGE.search(line) and _exponent(_LARGE, line))


def _exponent(pattern: re.Pattern[bytes], line: bytes) -> bool:
    return any(line[match.start() - 1] in _BEFORE_EXPONENT for match in pattern.finditer(line))


def _has_late_letters(line: bytes) -> bool:
    """Whether a letter beyond U+FFFF stands anywhere: only in keys with one can sorting by UTF-8 and UTF-16 differ."""
    return b"\xf0" in line or b"\xf1" in line or b"\xf2" in line or b"\xf3" in line or b"\xf4" in line


def _plain_keys(value: Any) -> bool:
    if type(value) is dict:
        return all(key.isascii() or max(key) <= "\uffff" for key in value) and all(map(_plain_keys, value.values()))
    return all(map(_plain_keys, value)) if type(value) is list else True
