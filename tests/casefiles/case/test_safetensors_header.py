"""The header of a safetensors file: read as by the library, and refused where it does not fit its tensors."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from casefiles.case import leaks, safetensors_header
from casefiles.case.leak import Remedy
from casefiles.case.safetensors_header import misfits, read
from casefiles.status import Refusal
from tests.casefiles.case.tampering import WEIGHTS
from tests.casefiles.case.test_leaks import found
from tests.casefiles.material import safetensors, tensors


def edited(data: bytes, old: bytes, new: bytes) -> bytes:
    """Another header before the same tensors."""
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length]
    assert old in header
    header = header.replace(old, new)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


BROKEN = {
    "empty": b"",
    "short": b"\1\0\0",
    "a header longer than the file": (1 << 40).to_bytes(8, "little") + b"{}",
    "a header that is no JSON": (4).to_bytes(8, "little") + b"abcd",
    "a header that is a list": (2).to_bytes(8, "little") + b"[]",
    "a header nested deeply": (200_000).to_bytes(8, "little") + b"[" * 200_000,
    "a pickle under another name": b"\x80\x04K\x01." * 10,
    "bytes behind the tensors": safetensors({"a": b"xx"}) + b"hidden",
    "tensors cut short": safetensors({"a": b"xx"})[:-1],
    "a gap between tensors": edited(safetensors({"a": b"xx", "b": b"yy"}), b"[2, 4]", b"[3, 4]"),
    "an overlap": edited(safetensors({"a": b"xx", "b": b"yy"}), b"[2, 4]", b"[0, 4]"),
    "a tensor twice": edited(safetensors({"a": b"xx", "b": b"yy"}), b'"b"', b'"a"'),
    "a name that cannot be written": edited(safetensors({"a": b"x"}), b'"a"', b'"\\ud800"'),
    "a shape of texts": edited(safetensors({"a": b"x"}), b"[1]", b'["1"]'),
    "a dtype that is a number": edited(safetensors({"a": b"x"}), b'"U8"', b"8"),
    "metadata that is no text": edited(safetensors({"a": b"x"}, {"n": "123"}), b'"123"', b"12345"),
}


def test_an_edited_header_is_not_broken_by_the_editing(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(edited(safetensors({"a": b"x"}, {"n": "1"}), b'"a"', b'"lm_head.weight"'))
    assert found(folder) == {"its metadata says n='1'": Remedy.STRIP}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_broken_safetensors_are_refused_and_left(folder: Path, data: bytes) -> None:
    (folder / WEIGHTS).write_bytes(data)
    for attempt in (leaks.lint, leaks.strip):
        with pytest.raises(Refusal) as refusal:
            attempt(folder)
        assert refusal.value.code == "model.unreadable" and WEIGHTS in refusal.value.what
    assert (folder / WEIGHTS).read_bytes() == data


def test_a_header_of_our_own_making_is_read_as_by_the_library(folder: Path) -> None:
    header = safetensors_header.read(folder / WEIGHTS)
    assert header.metadata == {"format": "pt"}
    assert set(header.tensors) == set(tensors())
    assert header.data_start == 8 + struct.unpack("<Q", (folder / WEIGHTS).read_bytes()[:8])[0]


@pytest.mark.parametrize(
    ("kind", "shape", "fits"),
    [("U8", [8], True), ("F32", [2], True), ("BF16", [2, 2], True), ("F4", [16], True), ("C64", [], True),
     ("It names Aarhus", [8], False), ("F32", [8], False), ("U8", [10**400], False), ("U8", [-2, -4], False)],
)  # fmt: skip
def test_a_tensor_is_as_many_numbers_as_it_says(tmp_path: Path, kind: str, shape: list[int], fits: bool) -> None:
    text = json.dumps({"a": {"dtype": kind, "shape": shape, "data_offsets": [0, 8]}}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    assert misfits(read(path)) == ([] if fits else ["a"])
