"""The members of a document: what it needs is there, what is not known is refused, what came later is filled in."""

from __future__ import annotations

import pytest

from casefiles.custody import ticket
from casefiles.custody.ticket import Ticket
from casefiles.documents.reports import ReportClaims
from casefiles.files.members import members
from casefiles.status import Refusal
from tests.casefiles.logs import JUDGE, TICKET, full_log, report


def test_what_an_older_document_lacks_is_filled_in() -> None:
    assert members({"a": 1}, ("a",), {"b": None}) == {"a": 1, "b": None}
    assert members({"a": 1, "b": 2}, ("a",), {"b": None}) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], "not an object"),
        ({}, "the field a is missing"),
        ({"a": 1, "z": 2}, "the field z is not known here, a newer workbench may have written it"),
    ],
)
def test_anything_else_is_refused_in_words(value: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        members(value, ("a",), {"b": None})  # type: ignore[arg-type]


def test_a_report_of_a_newer_workbench_says_so_in_the_words_of_the_schema_too() -> None:
    log = full_log()
    assert ReportClaims.read(report(log), [log.key.public])
    with pytest.raises(Refusal) as refused:
        ReportClaims.read(report(log, reviewed_by=[]), [log.key.public])
    assert refused.value.code == "report.malformed"
    assert "reviewed_by" in refused.value.why and "a newer workbench may have written it" in refused.value.why


def test_a_ticket_of_a_newer_workbench_says_that_it_is_one() -> None:
    newer = {**TICKET.to_json(), "expires_at": 1}
    with pytest.raises(ValueError, match="expires_at is not known here"):
        Ticket.from_json(newer)
    data = ticket.envelope.sign(ticket.PAYLOAD_TYPE, ticket.canonical.encode(newer), [JUDGE])
    with pytest.raises(Refusal) as refused:
        ticket.read(data, JUDGE.public)
    assert refused.value.code == "ticket.malformed" and "newer workbench" in refused.value.why
