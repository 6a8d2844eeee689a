"""A small secret under a passphrase, as an age file whose cost of opening does not depend on who made it.

The file is age's own (age-encryption.org/v1, one scrypt stanza), so every age tool opens it. It is written and read
here because libraries choose scrypt's work factor by how fast the machine seems at that moment, and refuse a factor
that seems too much for the machine they run on: a key made on an idle machine would not open on a busy one.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

WORK_FACTOR: Final = 17
"""log2 of scrypt's N: 128 MiB and about half a second, as OWASP advises (Password Storage Cheat Sheet, scrypt)."""
MOST_WORK: Final = 22
"""The highest factor that is opened: 4 GiB, as in age's own tool."""
CAPACITY: Final = 64 * 1024
"""The longest secret, in bytes: one chunk of age's payload."""

_INTRO: Final = b"age-encryption.org/v1\n"
_LABEL: Final = b"age-encryption.org/v1/scrypt"
_B64: Final = rb"[A-Za-z0-9+/]"
_FILE: Final = re.compile(
    _INTRO + rb"-> scrypt (" + _B64 + rb"{22}) ([1-9][0-9]?)\n(" + _B64 + rb"{43})\n--- (" + _B64 + rb"{43})\n(.*)",
    re.DOTALL,
)
_NO_NONCE: Final = bytes(12)
_LAST_CHUNK: Final = bytes(11) + b"\x01"
_NONCE: Final = 16


class WrongPassphraseError(ValueError):
    """The passphrase does not open the file, or the file was altered."""


def encrypt(secret: bytes, passphrase: str, *, work_factor: int = WORK_FACTOR) -> bytes:
    """An age file that the passphrase opens, however its accents are typed."""
    if len(secret) > CAPACITY:
        raise ValueError(f"a secret has at most {CAPACITY} bytes")
    file_key, salt, nonce = (secrets.token_bytes(16) for _ in range(3))
    wrapped = ChaCha20Poly1305(_stretched(_spellings(passphrase)[0], salt, work_factor)).encrypt(
        _NO_NONCE, file_key, None
    )
    header = _INTRO + b"-> scrypt %b %d\n%b\n---" % (_base64(salt), work_factor, _base64(wrapped))
    mac = _mac(file_key, header).finalize()
    payload = ChaCha20Poly1305(_derived(file_key, nonce, b"payload")).encrypt(_LAST_CHUNK, secret, None)
    return header + b" " + _base64(mac) + b"\n" + nonce + payload


def decrypt(data: bytes, passphrase: str) -> bytes:
    """The secret. WrongPassphraseError if it does not open; ValueError says what is wrong with the file itself."""
    parts = _Parts.of(data)
    if parts.work_factor > MOST_WORK:
        raise ValueError(f"opening it takes 2^{parts.work_factor} steps of scrypt, and at most 2^{MOST_WORK} are taken")
    for spelling in _spellings(passphrase):
        try:
            return parts.opened(spelling)
        except (InvalidTag, InvalidSignature):
            continue
        except MemoryError:
            mib = 1 << parts.work_factor - 10
            raise ValueError(f"opening it takes {mib} MiB of memory, which is not free") from None
    raise WrongPassphraseError("the passphrase is wrong, or the file was altered")


def _spellings(passphrase: str) -> tuple[str, ...]:
    """A passphrase as keys are made with it; as it was typed, and as another keyboard sends the same letters, for files
    that were made otherwise."""
    forms = (unicodedata.normalize("NFC", passphrase), passphrase, unicodedata.normalize("NFD", passphrase))
    return tuple(dict.fromkeys(forms))


@dataclass(frozen=True)
class _Parts:
    """An age file with one scrypt stanza, taken apart."""

    header: bytes
    salt: bytes
    work_factor: int
    wrapped: bytes
    mac: bytes
    nonce: bytes
    payload: bytes

    @classmethod
    def of(cls, data: bytes) -> _Parts:
        found = _FILE.fullmatch(data)
        if found is None:
            raise ValueError("it is no age file under a passphrase")
        salt, factor, wrapped, mac, rest = found.groups()
        header = data[: found.start(4) - 1]
        decoded = (_bytes(salt), int(factor), _bytes(wrapped), _bytes(mac))
        return cls(header, *decoded, rest[:_NONCE], rest[_NONCE:])

    def opened(self, passphrase: str) -> bytes:
        """The secret; InvalidTag or InvalidSignature if this very spelling does not open it."""
        stretched = _stretched(passphrase, self.salt, self.work_factor)
        file_key = ChaCha20Poly1305(stretched).decrypt(_NO_NONCE, self.wrapped, None)
        _mac(file_key, self.header).verify(self.mac)
        key = _derived(file_key, self.nonce, b"payload")
        return ChaCha20Poly1305(key).decrypt(_LAST_CHUNK, self.payload, None)


def _stretched(passphrase: str, salt: bytes, work_factor: int) -> bytes:
    return Scrypt(_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(passphrase.encode())


def _derived(file_key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt or None, info=purpose).derive(file_key)


def _mac(file_key: bytes, header: bytes) -> HMAC:
    mac = HMAC(_derived(file_key, b"", b"header"), SHA256())
    mac.update(header)
    return mac


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("its base64 is malformed") from None
    if _base64(data) != text:
        raise ValueError("its base64 is not in its one canonical spelling")
    return data
