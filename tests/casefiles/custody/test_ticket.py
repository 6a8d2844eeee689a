"""Tickets: for one case, one auditor, one session."""

from __future__ import annotations

from hashlib import sha256

import pytest

from casefiles.custody import ticket
from casefiles.custody.ticket import Ticket
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.status import Refusal
from tests.casefiles.logs import AUDITOR, CASE, JUDGE, OTHER_CASE, STRANGER, TICKET


def test_an_issued_ticket_admits_its_auditor_to_its_case() -> None:
    data = ticket.issue(CASE, AUDITOR.public, JUDGE, now=7)
    found = Ticket.admit(data, JUDGE.public, CASE, AUDITOR.public)
    assert (found.case_digest, found.auditor, found.issued_at) == (CASE, AUDITOR.public, 7)
    assert ticket.read(data, JUDGE.public) == ticket.read(data, None) == found


def test_no_two_tickets_are_the_same() -> None:
    first, second = (ticket.read(ticket.issue(CASE, AUDITOR.public, JUDGE, now=7), None) for _ in range(2))
    assert first.session_id != second.session_id


def test_the_session_follows_from_ticket_and_auditor() -> None:
    seed = b"session-v1" + bytes.fromhex("ab" * 16) + AUDITOR.public.raw
    assert TICKET.session_id == sha256(seed).hexdigest()[:32]


@pytest.mark.parametrize(
    ("judge", "case", "auditor", "code"),
    [
        (STRANGER, CASE, AUDITOR, "envelope.foreign-key"),
        (JUDGE, OTHER_CASE, AUDITOR, "ticket.other-case"),
        (JUDGE, CASE, STRANGER, "ticket.other-auditor"),
    ],
)
def test_it_admits_nobody_else(judge, case, auditor, code) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refusal) as refused:
        Ticket.admit(ticket.seal(TICKET, JUDGE), judge.public, case, auditor.public)
    assert refused.value.code == code
    assert refused.value.what == "The session ticket cannot be used."
    assert (JUDGE.public.fingerprint in refused.value.why) is (judge is STRANGER)


@pytest.mark.parametrize(
    "changes",
    [{"format": "audit-workbench/ticket/2"}, {"ticket_id": "AB" * 16}, {"ticket_id": 1}, {"case": "ab"}, {"case": None},
     {"auditor": "ed25519:"}, {"auditor": 5}, {"issued_at": -1}, {"issued_at": True}, {"issued_at": 1.5}, {"more": 1}],
)  # fmt: skip
def test_a_malformed_ticket_is_refused_though_the_judge_signed_it(changes: dict[str, canonical.Json]) -> None:
    payload = canonical.encode({**TICKET.to_json(), **changes})
    with pytest.raises(Refusal) as refused:
        ticket.read(envelope.sign(ticket.PAYLOAD_TYPE, payload, [JUDGE]), JUDGE.public)
    assert refused.value.code == "ticket.malformed"
