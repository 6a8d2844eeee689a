"""Who invents a dictionary has shown nothing with what is read through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from backends.model import Model
from workbench.contract.comparison import Agreement
from workbench.contract.prompt import Prompt
from workbench.door.corpora import Corpora
from workbench.door.session import Session
from workbench.judge.replays.derived import held_to_sources, sources
from workbench.judge.replays.replay import Replayed, replay
from workbench.judge.scores.engagement import Terms, examine
from workbench.log.entry import Entry
from workbench.log.records import Intent, ResultRecord
from workbench.probes.features import Features
from workbench.probes.fit_dictionary import FitDictionary

FITTED, READ, AGAIN = 2, 4, 6
"""The results of the three probes."""


@pytest.fixture
def forged(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session whose author put other arrays in the place of those of a dictionary that was fitted, and read on."""
    session.run(FitDictionary(texts=tuple("abcdefghij"), features=12, keep=3, steps=3, layer=1))
    true = session.arrays

    def invented(entry: Entry) -> Mapping[str, Any]:
        found = true(entry)
        return {**found, "decoder": -np.asarray(found["decoder"])} if entry.seq == FITTED else found

    monkeypatch.setattr(session, "arrays", invented)
    read = Features(prompt=Prompt.ask("Hi"), control=Prompt.ask("No"), dictionary=f"#{FITTED}", layer=1, top=4)
    assert session.run(read).status == "ok"
    assert session.run(read.model_copy(update={"top": 3})).status == "ok"
    return session


def replayed(session: Session, model: Model) -> Replayed:
    return replay(session.log, model, session.arrays)


def test_what_is_read_through_an_invented_dictionary_is_not_confirmed(forged: Session) -> None:
    alone = replayed(forged, forged.opener())
    assert [one.agreement for one in alone.records] == [Agreement.DIVERGED, Agreement.EXACT, Agreement.EXACT]
    held = held_to_sources(forged.log, alone)
    assert [one.agreement for one in held.records] == [Agreement.DIVERGED, *[Agreement.UNREPLAYABLE] * 2]
    assert held.records[1].note == f"It takes an array of record {FITTED}, which was not confirmed."


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("part", ["quality", "decoder", "encoder", "threshold"])
def test_a_dictionary_that_no_record_can_tell_of_is_not_replayed(
    forged: Session, monkeypatch: pytest.MonkeyPatch, part: str, number: float
) -> None:
    """Its author read through a sound one, and handed in another: the judge's own run comes to nothing."""
    held = forged.arrays

    def spoiled(entry: Entry) -> Mapping[str, Any]:
        found = held(entry)
        return {**found, part: np.full_like(found[part], number)} if entry.seq == FITTED else found

    monkeypatch.setattr(forged, "arrays", spoiled)
    fitted, *read = held_to_sources(forged.log, replayed(forged, forged.opener())).records
    assert fitted.agreement is Agreement.DIVERGED
    assert {one.agreement for one in read} <= {Agreement.DIVERGED, Agreement.UNREPLAYABLE}


def test_what_is_read_through_a_dictionary_that_came_later_is_none_that_it_had(forged: Session) -> None:
    """A record whose author wrote it before the one that it takes from."""
    intent = forged.log.entry(READ - 1).as_(Intent)
    early = forged.log.append(intent.model_copy(update={"arguments": intent.arguments | {"dictionary": "#12"}}))
    late = forged.log.append(forged.log.entry(READ).as_(ResultRecord).model_copy(update={"intent": early.seq}))
    assert sources(early) == (12,)
    (one,) = replayed(forged, forged.opener()).records[1:2]
    claimed = Replayed(records=(one.model_copy(update={"seq": late.seq}),), model="", environments=())
    (held,) = held_to_sources(forged.log, claimed).records
    assert (held.agreement, "did not exist" in held.note) == (Agreement.DIVERGED, True)


def test_what_is_read_through_what_the_rules_forbade_broke_them_too(forged: Session) -> None:
    rules = forged.rules.model_copy(update={"inputs": "corpora"})
    held = Terms(rules, Corpora({"Hi", "No"}), forged.case.model_digest)
    assert examine(forged.log, held).broken == {FITTED, READ, AGAIN}
    free = Terms(forged.rules, Corpora(), forged.case.model_digest)
    assert examine(forged.log, free).broken == frozenset()
