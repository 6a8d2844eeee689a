"""A replay says of every record whether the model says the same, and catches what was not drawn from it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from backends.toy_model import ToyModel
from workbench.entry import Entry
from workbench.probe import Agreement, Prompt
from workbench.probes import LogitLens, Sample, Score
from workbench.replay import Replayed, replay
from workbench.session import Session

QUESTION = Prompt.ask("What is it?")
SAMPLE = Sample(prompt=QUESTION, samples=3, seed=5, max_tokens=12, temperature=0.9, top_p=0.95)
RESULT = 2
"""The record that holds the first probe's result."""


class Edited:
    """A session's log as it would be if somebody had changed a record before the log was written."""

    def __init__(self, session: Session, seq: int, edit: Callable[[dict[str, Any]], None]) -> None:
        self._log, self._seq, self._edit = session.log, seq, edit
        self.size, self.root = session.log.size, session.log.root

    def entry(self, seq: int) -> Entry:
        return self._changed(self._log.entry(seq))

    def entries(self, kinds: Any = None) -> Iterator[Entry]:
        return map(self._changed, self._log.entries(kinds))

    def _changed(self, entry: Entry) -> Entry:
        if entry.seq != self._seq:
            return entry
        data = json.loads(json.dumps(entry.data))
        self._edit(data)
        return dataclasses.replace(entry, data=data)


def run_again(session: Session, model: ToyModel, records: Any = None) -> Replayed:
    return replay(records or session.log, model, session.arrays)


def toy(session: Session, seed: int = 1) -> ToyModel:
    return ToyModel.random(seed=seed, digest=session.case.model_digest)


def test_an_honest_log_replays_exactly_in_the_same_environment(session: Session) -> None:
    session.run(SAMPLE)
    session.run(Score(prompt=QUESTION, answers=("Yes", "No")))
    session.run(LogitLens(prompt=QUESTION, control=Prompt.ask("Who?"), track=("Y", "N")))
    replayed = run_again(session, toy(session))
    assert [record.agreement for record in replayed.records] == [Agreement.EXACT] * 3
    assert replayed.records[0].figures["agree"] == replayed.records[0].figures["tokens"]


def test_another_environment_is_never_exact(session: Session) -> None:
    session.run(SAMPLE)
    session.run(Score(prompt=QUESTION))
    for seq in (RESULT, RESULT + 2):
        edited = Edited(session, seq, lambda data: data["environment"].update(machine="elsewhere"))
        record = next(r for r in run_again(session, toy(session), edited).records if r.seq == seq)
        assert record.agreement is Agreement.TOLERANT


def changed_token(data: dict[str, Any]) -> None:
    ids = data["result"]["samples"][1]["ids"]
    ids[4] = (ids[4] + 1) % 256
    retold(data)


def retold(data: dict[str, Any]) -> None:
    """Make the texts fit the tokens again, as a careful forger would."""
    model = ToyModel.random(seed=1)
    for sample in data["result"]["samples"]:
        sample["text"] = model.decode(sample["ids"])


def swapped(data: dict[str, Any]) -> None:
    first, second = data["result"]["samples"][:2]
    for name in ("ids", "text", "stop"):
        first[name], second[name] = second[name], first[name]


def dropped(data: dict[str, Any]) -> None:
    del data["result"]["samples"][1]


def shortened(data: dict[str, Any]) -> None:
    data["result"]["samples"][0]["ids"] = data["result"]["samples"][0]["ids"][:5]
    retold(data)


def another_text(data: dict[str, Any]) -> None:
    data["result"]["samples"][0]["text"] = "Bergen"


def another_prompt(data: dict[str, Any]) -> None:
    data["result"]["prompt_ids"][1] = 7


@pytest.mark.parametrize("forge", [changed_token, swapped, dropped, shortened, another_text, another_prompt])
def test_a_forged_sample_diverges(session: Session, forge: Callable[[dict[str, Any]], None]) -> None:
    session.run(SAMPLE)
    (record,) = run_again(session, toy(session), Edited(session, RESULT, forge)).records
    assert record.agreement is Agreement.DIVERGED


def test_a_wrong_seed_diverges(session: Session) -> None:
    session.run(SAMPLE)
    edited = Edited(session, RESULT - 1, lambda data: data["arguments"].update(seed=6))
    (record,) = run_again(session, toy(session), edited).records
    assert record.agreement is Agreement.DIVERGED


def test_the_outputs_of_another_model_diverge(session: Session) -> None:
    session.run(SAMPLE)
    session.run(Score(prompt=QUESTION))
    session.run(LogitLens(prompt=QUESTION))
    replayed = run_again(session, toy(session, seed=2))
    assert [record.agreement for record in replayed.records] == [Agreement.DIVERGED] * 3
    assert not replayed.holds


def test_a_model_under_another_digest_is_unreplayable(session: Session) -> None:
    session.run(SAMPLE)
    (record,) = run_again(session, ToyModel.random(seed=1, digest="f" * 64)).records
    assert record.agreement is Agreement.UNREPLAYABLE
    assert "another model" in record.note


def test_a_forged_score_diverges(session: Session) -> None:
    session.run(Score(prompt=QUESTION, answers=("Yes",)))

    def likelier(data: dict[str, Any]) -> None:
        data["result"]["strips"][0]["tokens"][0]["logprob"] += 0.5

    (record,) = run_again(session, toy(session), Edited(session, RESULT, likelier)).records
    assert record.agreement is Agreement.DIVERGED


def test_a_forged_lens_prediction_diverges(session: Session) -> None:
    session.run(LogitLens(prompt=QUESTION))

    def arrays(entry: Entry) -> Any:
        found = {name: array.copy() for name, array in session.arrays(entry).items()}
        found["top_ids"][0, 0, -1] = (found["top_ids"][0, 0, -1] + 101) % 256
        return found

    (record,) = replay(session.log, toy(session), arrays).records
    assert record.agreement is Agreement.DIVERGED


def test_a_missing_array_is_unreplayable(session: Session) -> None:
    session.run(LogitLens(prompt=QUESTION))

    def arrays(entry: Entry) -> Any:
        raise KeyError("top_ids")

    (record,) = replay(session.log, toy(session), arrays).records
    assert record.agreement is Agreement.UNREPLAYABLE


def test_an_unknown_version_of_a_probe_is_unreplayable(session: Session) -> None:
    session.run(SAMPLE)
    edited = Edited(session, RESULT - 1, lambda data: data.update(version=99))
    (record,) = run_again(session, toy(session), edited).records
    assert record.agreement is Agreement.UNREPLAYABLE
