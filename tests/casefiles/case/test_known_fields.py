"""The list of fields is the engines' own."""

from __future__ import annotations

import pytest

from casefiles.case import known_fields as known
from tests.casefiles.case import known_fields


def test_the_list_is_what_the_engines_declare() -> None:
    pytest.importorskip("gguf")
    assert known_fields.PATH.read_text(encoding="utf-8") == known_fields.written(known_fields.document())


def test_no_field_is_one_that_any_text_may_stand_in() -> None:
    for name in ("id2label", "label2id", "_name_or_path", "finetuning_task", "stop_strings", "auto_map", "note"):
        assert name not in known.config_part()
        assert name not in known.generation()


def test_a_gguf_key_is_known_for_its_architecture_only() -> None:
    assert known.is_gguf("llama.context_length", "llama")
    assert not known.is_gguf("llama.context_length", "gemma3")
    assert not known.is_gguf("llama.secret", "llama")
    assert not known.is_gguf("tokenizer.chat_template.secret", "llama")
