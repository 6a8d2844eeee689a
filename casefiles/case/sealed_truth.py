"""The sealed ground truth: committed to before the audit, opened after it, and silent about itself in between.

The attacker commits to SHA-256("gt-v1" ‖ nonce ‖ plaintext); the nonce stays inside the seal, so that nobody can test
guesses against the commitment. age hides contents but not length, and whether there is much to hide is the very
question of the game: every ground truth is padded to one and the same size.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from casefiles.keys.identity import Recipient, SealingKey
from casefiles.status import Refusal

SIZE: Final = 256 * 1024
"""Bytes of every sealed plaintext, whatever it says. (A truth of fifty prompts takes some 16 KiB.)"""
EARLIER_SIZES: Final = tuple(4096 * 4**step for step in range(7))
"""What version 0.1.0 padded to, the least that held the plaintext: such cases open, but are accepted no more."""

_DOMAIN: Final = b"gt-v1"
_NONCE: Final = 32
_LENGTH: Final = 8
_HEADER: Final = _NONCE + _LENGTH
CAPACITY: Final = SIZE - _HEADER
"""The longest ground truth, in bytes."""
CIPHERTEXT_LIMIT: Final = EARLIER_SIZES[-1] + 64 * 1024
"""No sealed ground truth is longer, in bytes: age adds a header and 16 bytes for each 64 KiB."""
_SIGN: Final = rb"[A-Za-z0-9+/]"
_HEADER_TEXT: Final = re.compile(
    rb"age-encryption\.org/v1\n"
    rb"-> X25519 " + _SIGN + rb"{43}\n" + _SIGN + rb"{43}\n"
    rb"(?:-> (?P<words>[!-~]{1,8}-grease(?: [!-~]{1,8}){0,4})\n"
    rb"(?P<body>(?:" + _SIGN + rb"{64}\n){0,2}" + _SIGN + rb"{0,63}\n))?"
    rb"--- " + _SIGN + rb"{43}\n"
)  # fmt: skip
"""The header of an age file (C2SP, age.md) that is encrypted to one key, and beside that says no more than the library
does, which puts some random words there so that readers stay able to pass over them."""


@dataclass(frozen=True)
class SealedTruth:
    """A ground truth that only the judge can open, and what binds it."""

    ciphertext: bytes
    commitment: str
    """Hex SHA-256 over domain, nonce and plaintext."""
    ciphertext_sha256: str


@dataclass(frozen=True)
class Opening:
    """An opened ground truth: whoever holds both parts can check the commitment."""

    nonce: bytes
    plaintext: bytes
    size: int = SIZE
    """Bytes it was padded to."""

    @property
    def tells_its_length(self) -> bool:
        """Whether anybody who sees the case learns something of how long the truth is."""
        return self.size != SIZE

    @property
    def commitment(self) -> str:
        return hashlib.sha256(_DOMAIN + self.nonce + self.plaintext).hexdigest()


def seal(plaintext: bytes, recipient: Recipient) -> SealedTruth:
    """Commit to a ground truth, pad it and encrypt it to the judge."""
    if len(plaintext) > CAPACITY:
        raise Refusal(
            "input.invalid",
            "The ground truth is too long to be sealed.",
            f"It has {len(plaintext)} bytes; at most {CAPACITY} fit.",
            "Shorten whatever takes the most of it.",
        )
    nonce = secrets.token_bytes(_NONCE)
    inner = nonce + len(plaintext).to_bytes(_LENGTH, "big") + plaintext
    ciphertext = recipient.encrypt(inner.ljust(SIZE, b"\0"))
    return SealedTruth(ciphertext, Opening(nonce, plaintext).commitment, hashlib.sha256(ciphertext).hexdigest())


def unseal(ciphertext: bytes, key: SealingKey, commitment: str) -> bytes:
    """Open a sealed ground truth and check it against its commitment."""
    return reveal(ciphertext, key, commitment).plaintext


def reveal(ciphertext: bytes, key: SealingKey, commitment: str) -> Opening:
    """Open a sealed ground truth, check it against its commitment and keep the nonce."""
    if len(ciphertext) > CIPHERTEXT_LIMIT:
        raise _broken("it is longer than any ground truth can be")
    try:
        inner = key.decrypt(ciphertext)
    except ValueError:
        raise Refusal(
            "case.truth-unopenable",
            "The sealed ground truth cannot be opened with this key.",
            "It was encrypted to another recipient, or it was altered.",
            "Use the key of the judge for whom the case was sealed; if this is it, ask the attacker to seal again.",
        ) from None
    if _HEADER_TEXT.match(ciphertext) is None:
        raise _broken("it is encrypted to others beside the judge, or has a text beside what is encrypted")
    nonce, rest = inner[:_NONCE], inner[_HEADER:]
    length = int.from_bytes(inner[_NONCE:_HEADER], "big")
    plaintext, padding = rest[:length], rest[length:]
    # Nothing but zeros, and no more of them than there must be: no room to hide something beside what was committed to.
    padded_to = (SIZE, _earlier_size(_HEADER + length))
    if len(inner) < _HEADER or length > len(rest) or len(inner) not in padded_to or any(padding):
        raise _broken("it is not padded as a ground truth is")
    opening = Opening(nonce, plaintext, len(inner))
    if not hmac.compare_digest(opening.commitment, commitment):
        raise _broken("what is inside is not what was committed to")
    return opening


def words_beside(ciphertext: bytes) -> tuple[str, ...]:
    """What stands beside the judge's part of a seal's header, where anybody reads it."""
    header = _HEADER_TEXT.match(ciphertext)
    if header is None or header["words"] is None:
        return ()
    body = header["body"].replace(b"\n", b"")
    hidden = base64.b64decode(body + b"=" * (-len(body) % 4)) if len(body) % 4 != 1 else b""
    return header["words"].decode("ascii"), hidden.decode("latin-1")


def _earlier_size(length: int) -> int:
    return next((size for size in EARLIER_SIZES if size >= length), -1)


def _broken(why: str) -> Refusal:
    return Refusal(
        "case.truth",
        "The sealed ground truth does not hold.",
        f"{why[:1].upper()}{why[1:]}.",
        "Do not use this case; ask the attacker to seal it again.",
    )
