"""Keys: what they accept, how they are kept, and that nobody's key is lost or shown by accident."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles import quotation
from casefiles.files import canonical
from casefiles.keys.identity import Identity, PublicIdentity, Recipient, SealingKey, SigningKey, VerifyKey
from casefiles.status import Refusal

P = 2**255 - 19

# RFC 8032, section 7.1: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_rfc(secret: str, public: str, message: str, signature: str) -> None:
    key = SigningKey(bytes.fromhex(secret))
    assert key.public == VerifyKey(bytes.fromhex(public))
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert key.public.verify(bytes.fromhex(signature), bytes.fromhex(message))
    assert not key.public.verify(bytes.fromhex(signature), bytes.fromhex(message) + b"!")


def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """Addition on edwards25519 in affine coordinates (RFC 8032, section 5.1.4's law)."""
    d = -121665 * pow(121666, -1, P) % P
    cross = d * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + cross, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - cross, -1, P)
    return x % P, y % P


def point(y: int) -> tuple[int, int] | None:
    """A point of this y, if there is one."""
    d = -121665 * pow(121666, -1, P) % P
    x2 = (y * y - 1) * pow(d * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if x * x % P != x2:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x, y) if x * x % P == x2 else None


def torsion() -> list[int]:
    """The y of every point whose order divides 8: found by multiplying points by the group's prime order."""
    prime = 2**252 + 27742317777372353535851937790883648493
    seen: set[int] = set()
    for y in range(2, 60):
        if (start := point(y)) is None:
            continue
        result, double = (0, 1), start
        for bit in range(prime.bit_length()):
            if prime >> bit & 1:
                result = add(result, double)
            double = add(double, double)
        for _ in range(8):
            seen.add(result[1])
            result = add(result, result)
    return sorted(seen)


