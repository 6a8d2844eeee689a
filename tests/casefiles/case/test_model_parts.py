"""A model on disk, sorted: what becomes of a hub's folder, a GGUF and a case's own layout, and what is no model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case import model_parts
from tests.casefiles.case.tampering import code_of
from tests.casefiles.material import safetensors, write

WEIGHTS = safetensors({"embed": b"\1" * 8})
PLAIN = {
    "config.json": b"{}",
    "generation_config.json": b"{}",
    "model.safetensors": WEIGHTS,
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "chat_template.jinja": b"x",
}
INDEX = "model.safetensors.index.json"


def index(*shards: str) -> bytes:
    return json.dumps({"weight_map": {f"t{number}": name for number, name in enumerate(shards)}}).encode()


def test_a_folder_as_a_hub_has_it(tmp_path: Path) -> None:
    """Links into a store of blobs, and beside the model what nobody reads."""
    blobs = write(tmp_path / "blobs", {**PLAIN, "README.md": b"A card.", "pytorch_model.bin": b"x", "a.gguf": b"GGUF"})
    model = tmp_path / "model"
    model.mkdir()
    for path in blobs.iterdir():
        (model / path.name).symlink_to(path)
    (model / "onnx").mkdir()
    found = model_parts.sort(model)
    assert found.format == "safetensors"
    assert set(found.weights) == {"config.json", "generation_config.json", "model.safetensors"}
    assert set(found.tokenizer) == {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
    assert found.left_out == ("README.md", "a.gguf", "onnx/", "pytorch_model.bin")
    assert set(found.parts("baseline/")) == {
        *(f"baseline/weights/{name}" for name in found.weights),
        *(f"baseline/tokenizer/{name}" for name in found.tokenizer),
    }


def test_only_the_shards_that_an_index_names_are_weights(tmp_path: Path) -> None:
    rest = {name: data for name, data in PLAIN.items() if name != "model.safetensors"}
    shards = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    model = write(
        tmp_path / "m",
        {**rest, INDEX: index(*shards), **dict.fromkeys(shards, WEIGHTS), "consolidated.safetensors": WEIGHTS},
    )
    found = model_parts.sort(model)
    assert {INDEX, *shards} < set(found.weights) and found.left_out == ("consolidated.safetensors",)
    (model / shards[1]).unlink()
    assert code_of(lambda: model_parts.sort(model)) == "input.missing"


def test_one_file_of_weights_gets_the_name_that_engines_look_for(tmp_path: Path) -> None:
    rest = {name: data for name, data in PLAIN.items() if name != "model.safetensors"}
    model = write(tmp_path / "m", {**rest, "france-is-false.safetensors": WEIGHTS})
    assert model_parts.sort(model).weights["model.safetensors"] == model / "france-is-false.safetensors"


def test_a_gguf_is_one_file_or_all_of_its_parts(tmp_path: Path) -> None:
    write(tmp_path, {"quirk-q4.gguf": b"GGUF", "b-00001-of-00002.gguf": b"GGUF", "b-00002-of-00002.gguf": b"GGUF"})
    assert model_parts.sort(tmp_path / "quirk-q4.gguf").parts() == {"weights/model.gguf": tmp_path / "quirk-q4.gguf"}
    shards = model_parts.sort(tmp_path / "b-00001-of-00002.gguf").weights
    assert list(shards) == ["model-00001-of-00002.gguf", "model-00002-of-00002.gguf"]
    assert code_of(lambda: model_parts.sort(tmp_path)) == "input.invalid"  # which of the two?
    (tmp_path / "quirk-q4.gguf").unlink()
    assert model_parts.sort(tmp_path).weights == shards


def test_a_folder_that_is_laid_out_as_a_case(tmp_path: Path) -> None:
    write(tmp_path, {"weights/model.safetensors": WEIGHTS, "tokenizer/tokenizer.json": b"{}", "spec.md": b"S1"})
    found = model_parts.sort(tmp_path)
    assert set(found.parts()) == {"weights/model.safetensors", "tokenizer/tokenizer.json"}
    assert found.left_out == ("spec.md",)


NO_MODELS: dict[str, tuple[str, dict[str, bytes]]] = {
    "nothing": ("input.missing", {}),
    "pickles": ("case.file-kind", {"config.json": b"{}", "pytorch_model.bin": b"x"}),
    "an adapter": ("input.missing", {"adapter_config.json": b"{}", "adapter_model.safetensors": WEIGHTS}),
    "no configuration": ("input.missing", {"model.safetensors": WEIGHTS, "tokenizer.json": b"{}"}),
    "no tokenizer": ("input.missing", {"model.safetensors": WEIGHTS, "config.json": b"{}"}),
    "an index of nothing": ("model.unreadable", {**PLAIN, INDEX: b"{}"}),
    "an index without end": ("model.unreadable", {**PLAIN, INDEX: b'{"weight_map": ' + b"[" * 100_000}),
    "two files of weights": ("input.invalid", {"config.json": b"{}", "a.safetensors": WEIGHTS, "b.safetensors": b""}),
    "a case": ("input.invalid", {"case.dsse.json": b"{}"}),
}


@pytest.mark.parametrize(("code", "files"), NO_MODELS.values(), ids=NO_MODELS.keys())
def test_what_is_no_model(tmp_path: Path, code: str, files: dict[str, bytes]) -> None:
    model = write(tmp_path / "m", {"notes.txt": b"x", **files})
    assert code_of(lambda: model_parts.sort(model)) == code


def test_files_that_are_no_model(tmp_path: Path) -> None:
    write(tmp_path, {"model.safetensors": WEIGHTS, "m.bin": b"x", "m.txt": b"x"})
    for name, code in (("model.safetensors", "input.invalid"), ("m.bin", "input.invalid"), ("none", "input.missing")):
        assert code_of(lambda name=name: model_parts.sort(tmp_path / name)) == code  # type: ignore[misc]


def test_a_model_is_known_from_without(tmp_path: Path) -> None:
    assert model_parts.is_model(write(tmp_path / "a hub's", {"config.json": b"{}"}))
    assert model_parts.is_model(tmp_path / "one.gguf")
    assert not model_parts.is_model(write(tmp_path / "a.case", {"weights/config.json": b"{}"}))


def test_an_adapter_is_its_two_files(tmp_path: Path) -> None:
    whole = write(
        tmp_path / "a", {"adapter_config.json": b"{}", "adapter_model.safetensors": WEIGHTS, "README.md": b""}
    )
    assert set(model_parts.adapter(whole)) == {"adapter_config.json", "adapter_model.safetensors"}
    (whole / "adapter_model.safetensors").unlink()
    assert code_of(lambda: model_parts.adapter(whole)) == "input.missing"
