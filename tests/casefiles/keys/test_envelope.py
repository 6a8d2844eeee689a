"""Envelopes: no bit of one can change unnoticed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import SigningKey
from casefiles.status import Refusal

KIND = "application/vnd.example+json"
A, B, C = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))


def code_of(data: bytes, kind: str = KIND) -> str:
    try:
        envelope.read(data, kind, trusted=None)
    except Refusal as refusal:
        return refusal.code
    return "ok"


def test_what_was_signed_is_read() -> None:
    found = envelope.read(envelope.sign(KIND, b"payload", [B, A]), KIND, trusted=[A.public])
    assert found.payload == b"payload"
    assert set(found.signers) == {A.public, B.public}


def test_what_is_signed_is_dsse() -> None:
    """The pre-authentication encoding written out from the DSSE protocol's text."""
    data = envelope.sign("http://example.com/HelloWorld", b"hello world", [A])
    signature = base64.b64decode(json.loads(data)["signatures"][0]["sig"])
    assert A.public.verify(signature, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world")


def test_lengths_count_bytes() -> None:
    data = envelope.sign("é", "ü".encode(), [A])
    signature = base64.b64decode(json.loads(data)["signatures"][0]["sig"])
    assert A.public.verify(signature, b"DSSEv1 2 \xc3\xa9 2 \xc3\xbc")


def test_every_flipped_bit_is_noticed() -> None:
    data = envelope.sign(KIND, b'{"a":1}', [A, B])
    assert code_of(data) == "ok"
    codes = set()
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        codes.add(code_of(bytes(flipped)))
    assert codes == {"envelope.malformed", "envelope.signature", "envelope.payload-type"}


def test_every_missing_or_added_byte_is_noticed() -> None:
    data = envelope.sign(KIND, b"x", [A])
    for position in range(len(data) + 1):
        for filler in (b" ", b"0", b"\n"):
            assert code_of(data[:position] + filler + data[position:]) != "ok"
        assert position == len(data) or code_of(data[:position] + data[position + 1 :]) != "ok"


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(envelope.sign(KIND, b"payload", [A, B]))
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def second(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["signatures"][1]
    return found


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "no signatures": lambda v: v.update(signatures=[]),
    "signatures in another order": lambda v: v["signatures"].reverse(),
    "a signature twice": lambda v: v["signatures"].append(second(v)),
    "signatures that are no list": lambda v: v.update(signatures={}),
    "too many signatures": lambda v: v.update(signatures=[second(v)] * 65),
    "a member more": lambda v: v.update(note="x"),
    "a member more in a signature": lambda v: second(v).update(note="x"),
    "no key": lambda v: second(v).pop("keyid"),
    "a key that is a number": lambda v: second(v).update(keyid=1),
    "no payload": lambda v: v.pop("payload"),
    "a payload that is a number": lambda v: v.update(payload=1),
    "a type that is a number": lambda v: v.update(payloadType=1),
    "base64 with padding bits": lambda v: v.update(payload=v["payload"].replace("ZA==", "ZB==")),
    "base64 without padding": lambda v: v.update(payload=v["payload"].rstrip("=")),
    "base64 with a line break": lambda v: v.update(payload=v["payload"] + "\n"),
    "base64 for URLs": lambda v: second(v).update(sig=second(v)["sig"].replace("+", "-").replace("/", "_") + "_"),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_envelopes(change: Callable[[dict[str, Any]], object]) -> None:
    assert code_of(changed(lambda v: None)) == "ok"
    assert code_of(changed(change)) == "envelope.malformed"


UNSIGNED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another payload": lambda v: v.update(payload=base64.b64encode(b"payloae").decode()),
    "somebody else's signature": lambda v: second(v).update(sig=v["signatures"][0]["sig"]),
    "a short signature": lambda v: second(v).update(sig="AAAA"),
    "an empty signature": lambda v: second(v).update(sig=""),
    "a key of small order": lambda v: second(v).update(keyid="ed25519:" + "A" * 43 + "="),
    "another kind of key": lambda v: second(v).update(keyid="rsa:AAAA"),
}


@pytest.mark.parametrize("change", UNSIGNED.values(), ids=UNSIGNED.keys())
def test_signatures_that_do_not_hold(change: Callable[[dict[str, Any]], object]) -> None:
    def sorted_again(value: dict[str, Any]) -> None:
        change(value)
        value["signatures"].sort(key=lambda item: item["keyid"])

    assert code_of(changed(sorted_again)) == "envelope.signature"


def test_a_signature_for_one_kind_of_document_is_none_for_another() -> None:
    moved = changed(lambda v: v.update(payloadType="application/vnd.other+json"))
    assert code_of(moved) == "envelope.payload-type"
    assert code_of(moved, "application/vnd.other+json") == "envelope.signature"


def test_somebody_trusted_must_have_signed() -> None:
    data = envelope.sign(KIND, b"x", [A, B])
    assert envelope.read(data, KIND, trusted=[C.public, B.public]).payload == b"x"
    for trusted in ([C.public], []):
        with pytest.raises(Refusal) as refusal:
            envelope.read(data, KIND, trusted=trusted)
        assert refusal.value.code == "envelope.foreign-key"
        assert A.public.fingerprint in refusal.value.why


def test_one_signature_that_fails_spoils_the_trusted_one() -> None:
    data = json.loads(envelope.sign(KIND, b"x", [A, B]))
    bad = next(item for item in data["signatures"] if item["keyid"] == B.public.text)
    bad["sig"] = base64.b64encode(b"\1" * 64).decode()
    with pytest.raises(Refusal) as refusal:
        envelope.read(canonical.encode(data), KIND, trusted=[A.public])
    assert refusal.value.code == "envelope.signature"


def test_a_countersignature_adds_a_signer_and_nothing_else() -> None:
    once = envelope.sign(KIND, b"x", [A])
    twice = envelope.countersign(once, B)
    assert twice == envelope.sign(KIND, b"x", [B, A])
    assert envelope.countersign(twice, B) == twice
    assert envelope.read(twice, KIND, trusted=[B.public]).payload == b"x"


def test_a_broken_envelope_is_not_countersigned() -> None:
    for data in (changed(UNSIGNED["another payload"]), b"{}", b""):
        with pytest.raises(Refusal):
            envelope.countersign(data, C)


def test_an_envelope_needs_a_signer() -> None:
    with pytest.raises(ValueError, match="signature"):
        envelope.sign(KIND, b"x", [])


@settings(max_examples=50)
@given(st.binary(max_size=100), st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True))
def test_any_payload_and_any_signers(payload: bytes, seeds: list[bytes]) -> None:
    keys = [SigningKey(seed) for seed in seeds]
    found = envelope.read(envelope.sign(KIND, payload, keys), KIND, trusted=[keys[-1].public])
    assert found.payload == payload
    assert set(found.signers) == {key.public for key in keys}


@settings(max_examples=200)
@given(st.data())
def test_any_mutation_is_noticed(data: st.DataObject) -> None:
    original = envelope.sign(KIND, b'{"k":"v"}', [A, B])
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 6)))
    mutated = original[:start] + data.draw(st.binary(max_size=6)) + original[end:]
    assert (code_of(mutated) == "ok") == (mutated == original)
