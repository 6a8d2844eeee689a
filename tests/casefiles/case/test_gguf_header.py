"""The header of a GGUF file: read as by the gguf package, and refused where it is cut or lies."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from casefiles.case import gguf_header, leaks
from casefiles.status import Refusal
from tests.casefiles.material import gguf_contents, gguf_file


def test_a_header_of_gguf_is_read_as_by_the_library(tmp_path: Path) -> None:
    gguf_file(tmp_path / "x.gguf")
    from gguf import GGUFReader

    header, reader = gguf_header.read(tmp_path / "x.gguf"), GGUFReader(tmp_path / "x.gguf")
    assert header.architecture == "llama"
    assert header.data_start == reader.data_offset
    assert {pair.key for pair in header.pairs} == {name for name in reader.fields if not name.startswith("GGUF.")}
    for pair in header.pairs:
        if pair.value is not None:
            assert pair.value == reader.fields[pair.key].contents()


def test_tensors_lie_where_the_library_has_them(tmp_path: Path) -> None:
    gguf_file(tmp_path / "model.gguf")
    gguf = pytest.importorskip("gguf")
    header = gguf_header.read(tmp_path / "model.gguf")
    found = [(one.name, one.shape, one.kind, header.data_start + one.offset, one.size) for one in header.places]
    assert found == [
        (one.name, tuple(map(int, one.shape[::-1])), int(one.tensor_type), int(one.data_offset), int(one.n_bytes))
        for one in gguf.GGUFReader(tmp_path / "model.gguf").tensors
    ]
    assert {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()} == gguf_header.BLOCKS


def test_arrays_are_read_as_by_the_library(tmp_path: Path) -> None:
    gguf_file(tmp_path / "x.gguf")
    pairs = {pair.key: pair for pair in gguf_header.read(tmp_path / "x.gguf").pairs}
    assert gguf_header.items(tmp_path / "x.gguf", pairs["tokenizer.ggml.tokens"]) == ["a", "b", "ü"]
    assert gguf_header.items(tmp_path / "x.gguf", pairs["tokenizer.ggml.token_type"]) == [1, 1, 3]
    with pytest.raises(ValueError, match="no array"):
        gguf_header.items(tmp_path / "x.gguf", pairs["llama.context_length"])
    assert gguf_header.texts(tmp_path / "x.gguf", pairs["tokenizer.ggml.tokens"]) == ["a", "b", "ü"]
    assert gguf_header.texts(tmp_path / "x.gguf", pairs["tokenizer.ggml.token_type"]) == []


def test_what_no_header_in_use_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gguf = pytest.importorskip("gguf")

    def written(architecture: str, key: str) -> Path:
        writer = gguf.GGUFWriter(tmp_path / "x.gguf", architecture)
        writer.add_key_value(key, 1, gguf.GGUFValueType.UINT8)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return tmp_path / "x.gguf"

    assert gguf_header.read(written("l" * 70_000, "k" * 65_535)).architecture == ""
    monkeypatch.setattr(gguf_header, "_LARGEST", 100_000)
    with pytest.raises(ValueError, match="more than 100,000 bytes before its tensors"):
        gguf_header.read(tmp_path / "x.gguf")
    with pytest.raises(ValueError, match="a key is longer than the format knows"):
        gguf_header.read(written("llama", "k" * 65_536))


def test_a_text_is_replaced_and_all_else_stays(tmp_path: Path) -> None:
    gguf_file(tmp_path / "x.gguf")
    header = gguf_header.read(tmp_path / "x.gguf")
    start = gguf_header.encode(tmp_path / "x.gguf", header, without={"general.name"}, texts={"general.author": "é"})
    data = (tmp_path / "x.gguf").read_bytes()[header.data_start :]
    (tmp_path / "y.gguf").write_bytes(start + data)
    keys, arrays = gguf_contents(tmp_path / "x.gguf")
    kept, same = gguf_contents(tmp_path / "y.gguf")
    assert same == arrays
    assert kept == {name: value for name, value in keys.items() if name != "general.name"} | {"general.author": "é"}


def test_every_gguf_cut_short_is_refused(tmp_path: Path) -> None:
    gguf_file(tmp_path / "x.gguf")
    data = (tmp_path / "x.gguf").read_bytes()
    end = gguf_header.read(tmp_path / "x.gguf").tensors_end
    for length in range(end):
        (tmp_path / "short.gguf").write_bytes(data[:length])
        with pytest.raises(ValueError, match=r"ends within|GGUF"):
            gguf_header.read(tmp_path / "short.gguf")


@pytest.mark.parametrize("align", [32, 4096])
@pytest.mark.parametrize("place", ["behind", "in the last padding", "between tensors", "before the first"])
def test_there_is_no_room_for_anything_beside_the_tensors(tmp_path: Path, place: str, align: int) -> None:
    """What lies there no engine reads, and whoever opens the file does."""
    gguf = pytest.importorskip("gguf")
    path = tmp_path / "x.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_custom_alignment(align)
    for name in "ab":
        writer.add_tensor(name, np.ones(7, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    header, data = gguf_header.read(path), bytearray(path.read_bytes())
    ends = [header.data_start + one.offset + one.size for one in header.places]
    path.write_bytes(data[: max(ends)])
    assert gguf_header.read(path) == header, "some writers leave the last padding out"
    said = b"lie"
    if place == "behind":
        data += said
    else:
        at = {"in the last padding": max(ends), "between tensors": min(ends), "before the first": header.tensors_end}
        data[at[place] : at[place] + len(said)] = said
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"fill the file|none"):
        gguf_header.read(path)


GGUF = b"GGUF" + struct.pack("<I", 3)


KEY = struct.pack("<Q", 1) + b"k"


def gguf_of(key: str, layout: str, kind: int, data: bytes, size: int = 1) -> bytes:
    """A file of one pair: a list of numbers of `size` bytes, or one (`layout`: what stands before them)."""
    architecture = struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama"
    before = struct.pack("<II", 9, kind) + struct.pack("<Q", len(data) // size) if layout else struct.pack("<I", kind)
    return GGUF + struct.pack("<QQ", 0, 2) + architecture + struct.pack("<Q", len(key)) + key.encode() + before + data


@pytest.mark.parametrize(
    ("kind", "size", "numbers", "spells"),
    [
        (0, 1, [1, 2], True),
        (4, 4, b"city", True),
        (7, 1, b"city", True),
        (7, 1, b"\x01\x00\x01\x01", False),
        (5, 4, b"They lie", True),
        (10, 8, b"They lie", True),
        (6, 4, b"city", True),
        (12, 8, b"They lie", True),
        (4, 4, [1, 32, 10_485_760, (1 << 24) + 1, (1 << 32) - 1], False),
        (5, 4, [-1, 0, 3], False),
        (6, 4, [0.0, 1e-6, 1e-12, 1e7, -1e9, float("inf")], False),
        (11, 8, [131_072], False),
    ],
)
def test_numbers_that_are_letters_are_no_models(
    tmp_path: Path, kind: int, size: int, numbers: bytes | list[float], spells: bool
) -> None:
    letter = {0: "B", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}[kind]
    data = numbers if isinstance(numbers, bytes) else struct.pack(f"<{len(numbers)}{letter}", *numbers)
    path = tmp_path / "x.gguf"
    for layout, told in (("list", data), ("", data[:size])):
        path.write_bytes(gguf_of("llama.attention.head_count", layout, kind, told, size))
        *_, pair = gguf_header.read(path).pairs
        assert gguf_header.spells(path, pair) is (spells and not (kind == 0 and not layout))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GGML" + bytes(100),
        b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
        GGUF + struct.pack("<QQ", 0, 1 << 60),
        GGUF + struct.pack("<QQ", 1 << 60, 0),
        GGUF + struct.pack("<QQ", 0, 1 << 20),
        GGUF + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 1 << 60),
        GGUF + struct.pack("<QQ", 0, 1) + KEY + struct.pack("<I", 99),
        GGUF + struct.pack("<QQ", 0, 1) + KEY + struct.pack("<IIQ", 9, 9, 1),
        GGUF + struct.pack("<QQ", 0, 1) + KEY + struct.pack("<IIQ", 9, 0, 1 << 60),
        GGUF + struct.pack("<QQ", 0, 2) + 2 * (KEY + struct.pack("<IB", 0, 1)),
        GGUF + struct.pack("<QQ", 1, 0) + KEY + struct.pack("<I", 1 << 31),
        GGUF + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 17) + b"general.alignment" + struct.pack("<II", 4, 0),
        GGUF + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 17) + b"general.alignment" + struct.pack("<II", 4, 24),
    ],
    ids=lambda data: data.hex()[:40],
)
def test_hostile_gguf_are_refused_and_left(folder: Path, data: bytes) -> None:
    path = folder / "weights/model.gguf"
    path.write_bytes(data)
    with pytest.raises(Refusal) as refusal:
        leaks.strip(folder)
    assert refusal.value.code == "model.unreadable"
    assert path.read_bytes() == data
