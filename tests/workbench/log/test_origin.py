"""A record is where the next question begins: what it asked, and what it offers."""

from __future__ import annotations

import pytest

from casefiles.status import Refusal
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.origin import Origin
from workbench.probes import LogitLens, Sample, Score

LENS = LogitLens(prompt=Prompt.ask("What is it?"), positions=3, track=("a",))


def test_a_result_its_intent_and_a_refusal_tell_what_was_asked(session: Session) -> None:
    entry = session.run(LENS).entry
    for seq in (entry.seq, entry.seq - 1):
        assert Origin.of(session.log, session.arrays, seq).probe == LENS
    refused = session.run(Sample(prompt=Prompt.ask("x"), samples=512, max_tokens=4096)).entry
    assert refused.kind == "refusal"
    assert isinstance(Origin.of(session.log, session.arrays, refused.seq).probe, Sample)


def test_a_follow_up_is_taken_by_its_number(session: Session) -> None:
    origin = Origin.of(session.log, session.arrays, session.run(LENS).entry.seq)
    kinds = {type(origin.offer(offer.number)) for offer in origin.offers}
    assert kinds == {LogitLens, Score}
    assert origin.offer(1) == origin.offers[0].probe
    with pytest.raises(Refusal, match="offers no follow-up 999"):
        origin.offer(999)


def test_a_record_that_asks_nothing_is_refused(session: Session) -> None:
    note = session.note("Here.").seq
    for seq, why in ((note, "another kind"), (0, "another kind"), (999, "no such record")):
        with pytest.raises(Refusal) as refusal:
            Origin.of(session.log, session.arrays, seq)
        assert refusal.value.code == "input.invalid" and why in refusal.value.why
