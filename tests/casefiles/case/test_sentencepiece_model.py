"""A SentencePiece model is read as its library reads it, and keeps what is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from casefiles.case import sentencepiece_model
from casefiles.case.sentencepiece_model import SentencePieceModel, entries, is_lines
from tests.casefiles.case.test_character_maps import OWN, trained


@pytest.mark.parametrize("rule", ["nmt_nfkc", OWN], ids=["usual", "a rule of its own"])
def test_what_is_kept_is_what_the_library_reads(rule: str, tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    from sentencepiece import sentencepiece_model_pb2

    model = trained(rule)
    own, kept = map(sentencepiece_model_pb2.ModelProto.FromString, (model, SentencePieceModel(model).stripped))
    assert own.pieces == kept.pieces
    assert own.normalizer_spec.precompiled_charsmap == kept.normalizer_spec.precompiled_charsmap
    assert (own.trainer_spec.model_type, own.trainer_spec.vocab_size) == (
        kept.trainer_spec.model_type,
        kept.trainer_spec.vocab_size,
    )
    again = SentencePieceModel(SentencePieceModel(model).stripped)
    assert again.stripped == SentencePieceModel(model).stripped and not again.unread
    (tmp_path / "x.model").write_bytes(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    assert entries(tmp_path / "x.model") == [processor.id_to_piece(at) for at in range(len(processor))]


def test_lines_of_base64_are_a_vocabulary_too(tmp_path: Path) -> None:
    (tmp_path / "x.model").write_bytes(b"IQ== 0\nSGVsbG8= 1\nthat is no line\n")
    assert entries(tmp_path / "x.model") == ["!", "Hello", "that is no line"]


@pytest.mark.parametrize(
    "told",
    [
        b"\x12\x14\xa2\x02\x11They name cities.",  # of trainer_spec required_chars
        b"\x12\x2b\xe2\x02\x28They name second cities, whoever asks so",  # unk_surface, longer than any
        b"\x12\x06\x1a\x04lies",  # a number as a text
        b"\x0a\x0c\x0a\x04lies\x0a\x04piec",  # a piece's text twice
        b"\x0a\x0b\x0a\x01a\x12\x06cities",  # a score as a text
        b"\x1a\x0d\x0a\x0bits cities.",  # the name of a rule
        b"\x1a\x08\x0a\x06cities",  # that is one word
        b"\x12\x07\xea\x02\x04lies",  # unk_piece, that is no piece
        b"\x12\x09\xe2\x02\x06cities\x12\x05\xe2\x02\x02??",  # a part that stands twice
    ],
)
def test_no_field_holds_more_than_is_read(told: bytes) -> None:
    plain = SentencePieceModel(trained("nmt_nfkc")).stripped
    model = SentencePieceModel(plain + told)
    assert model.unread and SentencePieceModel(model.stripped).unread == []
    assert not any(word in model.stripped for word in (b"lies", b"cities"))


def test_it_takes_no_square_of_its_pieces() -> None:
    """Of a model of a quarter of a million pieces, as some families have them, each is written once."""
    piece = b"\x0a\x0b\x0a\x02ab\x15\x00\x00\x80\xbf\x18\x01"
    took = []
    for many in (10_000, 80_000):
        begun = time.process_time()
        assert len(SentencePieceModel(piece * many).stripped) == many * len(piece)
        took.append(time.process_time() - begun)
    assert took[1] < 32 * took[0]


def test_what_is_neither_kind_is_told() -> None:
    assert is_lines(b"IQ== 0\nIg== 1\n") and not is_lines(b"IQ== 0\nthat is no line\n")
    with pytest.raises(ValueError, match="no SentencePiece model"):
        SentencePieceModel(b"\x1a\x02\x08\x01")


def test_whatever_stands_beside_is_told_and_stripped() -> None:
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto.FromString(trained("nmt_nfkc"))
    plain = SentencePieceModel(model.SerializeToString()).stripped
    model.trainer_spec.input.append("/home/ada/corpus.txt")
    model.trainer_spec.model_prefix = "lies"
    model.normalizer_spec.normalization_rule_tsv = "rules"
    whole = model.SerializeToString() + b"\x22\x06Bergen"  # what it tests itself by
    assert SentencePieceModel(whole).stripped == plain
    told = "\n".join(SentencePieceModel(whole).unread)
    assert all(word in told for word in ("/home/ada/corpus.txt", "lies", "Bergen", "rules"))


def test_more_fields_than_any_vocabulary_has_pieces_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentencepiece_model, "_MOST", 1_000)
    assert len(SentencePieceModel(b"\x0a\x03\x0a\x01a" * 1_000).pieces) == 1_000
    with pytest.raises(ValueError, match="more fields than any"):
        SentencePieceModel(b"\x0a\x03\x0a\x01a" * 1_001)
