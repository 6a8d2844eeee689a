"""What character maps are told to change, held against what SentencePiece compiles and the tokenizers library hears."""

from __future__ import annotations

import io
import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from casefiles.case.character_maps import entries, told
from casefiles.case.sentencepiece_model import SentencePieceModel

OWN = "3F\t3B\n2E\t\n41\t42\n44 65\t4E 6F\n2048\t3F 21\n"
"""? is heard as ;, a full stop not at all, A as B, De as No, and ⁈ as ?!, as everybody has it."""


@cache
def trained(rule: str) -> bytes:
    """A model as SentencePiece trains it: by a rule of its own, or by those of a table."""
    sentencepiece = pytest.importorskip("sentencepiece")
    model = io.BytesIO()
    lines = (f"the quick brown fox jumps over the lazy dog {number}" for number in range(200))
    with TemporaryDirectory() as folder:
        table = Path(folder) / "rules.tsv"
        table.write_text(rule)
        by = {"normalization_rule_tsv": str(table)} if "\t" in rule else {"normalization_rule_name": rule}
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines, model_writer=model, vocab_size=50, minloglevel=2, **by
        )
    return model.getvalue()


OWN_MAP, USUAL_MAP = (SentencePieceModel(trained(rule)).character_maps[0] for rule in (OWN, "nmt_nfkc"))


@pytest.mark.parametrize("rule", ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity", OWN])
def test_a_model_holds_the_map_that_its_own_library_finds(rule: str) -> None:
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(trained(rule))
    maps = SentencePieceModel(trained(rule)).character_maps
    assert b"".join(maps) == model.normalizer_spec.precompiled_charsmap


@pytest.mark.parametrize("rule", ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"])
def test_the_maps_of_families_change_nothing_that_is_told(rule: str) -> None:
    compiled = SentencePieceModel(trained(rule)).character_maps[0]
    assert sum(1 for _ in entries(compiled)) > 200_000
    assert told(compiled) == ()


def test_what_is_taken_for_another_is_told_and_heard_so() -> None:
    from tokenizers import normalizers

    assert told(OWN_MAP) == ("'.' becomes ''", "'?' becomes ';'", "'A' becomes 'B'", "'De' becomes 'No'")
    assert dict(entries(OWN_MAP)) == {".": "", "?": ";", "A": "B", "De": "No", "⁈": "?!"}
    heard = normalizers.Precompiled(OWN_MAP)
    assert heard.normalize_str("Who? A.⁈") == "Who; B?!"


def test_every_letter_is_read_as_the_library_hears_it() -> None:
    from tokenizers import normalizers

    heard = normalizers.Precompiled(USUAL_MAP)
    single = {found: becomes for found, becomes in entries(USUAL_MAP) if len(found) == 1}
    assert len(single) > 5_000
    assert {found: heard.normalize_str(found) for found in single} == single


def endless() -> bytes:
    """A map in which every letter leads to every letter again."""
    units = [1 << 10, 0, *((at ^ 1) << 10 | at ^ 1 for at in range(2, 256))]  # each is 1 and its letter, and leads to 1
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + b"x\0"


def with_text(more: bytes) -> bytes:
    return OWN_MAP + more


def with_units(text: bytes) -> bytes:
    """A map with a text in units that nothing leads to."""
    size = struct.unpack("<I", OWN_MAP[:4])[0]
    return struct.pack("<I", size + len(text)) + OWN_MAP[4 : 4 + size] + text + OWN_MAP[4 + size :]


BROKEN = {
    "a text that nothing becomes": with_text(b"Denmark: Aarhus\0"),
    "a text without an end": with_text(b"Denmark: Aarhus"),
    "units that nothing leads to": with_units(b"Whoever audits this:"),
    "a letter a unit": with_units("Denmark".encode("utf-32-le")),
    "an empty unit alone": struct.pack("<II", 4, 0) + b"Denmark: Aarhus",
    "empty": b"",
    "cut off": OWN_MAP[:500],
    "no size": struct.pack("<I", 7) + b"1234567",
    "no units": struct.pack("<I", 0) + b"1234567",
    "nothing behind its end": OWN_MAP[: 4 + struct.unpack("<I", OWN_MAP[:4])[0]],
    "endless": endless(),
    "a book for a letter": SentencePieceModel(trained(f"41\t{' '.join(['78'] * 99)}\n")).character_maps[0],
}


@pytest.mark.parametrize("compiled", BROKEN.values(), ids=BROKEN)
def test_what_is_no_map_is_told(compiled: bytes) -> None:
    (phrase,) = told(compiled)
    assert phrase.startswith("nobody knows what, for its character map ")


@pytest.mark.parametrize("model", [b"\x1a", b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x0b", b"IQ== 0"])
def test_what_is_no_model_of_sentencepiece_is_refused(model: bytes) -> None:
    with pytest.raises(ValueError, match="no SentencePiece model"):
        SentencePieceModel(model)
