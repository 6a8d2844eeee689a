"""What an auditor asks of a witness, typed across the air gap, and what it must hold."""

from __future__ import annotations

from casefiles.custody.receipt import Receipt
from casefiles.custody.register import Register
from casefiles.custody.witnessing import Request
from tests.casefiles.custody.asking import refusal, request
from tests.casefiles.logs import JUDGE, MATE, TICKET, small_log


def test_a_log_is_witnessed_as_it_grows_over_typed_codes_alone(register: Register) -> None:
    log = small_log(pairs=40)
    since = 0
    for size in (1, 2, 7, 8, 33, 82):
        typed = request(log, size, since).code().lower().replace("\n", " ")
        receipt = register.witness(Request.from_code(typed), now=1_795_000_000 + size)
        back = Receipt.from_code(receipt.code(), log.checkpoint, [MATE.public, JUDGE.public])
        assert back == receipt and back.signed_by(JUDGE.public) and not back.signed_by(MATE.public)
        since = size
    known = register.known(log.origin)
    assert known is not None and known.last == log.checkpoint(82) and known.ticket_id == TICKET.ticket_id


def test_an_empty_log_and_a_proof_from_nowhere_are_not_witnessed(register: Register) -> None:
    log = small_log()
    refusal("receipt.inconsistent", register, request(log, 0))
    refusal("receipt.inconsistent", register, request(log, 8, since=4))
