"""What a witness gives back: a countersignature over a log's checkpoint, after checking that nothing before it changed.

A receipt is a C2SP cosignature (tlog-cosignature, v1): Ed25519 over `cosignature/v1`, the witness' time and the
checkpoint's text. Kept in a file it is a signed note; across the air gap it is a short code that leaves out what the
auditor's own log knows, namely origin and root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Self

from casefiles.files import typeable
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.log.checkpoint import COSIGNATURE, Checkpoint, NoteSignature, SignedNote, key_id, parse
from casefiles.status import STATUS, Refusal

PREFIX: Final = "AWR1"
WITNESS_PREFIX: Final = "audit-workbench/witness/"
_SIZE_BYTES: Final = 5
_TIME_BYTES: Final = 5
_CODE_BYTES: Final = _SIZE_BYTES + _TIME_BYTES + 4 + 64


def witness_name(key: VerifyKey) -> str:
    """The name under which a key witnesses: it follows from the key, so that nobody has to agree on it."""
    return WITNESS_PREFIX + key.fingerprint.replace(":", "")


def witness_id(key: VerifyKey) -> bytes:
    """The four bytes by which a receipt names its witness' key."""
    return key_id(witness_name(key), key.raw, COSIGNATURE)


@dataclass(frozen=True)
class Receipt:
    """One witness' word that at `time` the log had this size and root and continued what they had seen before."""

    checkpoint: Checkpoint
    witness: str
    key_id: bytes
    time: int
    """Seconds since the epoch, UTC, by the witness' clock."""
    signature: bytes

    @classmethod
    def sign(cls, checkpoint: Checkpoint, key: SigningKey, time: int) -> Self:
        """Countersign. Only `Register.witness` should: it checks the log's history first."""
        public = key.public
        signature = key.sign(_signed_text(checkpoint, time))
        return cls(checkpoint, witness_name(public), witness_id(public), time, signature)

    def signed_by(self, key: VerifyKey) -> bool:
        """Whether this is the valid receipt of that witness."""
        if (self.witness, self.key_id) != (witness_name(key), witness_id(key)):
            return False
        return key.verify(self.signature, _signed_text(self.checkpoint, self.time))

    def names(self, key: VerifyKey) -> bool:
        """Whether the receipt says it is by that witness, valid or not."""
        return (self.witness, self.key_id) == (witness_name(key), witness_id(key))

    def note(self) -> bytes:
        """The receipt as a signed note, for a file."""
        blob = self.time.to_bytes(8) + self.signature
        return SignedNote(self.checkpoint, (NoteSignature(self.witness, self.key_id, blob),)).text()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The receipt of a signed note, not yet verified; ValueError if it is not exactly one."""
        note = parse(data)
        if len(note.signatures) != 1:
            raise ValueError("a receipt has one signature")
        line = note.signatures[0]
        if len(line.signature) != 8 + 64 or not line.name.startswith(WITNESS_PREFIX):
            raise ValueError("the signature is not a witness' cosignature")
        time = int.from_bytes(line.signature[:8])
        if time >= 1 << 8 * _TIME_BYTES:
            raise ValueError("the time of the receipt is out of range")
        return cls(note.checkpoint, line.name, line.key_id, time, line.signature[8:])

    def code(self) -> str:
        """The receipt as a short code that a person can type into the auditor's machine."""
        size, time = self.checkpoint.size.to_bytes(_SIZE_BYTES), self.time.to_bytes(_TIME_BYTES)
        return typeable.encode(PREFIX, size + time + self.key_id + self.signature)

    @classmethod
    def from_code(cls, text: str, checkpoint_at: Callable[[int], Checkpoint], witnesses: Iterable[VerifyKey]) -> Self:
        """The receipt of a typed code, checked against the own log and the witnesses known here.

        `checkpoint_at` gives the log's checkpoint at a size, and raises KeyError beyond its end.
        """
        told = ReceiptCode.parse(text)
        known = [witness for witness in witnesses if witness_id(witness) == told.key_id]
        if not known:
            raise _refused("receipt.unknown-witness", None, "Name the public key of whoever gave the receipt.")
        try:
            checkpoint = checkpoint_at(told.size)
        except KeyError:
            why = f"It speaks of {told.size} records."
            raise _refused("receipt.cut", why, "Check that the receipt is for this session.") from None
        for witness in known:
            receipt = cls(checkpoint, witness_name(witness), told.key_id, told.time, told.signature)
            if receipt.signed_by(witness):
                return receipt
        raise _refused(
            "receipt.signature",
            "It belongs to another log, or to another history of this one.",
            "Check that the receipt is for this session.",
        )


@dataclass(frozen=True)
class ReceiptCode:
    """What a receipt's code says by itself: of which log, only that log's owner knows."""

    size: int
    time: int
    key_id: bytes
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a typed code. Raises Refusal if it is mistyped."""
        try:
            payload = typeable.decode(PREFIX, text)
            if len(payload) != _CODE_BYTES:
                raise ValueError("the code is not as long as a receipt")
        except ValueError as error:
            raise _refused("receipt.mistyped", f"{error}.", "Compare the code with its source, line by line.") from None
        time_at, key_at = _SIZE_BYTES, _SIZE_BYTES + _TIME_BYTES
        size, time = int.from_bytes(payload[:time_at]), int.from_bytes(payload[time_at:key_at])
        return cls(size, time, payload[key_at : key_at + 4], payload[key_at + 4 :])


def witnessed(
    receipts: Iterable[Receipt], witnesses: Iterable[VerifyKey], root_at: Callable[[int], bytes | None], origin: str
) -> int:
    """How many records of a log are vouched for: the N of "witnessed to N of M".

    A receipt counts if it is by one of the witnesses and fits the log; `root_at` gives the root at a size, or None
    beyond the end.
    """
    known = tuple(witnesses)
    return max(
        (
            receipt.checkpoint.size
            for receipt in receipts
            if receipt.checkpoint.origin == origin
            and receipt.checkpoint.root == root_at(receipt.checkpoint.size)
            and any(receipt.signed_by(key) for key in known)
        ),
        default=0,
    )


def _signed_text(checkpoint: Checkpoint, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n".encode() + checkpoint.body()


def _refused(code: str, why: str | None, try_this: str) -> Refusal:
    why = f"{why[:1].upper()}{why[1:]}" if why else STATUS[code]
    return Refusal(code, "The receipt was not taken.", why, try_this)
