"""Receipts cross the gap as short codes, count only where they fit, and each witness is asked from what they saw."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from casefiles.custody.register import Register
from casefiles.custody.witnessing import Request
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.door.session import Session
from workbench.log.custody import as_witness


def ask(session: Session, witness: Identity, register: Path) -> str:
    """One round trip: the code out, the receipt back."""
    known = None if witness.public == session.case.manifest.judge else witness.public
    request = Request.from_code(session.custody.request(known))
    receipt = Register(register, witness.signing).witness(
        request, now=1_700_000_000, auditor=session.auditor.public.verify
    )
    return receipt.code()


def test_a_receipt_says_how_far_the_log_is_witnessed(session: Session, judge: Identity, tmp_path: Path) -> None:
    assert session.custody.witnessed == 0
    session.note("seen")
    session.custody.take(ask(session, judge, tmp_path / "r"))
    session.note("not seen")
    assert (session.custody.witnessed, session.log.size) == (2, 3)
    assert session.custody.by == (f"the case's judge “{judge.name}” ({judge.public.fingerprint})",)


def test_two_witnesses_are_each_asked_from_what_they_saw_last(
    session: Session, judge: Identity, tmp_path: Path
) -> None:
    mate = Identity.generate("Mate")
    session.custody.take(ask(session, judge, tmp_path / "judge"))
    session.note("more")
    session.custody.take(ask(session, mate, tmp_path / "mate"), mate.public)
    session.note("and more")
    session.custody.take(ask(session, mate, tmp_path / "mate"))
    session.custody.take(ask(session, judge, tmp_path / "judge"))
    assert session.custody.witnessed == 3
    assert session.custody.by == (
        f"the case's judge “{judge.name}” ({judge.public.fingerprint})",
        f"a key that the auditor named, “Mate” ({mate.public.fingerprint})",
    )


def test_a_key_with_the_name_of_the_judge_is_told_from_the_judge(
    session: Session, judge: Identity, tmp_path: Path
) -> None:
    """Whoever asks the judge once and a key of their own ever after has nobody believe that the judge saw it all."""
    session.custody.take(ask(session, judge, tmp_path / "judge"))
    session.note("more")
    own = Identity.generate(judge.name)
    session.custody.take(ask(session, own, tmp_path / "own"), own.public)
    assert session.custody.witnessed == 2
    assert session.custody.by == (
        f"the case's judge “{judge.name}” ({judge.public.fingerprint}) to 1",
        f"a key that the auditor named, “{judge.name}” ({own.public.fingerprint})",
    )


def test_a_name_does_not_close_its_quotation_and_tell_of_another_witness(judge: Identity) -> None:
    """Nobody is given such a name; whoever makes the file by hand is still told of as one."""
    mate = replace(judge.public, name="my notes”, the case's judge “Demo judge", signature=None)
    told = as_witness(mate, Identity.generate("Judge").public.verify, "the auditor")
    assert told == f"a key that the auditor named, “my notes’, the case's judge ‘Demo judge” ({mate.fingerprint})"


def test_a_request_is_since_what_the_witness_says_they_saw(session: Session, judge: Identity, tmp_path: Path) -> None:
    ask(session, judge, tmp_path / "r")  # nothing comes back
    session.note("more")
    with pytest.raises(Refusal) as refused:
        ask(session, judge, tmp_path / "r")
    assert refused.value.code == "receipt.inconsistent"
    request = Request.from_code(session.custody.request(since=1))
    session.custody.take(Register(tmp_path / "r", judge.signing).witness(request, now=1).code())
    assert session.custody.witnessed == 2
    for beyond in (3, -1):
        with pytest.raises(Refusal, match="The log has 2 records") as refused:
            session.custody.request(since=beyond)
        assert refused.value.code == "input.invalid"


def test_a_mistyped_receipt_and_one_by_a_stranger_are_refused(
    session: Session, judge: Identity, tmp_path: Path
) -> None:
    code = ask(session, judge, tmp_path / "r")
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    with pytest.raises(Refusal) as refused:
        session.custody.take(wrong)
    assert refused.value.code == "receipt.mistyped"
    stranger = Identity.generate("Stranger")
    with pytest.raises(Refusal) as refused:
        session.custody.take(ask(session, stranger, tmp_path / "s"))
    assert refused.value.code == "receipt.unknown-witness"
    assert session.custody.notes == ()


def test_a_witness_refuses_a_log_that_was_cut_after_they_saw_it(
    session: Session, judge: Identity, tmp_path: Path
) -> None:
    early = Request.from_code(session.custody.request())
    session.note("seen by the judge")
    ask(session, judge, tmp_path / "r")
    with pytest.raises(Refusal) as refused:
        Register(tmp_path / "r", judge.signing).witness(early, now=1, auditor=session.auditor.public.verify)
    assert refused.value.code.startswith("receipt.")


@pytest.mark.parametrize(
    ("kind", "code"), [("garbage", "receipt.malformed"), ("pipe", "io.failed"), ("folder", "io.failed")]
)
def test_what_lies_among_the_receipts_and_is_none_is_refused(
    session: Session, judge: Identity, tmp_path: Path, kind: str, code: str
) -> None:
    session.custody.take(ask(session, judge, tmp_path / "r"))
    stray = session.folder / "receipts" / "x.note"
    {"garbage": lambda: stray.write_bytes(b"garbage"), "pipe": lambda: os.mkfifo(stray), "folder": stray.mkdir}[kind]()
    with pytest.raises(Refusal) as refused:
        session.custody.request()
    assert refused.value.code == code and "x.note" in refused.value.what
