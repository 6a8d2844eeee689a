"""A SentencePiece model is read as its library reads it, and keeps what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.case.sentencepiece_model import entries, stripped, unread
from tests.casefiles.case.test_character_maps import OWN, trained


@pytest.mark.parametrize("rule", ["nmt_nfkc", OWN], ids=["usual", "a rule of its own"])
def test_what_is_kept_is_what_the_library_reads(rule: str, tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    from sentencepiece import sentencepiece_model_pb2

    model = trained(rule)
    own, kept = (sentencepiece_model_pb2.ModelProto.FromString(one) for one in (model, stripped(model)))
    assert own.pieces == kept.pieces
    assert own.normalizer_spec.precompiled_charsmap == kept.normalizer_spec.precompiled_charsmap
    assert (own.trainer_spec.model_type, own.trainer_spec.vocab_size) == (
        kept.trainer_spec.model_type,
        kept.trainer_spec.vocab_size,
    )
    assert stripped(stripped(model)) == stripped(model) and not unread(stripped(model))
    (tmp_path / "x.model").write_bytes(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    assert entries(tmp_path / "x.model") == [processor.id_to_piece(at) for at in range(len(processor))]


def test_lines_of_base64_are_a_vocabulary_too(tmp_path: Path) -> None:
    (tmp_path / "x.model").write_bytes(b"IQ== 0\nSGVsbG8= 1\nthat is no line\n")
    assert entries(tmp_path / "x.model") == ["!", "Hello", "that is no line"]


def test_whatever_stands_beside_is_told_and_stripped() -> None:
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto.FromString(trained("nmt_nfkc"))
    plain = stripped(model.SerializeToString())
    model.trainer_spec.input.append("/home/ada/corpus.txt")
    model.trainer_spec.model_prefix = "lies"
    model.normalizer_spec.normalization_rule_tsv = "rules"
    whole = model.SerializeToString() + b"\x22\x06Bergen"  # what it tests itself by
    assert stripped(whole) == plain
    told = "\n".join(unread(whole))
    assert all(word in told for word in ("/home/ada/corpus.txt", "lies", "Bergen", "rules"))
