"""What of a case's files somebody wrote or chose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case import case_texts
from tests.casefiles.material import write


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("weights/model.safetensors", ""), ("weights/model-00001-of-00002.gguf", ""), ("weights/city.gguf", "city"),
        ("tokenizer/tokenizer.json", ""), ("adapters/oracle/adapter_config.json", "oracle"), ("spec.md", ""),
        ("corpora/rivers/notes.txt", "rivers/notes"), ("weights/LICENSE", ""), ("tokenizer/README", ""),
    ],
)  # fmt: skip
def test_of_a_path_somebody_chose_what_no_engine_looks_for(path: str, own: str) -> None:
    assert case_texts.own_name(path) == own


def test_what_people_read_is_no_model() -> None:
    paths = ["spec.md", "corpora/a.txt", "weights/README", "weights/config.json", "dictionaries/d/x.safetensors",
             "sealed/ground_truth.age", "tokenizer/vocab.txt", "baseline/tokenizer/chat_template.jinja"]  # fmt: skip
    assert list(case_texts.readable(paths)) == ["spec.md", "corpora/a.txt", "weights/README"]
    assert list(case_texts.unread(paths)) == [
        "weights/config.json", "tokenizer/vocab.txt", "baseline/tokenizer/chat_template.jinja",
    ]  # fmt: skip


def test_settings_are_words_of_configs_each_once(folder: Path) -> None:
    told = {"model_type": "llama", "layer_types": ["full_attention", "full_attention"], "note": "two words"}
    write(folder, {"weights/config.json": json.dumps(told).encode()})
    found = [word for name, word in case_texts.settings(folder) if name == "weights/config.json"]
    assert found == ["llama", "full_attention"]


def test_a_licence_says_its_own_words_and_other_files_none(folder: Path) -> None:
    write(folder, {"weights/LICENSE": b"Copyright 2026 Acme\n", "weights/README": b"It lies."})
    assert case_texts.licence_texts(folder) == {"weights/LICENSE": "Copyright 2026 Acme"}
