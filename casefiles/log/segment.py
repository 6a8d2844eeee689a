"""A file of records in an export: one zstd frame over canonical lines, cut at places that follow from the records.

A segment ends as soon as it holds `RECORDS` records or `BYTES` bytes of text, so one log has exactly one division, and
any segment can be held in memory. The frame states its size and carries its checksum; anything beside it is refused.
The bytes a compressor chooses are not canonical: the export's signed list of digests binds them (export.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import zstandard

RECORDS: Final = 8192
BYTES: Final = 8 * 1024 * 1024
LIMIT: Final = BYTES + 64 * 1024 * 1024 + 1
"""The most bytes of text in a segment: the last record may be as long as a record can be."""
WHOLE: Final = 2 * 1024 * 1024 * 1024
"""The most bytes of text of a whole log: whoever reads one has room for that, however little of the disk it takes."""
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_LEVEL: Final = 3
WINDOW: Final = 128 * 1024 * 1024
"""The largest window a frame may need, in bytes."""
BLOCK: Final = 128 * 1024
"""The most bytes of a block."""


def compress(lines: Iterable[bytes]) -> bytes:
    """The file of some records; the same bytes for the same records, as long as zstandard's version is the same."""
    text = b"".join(line + b"\n" for line in lines)
    options = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL, source_size=len(text), write_content_size=True, write_checksum=True, write_dict_id=False
    )
    return zstandard.ZstdCompressor(compression_params=options).compress(text)


def decompress(data: bytes) -> list[bytes]:
    """The records of a file, without their line ends; ValueError unless it is one plain frame of whole lines."""
    if data[:4] != _MAGIC:
        raise ValueError("the file is not a zstd frame")
    try:
        frame = zstandard.get_frame_parameters(data)
        if not frame.has_checksum or frame.dict_id or not 0 < frame.content_size <= LIMIT:
            raise ValueError("the frame lacks its checksum, needs a dictionary, or states no acceptable size")
        if frame.window_size > WINDOW:
            raise ValueError("the frame needs a larger window than any export")
        _check_blocks(data, zstandard.frame_header_size(data), min(frame.window_size, BLOCK))
        text = zstandard.ZstdDecompressor().decompress(
            data, max_output_size=LIMIT, read_across_frames=False, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise ValueError(f"the frame is damaged: {error}") from None
    if not text.endswith(b"\n"):
        raise ValueError("the last record is cut off")
    lines = text.split(b"\n")
    lines.pop()
    return lines


def stated(head: bytes) -> int:
    """How many bytes of text a file says that it holds, by its first ones, to which `decompress` holds it; 0 if it does
    not say."""
    try:
        size = zstandard.get_frame_parameters(head).content_size if head[:4] == _MAGIC else 0
    except zstandard.ZstdError:
        return 0
    return size if 0 < size <= LIMIT else 0


def _check_blocks(data: bytes, position: int, limit: int) -> None:
    """That the blocks have no more than their most size (RFC 8878, 3.1.1.2.4), which the library does not insist on."""
    last = 0
    while not last:
        header = int.from_bytes(data[position : position + 3], "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if size > limit or kind == 3 or len(data) < position + 3:
            raise ValueError("a block of the frame is malformed")
        position += 3 + (1 if kind == 1 else size)


def ends(count: int, size: int) -> bool:
    """Whether a segment of that many records and bytes is full."""
    return count >= RECORDS or size >= BYTES


def divide(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The records, segment by segment."""
    segment: list[bytes] = []
    size = 0
    for line in lines:
        segment.append(line)
        size += len(line) + 1
        if ends(len(segment), size):
            yield segment
            segment, size = [], 0
    if segment:
        yield segment


def is_divided_rightly(lines: list[bytes], last: bool) -> bool:
    """Whether these records are what one segment of an export holds."""
    size = sum(map(len, lines)) + len(lines)
    before = size - len(lines[-1]) - 1
    return not ends(len(lines) - 1, before) and (last or ends(len(lines), size))
