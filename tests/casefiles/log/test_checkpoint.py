"""Checkpoints and notes against the C2SP documents and against every other spelling of them."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles.log.checkpoint import Checkpoint, NoteSignature, SignedNote, key_id, note, origin_of, parse, session_of
from tests.casefiles.logs import AUDITOR, STRANGER

ORIGIN = origin_of("ab" * 16)
CHECKPOINT = Checkpoint(ORIGIN, 42, bytes(range(32)))


def test_the_text_is_that_of_a_tlog_checkpoint() -> None:
    assert CHECKPOINT.body() == (
        b"audit-workbench/" + b"ab" * 16 + b"\n42\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    )
    assert Checkpoint.from_body(CHECKPOINT.body()) == CHECKPOINT


def test_the_key_id_is_that_of_the_documented_verifier_key() -> None:
    # The verifier key that the documentation of Go's checksum database, sum.golang.org, publishes: its hash and its
    # base64, which is the algorithm byte 0x01 and the public key.
    key = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert key[0] == 0x01
    assert key_id("sum.golang.org", key[1:]).hex() == "033de0ae"


def test_a_note_is_its_text_an_empty_line_and_the_signature() -> None:
    signature = CHECKPOINT.sign(AUDITOR)
    text = note(CHECKPOINT, ORIGIN, AUDITOR.public, signature)
    body, tail = text.split(b"\n\n")
    assert body + b"\n" == CHECKPOINT.body()
    dash, name, encoded = tail.decode().removesuffix("\n").split(" ")
    assert (dash, name) == ("\u2014", ORIGIN)
    assert base64.b64decode(encoded) == key_id(ORIGIN, AUDITOR.public.raw) + signature
    found = parse(text)
    assert found.signature_by(ORIGIN, AUDITOR.public) == signature
    assert found.signature_by(ORIGIN, STRANGER.public) is None
    assert found.signature_by("elsewhere", AUDITOR.public) is None


def test_several_signatures_stand_one_to_a_line() -> None:
    lines = tuple(
        NoteSignature(f"witness-{n}", bytes([n] * 4), key.sign(CHECKPOINT.body()))
        for n, key in enumerate((AUDITOR, STRANGER))
    )
    signed = SignedNote(CHECKPOINT, lines)
    assert parse(signed.text()) == signed


def test_every_changed_byte_is_another_note_or_none() -> None:
    text = note(CHECKPOINT, ORIGIN, AUDITOR.public, CHECKPOINT.sign(AUDITOR))
    for position in range(len(text)):
        for bit in range(8):
            changed = text[:position] + bytes([text[position] ^ 1 << bit]) + text[position + 1 :]
            try:
                found = parse(changed)
            except ValueError:
                continue
            assert found.text() == changed
            assert found.signature_by(ORIGIN, AUDITOR.public) is None


@given(st.binary(max_size=200))
def test_no_bytes_make_it_stumble(data: bytes) -> None:
    for text in (data, CHECKPOINT.body() + b"\n" + data, data + b"\n\n\xe2\x80\x94 a AAAAAAA=\n"):
        with contextlib.suppress(ValueError):
            assert parse(text).text() == text


@pytest.mark.parametrize("size", ["-1", "+1", "01", " 1", "1 ", "1e3", "\u0661", "", "9007199254740992", "0x1"])
def test_a_size_has_one_spelling(size: str) -> None:
    root = base64.b64encode(bytes(32)).decode()
    with pytest.raises(ValueError):
        Checkpoint.from_body(f"{ORIGIN}\n{size}\n{root}\n".encode())


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\u00a0b", "a\tb", "a\u200bb"])
def test_an_origin_is_a_name(origin: str) -> None:
    with pytest.raises(ValueError):
        Checkpoint(origin, 1, bytes(32))


def test_an_origin_names_a_session() -> None:
    assert session_of(ORIGIN) == "ab" * 16
    for other in ("ab" * 16, "audit-workbench/", "audit-workbench/" + "AB" * 16, "audit-workbench/audit-workbench/x"):
        with pytest.raises(ValueError):
            session_of(other)
