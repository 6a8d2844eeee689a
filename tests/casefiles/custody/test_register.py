"""Witnessing across the air gap: requests, receipts, and the register that remembers."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from casefiles.custody import register as custody
from casefiles.custody.receipt import Receipt
from casefiles.custody.register import LARGEST, Register
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from tests.casefiles.custody.asking import handed_in, refusal, request
from tests.casefiles.logs import AUDITOR, JUDGE, STRANGER, TICKET, small_log


def test_a_receipt_is_short_enough_to_type(register: Register) -> None:
    code = register.witness(request(small_log(), 10), now=1).code()
    assert len(code.split("\n")) == 5 and len(code.replace("\n", "").replace("-", "")) < 140


def test_asking_again_gives_the_receipt_again(register: Register) -> None:
    log = small_log()
    first = register.witness(request(log, 8), now=1)
    size = register._path.stat().st_size
    assert register.witness(request(log, 8), now=1) == first
    assert register.witness(request(log, 8, since=8), now=2).checkpoint == first.checkpoint
    assert register._path.stat().st_size == size


def test_an_older_or_rewritten_log_is_not_witnessed(register: Register) -> None:
    log = small_log()
    register.witness(request(log, 8), now=1)
    refusal("receipt.older", register, request(log, 6))
    refusal("receipt.inconsistent", register, request(log, 10))  # no proof since 8
    other = log.edited(3, ts_us=1)
    refusal("receipt.inconsistent", register, request(other, 8, since=8))
    refusal("receipt.inconsistent", register, request(other, 10, since=8))
    assert register.witness(request(log, 10, since=8), now=2).checkpoint == log.checkpoint(10)


@pytest.mark.parametrize("judged", [False, True])
def test_a_receipt_that_never_came_back_is_given_again(register: Register, judged: bool) -> None:
    """It says what the lost one said, at a later time; to whoever keeps another history it is none. For a log that was
    handed in there was none before."""
    log = small_log()
    register.received(handed_in(log, 8)) if judged else register.witness(request(log, 8), now=1)
    told = refusal("receipt.inconsistent", register, request(log, 10)).try_this
    assert "since record 8" in told and "custody request DIR --since 8" in told
    code = told[told.index("AWR1") :].rstrip("`.")
    receipt = Receipt.from_code(code, log.checkpoint, [JUDGE.public])
    assert (receipt.checkpoint, receipt.time) == (log.checkpoint(8), 9) and receipt.signed_by(JUDGE.public)
    with pytest.raises(Refusal) as refused:
        Receipt.from_code(code, log.edited(3, ts_us=1).checkpoint, [JUDGE.public])
    assert refused.value.code == "receipt.signature"
    beyond = refusal("receipt.inconsistent", register, request(log, 10, since=9)).try_this
    assert "since record 8" in beyond and "AWR1" not in beyond, "whoever has a later receipt needs none of these"
    forked = refusal("receipt.inconsistent", register, request(log.edited(3, ts_us=1), 10, since=8)).try_this
    assert "AWR1" not in forked
    assert register.witness(request(log, 10, since=8), now=10).checkpoint == log.checkpoint(10)


def test_only_the_auditor_can_ask(register: Register) -> None:
    log = small_log()
    log.key = STRANGER
    refusal("checkpoint.signature", register, request(log, 8))
    refusal("ticket.other-auditor", register, request(log, 8), auditor=STRANGER.public)


def test_a_log_without_a_ticket_needs_its_auditors_key_once(register: Register) -> None:
    log = small_log()
    log.session = "5" * 32
    refusal("receipt.unknown-log", register, request(log, 4))
    refusal("checkpoint.signature", register, request(log, 4), auditor=STRANGER.public)
    register.witness(request(log, 4), now=1, auditor=AUDITOR.public)
    register.witness(request(log, 8, since=4), now=2)


def test_two_logs_under_one_ticket_that_are_looked_into_at_once_are_not_both_taken(register: Register) -> None:
    log, second = small_log(), small_log(pairs=6).edited(0, ts_us=1)
    later = small_log(pairs=6).edited(5, ts_us=1)  # it parts from the first on the way
    mine, theirs, other = handed_in(log), handed_in(second), handed_in(later)  # all of them before one is noted
    register.received(mine)
    kept = register._path.read_bytes()
    for hand_in in (theirs, other):
        with pytest.raises(Refusal) as refused:
            register.received(hand_in)
        assert refused.value.code == "ticket.reused"
        assert register._path.read_bytes() == kept


def test_two_reports_on_one_log_that_are_looked_into_at_once_are_not_both_first(register: Register) -> None:
    log = small_log()
    register.received(handed_in(log, report="aa", ranked=("two", "one")))
    with pytest.raises(Refusal) as refused:
        register.received(handed_in(log, report="bb"))
    assert refused.value.code == "register.changed"
    register.received(handed_in(small_log(pairs=6), report="bb", ranked=("b",), before=log.checkpoint()))
    known = register.known(log.origin)
    assert known is not None and (known.report, known.judged) == ("aa", log.checkpoint())
    assert known.ranked == ("two", "one"), "as they were ranked before anything of the truth was told"


def test_what_the_judge_decided_on_a_session_is_remembered(register: Register) -> None:
    """Whoever hands it in again is judged by one who knows: of a log that was not judged nobody decided anything."""
    log, kept = small_log(), register._path.read_bytes()
    assert not register.decided(log.origin, ["f"])
    assert not register.decided("audit-workbench/" + "1" * 32, ["f"])
    assert register._path.read_bytes() == kept
    register.received(handed_in(log, report="aa"))
    noted = register.known(log.origin)
    assert noted is not None and noted.decided == ()
    assert register.decided(log.origin, ["g", "f"])
    kept = register._path.read_bytes()
    register.decided(log.origin, ["f"])
    assert register._path.read_bytes() == kept, "it is noted once"
    register.decided(log.origin, ["e"])
    known = register.known(log.origin)
    assert known == replace(noted, decided=("e", "f", "g")), "and nothing else changes by that"
    with register._writing() as book:  # as a version does that knows of no decisions
        book.append("witnessed", replace(known, decided=()))
    assert register.known(log.origin) == replace(known, witnessed=known.last)


def test_who_holds_two_tickets_for_one_case_is_known(register: Register) -> None:
    second = replace(TICKET, ticket_id="7" * 32)
    register.issued(second)
    (other,) = register.others(small_log().origin, AUDITOR.public, TICKET.case_digest)
    assert other.ticket_id == second.ticket_id and other.judged is None
    assert register.others(small_log().origin, STRANGER.public, TICKET.case_digest) == ()
    assert register.others(small_log().origin, AUDITOR.public, "0" * 64) == ()


def test_who_was_let_in_after_the_truth_had_been_told_is_known(register: Register) -> None:
    """Another key is made in a moment: what counts is whether a verdict on the case came before the ticket."""
    before, after = (replace(TICKET, ticket_id=digit * 32, auditor=STRANGER.public) for digit in "78")
    register.issued(before)
    register.received(handed_in(small_log(), case=TICKET.case_digest))
    register.issued(after)
    register.witness(request(small_log(pairs=6), 14, since=10), now=1)
    (told,) = register.told_before(origin_of(after.session_id), TICKET.case_digest)
    assert told.origin == small_log().origin
    assert register.told_before(origin_of(before.session_id), TICKET.case_digest) == ()
    assert register.told_before(small_log().origin, TICKET.case_digest) == ()
    assert register.told_before(origin_of(after.session_id), "0" * 64) == ()
    assert len(register.told_before("audit-workbench/" + "0" * 32, TICKET.case_digest)) == 1


def test_a_case_of_the_same_tensors_is_known_however_they_are_written(register: Register) -> None:
    """Under another digest of the model; what an earlier version noted has that digest alone."""
    first = replace(TICKET, ticket_id="7" * 32, case_digest="a" * 64)
    earlier = replace(TICKET, ticket_id="8" * 32, case_digest="b" * 64)
    register.issued(first, "m1", (frozenset({"t1", "t2"}), frozenset({"g1"})))
    register.issued(earlier, "m2")

    def known(model: str, *tensors: str) -> list[str | None]:
        weights = (frozenset(tensors),) if tensors else ()
        found = register.others(small_log().origin, AUDITOR.public, "c" * 64, model, weights)
        return [one.ticket_id for one in found]

    assert known("m3", "t2", "t1") == [first.ticket_id] == known("m1") == known("m1", "t9")
    assert known("m3", "t1", "t2", "idle") == [first.ticket_id] == known("m3", "g1")
    assert known("m2", "t9") == [earlier.ticket_id] == known("m2")
    assert known("m3", "t1", "t9") == [] == known("m3")


def test_the_tensors_of_a_judged_log_are_remembered(register: Register) -> None:
    """Its ticket was issued by an earlier version, which did not note them."""
    tensors = (frozenset({"t1", "t2"}),)
    register.received(handed_in(small_log(), case=TICKET.case_digest, model="m1", weights=tensors))
    register.witness(request(small_log(pairs=6), 14, since=10), now=1)
    after = origin_of(replace(TICKET, ticket_id="7" * 32).session_id)
    (told,) = register.told_before(after, "c" * 64, "m2", tensors)
    assert (told.origin, told.weights) == (small_log().origin, tensors)
    assert register.told_before(after, "c" * 64, "m2", (frozenset({"t1", "t3"}),)) == ()
    assert register._path.read_bytes().count(b'"t1"') == 1, "they are long, and noted once"


SAID = {f"{number:016x}": (-100 - number, 0, -3000) for number in range(9)}
OTHERWISE = dict.fromkeys(SAID, (-250, 0, -2000))


def test_what_the_model_of_a_case_says_is_noted_once(register: Register) -> None:
    """At intake, or in a verdict; whoever reads the register later knows it too."""
    assert register.says(TICKET.case_digest) == {}
    for says in (SAID, OTHERWISE):
        register.heard(TICKET.case_digest, says)
    register.heard("b" * 64, {})
    again = Register(register._path, JUDGE.public)
    assert again.says(TICKET.case_digest) == SAID and again.says("b" * 64) == {}
    assert register._path.read_bytes().count(b'"said"') == 1 and len(again.every()) == 1


def test_sessions_on_models_that_say_the_same_are_known(register: Register) -> None:
    """Those of the same auditor, and those of others once they were judged; not those on the same case, which are
    known by that, nor those of which nobody noted what is said."""
    mine, theirs, unlike, unheard = (
        replace(TICKET, ticket_id=digit * 32, case_digest=digit * 64, auditor=auditor)
        for digit, auditor in zip(
            "6789", (AUDITOR.public, STRANGER.public, AUDITOR.public, AUDITOR.public), strict=True
        )
    )
    for ticket, says in ((mine, SAID), (theirs, SAID), (unlike, OTHERWISE), (unheard, {})):
        register.heard(ticket.case_digest, says)
        register.issued(ticket)

    def alike(case: str) -> list[str]:
        found = register.alike("audit-workbench/" + "0" * 32, AUDITOR.public, case, None, (), SAID)
        return [one.origin for one in found]

    assert alike("a" * 64) == [origin_of(mine.session_id)] and alike(mine.case_digest) == []
    register.received(handed_in(small_log(), case=TICKET.case_digest))
    register.heard(TICKET.case_digest, SAID)
    register.witness(request(small_log(pairs=6), 14, since=10), now=1)
    assert alike("a" * 64) == [small_log().origin, origin_of(mine.session_id)]
    before, later = theirs, replace(theirs, ticket_id="5" * 32)
    register.issued(later)
    for ticket, told in ((before, []), (later, [small_log().origin])):
        origin = origin_of(ticket.session_id)
        found = register.alike(origin, STRANGER.public, ticket.case_digest, None, (), SAID)
        assert [one.origin for one in found] == told, "of others those whose verdict came first"


@pytest.mark.parametrize("noted", [{"weights": ["1" * 64]}, {"tensors": [["1" * 16]]}], ids=["whole", "in order"])
def test_a_register_of_before_tensors_were_noted_as_now_is_read(
    register: Register, monkeypatch: pytest.MonkeyPatch, noted: dict[str, list[object]]
) -> None:
    """Its entries have one digest for a format, of which nothing tells what it was made of, or such as the order of
    rows and numbers changes. What is noted from now on counts."""
    entry = custody._entry
    ticket = replace(TICKET, ticket_id="7" * 32)
    with monkeypatch.context() as earlier:
        earlier.setattr(custody, "_entry", lambda kind, known: entry(kind, known) | noted)
        register.issued(ticket, "m1")
    (known,) = (one for one in register.every() if one.ticket_id == ticket.ticket_id)
    assert (known.model, known.weights) == ("m1", ())
    weights = (frozenset({"1" * 16}),)
    assert register.others(small_log().origin, AUDITOR.public, "c" * 64, "m1", weights) == (known,)
    assert register.others(small_log().origin, AUDITOR.public, "c" * 64, "m2", weights) == ()
    register.issued(replace(ticket, ticket_id="8" * 32), "m3", weights)
    (other,) = register.others(small_log().origin, AUDITOR.public, "c" * 64, "m2", weights)
    assert other.ticket_id == "8" * 32


def test_the_tensors_of_a_model_are_noted_once_however_many_tickets_it_takes(register: Register) -> None:
    """A mixture of experts has so many that a register would soon be too large to be read."""
    tensors, others = ((frozenset({f"{at:016x}" for at in range(first, first + 500)}),) for first in (0, 1000))
    before, sizes = register._path.stat().st_size, []
    tickets = [replace(TICKET, ticket_id=digit * 32) for digit in "5678"]
    for ticket in tickets:
        register.issued(ticket, "m1", tensors)
        sizes.append(register._path.stat().st_size)
    assert sizes[-1] - sizes[0] < (sizes[0] - before) / 2
    assert [one.weights for one in register.every()[1:]] == [tensors] * 4, "each is known by them all the same"
    origin = origin_of(tickets[1].session_id)
    with register._writing() as book:
        book.append("witnessed", replace(book.logs[origin], last=small_log().checkpoint(8)))
    assert register.known(origin) == replace(register.every()[2], weights=tensors)
    register.issued(replace(TICKET, ticket_id="9" * 32), "m2", others)
    register.issued(replace(TICKET, ticket_id="a" * 32), "m1", others)
    assert [one.weights for one in register.every()[1:]] == [tensors] * 4 + [others] * 2, "what differs is noted"


# -- the file


def test_a_register_that_takes_no_note_says_so_before_it_is_needed(register: Register, tmp_path: Path) -> None:
    before = register._path.read_bytes()
    register.ready()
    Register(tmp_path / "new", JUDGE).ready()
    assert register._path.read_bytes() == before and not (tmp_path / "new").exists()
    (tmp_path / "bad").write_bytes(b"garbage\n")
    (tmp_path / "folder").mkdir()
    for place, code in (("bad", "register.damaged"), ("folder", "io.failed"), ("none/new", "input.missing")):
        with pytest.raises(Refusal) as refused:
            Register(tmp_path / place, JUDGE).ready()
        assert refused.value.code == code


def test_a_reader_needs_only_the_public_key_and_cannot_write(register: Register) -> None:
    reading = Register(register._path, JUDGE.public)
    known = reading.known(small_log().origin)
    assert known is not None and known.auditor == AUDITOR.public and known.last is None
    assert reading.known("audit-workbench/" + "0" * 32) is None
    with pytest.raises(ValueError):
        reading.issued(TICKET)
    assert Register(register._path.parent / "none", JUDGE.public).known(small_log().origin) is None


def test_every_change_to_the_register_is_found(register: Register) -> None:
    log = small_log()
    for since, size in ((0, 4), (4, 8)):
        register.witness(request(log, size, since), now=1)
    good = register._path.read_bytes()
    lines = good.splitlines(keepends=True)
    assert len(lines) == 3
    changed = [
        lines[1] + lines[2],
        lines[0] + lines[2],
        lines[0] + lines[2] + lines[1],
        good + lines[2],
        good.replace(b'"size":4', b'"size":5'),
        good.replace(b"witnessed", b"received"),
        good.replace(b'{"entry"', b'{ "entry"', 1),
        b"\n" + good,
        good + b"{}\n",
        good + b"\xff\n",
        b"[]\n",
    ]
    for data in changed:
        assert data != good
        register._path.write_bytes(data)
        with pytest.raises(Refusal) as refused:
            register.known(log.origin)
        assert refused.value.code == "register.damaged"
    with pytest.raises(Refusal):
        Register(register._path, STRANGER.public).known(log.origin)


def test_a_register_that_has_no_end_is_refused_before_it_is_read(register: Register) -> None:
    with register._path.open("wb") as file:
        file.truncate(20 << 30)
    for use in (register.every, lambda: register.witness(request(small_log(), 8), now=1)):
        with pytest.raises(Refusal) as refused:
            use()
        assert refused.value.code == "register.damaged" and f"at most {LARGEST} bytes" in refused.value.why


def test_a_line_torn_by_a_crash_is_left_out_and_written_over(register: Register) -> None:
    log = small_log()
    register.witness(request(log, 4), now=1)
    good = register._path.read_bytes()
    for keep in (1, 20, 200):
        torn = good + good.splitlines(keepends=True)[-1][:keep]
        register._path.write_bytes(torn)
        known = register.known(log.origin)
        assert known is not None and known.last == log.checkpoint(4)
    register.witness(request(log, 8, since=4), now=2)
    assert register._path.read_bytes().startswith(good)
    assert len(register._path.read_bytes().splitlines()) == 3
    known = register.known(log.origin)
    assert known is not None and known.last == log.checkpoint(8)


@pytest.mark.skipif(os.name == "nt", reason="locks differ there")
def test_two_processes_do_not_write_at_once(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second waits until the first is done, and is told if that takes long."""
    import fcntl

    asked = request(small_log(), 4)
    with register._path.open("r+b") as other:
        fcntl.flock(other.fileno(), fcntl.LOCK_EX)
        with monkeypatch.context() as impatient:
            impatient.setattr("casefiles.custody.register.PATIENCE", 0)
            refusal("register.locked", register, asked)
        waited = list[float]()

        def done(seconds: float) -> None:
            waited.append(seconds)
            fcntl.flock(other.fileno(), fcntl.LOCK_UN)

        monkeypatch.setattr("casefiles.files.holding.time.sleep", done)
        register.witness(asked, now=1)
        assert len(waited) == 1


def test_an_entry_says_in_plain_json_what_is_known(register: Register) -> None:
    log = small_log()
    register.witness(request(log, 4), now=1)
    entry = json.loads(register._path.read_bytes().splitlines()[-1])["entry"]
    assert entry == {
        "kind": "witnessed", "origin": log.origin, "auditor": AUDITOR.public.text, "ticket_id": TICKET.ticket_id,
        "size": 4, "root": log.checkpoint(4).root.hex(), "case": TICKET.case_digest,
    }  # fmt: skip
