"""The list of fields is the engines' own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def test_steps_of_tokenizers_have_what_the_library_writes_of_them() -> None:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    pairs = (("a", 1), ("b", 2))
    spaces, split = pre_tokenizers.Whitespace(), pre_tokenizers.Split("a", "isolated")
    made: dict[str, tuple[Any, list[str], list[Any]]] = {
        "normalizer": (
            normalizers,
            ["BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Strip", "StripAccents"],
            [normalizers.Replace("a", "b"), normalizers.Prepend("a"), normalizers.Sequence([normalizers.NFC()])],
        ),
        "pre_tokenizer": (
            pre_tokenizers,
            ["BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "UnicodeScripts"],
            [spaces, split, pre_tokenizers.WhitespaceSplit(), pre_tokenizers.CharDelimiterSplit("a"),
             pre_tokenizers.FixedLength(3),
             pre_tokenizers.Sequence([spaces])],
        ),
        "post_processor": (
            processors,
            ["ByteLevel"],
            [processors.BertProcessing(*pairs), processors.RobertaProcessing(*pairs),
             processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[]),
             processors.Sequence([processors.ByteLevel()])],
        ),
        "decoder": (
            decoders,
            ["BPEDecoder", "ByteFallback", "ByteLevel", "CTC", "Fuse", "Metaspace", "Strip", "WordPiece"],
            [decoders.Replace("a", "b"), decoders.Sequence([decoders.Fuse()])],
        ),
    }  # fmt: skip
    written = [("model", json.loads(Tokenizer(model()).to_str())["model"])
               for model in (models.BPE, models.Unigram, models.WordLevel, models.WordPiece)]  # fmt: skip
    for part, (module, plain, others) in made.items():
        for step in (*(getattr(module, name)() for name in plain), *others):
            tokenizer = Tokenizer(models.BPE())
            setattr(tokenizer, part, step)
            written.append((part, json.loads(tokenizer.to_str())[part]))
    sequences = [one for _, one in written if one["type"] == "Sequence"]
    assert {*known.SEVERAL.values()} == {field for one in sequences for field in one.keys() - {"type"}}
    own = {(part, one["type"]) for part, one in written if one["type"] != "Sequence"} | {("normalizer", "Precompiled")}
    assert own == {(place, kind) for place, kinds in known.STEPS.items() for kind in kinds}
    assert [one for part, one in written if one.keys() != known.fitting(one, known.of_step(part, one["type"]))] == []
