"""What an auditor asks a witness: to countersign the log as it stands, with proof that it continues what they saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from casefiles.files import typeable
from casefiles.log.checkpoint import Checkpoint, origin_of, session_of
from casefiles.log.ledger import HASH_SIZE, consistency_proof, verify_consistency
from casefiles.status import Refusal

PREFIX: Final = "AWQ1"
_SIZE_BYTES: Final = 5
_HEAD_BYTES: Final = 16 + 2 * _SIZE_BYTES + HASH_SIZE + 64


@dataclass(frozen=True)
class Request:
    """A signed checkpoint, and a consistency proof from the size the witness saw last."""

    checkpoint: Checkpoint
    signature: bytes
    """The auditor's, as it stands in the log's last record."""
    since: int
    """The size the witness countersigned last; 0 the first time."""
    proof: tuple[bytes, ...]

    @classmethod
    def of(cls, checkpoint: Checkpoint, signature: bytes, leaves: Sequence[bytes], since: int) -> Self:
        """The request for a log with these leaves."""
        return cls(checkpoint, signature, since, consistency_proof(leaves[: checkpoint.size], since))

    def continues(self, before: Checkpoint) -> bool:
        """Whether the log that was seen before is proven to be a beginning of this one."""
        now = self.checkpoint
        return before.origin == now.origin and verify_consistency(
            before.size, now.size, self.proof, before.root, now.root
        )

    def code(self) -> str:
        """The request as a code to type or scan: about 40 groups, and 10 for each step of the proof."""
        checkpoint = self.checkpoint
        session = bytes.fromhex(session_of(checkpoint.origin))
        sizes = checkpoint.size.to_bytes(_SIZE_BYTES) + self.since.to_bytes(_SIZE_BYTES)
        payload = session + sizes + checkpoint.root + self.signature + b"".join(self.proof)
        return typeable.encode(PREFIX, payload)

    @classmethod
    def from_code(cls, text: str) -> Self:
        """The request of a typed code. Whether it is true is the register's to find out."""
        try:
            payload = typeable.decode(PREFIX, text)
            if len(payload) < _HEAD_BYTES or (len(payload) - _HEAD_BYTES) % HASH_SIZE:
                raise ValueError("the code is not as long as a request")
            head, tail = payload[:_HEAD_BYTES], payload[_HEAD_BYTES:]
            size, since = int.from_bytes(head[16:21]), int.from_bytes(head[21:26])
            checkpoint = Checkpoint(origin_of(head[:16].hex()), size, head[26:58])
            proof = tuple(tail[i : i + HASH_SIZE] for i in range(0, len(tail), HASH_SIZE))
            return cls(checkpoint, head[58:], since, proof)
        except ValueError as error:
            raise Refusal(
                "receipt.mistyped",
                "The request could not be read.",
                f"{str(error)[:1].upper()}{str(error)[1:]}.",
                "Compare the code with its source, line by line.",
            ) from None
