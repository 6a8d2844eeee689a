"""The body of one record: reading a line of a log strictly, at the speed a log of a million lines needs.

A line is accepted only if it is the one canonical text (RFC 8785) of a well-formed record. `canonical.decode_canonical`
decides that; orjson is asked first, and believed only where both are known to write the same text for every value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from casefiles import canonical

VERSION: Final = 1
GENESIS: Final = "genesis"
KINDS: Final = frozenset(
    {GENESIS, "intent", "result", "refusal", "finding", "withdrawn", "note", "tag", "resumed", "report"}
)
LONGEST: Final = canonical.LIMIT
_FIELDS: Final = frozenset({"v", "seq", "ts_us", "session", "kind", "data"})
_SESSION: Final = re.compile(r"[0-9a-f]{32}")

_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
# orjson differs from RFC 8785 in numbers with an exponent and integral floats; a hit inside a string only costs time.
_EXPONENT: Final = re.compile(rb"[eE][-+]?[0-9]")
_BEFORE_EXPONENT: Final = frozenset(b"0123456789.")


@dataclass(frozen=True, slots=True)
class Body:
    """A parsed record: its place in the log, its time (µs since the epoch, UTC), and what it says."""

    seq: int
    ts_us: int
    session: str
    kind: str
    data: Mapping[str, Any]


class SpellingError(ValueError):
    """The line is not the canonical text of any value."""


def parse(line: bytes) -> Body:
    """The record of a line. Raises SpellingError, or ValueError if it is canonical but not a record."""
    value = fields(line)
    return Body(value["seq"], value["ts_us"], value["session"], value["kind"], value["data"])


def fields(line: bytes) -> dict[str, Any]:
    """The same as `parse`, as the plain mapping a reader of many lines can afford."""
    value = _canonical(line)
    if type(value) is not dict or value.keys() != _FIELDS:
        raise ValueError("a record has exactly the fields v, seq, ts_us, session, kind and data")
    seq, ts_us, session, kind = value["seq"], value["ts_us"], value["session"], value["kind"]
    if type(value["v"]) is not int or value["v"] != VERSION:
        raise ValueError("the record is of a version that is not known here")
    if type(seq) is not int or type(ts_us) is not int or seq < 0 or ts_us < 0:
        raise ValueError("seq and ts_us are integers from 0")
    if type(session) is not str or not _SESSION.fullmatch(session):
        raise ValueError("the session is not 32 hexadecimal digits")
    if kind not in KINDS if type(kind) is str else True:
        raise ValueError("the record is of a kind that is not known here")
    if type(value["data"]) is not dict:
        raise ValueError("the data of a record is an object")
    return value


def _canonical(line: bytes) -> Any:
    if _plain(line):
        try:
            value = orjson.loads(line)
            if orjson.dumps(value, option=_OPTIONS) == line and (line.isascii() or _keys_sort_alike(value)):
                return value
        except (ValueError, TypeError):  # whether it is refused, and with which words, the strict reader decides
            pass
    try:
        return canonical.decode_canonical(line)
    except ValueError as error:
        raise SpellingError(str(error)) from None


def _plain(line: bytes) -> bool:
    """Whether everything in the line is written alike by orjson and RFC 8785, and it is short and flat enough."""
    if line.count(b"[") + line.count(b"{") > canonical.DEPTH or len(line) > LONGEST:
        return False
    if b".0," in line or b".0}" in line or b".0]" in line:
        return False
    if b"e-" in line or b"e+" in line:
        for match in _EXPONENT.finditer(line):
            if line[match.start() - 1] in _BEFORE_EXPONENT:
                return False
    return True


def _keys_sort_alike(value: Any) -> bool:
    """Whether all keys are below U+E000, where the order by UTF-8 bytes is that by UTF-16 units."""
    if type(value) is dict:
        return all(key < "\ue000" for key in value if not key.isascii()) and all(map(_keys_sort_alike, value.values()))
    return all(map(_keys_sort_alike, value)) if type(value) is list else True
