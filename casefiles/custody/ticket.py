"""The judge's leave to audit one case once: a signed, single-use session ticket.

A hash chain does not bind its own author, who can start over until the log pleases. The id of a ticketed session
follows from the ticket and the auditor's key, so all logs begun under one ticket claim the same origin, and the
judge's register (register.py) tells a second one from the first.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from casefiles import clock
from casefiles.files import canonical
from casefiles.files.members import members
from casefiles.keys import envelope
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.status import STATUS, Refusal

PAYLOAD_TYPE: Final = "application/vnd.audit-workbench.ticket+json"
FORMAT: Final = "audit-workbench/ticket/1"
_FIELDS: Final = frozenset({"format", "ticket_id", "case", "auditor", "issued_at"})


@dataclass(frozen=True)
class Ticket:
    """What a judge allows: one session of one auditor on one case."""

    ticket_id: str
    """32 hexadecimal digits drawn at random by the judge."""
    case_digest: str
    auditor: VerifyKey
    issued_at: int
    """Seconds since the epoch, UTC, by the judge's clock."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{32}", self.ticket_id) or not re.fullmatch(r"[0-9a-f]{64}", self.case_digest):
            raise ValueError("ticket_id has 32 hexadecimal digits and case 64")
        if not 0 <= self.issued_at <= canonical.SAFE_INTEGER:
            raise ValueError("issued_at is a number of seconds since the epoch")

    @property
    def session_id(self) -> str:
        """The id of the one session that may be held under this ticket."""
        return sha256(b"session-v1" + bytes.fromhex(self.ticket_id) + self.auditor.raw).digest()[:16].hex()

    def to_json(self) -> dict[str, str | int]:
        return {
            "format": FORMAT,
            "ticket_id": self.ticket_id,
            "case": self.case_digest,
            "auditor": self.auditor.text,
            "issued_at": self.issued_at,
        }

    @classmethod
    def from_json(cls, value: canonical.Json) -> Self:
        """The ticket of a JSON object; ValueError says what is wrong with it."""
        said = members(value, _FIELDS)
        if said["format"] != FORMAT:
            raise ValueError("not a session ticket")
        ticket_id, case, auditor, issued = (said[name] for name in ("ticket_id", "case", "auditor", "issued_at"))
        if not (isinstance(ticket_id, str) and isinstance(case, str) and isinstance(auditor, str)):
            raise ValueError("a field of the ticket is not a text")
        if not isinstance(issued, int) or isinstance(issued, bool):
            raise ValueError("issued_at is not an integer")
        return cls(ticket_id, case, VerifyKey.parse(auditor), issued)

    @classmethod
    def admit(cls, data: bytes, judge: VerifyKey, case_digest: str, auditor: VerifyKey) -> Self:
        """The ticket, if it lets this auditor audit this case; Refusal otherwise."""
        try:
            ticket = cls._read(data, (judge,))
        except Refusal as refusal:
            if refusal.code != "envelope.foreign-key":
                raise
            why = f"It is not by the judge whom the case names ({judge.fingerprint}). {refusal.why}"
            told = "Ask that judge for a ticket for this case."
            raise Refusal(refusal.code, "The session ticket cannot be used.", why, told) from None
        if ticket.case_digest != case_digest:
            raise refused("ticket.other-case", "Ask the judge for a ticket for this case.")
        if ticket.auditor != auditor:
            raise refused("ticket.other-auditor", "Use the key the ticket was issued to, or ask for one for yours.")
        return ticket

    @classmethod
    def _read(cls, data: bytes, trusted: Sequence[VerifyKey] | None) -> Self:
        payload = envelope.read(data, PAYLOAD_TYPE, trusted=trusted).payload
        try:
            return cls.from_json(canonical.decode_canonical(payload))
        except ValueError as error:
            raise refused("ticket.malformed", "Ask the judge for a new ticket.", str(error)) from None


def issue(case_digest: str, auditor: VerifyKey, judge: SigningKey, *, now: int | None = None) -> bytes:
    """A new signed ticket. The judge's register should take note of it (`Register.issued`)."""
    ticket = Ticket(secrets.token_hex(16), case_digest, auditor, clock.seconds() if now is None else now)
    return seal(ticket, judge)


def seal(ticket: Ticket, judge: SigningKey) -> bytes:
    """The signed form of a ticket."""
    return envelope.sign(PAYLOAD_TYPE, canonical.encode(ticket.to_json()), [judge])


def read(data: bytes, judge: VerifyKey | None) -> Ticket:
    """The ticket of a signed document; with `judge=None` its integrity alone is checked."""
    return Ticket._read(data, None if judge is None else (judge,))


def verified(data: bytes, judge: VerifyKey | None) -> Ticket:
    """The same as `read`, for verification: whatever is wrong has a code of its own."""
    try:
        return read(data, judge)
    except Refusal as refusal:
        codes = {"envelope.foreign-key": "ticket.other-judge", "envelope.signature": "ticket.signature"}
        code = codes.get(refusal.code, "ticket.malformed")
        raise refused(code, "Ask the judge for the ticket as it was issued.", refusal.why.rstrip(".")) from None


def refused(code: str, try_this: str, why: str | None = None) -> Refusal:
    return Refusal(code, "The session ticket cannot be used.", f"{why}." if why else STATUS[code], try_this)
