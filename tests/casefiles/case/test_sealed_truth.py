"""The sealed ground truth: it binds, it hides its length, and only the judge opens it."""

from __future__ import annotations

import hashlib

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefiles.case import sealed_truth
from casefiles.keys.identity import Recipient, SealingKey
from casefiles.status import Refusal

KEY = SealingKey.generate()


def code_of(ciphertext: bytes, commitment: str, key: SealingKey = KEY) -> str:
    with pytest.raises(Refusal) as refusal:
        sealed_truth.unseal(ciphertext, key, commitment)
    return refusal.value.code


@settings(max_examples=25)
@given(st.binary(max_size=300))
def test_what_was_sealed_comes_out(plaintext: bytes) -> None:
    sealed = sealed_truth.seal(plaintext, KEY.recipient)
    assert sealed_truth.unseal(sealed.ciphertext, KEY, sealed.commitment) == plaintext
    assert sealed.ciphertext_sha256 == hashlib.sha256(sealed.ciphertext).hexdigest()


def test_the_commitment_is_the_documented_one() -> None:
    sealed = sealed_truth.seal(b"it lies", KEY.recipient)
    inner = KEY.decrypt(sealed.ciphertext)
    nonce, length, rest = inner[:32], inner[32:40], inner[40:]
    assert int.from_bytes(length, "big") == 7 and rest == b"it lies".ljust(262_144 - 40, b"\0")
    assert sealed.commitment == hashlib.sha256(b"gt-v1" + nonce + b"it lies").hexdigest()


def test_two_seals_of_one_truth_have_nothing_in_common() -> None:
    one, two = sealed_truth.seal(b"clean", KEY.recipient), sealed_truth.seal(b"clean", KEY.recipient)
    assert one.commitment != two.commitment
    assert KEY.decrypt(one.ciphertext)[:32] != KEY.decrypt(two.ciphertext)[:32]


@pytest.mark.parametrize("length", [0, 1, 4056, 16_344, 65_000, sealed_truth.CAPACITY])
def test_every_truth_has_one_size(length: int) -> None:
    # (age adds random grease to its header, so ciphertexts still vary by some bytes)
    assert len(KEY.decrypt(sealed_truth.seal(b"x" * length, KEY.recipient).ciphertext)) == 262_144


@pytest.mark.parametrize(("length", "size"), [(0, 4096), (4056, 4096), (4057, 16_384), (300_000, 1_048_576)])
def test_what_0_1_0_padded_opens_and_is_known_to_tell(length: int, size: int) -> None:
    ciphertext, commitment = craft(b"x" * length, length, size)
    opening = sealed_truth.reveal(ciphertext, KEY, commitment)
    assert len(opening.plaintext) == length
    assert opening.tells_its_length


def test_what_is_padded_now_tells_nothing() -> None:
    sealed = sealed_truth.seal(b"x", KEY.recipient)
    assert not sealed_truth.reveal(sealed.ciphertext, KEY, sealed.commitment).tells_its_length


def test_a_truth_that_is_too_long_is_refused() -> None:
    whole = sealed_truth.seal(b"x" * sealed_truth.CAPACITY, KEY.recipient)
    assert len(whole.ciphertext) <= sealed_truth.CIPHERTEXT_LIMIT
    assert len(sealed_truth.unseal(whole.ciphertext, KEY, whole.commitment)) == sealed_truth.CAPACITY
    with pytest.raises(Refusal) as refusal:
        sealed_truth.seal(b"x" * (sealed_truth.CAPACITY + 1), KEY.recipient)
    assert refusal.value.code == "input.invalid"


def test_another_recipient_cannot_open_it() -> None:
    sealed = sealed_truth.seal(b"x", SealingKey.generate().recipient)
    assert code_of(sealed.ciphertext, sealed.commitment) == "case.truth-unopenable"


def test_an_altered_seal_cannot_be_opened() -> None:
    sealed = sealed_truth.seal(b"x", KEY.recipient)
    for position in (0, 30, 100, len(sealed.ciphertext) // 2, len(sealed.ciphertext) - 1):
        altered = bytearray(sealed.ciphertext)
        altered[position] ^= 1
        assert code_of(bytes(altered), sealed.commitment) == "case.truth-unopenable"
    assert code_of(b"", sealed.commitment) == "case.truth-unopenable"


def test_another_truth_does_not_fit_the_commitment() -> None:
    one, two = sealed_truth.seal(b"one", KEY.recipient), sealed_truth.seal(b"two", KEY.recipient)
    assert code_of(two.ciphertext, one.commitment) == "case.truth"


def craft(
    plaintext: bytes, length: int, total: int, fill: bytes = b"\0", nonce: bytes = b"\5" * 32
) -> tuple[bytes, str]:
    inner = (nonce + length.to_bytes(8, "big") + plaintext).ljust(total, fill)
    return Recipient(KEY.recipient.text).encrypt(inner), hashlib.sha256(b"gt-v1" + nonce + plaintext).hexdigest()


def test_a_crafted_seal_that_keeps_the_rules_opens() -> None:
    assert sealed_truth.unseal(*_key(craft(b"abc", 3, 4096))) == b"abc"


def _key(crafted: tuple[bytes, str]) -> tuple[bytes, SealingKey, str]:
    return crafted[0], KEY, crafted[1]


def encrypted_to_two() -> tuple[bytes, str]:
    """By another tool, which anybody may seal with."""
    inner = (b"\5" * 32 + (3).to_bytes(8, "big") + b"abc").ljust(sealed_truth.SIZE, b"\0")
    keys = [pyrage.x25519.Recipient.from_str(key.recipient.text) for key in (KEY, SealingKey.generate())]
    return pyrage.encrypt(inner, keys), hashlib.sha256(b"gt-v1" + b"\5" * 32 + b"abc").hexdigest()


CRAFTED = {
    "encrypted to somebody else too": encrypted_to_two(),
    "something behind the plaintext": craft(b"abc", 3, 4096, b"!"),
    "an earlier size larger than needed": craft(b"abc", 3, 16384),
    "no size at all": craft(b"abc", 3, 4095),
    "not padded": craft(b"abc", 3, 43),
    "a length beyond the end": craft(b"abc", 5000, 4096),
    "an absurd length": craft(b"abc", 2**64 - 1, 4096),
    "a shorter length than committed to": craft(b"abc", 2, 4096),
    "no header": craft(b"", 0, 0, nonce=b"\5" * 10),
    "nothing": (KEY.recipient.encrypt(b""), "0" * 64),
    "more than any truth": (KEY.recipient.encrypt(bytes(sealed_truth.CIPHERTEXT_LIMIT)), "0" * 64),
}


@pytest.mark.parametrize("crafted", CRAFTED.values(), ids=CRAFTED.keys())
def test_a_crafted_seal_that_breaks_the_rules_is_refused(crafted: tuple[bytes, str]) -> None:
    assert code_of(*crafted) == "case.truth"


def test_what_stands_in_the_open_beside_the_judge_s_part_is_told() -> None:
    """Some random words, as the library puts them there; whoever seals otherwise may choose them."""
    for _ in range(200):
        sealed = sealed_truth.seal(b"truth", KEY.recipient).ciphertext
        words, _ = sealed_truth.words_beside(sealed)
        assert words.partition(" ")[0].endswith("-grease")
        assert f"-> {words}\n".encode() in sealed
    assert sealed_truth.words_beside(b"age-encryption.org/v1\nnothing") == ()
