"""What was begun ends in a record: whole, cut short or failed, and a defect ends no session."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.byte_vocabulary import ByteVocabulary
from backends.model import ModelRefusal
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from casefiles.verify import verify
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.records import ResultRecord
from workbench.probes import LogitLens, Sample, Score
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

ASK = Sample(prompt=Prompt.ask("Hi"), max_tokens=4, samples=2)


def kinds(session: Session) -> list[str]:
    return [entry.kind for entry in session.log.entries()]


@pytest.mark.parametrize("probe", [LogitLens(prompt=Prompt.ask("Hi")), Score(prompt=Prompt.ask("Hi"), answers=("x",))])
def test_a_stop_that_comes_too_late_leaves_a_whole_result_that_says_so(session: Session, probe: Probe) -> None:
    class StopAtTheEnd(Silent):
        def at(self, done: float, note: str = "") -> None:
            if done == 1.0:
                self.cancel.set()

    progress = StopAtTheEnd()
    outcome = session.run(probe, progress=progress)
    assert progress.cancel.is_set()
    assert outcome.status == outcome.entry.data["status"] == "ok"


def test_a_cancelled_probe_keeps_what_it_had(session: Session) -> None:
    class StopAfterThree(Silent):
        seen = 0

        def text(self, sample: int, piece: str) -> None:
            self.seen += 1
            if self.seen == 3:
                self.cancel.set()

    outcome = session.run(Sample(prompt=Prompt.ask("Hi"), max_tokens=50), progress=StopAfterThree())
    assert outcome.status == "cancelled"
    samples = outcome.entry.data["result"]["samples"]
    assert samples[0]["stop"] == "cancelled"
    assert 3 <= len(samples[0]["ids"]) < 50
    assert session.spent == outcome.cost and outcome.cost.generated_tokens == len(samples[0]["ids"])


def test_a_model_that_cannot_is_a_failed_result(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: ToyModel, *args: object, **kwargs: object) -> object:
        raise ModelRefusal("model.crashed", "The engine died.", "Signal 11.", "Run it again.")

    monkeypatch.setattr(ToyModel, "generate", broken)
    outcome = session.run(ASK)
    assert outcome.status == "failed"
    assert outcome.entry.data["error"]["code"] == "model.crashed"
    assert session.spent.generated_tokens == 8  # what was reserved, as nobody knows what was shown


def test_a_defect_in_a_probe_is_recorded_and_the_session_goes_on(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("workbench.places.crashes", lambda: tmp_path / "crashes")
    with monkeypatch.context() as patch:
        patch.setattr(ToyModel, "generate", lambda *_, **__: 1 // 0)
        assert session.run(ASK).entry.data["error"]["code"] == "internal"
    (crash,) = (tmp_path / "crashes").iterdir()
    assert "ZeroDivisionError" in crash.read_text()
    assert session.run(ASK).status == "ok"


class Wordy(ByteVocabulary):
    """A vocabulary whose every token is a megabyte of text, as a tokenizer that came with the evidence may have it."""

    def bytes_of(self, index: int) -> bytes:
        return bytes([97 + index % 26]) * 2**20


def test_an_answer_longer_than_a_record_is_kept_beside_the_log(
    case: Case, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    def wordy() -> ToyModel:
        toy = open_toy()
        toy._text = Wordy()
        return toy

    with Session.create(case, tmp_path / "s.session", auditor, wordy) as session:
        outcome = session.run(Sample(prompt=Prompt.raw("x"), max_tokens=70, temperature=0))
        assert outcome.status == "failed" and outcome.refusal is not None
        assert outcome.refusal.code == "log.record-too-long" and "64 MiB" in outcome.refusal.why
        recorded = outcome.entry.as_(ResultRecord)
        assert recorded.result is None and recorded.error is not None
        assert recorded.cost.generated_tokens == 70, "it was answered, and that is what it costs"
        kept = json.loads(session.arrays(outcome.entry)["result"].tobytes())
        assert len(kept["samples"][0]["ids"]) == 70 and len(kept["samples"][0]["text"]) == 70 * 2**20
        assert session.run(Sample(prompt=Prompt.raw("x"), max_tokens=4)).status == "ok", "the session goes on"
        handed_in = hand_in(session, tmp_path / "a.auditlog", Conclusion(verdict="clean", probability=0.4))
        assert verify(handed_in.auditlog).ok
    assert not (tmp_path / "crashes").exists()
