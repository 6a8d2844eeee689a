"""The list of fields is the engines' own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case import configs
from casefiles.case import known_fields as known
from tests.casefiles.case import known_fields


def test_the_list_is_what_the_engines_declare() -> None:
    pytest.importorskip("gguf")
    pytest.importorskip("peft")
    assert known_fields.PATH.read_text(encoding="utf-8") == known_fields.written(known_fields.document())


def test_what_transformers_writes_of_each_model_that_answers_is_known_but_for_labels(tmp_path: Path) -> None:
    labels = {"_name_or_path", "id2label", "label2id", "label_names", "problem_type"}
    path, told, unwritten = tmp_path / "config.json", dict[str, set[str]](), list[str]()
    for kind in known_fields.answering():
        value = known_fields.default(kind)
        path.write_text(json.dumps(value))
        reading = configs.read("weights/config.json", path)
        if odd := {*reading.unread, *reading.texts} - labels:
            told[kind.model_type] = odd
        unwritten += [] if value else [kind.model_type]
    assert told == {} and unwritten == ["gemma4_assistant"]  # its defaults contradict each other


def test_no_field_is_one_that_any_text_may_stand_in() -> None:
    texts = (
        "id2label",
        "label2id",
        "label_names",
        "_name_or_path",
        "finetuning_task",
        "stop_strings",
        "auto_map",
        "note",
    )
    for name in (*texts, "transformers_weights", "name"):
        assert name not in known.config_part()


def test_a_gguf_key_is_known_for_its_architecture_only() -> None:
    assert known.is_gguf("llama.context_length", "llama")
    assert not known.is_gguf("llama.context_length", "gemma3")
    assert not known.is_gguf("llama.secret", "llama")
    assert not known.is_gguf("tokenizer.chat_template.secret", "llama")
