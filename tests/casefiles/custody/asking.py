"""What an auditor asks of a witness and hands in, and how it is refused."""

from __future__ import annotations

import pytest

from casefiles.custody.register import HandIn, Register
from casefiles.custody.witnessing import Request
from casefiles.log.ledger import leaf_hash
from casefiles.status import Refusal
from tests.casefiles.logs import Log


def request(log: Log, size: int, since: int = 0) -> Request:
    leaves = [leaf_hash(body) for body in log.bodies]
    checkpoint = log.checkpoint(size)
    return Request.of(checkpoint, checkpoint.sign(log.key), leaves, since)


def handed_in(log: Log, size: int | None = None, **more: object) -> HandIn:
    """A log as a judge takes note of it."""
    told = {"begun": log.checkpoint(1), "checkpoint": log.checkpoint(size or len(log.bodies)),
            "auditor": log.key.public, "root_at": lambda at: log.checkpoint(at).root}  # fmt: skip
    return HandIn(**told | more)  # type: ignore[arg-type]


def refusal(code: str, register: Register, asked: Request, **more: object) -> Refusal:
    before = register._path.read_bytes() if register._path.exists() else b""
    with pytest.raises(Refusal) as refused:
        register.witness(asked, now=9, **more)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert (register._path.read_bytes() if register._path.exists() else b"") == before
    return refused.value