def test_keys_of_small_order_are_refused() -> None:
    found = torsion()
    assert len(found) == 5  # orders 1, 2, 4 and two of order 8, each but the first two with either sign of x
    for y in found:
        for sign in (0, 1 << 255):
            with pytest.raises(ValueError, match=r"small order"):
                VerifyKey((y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [P, P + 1, P + 18, 2**255 - 1])
def test_other_encodings_of_a_key_are_refused(y: int) -> None:
    with pytest.raises(ValueError, match="canonical encoding"):
        VerifyKey(y.to_bytes(32, "little"))


def test_a_key_off_the_curve_is_refused() -> None:
    off = next(y for y in range(2, 100) if point(y) is None)
    with pytest.raises(ValueError, match="curve"):
        VerifyKey(off.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        VerifyKey(b"\2" * length)


@pytest.mark.parametrize("length", [0, 1, 63, 65])
def test_a_signature_of_another_length_does_not_verify(length: int) -> None:
    assert not SigningKey.generate().public.verify(b"\2" * length, b"")


def test_a_second_form_of_a_signature_does_not_verify() -> None:
    """S + L satisfies the same equation; RFC 8032 wants it refused."""
    key = SigningKey.generate()
    signature = key.sign(b"text")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    assert not key.public.verify(signature[:32] + s.to_bytes(32, "little"), b"text")


def test_the_text_of_a_key_has_one_spelling() -> None:
    key = SigningKey.generate().public
    assert VerifyKey.parse(key.text) == key
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    index = last.index(key.text[-2])
    twin = key.text[:-2] + last[index ^ 1] + "="  # differs in padding bits alone
    assert base64.b64decode(twin[8:]) == key.raw
    for text in (twin, key.text + "\n", key.text[8:], key.text.upper(), "ed25519:", "rsa:" + key.text[8:], "ed25519:é"):
        with pytest.raises(ValueError):
            VerifyKey.parse(text)


def test_a_fingerprint_is_the_beginning_of_the_digest() -> None:
    key = SigningKey.generate().public
    assert key.fingerprint.replace(":", "") == hashlib.sha256(key.raw).hexdigest()[:16]
    assert len(key.fingerprint) == 23


def test_a_recipient_has_one_spelling() -> None:
    text = SealingKey.generate().recipient.text
    assert Recipient(text).text == text
    for other in (text.upper(), text + " ", text[:-1], "", "age1"):
        with pytest.raises(ValueError, match="age recipient"):
            Recipient(other)


def test_only_the_recipient_opens_what_was_sealed() -> None:
    key, other = SealingKey.generate(), SealingKey.generate()
    sealed = key.recipient.encrypt(b"truth")
    assert key.decrypt(sealed) == b"truth"
    for attempt in ((other, sealed), (key, sealed[:-1]), (key, b""), (key, sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(ValueError, match="cannot be decrypted"):
            attempt[0].decrypt(attempt[1])


def test_secrets_are_not_shown(attacker: Identity) -> None:
    shown = repr(attacker)
    assert attacker.name in shown
    assert attacker.sealing.text not in shown and "AGE-SECRET" not in shown
    assert repr(attacker.signing.seed) not in shown


def test_an_identity_without_passphrase_is_kept_readable_for_its_owner_alone(
    tmp_path: Path, attacker: Identity
) -> None:
    attacker.save(tmp_path / "a.key", None)
    assert Identity.load(tmp_path / "a.key") == attacker
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_an_encrypted_identity_needs_its_passphrase(tmp_path: Path, attacker: Identity) -> None:
    path = tmp_path / "a.key"
    attacker.save(path, "correct horse")
    assert attacker.sealing.text.encode() not in path.read_bytes()
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Identity.load(path, "correct horse") == attacker
    for wrong in (None, "", "Correct horse"):
        with pytest.raises(Refusal) as refusal:
            Identity.load(path, wrong)
        assert refusal.value.code == "key.passphrase"


def test_an_empty_passphrase_is_refused(tmp_path: Path, attacker: Identity) -> None:
    with pytest.raises(Refusal) as refusal:
        attacker.save(tmp_path / "a.key", "")
    assert refusal.value.code == "key.passphrase"
    assert not list(tmp_path.iterdir())


def test_a_passphrase_with_half_of_a_character_is_refused(tmp_path: Path, attacker: Identity) -> None:
    """As bytes of the environment that are no UTF-8 become."""
    with pytest.raises(Refusal) as refusal:
        attacker.save(tmp_path / "a.key", "horse \udcff")
    assert refusal.value.code == "key.passphrase" and "half of a character" in refusal.value.why
    assert not list(tmp_path.iterdir())
    attacker.save(tmp_path / "a.key", "horse")
    with pytest.raises(Refusal) as refusal:
        Identity.load(tmp_path / "a.key", "horse \udcff")
    assert refusal.value.code == "key.passphrase" and "half of a character" in refusal.value.why


def test_a_key_file_is_never_replaced(tmp_path: Path, attacker: Identity, judge: Identity) -> None:
    attacker.save(tmp_path / "a.key", None)
    before = (tmp_path / "a.key").read_bytes()
    with pytest.raises(Refusal) as refusal:
        judge.save(tmp_path / "a.key", None)
    assert refusal.value.code == "input.invalid"
    assert (tmp_path / "a.key").read_bytes() == before


def test_a_public_identity_is_kept(tmp_path: Path, judge: Identity) -> None:
    judge.public.save(tmp_path / "judge.pub")
    assert PublicIdentity.load(tmp_path / "judge.pub") == judge.public
    assert judge.signing.seed not in (tmp_path / "judge.pub").read_bytes()


def rewritten(path: Path, **members: str | None) -> Path:
    """A key file with other members; None: without it."""
    value = json.loads(path.read_bytes()) | members
    path.write_text(json.dumps({name: item for name, item in value.items() if item is not None}))
    return path


def test_a_public_key_file_is_signed_over_all_that_it_says(tmp_path: Path, judge: Identity) -> None:
    judge.public.save(tmp_path / "judge.pub")
    said = json.loads((tmp_path / "judge.pub").read_bytes())
    plain = {name: said[name] for name in ("format", "name", "recipient", "verify")}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    signed = b"audit-workbench/public-identity-signature/1\n" + text.encode()
    assert judge.signing.public.verify(base64.b64decode(said.pop("signature")), signed)
    assert said == plain == judge.public.to_json()  # what stands in manifests
    assert PublicIdentity.load(tmp_path / "judge.pub").vouched


@pytest.mark.parametrize(
    "swapped",
    [
        {"recipient": SealingKey.generate().recipient.text},
        {"name": "Another"},
        {"verify": SigningKey.generate().public.text},
        {"signature": base64.b64encode(bytes(64)).decode()},
        {"signature": ""},
    ],
    ids=lambda swapped: str(*swapped),
)
def test_a_public_key_of_which_anything_was_changed_is_refused(
    tmp_path: Path, judge: Identity, swapped: dict[str, str]
) -> None:
    judge.public.save(tmp_path / "judge.pub")
    with pytest.raises(Refusal, match="as its owner wrote it") as refusal:
        PublicIdentity.load(rewritten(tmp_path / "judge.pub", **swapped))
    assert refusal.value.code == "key.altered" and "workbench keys public" in refusal.value.try_this


@pytest.mark.parametrize("signature", [1, "no base64", "AB=="], ids=str)
def test_what_is_no_signature_is_refused(tmp_path: Path, judge: Identity, signature: Any) -> None:
    judge.public.save(tmp_path / "judge.pub")
    with pytest.raises(Refusal, match="signature") as refusal:
        PublicIdentity.load(rewritten(tmp_path / "judge.pub", signature=signature))
    assert refusal.value.code == "key.unreadable"


def test_a_public_key_without_a_signature_is_there_to_verify_with(tmp_path: Path, judge: Identity) -> None:
    """Earlier versions wrote none; and whoever puts in a sealing key of their own can take it out."""
    judge.public.save(tmp_path / "judge.pub")
    found = PublicIdentity.load(rewritten(tmp_path / "judge.pub", signature=None))
    assert found.verify == judge.public.verify and not found.vouched
    with pytest.raises(Refusal) as refusal:
        found.check_vouched()
    assert refusal.value.code == "key.unsigned" and "workbench keys public" in refusal.value.try_this
    assert not replace(judge.public, recipient=SealingKey.generate().recipient).vouched


def test_a_public_key_is_written_anew_over_its_own_alone(tmp_path: Path, judge: Identity, attacker: Identity) -> None:
    path = tmp_path / "judge.pub"
    judge.public.renew(path)
    whole = path.read_bytes()
    for altered in ({"signature": None}, {"recipient": attacker.public.recipient.text}, {}):
        judge.public.renew(rewritten(path, **altered))
        assert path.read_bytes() == whole
    with pytest.raises(Refusal, match="somebody else"):
        attacker.public.renew(path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Refusal, match="not a key"):
        judge.public.renew(tmp_path / "notes.txt")
    assert path.read_bytes() == whole and (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"{}",
        b"ssh-ed25519 AAAA",
        b'{"format":"audit-workbench/identity/1"}',
        b"\xff\xfe",
        b"[" * 70,
        b" " * 70_000,
    ],
)
def test_other_files_are_not_keys(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "x.key"
    path.write_bytes(contents)
    for load in (Identity.load, PublicIdentity.load):
        with pytest.raises(Refusal) as refusal:
            load(path)
        assert refusal.value.code in ("key.unreadable", "input.invalid")
    assert path.read_bytes() == contents


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path, judge: Identity) -> None:
    judge.save(tmp_path / "judge.key", None)
    judge.public.save(tmp_path / "judge.pub")
    for attempt in (lambda: PublicIdentity.load(tmp_path / "judge.key"), lambda: Identity.load(tmp_path / "judge.pub")):
        with pytest.raises(Refusal) as refusal:
            attempt()
        assert refusal.value.code == "key.unreadable"


def test_a_missing_key_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        Identity.load(tmp_path / "none.key")
    assert refusal.value.code == "input.missing"


@pytest.mark.parametrize("name", ["", " Ann", "Ann\n", "Ann\u202e", "A\u200bnn", "A" * 101])
def test_names_that_could_deceive_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Identity.generate(name)


@pytest.mark.parametrize(
    "name",
    [
        "Demo judge (b2:8a:b0:cb:07:1c:f3:00)",
        "b2:8a:b0:cb",
        "Ann B2-8A-B0-CB",
        "Ann b2\uff1a8a\uff1ab0\uff1acb",  # full width
        "Ann b2\ua7898\u0430\ua789b0\ua789\u0441b",  # another colon, and letters of another script
        "Ann b2\u02d08a\u02d0b0\u02d0cb",
        "Ann b2:8a:bo:cb",  # with a letter that is drawn as a digit
        "Ann 12:34:5e:78",
        "Ann 12:34:56:78:90:12:34:56",
        "my-xy-b2-8a-b0-cb",
        "Ed25519:AAAA",
        "age1qqqqqqqq",
    ],
)
def test_no_name_shows_a_key(name: str, judge: Identity, tmp_path: Path) -> None:
    """Fingerprints stand beside names: whoever reads one there takes it for the key's."""
    with pytest.raises(ValueError, match="fingerprint"):
        Identity.generate(name)
    with pytest.raises(ValueError, match="fingerprint"):
        PublicIdentity.from_json({**judge.public.to_json(), "name": name})
    with pytest.raises(ValueError, match="fingerprint"):
        VerifyKey.shown(judge.public.verify.text, judge.public.fingerprint, name)


@pytest.mark.parametrize(
    "name",
    [
        "Ann  Lee",
        "Ann" + " " * 17 + "Lee",
        "A\u0301\u0302\u0303\u0304\u0305nn",
        "A" + "\u20dd" * 5,
        "Demo judge (b2:8a:b0 cb:07:1c f3:00)",
        "Demo judge b2 8a b0 cb 07 1c f3 00",
        "Demo judge b28ab0cb071cf300",
        "Ann b2 : 8a : b0 : cb",
        "Ann b28a-b0cb",
        "Ann b2 x 8a x b0 x cb",
        "Ann b2_8\u0430 b\u0660 \uff43b",  # letters and digits of other scripts
        "Ann b2 8a b0 cb 07",
        "Ann b28a b0cb 071c",
        "Ann b28ab0cb",
        "Ann b28 ab0 cb0 71c f30 0",
        "Ann b28-ab0-cb0",
        "Ann b2\u02d08a b0\u02d0cb",
        "Ann b2, 8a, b0, cb, 07, 1c, f3, 00",
        "my notes”, the case's judge “Demo judge",
        *(f"Ann{mark}" for mark in (*quotation.OPENING, *quotation.CLOSING, "״", "''", "’’", "‚‚")),
    ],
)
def test_no_new_name_spells_a_fingerprint_ends_a_quotation_or_is_shown_otherwise_and_older_ones_are_read(
    name: str, judge: Identity, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"fingerprint|quotation marks|one space"):
        Identity.generate(name)
    before = replace(judge, name=name)
    before.save(tmp_path / "a.key", None)
    before.public.save(tmp_path / "a.pub")
    assert (Identity.load(tmp_path / "a.key"), PublicIdentity.load(tmp_path / "a.pub")) == (before, before.public)
    assert VerifyKey.shown(judge.public.verify.text, judge.public.fingerprint, name) == judge.public.verify


@pytest.mark.parametrize(
    "name",
    ["Team 12", "Stage1 message", "Age1 of us", "Ann: Bo: Cy", "J.R.R. T.", "We do it so", "12:30", "Ada Beade",
     "Dedé Facade", "Bea 2024", "Abba 2024", "decade2020", "C3PO", "Team A 2024-11-29", "D'Arcy O'Neil",
     "北京2024测试组 3b", "Apt. 3b 12c 4d 5e", "Apt. 3b, 12c, 4d, 5e", "Denis 12:34:56:78", "Ada 1234567890123456",
     "Ada 12 34 56 78 90 12 34 56", "de 4c 8a 1b", "Team a1 b2 c3 d4", "Al-Bo-Cy-Di", "Call 01.23.45.67.89",
     "Wi-Fi-by-me", "Nguyễn Thị Ất", "कृष्णमूर्ति", "A\u0301\u0302\u0303\u0304nn"],
)  # fmt: skip
def test_other_names_are_taken(name: str) -> None:
    assert Identity.generate(name).public.name == name


@pytest.mark.parametrize("change", [{"name": 1}, {"extra": "x"}, {"verify": "x"}, {"recipient": "x"}, {"format": "y"}])
def test_a_public_identity_is_read_strictly(judge: Identity, change: dict[str, canonical.Json]) -> None:
    with pytest.raises(ValueError):
        PublicIdentity.from_json({**judge.public.to_json(), **change})
    assert PublicIdentity.from_json(judge.public.to_json()) == judge.public


@given(st.binary(max_size=200), st.integers(0, 511), st.binary(max_size=8))
def test_a_signature_belongs_to_its_text_and_its_bits(data: bytes, bit: int, more: bytes) -> None:
    key = SigningKey(hashlib.sha256(data).digest())
    signature = bytearray(key.sign(data))
    assert key.public.verify(bytes(signature), data)
    assert key.public.verify(bytes(signature), data + more) == (more == b"")
    signature[bit // 8] ^= 1 << bit % 8
    assert not key.public.verify(bytes(signature), data)
