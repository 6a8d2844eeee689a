"""Receipts: cosignatures that can be typed, and count for what they fit."""

from __future__ import annotations

import pytest

from casefiles.custody.receipt import Receipt, witness_name, witnessed
from casefiles.custody.witnessing import Request
from casefiles.log.checkpoint import COSIGNATURE, Checkpoint, key_id, origin_of
from casefiles.status import Refusal
from tests.casefiles.custody.asking import request
from tests.casefiles.logs import JUDGE, MATE, STRANGER, Log, small_log


def test_a_receipt_is_a_c2sp_cosignature() -> None:
    checkpoint = small_log().checkpoint(4)
    receipt = Receipt.sign(checkpoint, JUDGE, 1_679_315_147)
    name = "audit-workbench/witness/" + JUDGE.public.fingerprint.replace(":", "")
    assert witness_name(JUDGE.public) == name
    assert receipt.key_id == key_id(name, JUDGE.public.raw, COSIGNATURE)
    signed = b"cosignature/v1\ntime 1679315147\n" + checkpoint.body()
    assert JUDGE.public.verify(receipt.signature, signed)
    assert Receipt.parse(receipt.note()) == receipt
    text = receipt.note().decode()
    assert text.startswith(checkpoint.body().decode() + "\n\u2014 " + name + " ") and text.endswith("\n")


def test_codes_that_do_not_fit_are_refused() -> None:
    log = small_log()
    receipt = log.receipt(8)

    def code(text: str, witnesses: list[object], other: Log = log) -> str:
        def at(size: int) -> Checkpoint:
            if size > len(other.bodies):
                raise KeyError(size)
            return other.checkpoint(size)

        with pytest.raises(Refusal) as refused:
            Receipt.from_code(text, at, witnesses)  # type: ignore[arg-type]
        return refused.value.code

    assert code(receipt.code()[:-3], [JUDGE.public]) == "receipt.mistyped"
    assert code(request(log, 8).code(), [JUDGE.public]) == "receipt.mistyped"
    assert code(receipt.code(), [MATE.public]) == "receipt.unknown-witness"
    assert code(receipt.code(), [JUDGE.public], log.edited(3, ts_us=1)) == "receipt.signature"
    assert code(log.receipt(10).code(), [JUDGE.public], Log(log.bodies[:8])) == "receipt.cut"
    with pytest.raises(Refusal) as refused:
        Request.from_code(receipt.code())
    assert refused.value.code == "receipt.mistyped"


def test_witnessed_counts_what_fits_and_nothing_else() -> None:
    log = small_log()
    receipts = [
        log.receipt(4),
        log.receipt(8, key=MATE),
        log.receipt(10, key=STRANGER),
        log.edited(1, ts_us=1).receipt(9),
    ]

    def root_at(size: int) -> bytes | None:
        return log.checkpoint(size).root if size <= 10 else None

    assert witnessed(receipts, [JUDGE.public], root_at, log.origin) == 4
    assert witnessed(receipts, [JUDGE.public, MATE.public], root_at, log.origin) == 8
    assert witnessed(receipts, [], root_at, log.origin) == 0
    assert witnessed(receipts, [JUDGE.public], root_at, origin_of("0" * 32)) == 0
