"""Who signs and who may open: Ed25519 keys for signatures, age X25519 keys for seals, and the files that hold them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from casefiles import quotation
from casefiles.files import canonical, disk
from casefiles.files.members import members
from casefiles.keys import passphrase as passphrases
from casefiles.status import Refusal
from casefiles.unseen import unseen

PRIVATE_FORMAT: Final = "audit-workbench/identity/1"
PUBLIC_FORMAT: Final = "audit-workbench/public-identity/1"
NAME_LENGTH: Final = 100
_KEY: Final = re.compile(r"ed25519|\bage1[0-9a-z]{6}", re.IGNORECASE)
_PAIRS: Final = re.compile(r"(?<![^\W_])[^\W_]{2}(?:(?:[^\w\s]|[_\u02d0\ua4fd])+[^\W_]{2})+")
"""Pairs of letters or digits with signs between, in whatever script: colons and letters have many doubles."""
_FEW_PAIRS, _ALL_PAIRS = 4, 8
"""Of a fingerprint: so many read like one, and numbers alone if they are as many as it has."""
_NO_HEX: Final = re.compile(r"[g-z]")
_DRAWN_AS_DIGITS: Final = str.maketrans("oilsz", "01152")
_HIGH: Final = 4
"""Marks upon one letter of a name: no script needs more."""
_LIKE_HEX: Final = str.maketrans("аАΑαɑВΒЬƅсСϲϹԁеЕΕғҒϝϜ", "aaaaabbbbccccdeeeffff")
_WORD_AND_NUMBER: Final = re.compile(r"[a-f]{3,}(\d*)")
_FINGERPRINT_DIGITS: Final = 16
_LOOSE: Final = re.compile(r"[\s,]*")
"""What stands between words."""
_SIGNED: Final = b"audit-workbench/public-identity-signature/1\n"
_FILE_LIMIT: Final = 64 * 1024
_AGE_HEADER: Final = b"age-encryption.org/v1\n"

# Curve25519 in its Edwards form (RFC 8032, section 5.1).
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_Y_OF_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y: Final = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


@dataclass(frozen=True)
class VerifyKey:
    """A public Ed25519 key; only the one canonical encoding of a point on the curve, not of small order.

    With a key of small order a signature can be made that holds for any text; with two encodings of one key the same
    signer would carry two names. The cryptographic library checks neither when it takes a key.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise ValueError("an Ed25519 key has 32 bytes")
        y = int.from_bytes(self.raw, "little") & (2**255 - 1)
        if y >= _P:
            raise ValueError("the key is not in its canonical encoding")
        if y in _SMALL_ORDER_Y:
            raise ValueError("the key is a point of small order")
        x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
        if pow(x_squared, (_P - 1) // 2, _P) != 1:
            raise ValueError("the key is not a point on the curve")

    @property
    def fingerprint(self) -> str:
        """What people compare by eye or over the telephone: 8 bytes of the key's SHA-256, as hex pairs."""
        return hashlib.sha256(self.raw).digest()[:8].hex(":")

    @property
    def text(self) -> str:
        """The key as it is written into documents."""
        return "ed25519:" + base64.b64encode(self.raw).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of a text; ValueError if the text is not exactly what `text` would write."""
        try:
            key = cls(base64.b64decode(text.removeprefix("ed25519:"), validate=True))
        except binascii.Error:
            raise ValueError("the key is not base64") from None
        if key.text != text:
            raise ValueError("the key is not written as `ed25519:` and base64")
        return key

    @classmethod
    def shown(cls, text: str, fingerprint: str, name: str) -> Self:
        """The key of a text beside which stand a fingerprint, by which people know it, and a name; ValueError if either
        says that it is another's."""
        key = cls.parse(text)
        _check_no_key(name)
        if key.fingerprint != fingerprint:
            raise ValueError("the fingerprint is not that of the key")
        return key

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature over the data was made with this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private Ed25519 key."""

    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> VerifyKey:
        return VerifyKey(self._private.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        """Derived once: deriving takes longer than signing."""
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True)
class Recipient:
    """The public half of a sealing key: an age X25519 recipient."""

    text: str

    def __post_init__(self) -> None:
        try:
            written = str(pyrage.x25519.Recipient.from_str(self.text))
        except pyrage.RecipientError:
            raise ValueError("not an age recipient") from None
        if written != self.text:
            raise ValueError("the age recipient is not in its canonical spelling")

    def encrypt(self, plaintext: bytes) -> bytes:
        return bytes(pyrage.encrypt(plaintext, [pyrage.x25519.Recipient.from_str(self.text)]))


@dataclass(frozen=True)
class SealingKey:
    """The private half: an age X25519 identity, which opens what was encrypted to its recipient."""

    text: str = field(repr=False)

    def __post_init__(self) -> None:
        try:
            pyrage.x25519.Identity.from_str(self.text)
        except pyrage.IdentityError:
            raise ValueError("not an age identity") from None

    @classmethod
    def generate(cls) -> Self:
        return cls(str(pyrage.x25519.Identity.generate()))

    @property
    def recipient(self) -> Recipient:
        return Recipient(str(pyrage.x25519.Identity.from_str(self.text).to_public()))

    def decrypt(self, ciphertext: bytes) -> bytes:
        """The plaintext; ValueError if it was not encrypted to this key or was altered since."""
        try:
            return bytes(pyrage.decrypt(ciphertext, [pyrage.x25519.Identity.from_str(self.text)]))
        except pyrage.DecryptError as error:
            raise ValueError(f"cannot be decrypted with this key: {error}") from None


@dataclass(frozen=True)
class PublicIdentity:
    """What others hold of a person or team: a name, the key that verifies and the recipient that seals.

    People compare fingerprints, which cover the key that verifies alone; its signature binds name and recipient to it.
    """

    name: str
    verify: VerifyKey
    recipient: Recipient
    signature: bytes | None = field(default=None, compare=False, repr=False)
    """By `verify`, over the rest; None: of a manifest, or of a file as earlier versions wrote it."""

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def fingerprint(self) -> str:
        return self.verify.fingerprint

    @property
    def statement(self) -> bytes:
        """What its owner signs."""
        return _SIGNED + canonical.encode(self.to_json())

    @property
    def vouched(self) -> bool:
        """Whether the owner of the key that verifies says that the recipient is theirs too."""
        return self.signature is not None and self.verify.verify(self.signature, self.statement)

    def check_vouched(self) -> None:
        """Raises Refusal if nothing should be sealed to it."""
        if not self.vouched:
            raise Refusal(
                "key.unsigned",
                f"Nothing is sealed to the public key of {quotation.quoted(self.name)}.",
                "It is not signed, as earlier versions wrote it: whoever handed it on may have put a sealing key of"
                " their own into it, which no fingerprint shows.",
                f"Ask {quotation.quoted(self.name)} to write it anew with `workbench keys public KEY`, and for the new"
                " file.",
            )

    def to_json(self) -> dict[str, str]:
        return {
            "format": PUBLIC_FORMAT,
            "name": self.name,
            "verify": self.verify.text,
            "recipient": self.recipient.text,
        }

    @classmethod
    def from_json(cls, value: canonical.Json) -> Self:
        """The identity of a JSON object; ValueError says what is wrong with it."""
        fields = _text_fields(value, PUBLIC_FORMAT, ("name", "verify", "recipient"))
        return cls(fields["name"], VerifyKey.parse(fields["verify"]), Recipient(fields["recipient"]))

    def encoded(self) -> bytes:
        """As it stands in a file: with its signature, if it has one."""
        signed = {"signature": base64.b64encode(self.signature).decode()} if self.signature is not None else {}
        return canonical.encode(self.to_json() | signed)

    def save(self, path: Path) -> None:
        disk.write_new(path, self.encoded())

    def renew(self, path: Path) -> None:
        """Write the file anew: over none but one that names the same key that verifies, whatever else it says."""
        if not os.path.lexists(path):
            self.save(path)
        elif self._read(path).verify == self.verify:
            disk.write_atomic(path, self.encoded())
        else:
            raise Refusal(
                "input.invalid",
                f"{path.name} is the public key of somebody else.",
                "It is not replaced, because it may be the only copy.",
                "Choose another name, or move the old file away.",
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """The identity of a file. Raises Refusal if its signature does not hold; one without is there to verify with
        (`check_vouched`)."""
        found = cls._read(path)
        if found.signature is not None and not found.vouched:
            raise Refusal(
                "key.altered",
                f"{path.name} is not as its owner wrote it.",
                "Its signature does not hold for what it says: somebody may have put in a name or a sealing key of"
                " their own, to read what is sealed to it.",
                "Ask its owner for it by another way; `workbench keys public KEY` writes it anew.",
            )
        return found

    @classmethod
    def _read(cls, path: Path) -> Self:
        """What a file says, whoever says so."""
        data = disk.read_small(path, _FILE_LIMIT)
        if data.startswith(_AGE_HEADER):
            raise _unreadable(path, "it is an encrypted private key; the public one ends in `.pub`")
        try:
            value = canonical.decode(data)
            if not isinstance(value, dict) or "signature" not in value:
                return cls.from_json(value)
            plain = {name: item for name, item in value.items() if name != "signature"}
            return replace(cls.from_json(plain), signature=_signature(value["signature"]))
        except ValueError as error:
            raise _unreadable(path, str(error)) from None


@dataclass(frozen=True)
class Identity:
    """A person or team with both private keys."""

    name: str
    signing: SigningKey
    sealing: SealingKey

    def __post_init__(self) -> None:
        _check_name(self.name)

    @classmethod
    def generate(cls, name: str) -> Self:
        """New keys. Raises ValueError for a name that could deceive whoever reads it."""
        check_new_name(name)
        return cls(name, SigningKey.generate(), SealingKey.generate())

    @cached_property
    def public(self) -> PublicIdentity:
        """Signed, as its owner alone can."""
        plain = PublicIdentity(self.name, self.signing.public, self.sealing.recipient)
        return replace(plain, signature=self.signing.sign(plain.statement))

    def save(self, path: Path, passphrase: str | None) -> None:
        """Write the keys, readable by their owner alone; None leaves them unencrypted, which the user must have asked.

        An existing file is never replaced: it may be the only copy of a key.
        """
        data = canonical.encode(
            {
                "format": PRIVATE_FORMAT,
                "name": self.name,
                "signing": base64.b64encode(self.signing.seed).decode(),
                "sealing": self.sealing.text,
            }
        )
        if passphrase is not None:
            if not passphrase:
                raise Refusal(
                    "key.passphrase",
                    "The passphrase is empty.",
                    "An empty passphrase protects nothing.",
                    "Give a passphrase, or say plainly that the key shall not be encrypted.",
                )
            try:
                data = passphrases.encrypt(data, passphrase)
            except UnicodeEncodeError:
                raise _half(path) from None
        disk.write_new(path, data, mode=0o600)

    @classmethod
    def load(cls, path: Path, passphrase: str | None = None) -> Self:
        data = disk.read_small(path, _FILE_LIMIT)
        if data.startswith(_AGE_HEADER):
            data = _decrypt(path, data, passphrase)
        try:
            fields = _text_fields(canonical.decode(data), PRIVATE_FORMAT, ("name", "signing", "sealing"))
            seed = base64.b64decode(fields["signing"], validate=True)
            if len(seed) != 32:
                raise ValueError("an Ed25519 seed has 32 bytes")
            return cls(fields["name"], SigningKey(seed), SealingKey(fields["sealing"]))
        except ValueError as error:
            raise _unreadable(path, str(error)) from None


def _check_name(name: str) -> None:
    # A name with invisible or direction-changing characters could pass for another in any list a person reads.
    if not 1 <= len(name) <= NAME_LENGTH or not _is_drawn(name) or name != name.strip():
        raise ValueError(f"a name has 1 to {NAME_LENGTH} printable characters and no space at its ends")
    _check_no_key(name)


def _is_drawn(name: str) -> bool:
    return name.isprintable() and not unseen(name)


def check_new_name(name: str) -> None:
    """Raises ValueError for a name that is given to nobody. Keys that have one from before are read all the same."""
    _check_name(name)
    if quotation.holds_any(name):
        raise ValueError("a name holds no quotation marks: it stands between some")
    if "  " in name or _is_towering(name):
        raise ValueError(f"a name has one space between two words, and no more than {_HIGH} marks on a letter")
    if _spells_a_fingerprint(name):
        raise ValueError("a name holds no key, nor what reads like a fingerprint")


def _is_towering(name: str) -> bool:
    """Whether so many marks stand upon one letter that others would be covered."""
    stacked = ("^" if unicodedata.combining(one) or unicodedata.category(one) == "Me" else " " for one in name)
    return "^" * (_HIGH + 1) in "".join(stacked)


def _spells_a_fingerprint(name: str) -> bool:
    """Whether its letters and digits, whatever stands between them, are hexadecimal digits of which letters and digits
    take turns: eight that are one word or have signs between them, some more that are pairs, or as many as a
    fingerprint has. Words that happen to be hexadecimal, such as Ada or Facade, dates, flats and numbers are none."""
    plain = unicodedata.normalize("NFKD", name.translate(_LIKE_HEX)).casefold()
    kept = "".join(_digit(letter) if unicodedata.category(letter) != "Lm" else "-" for letter in plain)
    text = "".join(letter for letter in kept if not unicodedata.combining(letter))
    pieces, signed, end = list[str](), False, 0
    for run in re.finditer(r"[^\W_]+", text):
        signed = signed or (bool(pieces) and not _LOOSE.fullmatch(text[end : run.start()]))
        end = run.end()
        if word := _WORD_AND_NUMBER.fullmatch(run[0]):
            pieces += [word[1]] if word[1] else []
        elif re.fullmatch("[0-9a-f]+", run[0]):
            pieces.append(run[0])
        elif len(run[0]) > 1:
            pieces, signed = [], False
        else:
            signed = signed or bool(pieces)
        if _is_spelled(pieces, signed):
            return True
    return False


def _is_spelled(pieces: list[str], signed: bool) -> bool:
    """Whether hexadecimal digits read like a fingerprint; `signed`: more than spaces and commas is between."""
    found = "".join(pieces)
    if not re.search("[a-f]", found):
        return False
    if len(found) >= _FINGERPRINT_DIGITS:
        return True
    least = 8 if signed or max(map(len, pieces)) >= 8 else 10 if all(len(piece) % 2 == 0 for piece in pieces) else 16
    return len(found) >= least and re.search(r"[a-f]\d+[a-f]", found) is not None


def _digit(letter: str) -> str:
    """A digit of whatever script as its Latin one; any other letter as it is."""
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)


def _check_no_key(name: str) -> None:
    # Fingerprints stand beside names, and whoever reads one in a name may take it for the key's.
    plain = unicodedata.normalize("NFKC", name)
    if _KEY.search(plain) or any(map(_are_of_a_fingerprint, _PAIRS.findall(plain))):
        raise ValueError("a name holds no key, nor what reads like a fingerprint")


def _are_of_a_fingerprint(run: str) -> bool:
    """Whether pairs with signs between read like some of a fingerprint: no letter that every keyboard has and that is
    none of it stands in them, and they are no times and numbers."""
    pairs = re.findall(r"[^\W_\u02d0\ua4fd]{2}", run.casefold())
    read = [
        "x" if _NO_HEX.search(pair.translate(_DRAWN_AS_DIGITS)) else "9" if pair.isdecimal() else "f" for pair in pairs
    ]
    return any(
        len(part) >= _ALL_PAIRS or ("f" in part and len(part) >= _FEW_PAIRS) for part in "".join(read).split("x")
    )


def _signature(text: canonical.Json) -> bytes:
    if not isinstance(text, str):
        raise ValueError("its signature is not a text")
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("its signature is not base64") from None
    if base64.b64encode(signature).decode() != text:
        raise ValueError("its signature is not written as base64 is")
    return signature


def _text_fields(value: canonical.Json, format_: str, names: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(value, dict) or value.get("format") != format_:
        raise ValueError(f"not a document of format {format_}")
    fields = members(value, ("format", *names))
    if not all(isinstance(item, str) for item in fields.values()):
        raise ValueError("a field is not a text")
    return fields


def _decrypt(path: Path, data: bytes, passphrase: str | None) -> bytes:
    if passphrase is None:
        raise Refusal(
            "key.passphrase",
            f"The key {path.name} is encrypted.",
            "No passphrase was given.",
            "Give the passphrase with which the key was made.",
        )
    try:
        return passphrases.decrypt(data, passphrase)
    except UnicodeEncodeError:
        raise _half(path) from None
    except passphrases.WrongPassphraseError:
        raise Refusal(
            "key.passphrase",
            f"The key {path.name} cannot be decrypted.",
            "The passphrase is wrong, or the file was altered.",
            "Try the passphrase again; if it is right, restore the file from its backup.",
        ) from None
    except ValueError as error:
        raise _unreadable(path, str(error)) from None


def _half(path: Path) -> Refusal:
    return Refusal(
        "key.passphrase",
        f"No key like {path.name} has such a passphrase.",
        "It holds half of a character, as bytes that are no UTF-8 become.",
        "Type it on a terminal, or set it in UTF-8.",
    )


def _unreadable(path: Path, why: str) -> Refusal:
    return Refusal(
        "key.unreadable",
        f"{path.name} is not a key of this workbench.",
        f"{why[:1].upper()}{why[1:]}.",
        "Name a `.key` or `.pub` file that the workbench wrote.",
    )
