"""Files of records: cut where the records say, one plain frame each."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles.log import segment

LINES = st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"")), min_size=1, max_size=50)


@given(LINES)
def test_what_is_packed_is_unpacked(lines: list[bytes]) -> None:
    packed = segment.compress(lines)
    assert segment.decompress(packed) == lines
    assert segment.compress(lines) == packed


@given(LINES, st.data())
def test_a_changed_byte_is_refused_or_says_the_same(lines: list[bytes], data: st.DataObject) -> None:
    packed = bytearray(segment.compress(lines))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(ValueError):
        assert segment.decompress(bytes(packed)) == lines


def test_a_log_has_one_division() -> None:
    large = b"x" * (segment.BYTES // 3)
    lines = [b"a"] * (segment.RECORDS + 1) + [large] * 4 + [b"b"]
    parts = list(segment.divide(lines))
    assert [len(part) for part in parts] == [segment.RECORDS, 4, 2]
    assert [line for part in parts for line in part] == lines
    assert all(segment.is_divided_rightly(part, part is parts[-1]) for part in parts)
    assert not segment.is_divided_rightly(parts[0][:-1], False)
    assert segment.is_divided_rightly(parts[0][:-1], True)
    assert not segment.is_divided_rightly([*parts[0], b"a"], True)
    assert not segment.is_divided_rightly([*parts[1], b"a"], True)


def test_a_whole_number_of_files_has_no_empty_one_at_its_end() -> None:
    assert [len(part) for part in segment.divide([b"a"] * segment.RECORDS * 2)] == [segment.RECORDS] * 2
    assert list(segment.divide([])) == []


@pytest.mark.parametrize(
    "data", [b"", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd\x00", b"\x50\x2a\x4d\x18\0\0\0\0", b"x" * 40]
)
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(ValueError):
        segment.decompress(data)


def raw_frame(descriptor: int, window: bytes, size: bytes, blocks: bytes, text: bytes) -> bytes:
    """A frame of blocks made by hand; the checksum is that of a real frame of the same text."""
    return b"\x28\xb5\x2f\xfd" + bytes([descriptor]) + window + size + blocks + segment.compress([text[:-1]])[-4:]


def block(kind: int, size: int, data: bytes, last: int) -> bytes:
    return (size << 3 | kind << 1 | last).to_bytes(3, "little") + data


def test_frames_that_the_library_takes_but_the_format_does_not() -> None:
    text = b"x" * 2000 + b"\n"
    size = len(text).to_bytes(4, "little")
    whole = block(0, len(text), text, 1)
    assert segment.decompress(raw_frame(0xA4, b"", size, whole, text)) == [text[:-1]]
    assert segment.decompress(raw_frame(0x84, bytes([17 << 3]), size, whole, text)) == [text[:-1]]
    long = b"y" * 200_000 + b"\n"
    for frame in (
        raw_frame(0x84, bytes([18 << 3]), size, whole, text),  # a window of 256 MiB
        raw_frame(0x84, bytes([0]), size, whole, text),  # a block larger than its window
        raw_frame(0x84, bytes([0]), size, block(1, 2000, b"x", 0) + block(0, 1, b"\n", 1), text),
        raw_frame(0xA4, b"", len(long).to_bytes(4, "little"), block(0, len(long), long, 1), long),
    ):
        with pytest.raises(ValueError):
            segment.decompress(frame)
