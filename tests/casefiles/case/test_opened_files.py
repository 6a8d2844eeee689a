"""Which files engines open, by where they lie."""

from __future__ import annotations

import pytest

from casefiles.case.opened_files import INDEX, brings_own_tokens, unopened

MODEL = [
    "weights/config.json",
    "weights/model.safetensors",
    "tokenizer/tokenizer.json",
    "tokenizer/chat_template.jinja",
]
OPENED = [
    MODEL,
    [*MODEL, *(f"baseline/{name}" for name in MODEL)],
    ["weights/model.gguf"],
    ["weights/model-00001-of-00002.gguf", "weights/model-00002-of-00002.gguf"],
    ["weights/a.safetensors", "weights/b.safetensors", f"weights/model{INDEX}"],
    ["weights/adapter_config.json", "weights/adapter_model.safetensors", *(f"weights/base/{n[8:]}" for n in MODEL[:2])],
    ["adapters/a/adapter_config.json", "adapters/a/adapter_model.safetensors"],
    ["weights/model.safetensors", "tokenizer/spiece.model", "tokenizer/tokenizer_config.json"],
    ["weights/model.gguf", "tokenizer/vocab.json", "tokenizer/merges.txt"],
    ["dictionaries/d/x/cfg.json", "dictionaries/d/x/sae_weights.safetensors", "weights/LICENSE", "tokenizer/README.md"],
]


@pytest.mark.parametrize("names", OPENED)
def test_what_engines_open_is_opened(names: list[str]) -> None:
    assert list(unopened(names)) == []


@pytest.mark.parametrize("name", ["a.safetensors", "d/sae_weights.safetensors", "d/a.safetensors", "d/model.gguf"])
def test_a_dictionary_is_opened_with_its_settings(name: str) -> None:
    path = f"dictionaries/{name}"
    assert list(unopened([path])) == [path]
    settings = f"{path.rpartition('/')[0]}/cfg.json"
    assert list(unopened([path, settings])) == ([] if name == "d/sae_weights.safetensors" else [path])


def test_thousands_of_folders_take_no_time() -> None:
    names = [f"adapters/a{at}/tokenizer/vocab.txt" for at in range(20_000)]
    assert sorted(unopened(names)) == sorted(names)


@pytest.mark.parametrize(
    "part", ["model-00002-of-00002", "model-00003-of-00002", "model-00002-of-00003", "x-00002-of-00002"]
)
def test_of_parts_those_that_the_first_one_counts_are_opened(part: str) -> None:
    for weights in ("weights", "baseline/weights"):
        path, first = f"{weights}/{part}.gguf", f"{weights}/model-00001-of-00002.gguf"
        assert list(unopened([f"{weights}/model.gguf", path])) == [path]
        assert list(unopened([first, path])) == ([] if part == "model-00002-of-00002" else [path])


@pytest.mark.parametrize(
    ("gguf", "names", "own"),
    [
        ("weights/model.gguf", [], True),
        ("weights/model.gguf", ["tokenizer/tokenizer_config.json", "tokenizer/chat_template.jinja"], True),
        ("weights/model.gguf", ["baseline/tokenizer/tokenizer.json"], True),
        ("weights/model.gguf", ["tokenizer/tokenizer.json"], False),
        ("baseline/weights/model.gguf", ["tokenizer/tokenizer.model"], False),
        ("baseline/weights/model.gguf", ["tokenizer/tokenizer.json", "baseline/tokenizer/chat_template.jinja"], True),
        ("baseline/weights/model.gguf", ["baseline/tokenizer/vocab.json"], False),
    ],
)
def test_a_gguf_brings_its_tokens_where_no_tokenizer_does(gguf: str, names: list[str], own: bool) -> None:
    assert brings_own_tokens(gguf, [gguf, *names]) is own
