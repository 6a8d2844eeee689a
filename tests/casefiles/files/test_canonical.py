"""Canonical JSON: the published vectors of RFC 8785, and everything a lenient parser would let through."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casefiles.files import canonical

# RFC 8785, section 3.2.2 (input) and 3.2.3 (output).
RFC_INPUT = rb"""{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}"""
RFC_OUTPUT = bytes.fromhex(
    "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72"
    "73 22 3a 5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32"
    "2c 31 65 2d 32 37 5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c"
    "5c 5c 5c 22 2f 22 7d"
)

# RFC 8785, appendix B: the double's bits and its text.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
]
# The same appendix, where the text is an integer beyond 2^53: a reader could not tell it from an imprecise integer.
TOO_LARGE = [
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


def double(bits: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    return value


def test_the_example_of_the_rfc() -> None:
    value = canonical.decode(RFC_INPUT)
    assert canonical.encode(value) == RFC_OUTPUT
    assert canonical.decode_canonical(RFC_OUTPUT) == value


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_numbers_of_the_rfc(bits: str, text: str) -> None:
    assert canonical.encode(double(bits)) == text.encode()
    assert canonical.decode_canonical(text.encode()) == double(bits)


@pytest.mark.parametrize(("bits", "text"), TOO_LARGE[:5])
def test_a_double_that_would_read_as_an_imprecise_integer_is_refused_both_ways(bits: str, text: str) -> None:
    for attempt in (lambda: canonical.encode(double(bits)), lambda: canonical.decode(text.encode())):
        with pytest.raises(ValueError, match="beyond"):
            attempt()


def test_round_half_to_even_of_the_rfc() -> None:
    bits, text = TOO_LARGE[5]
    assert canonical.encode(double(bits)) == text.encode()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53, -(2**53), "\ud800", {"\udfff": 1}, {1: 2}])
def test_values_without_a_canonical_text(value: object) -> None:
    with pytest.raises(ValueError):
        canonical.encode(value)  # type: ignore[arg-type]


def test_keys_are_sorted_by_utf_16() -> None:
    # RFC 8785, section 3.2.3: the smiley is a surrogate pair (d83d de00), which sorts before the Hebrew ligature fb33
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    text = canonical.encode(dict.fromkeys(keys, 0))
    assert list(json.loads(text)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical.decode_canonical(text) == dict.fromkeys(keys, 0)
    by_code_point = json.dumps(dict.fromkeys(sorted(keys), 0), ensure_ascii=False, separators=(",", ":")).encode()
    with pytest.raises(ValueError, match="canonical"):
        canonical.decode_canonical(by_code_point)


HOSTILE = {
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, once escaped": b'{"a":1,"\\u0061":1}',
    "a key twice, deep": b'[{"b":{"a":1,"a":2}}]',
    "a lone surrogate": b'"\\ud800"',
    "a lone surrogate in a list of lists": b'[["\\udc00"]]',
    "a lone surrogate in a list in an object": b'{"a":["\\ud83dx"]}',
    "a lone surrogate as a key": b'{"\\udfff":1}',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "NaN": b"NaN",
    "infinity": b"-Infinity",
    "a number beyond a double": b"1e400",
    "negative zero": b"-0",
    "negative zero as a float": b"-0.0",
    "negative zero by an exponent": b"-0e1",
    "negative zero by underflow": b"-1e-999",
    "a large integer": b"9007199254740992",
    "a large negative integer": b"-9007199254740992",
    "a large integer by an exponent": b"1e16",
    "an integer of a million digits": b"9" * 1_000_000,
    "nesting": b"[" * 65 + b"]" * 65,
    "nesting in objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "nesting without end": b"[" * 1_000_000,
    "brackets in texts that hide the nesting": b'["]]]]]",' * 65 + b"1" + b"]" * 65,
    "something after the value": b"{}x",
    "two values": b"1 2",
    "nothing": b"",
    "a byte-order mark": b"\xef\xbb\xbf1",
    "invalid UTF-8": b'"\xff"',
    "an overlong encoding": b'"\xc0\xaf"',
    "UTF-16": '{"a":1}'.encode("utf-16-le"),
    "a control character": b'"\x01"',
    "an unterminated text": b'"abc',
    "a trailing comma": b"[1,]",
    "a leading zero": b"01",
    "a comment": b"1//",
    "single quotes": b"{'a':1}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        canonical.decode(text)
    with pytest.raises(ValueError):
        canonical.decode_canonical(text)


def test_the_limits_are_the_limits() -> None:
    assert canonical.decode(b"[" * 64 + b"]" * 64)
    assert canonical.decode(b'"%s"' % (b"[" * 1000)) == "[" * 1000
    assert canonical.decode(b"9007199254740991") == 2**53 - 1
    assert canonical.decode(b"[0,0]", limit=5) == [0, 0]
    with pytest.raises(ValueError, match="longer than 4 bytes"):
        canonical.decode(b"[0,0]", limit=4)
    with pytest.raises(ValueError, match="deeper than 1"):
        canonical.decode(b"[[]]", depth=1)
    with pytest.raises(ValueError, match="deep"):
        deep: canonical.Json = 0
        for _ in range(65):
            deep = [deep]
        canonical.encode(deep)


@pytest.mark.parametrize(
    "text",
    [b' {"a":1}', b'{"a":1}\n', b'{"a": 1}', b'{"b":1,"a":1}', b"1.0", b"1.50", b"1E30", b"1e30", b"0.00001e0",
     b"0.0000001", b'"\\u0041"', b'"\\/"', b'"\\u000A"', b'"\\u001F"', b"100e1"],
)  # fmt: skip
def test_other_spellings_are_valid_but_not_canonical(text: bytes) -> None:
    canonical.decode(text)
    with pytest.raises(ValueError, match="not in canonical form"):
        canonical.decode_canonical(text)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not 2**53 <= abs(x) < 1e21)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
@example({"\ue000": 1, "\U00010000": 2})
@example([0.1, 1e-7, 1e-5, -0.5, 1e22, 123456789012345680.5e10])
def test_what_is_written_is_read_back(value: canonical.Json) -> None:
    text = canonical.encode(value)
    assert canonical.decode(text) == value
    assert canonical.decode_canonical(text) == value
    assert canonical.encode(canonical.decode(text)) == text


@given(VALUES)
def test_the_quick_way_agrees_with_the_slow_one(value: canonical.Json) -> None:
    """However Python itself would write it: accepted exactly if these are the canonical bytes."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    if text == canonical.encode(value):
        assert canonical.decode_canonical(text) == value
    else:
        with pytest.raises(ValueError):
            canonical.decode_canonical(text)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u0d8eE+-. 19naftrl', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_value_error(data: bytes) -> None:
    try:
        value = canonical.decode_canonical(data)
    except ValueError:
        return
    assert canonical.encode(value) == data


def test_no_bytes_make_the_structure_check_slow() -> None:
    """A quadratic scan would take days on these, where a linear one takes moments."""
    for unit in (b'\\"', b'"', b"\\", b'"\\', b"[]", b"1.", b'"a":'):
        with pytest.raises(ValueError):
            canonical.decode(b'"' + unit * (4_000_000 // len(unit)))
