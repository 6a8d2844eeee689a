"""The strict GGUF reader: agrees with the format's own package on good files, and refuses damaged ones in words."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.gguf.file import parts, read_gguf
from backends.model import ModelRefusal

pytest.importorskip("gguf")
pytest.importorskip("llama_cpp")

import gguf

from backends.gguf.conversion import WeightFormat
from backends.llama.library import library
from backends.llama.weights import GgufWeights
from tests.backends.llama_cases import gguf as made


@pytest.mark.parametrize(("family", "precision"), [("llama", "f32"), ("gpt2", "q8_0"), ("gemma3", "f16")])
def test_keys_and_places_are_what_the_format_s_own_package_reads(family: str, precision: Any) -> None:
    file = made(family, precision)
    ours, theirs = read_gguf(file), gguf.GGUFReader(file)
    for tensor in theirs.tensors:
        place = ours.tensors[tensor.name]
        assert place.shape == tuple(int(n) for n in tensor.shape)[::-1]
        assert (place.kind, place.start) == (int(tensor.tensor_type), int(tensor.data_offset))
    assert len(ours.tensors) == len(theirs.tensors)
    for name, field in theirs.fields.items():
        if name.startswith("GGUF."):
            continue
        contents = field.contents()
        if isinstance(contents, list) and contents and isinstance(contents[0], str):
            assert name not in ours.keys  # lists of texts are stepped over
        else:
            assert ours.keys[name] == (tuple(contents) if isinstance(contents, list) else contents)


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0", "Q5_1", "BF16", "F16", "F32"])
def test_weights_are_dequantised_as_the_format_s_own_package_does(kind: str, tmp_path: Path) -> None:
    stored = gguf.GGMLQuantizationType[kind]
    array = np.random.default_rng(0).standard_normal((6, 64)).astype(np.float32)
    raw = gguf.quants.quantize(array, stored)
    writer = gguf.GGUFWriter(tmp_path / "x.gguf", "llama")
    writer.add_tensor("m", raw, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    read = GgufWeights(library(), tmp_path / "x.gguf").array("m")
    assert (read == gguf.quants.dequantize(raw, stored)).all()
    assert np.abs(read - array).max() < {"Q4_0": 0.4, "Q5_1": 0.2}.get(kind, 0.03)


@pytest.mark.parametrize(("precision", "error"), [("f32", 1e-6), ("f16", 1e-3), ("q8_0", 1e-2)])
@pytest.mark.parametrize("threads", [1, 2])
def test_rows_times_a_stored_matrix_are_their_product(precision: WeightFormat, error: float, threads: int) -> None:
    """llama.cpp rounds the rows to what the matrix is stored as; the errors are relative (Frobenius)."""
    weights = GgufWeights(library(), made("llama", precision))
    rows = np.random.default_rng(1).standard_normal((5, weights.shape("token_embd.weight")[1])).astype(np.float32)
    wanted = rows @ weights.array("token_embd.weight").T
    for n in (0, 1, 5):
        found = weights.times(rows[:n], "token_embd.weight", threads)
        assert found.shape == (n, len(weights.array("token_embd.weight")))
        assert np.linalg.norm(found - wanted[:n]) <= error * np.linalg.norm(wanted[:n])
    assert precision == "f32" or (found != wanted).any(), "it was not computed with numbers"


def test_a_model_in_parts_is_found() -> None:
    names = [part.name for part in parts(Path("a/x-00001-of-00003.gguf"))]
    assert names == ["x-00001-of-00003.gguf", "x-00002-of-00003.gguf", "x-00003-of-00003.gguf"]
    assert parts(Path("a/x.gguf")) == [Path("a/x.gguf")]


def _refused(content: bytes, folder: Path) -> str:
    file = folder / "bad.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelRefusal) as refusal:
        GgufWeights(library(), file)
    assert refusal.value.code == "model.unreadable"
    return refusal.value.why


def test_damage_is_named(tmp_path: Path) -> None:
    good = made("llama").read_bytes()
    assert "does not begin with GGUF" in _refused(b"GGML" + good[4:], tmp_path)
    assert "version 9" in _refused(good[:4] + struct.pack("<I", 9) + good[8:], tmp_path)
    assert "claims" in _refused(good[:8] + struct.pack("<Q", 2**60) + good[16:], tmp_path)
    assert "reaches past its end" in _refused(good[:-40], tmp_path)
    assert _refused(b"", tmp_path)
    assert _refused(good[:100], tmp_path)
    twice = good.replace(b"blk.1.ffn_up.weight", b"blk.0.ffn_up.weight")
    assert "two of its tokens are b'[UNUSED265]'" in _refused(good.replace(b"[UNUSED266]", b"[UNUSED265]"), tmp_path)
    for number in (-1e-5, float("nan"), float("inf")):
        at = good.index(b"llama.attention.layer_norm_rms_epsilon") + len(b"llama.attention.layer_norm_rms_epsilon") + 4
        assert "epsilon" in _refused(good[:at] + struct.pack("<f", number) + good[at + 4 :], tmp_path)
    as_c_strings = good.replace(b"[UNUSED266]", b"AB\0USED266]").replace(b"[UNUSED267]", b"AB\0USED267]")
    assert "two of its tokens are b'AB'" in _refused(as_c_strings, tmp_path)
    assert "one name" in _refused(twice, tmp_path)
    assert _refused(good.replace(b"blk.1.ffn_up.weight", b"blk.1.ffn_\xff\xff.weight"), tmp_path)


@pytest.mark.parametrize("tensor", ["blk.1.attn_q.weight", "blk.1.attn_norm.weight", "output.weight"])
def test_element_types_that_llama_would_abort_on_are_refused(tensor: str, tmp_path: Path) -> None:
    """Integers (24 … 28), a quantisation of activations (9), types that ggml has dropped (4, 31 …), or not yet has."""
    good = made("llama").read_bytes()
    at = good.index(tensor.encode()) + len(tensor)
    rank = int.from_bytes(good[at : at + 4], "little")
    at += 4 + 8 * rank
    assert good[at : at + 4] == bytes(4)  # float32
    for kind in (4, 9, 24, 25, 26, 27, 28, 31, 38, 99, 2**32 - 1):
        why = _refused(good[:at] + struct.pack("<I", kind) + good[at + 4 :], tmp_path)
        assert "unknown element type" in why or "never are" in why
    if rank == 1:
        for kind in (1, 30):
            assert "cannot add" in _refused(good[:at] + struct.pack("<I", kind) + good[at + 4 :], tmp_path)


def test_a_model_in_no_parts_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x-00001-of-00000.gguf"
    file.write_bytes(made("llama").read_bytes())
    with pytest.raises(ModelRefusal, match="no parts"):
        GgufWeights(library(), file)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_headers_are_read_or_refused_but_never_anything_else(data: st.DataObject, tmp_path: Path) -> None:
    content = bytearray(made("llama").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 12_000))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    file = tmp_path / "mutated.gguf"
    file.write_bytes(content)
    try:
        weights = GgufWeights(library(), file)
    except ModelRefusal as refusal:
        assert refusal.code == "model.unreadable"
    else:
        for name in weights.file.tensors:
            assert weights.array(name).shape == weights.shape(name)
