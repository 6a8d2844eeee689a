"""Reading a record: as strict as the canonical reader, whatever the bytes."""

from __future__ import annotations

import json
import random
import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from casefiles.files import canonical, schema
from casefiles.log import record
from casefiles.log.record import SpellingError
from tests.casefiles.logs import full_log, small_log

SEEDS = small_log().bodies


def canonical_says(line: bytes) -> bool:
    try:
        canonical.decode_canonical(line)
    except ValueError:
        return False
    return True


def record_says(line: bytes) -> bool:
    try:
        record._canonical(line)
    except SpellingError:
        return False
    return True


def test_a_record_is_read() -> None:
    found = record.parse(SEEDS[3])
    value = json.loads(SEEDS[3])
    assert (found.seq, found.kind, found.session, found.ts_us, found.data) == (
        3, "result", value["session"], value["ts_us"], value["data"],
    )  # fmt: skip


def test_the_published_schema_holds_for_them() -> None:
    for body in full_log().bodies:
        schema.check("record", canonical.decode(body))
    with pytest.raises(ValueError):
        schema.check("record", {**json.loads(SEEDS[3]), "kind": "intent"})


NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
WHAT_JSON_HOLDS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(WHAT_JSON_HOLDS)
def test_it_takes_what_rfc8785_writes_and_only_that(value: canonical.Json) -> None:
    try:
        line = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        return
    assert record_says(line) == canonical_says(line)
    loose = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(
        "utf-8", "surrogatepass"
    )
    assert record_says(loose) == canonical_says(loose)
    if loose != line:
        assert not record_says(loose)


def test_numbers_one_by_one() -> None:
    draw = random.Random(8785)
    texts = [
        "0",
        "-0",
        "1",
        "-1",
        "1.0",
        "0.1",
        "1e5",
        "1E5",
        "1e-7",
        "1e-07",
        "1e+21",
        "1e21",
        "0.000001",
        "1e-6",
        "5e-324",
    ]
    for _ in range(2_500):
        number = struct.unpack("<d", draw.randbytes(8))[0]
        small = draw.choice([draw.random() * 10 ** draw.randrange(-9, 20), float(draw.randrange(10**17)), number])
        texts += [repr(small), f"{small:g}", f"{small:.3f}"]
    for text in texts:
        for line in (f'{{"a":{text}}}', f"[{text},1]", f'["{text}",1]'):
            assert record_says(line.encode()) == canonical_says(line.encode()), line


def test_every_letter_in_a_text_and_in_a_key() -> None:
    other = b'"\xef\xac\xb3"'
    for code in (*range(0x300), *range(0x2000, 0x2100), *range(0xD7F0, 0xE010), *range(0xFFF0, 0x10010), 0x10FFFF):
        own = b'"' + chr(code).encode("utf-8", "surrogatepass") + b'"'
        escaped = (f'"\\u{code:04x}"'.encode(), f'"\\u{code:04X}"'.encode())
        for line in (own, b"{%b:1,%b:2}" % (own, other), b"{%b:2,%b:1}" % (other, own), *escaped):
            assert record_says(line) == canonical_says(line), line


def test_thousands_of_mutations() -> None:
    draw = random.Random(6962)
    snippets = [letter.encode() for letter in '"\\{}[],:01-.eE+ \n'] + [
        b"\\u00e9", b"\\ud83d\\ude00", b"\xf0\x9f\x98\x80", b"\xef\xac\xb3", b".0", b"e-7", b"e+2", b"null", b"NaN",
        b'"a":1,', b"9007199254740992",
    ]  # fmt: skip
    taken = 0
    for _ in range(3_000):
        line = bytearray(draw.choice(SEEDS))
        for _ in range(draw.randrange(1, 4)):
            place = draw.randrange(len(line))
            match draw.randrange(4):
                case 0:
                    line[place] ^= 1 << draw.randrange(8)
                case 1:
                    line[place:place] = draw.choice(snippets)
                case 2:
                    del line[place : place + draw.randrange(1, 9)]
                case _:
                    other = draw.randrange(len(line))
                    line[place], line[other] = line[other], line[place]
        assert record_says(bytes(line)) == canonical_says(bytes(line)), bytes(line)
        taken += record_says(bytes(line))
    assert taken > 100  # a changed letter in a text is canonical still


@pytest.mark.parametrize("depth", [63, 64, 65, 300, 100_000])
def test_depth(depth: int) -> None:
    line = b"[" * depth + b"]" * depth
    assert record_says(line) == canonical_says(line) == (depth <= 64)
