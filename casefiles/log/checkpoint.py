"""Checkpoints: a ledger's size and root as a C2SP tlog-checkpoint, signed as a C2SP signed note.

A note is its text, an empty line, and a signature line `— name base64(key id‖signature)` for each signer. The key id is
the first four bytes of SHA-256(name‖0x0A‖type‖public key); type 0x01 is Ed25519 over the text, 0x04 is a witness'
cosignature (see receipt.py). One text has exactly one encoding here, so that a changed bit is a refused file.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from casefiles.log.ledger import HASH_SIZE

if TYPE_CHECKING:
    from casefiles.keys.identity import SigningKey, VerifyKey

ORIGIN_PREFIX: Final = "audit-workbench/"
ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
_DASH: Final = "\u2014 "
_SIZE_LIMIT: Final = 2**53


def origin_of(session: str) -> str:
    """The origin line of the log of one session."""
    return ORIGIN_PREFIX + session


def session_of(origin: str) -> str:
    """The session whose log has this origin; ValueError if it is not one of ours."""
    session = origin.removeprefix(ORIGIN_PREFIX)
    if origin_of(session) != origin or not re.fullmatch(r"[0-9a-f]{32}", session):
        raise ValueError(f"{origin!r} is not the origin of an audit log")
    return session


def key_id(name: str, raw_key: bytes, algorithm: int = ED25519) -> bytes:
    """The four bytes that name a key in a signed note."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + raw_key).digest()[:4]


@dataclass(frozen=True)
class Checkpoint:
    """The state of one log: its origin, how many records it holds, and the root over them."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.origin):
            raise ValueError(f"{self.origin!r} cannot be the origin of a checkpoint")
        if not 0 <= self.size < _SIZE_LIMIT or len(self.root) != HASH_SIZE:
            raise ValueError("a checkpoint has a size below 2^53 and a root of 32 bytes")

    def body(self) -> bytes:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()

    def sign(self, key: SigningKey) -> bytes:
        """The 64 bytes of an Ed25519 signature over the text."""
        return key.sign(self.body())

    def verify(self, signature: bytes, key: VerifyKey) -> bool:
        """Whether `signature` is this checkpoint's by `key`."""
        return key.verify(signature, self.body())

    @classmethod
    def from_body(cls, body: bytes) -> Checkpoint:
        """Parse the text strictly; ValueError for any other spelling of it."""
        lines = body.decode("utf-8").split("\n")
        if len(lines) != 4 or lines[3]:
            raise ValueError("a checkpoint has three lines")
        if not (lines[1].isascii() and lines[1].isdigit() and len(lines[1]) <= 16):
            raise ValueError("the size of a checkpoint is a decimal number")
        checkpoint = cls(lines[0], int(lines[1]), _unbase64(lines[2]))
        if checkpoint.body() != body:
            raise ValueError("the checkpoint is not in its one spelling")
        return checkpoint


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: who it says signed, the id of their key, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True)
class SignedNote:
    """A checkpoint and the signature lines under it, not yet verified."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def text(self) -> bytes:
        return self.checkpoint.body() + b"\n" + "".join(line.line() for line in self.signatures).encode()

    def signature_by(self, name: str, key: VerifyKey) -> bytes | None:
        """The valid Ed25519 signature of `key` under `name`, or None."""
        wanted = key_id(name, key.raw)
        for line in self.signatures:
            if (line.name, line.key_id) == (name, wanted) and self.checkpoint.verify(line.signature, key):
                return line.signature
        return None


def note(checkpoint: Checkpoint, name: str, key: VerifyKey, signature: bytes) -> bytes:
    """A signed note with one Ed25519 signature, made from a signature that already exists."""
    if not _is_name(name):
        raise ValueError(f"{name!r} cannot name a key")
    return SignedNote(checkpoint, (NoteSignature(name, key_id(name, key.raw), signature),)).text()


def parse(text: bytes) -> SignedNote:
    """Parse a signed note strictly; ValueError for anything but its one spelling."""
    body, separator, tail = text.partition(b"\n\n")
    if not separator:
        raise ValueError("a signed note has an empty line before its signatures")
    lines = tail.decode("utf-8").split("\n")
    if lines.pop() or not lines:
        raise ValueError("a signed note ends with a signature line")
    parsed = SignedNote(Checkpoint.from_body(body + b"\n"), tuple(_signature(line) for line in lines))
    if parsed.text() != text:
        raise ValueError("the note is not in its one spelling")
    return parsed


def _signature(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        raise ValueError("a signature line starts with an em dash")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    blob = _unbase64(encoded)
    if not space or not _is_name(name) or len(blob) <= 4:
        raise ValueError("a signature line is a name and base64")
    return NoteSignature(name, blob[:4], blob[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and name.isprintable() and not any(c.isspace() for c in name)


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("malformed base64") from error
