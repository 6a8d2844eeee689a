"""Which files engines open, by where they lie."""

from __future__ import annotations

import pytest

from casefiles.case.opened_files import INDEX, unopened

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
    ["weights/a.safetensors", "weights/b.safetensors", f"weights/model{INDEX}"],
    ["weights/adapter_config.json", "weights/adapter_model.safetensors", *(f"weights/base/{n[8:]}" for n in MODEL[:2])],
    ["adapters/a/adapter_config.json", "adapters/a/adapter_model.safetensors"],
    ["weights/model.safetensors", "tokenizer/spiece.model", "tokenizer/tokenizer_config.json"],
    ["weights/model.gguf", "tokenizer/vocab.json", "tokenizer/merges.txt"],
    ["dictionaries/d/x/cfg.json", "weights/LICENSE", "tokenizer/README.md"],
]


@pytest.mark.parametrize("names", OPENED)
def test_what_engines_open_is_opened(names: list[str]) -> None:
    assert list(unopened(names)) == []


def test_thousands_of_folders_take_no_time() -> None:
    names = [f"adapters/a{at}/tokenizer/vocab.txt" for at in range(20_000)]
    assert sorted(unopened(names)) == sorted(names)
