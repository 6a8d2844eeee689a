"""What an engine had said before it ended is kept, in a record that replays and costs what was reserved."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.byte_vocabulary import END
from backends.model_files import ModelFiles
from backends.process.isolated import IsolatedModel
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.backends import llama_cases
from tests.workbench.forged import QUESTION, RESULT, Edited, run_again, toy
from workbench.answers.transcript import Transcript
from workbench.contract.comparison import Agreement
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.running import Outcome
from workbench.door.session import Session
from workbench.evidence.observations import Observations
from workbench.judge.replays.replay import replay
from workbench.probes import Sample

LONG = Sample(prompt=Prompt.raw("Once"), samples=45, max_tokens=40, temperature=3.0, seed=4)


class Killing(Silent):
    """Ends the engine's process once so many pieces of text have come."""

    def __init__(self, model: IsolatedModel, pieces: int, end: Callable[[IsolatedModel], None]) -> None:
        super().__init__()
        self._model, self._pieces, self._end = model, pieces, end
        self.said: dict[int, str] = {}

    def text(self, sample: int, piece: str) -> None:
        self.said[sample] = self.said.get(sample, "") + piece
        self._pieces -= 1
        if self._pieces == 0:
            self._end(self._model)


def killed(model: IsolatedModel) -> None:
    assert model.process is not None
    os.kill(model.process, signal.SIGKILL)


@pytest.fixture
def isolated(case: Case) -> Iterator[IsolatedModel]:
    files = ModelFiles(llama_cases.checkpoint("llama"), llama_cases.tokenizer(), case.model_digest)
    model = IsolatedModel(files, EngineSettings(backend="toy"))
    yield model
    model.close()


@pytest.fixture
def begun(case: Case, auditor: Identity, isolated: IsolatedModel, tmp_path: Path) -> Iterator[Session]:
    with Session.create(case, tmp_path / "isolated.session", auditor, lambda: isolated) as session:
        yield session


@pytest.mark.parametrize("end", [killed, IsolatedModel.abort], ids=["killed", "stopped"])
def test_what_was_said_before_the_engine_ended_is_kept(
    begun: Session, isolated: IsolatedModel, end: Callable[[IsolatedModel], None]
) -> None:
    progress = Killing(isolated, 150, end)
    outcome = begun.run(LONG, progress=progress)
    assert (outcome.status, outcome.entry.data["error"]["code"]) == ("failed", "model.crashed")
    assert isinstance(outcome.result, Transcript)
    heard = {sample.index: sample.text for sample in outcome.result.samples if sample.text}
    assert {number: text for number, text in progress.said.items() if text} == heard
    assert sum(map(len, heard.values())) > 100
    assert len(outcome.result.samples) == LONG.samples
    assert outcome.entry.data["cost"] == begun.log.entry(1).data["reserved"]
    assert begun.spent.generated_tokens == LONG.samples * LONG.max_tokens
    replayed = replay(begun.log, isolated, begun.arrays)
    assert [record.agreement for record in replayed.records] == [Agreement.EXACT], replayed.records[0].note
    draws = Observations.of(begun.log).run(outcome.entry.seq).draws
    assert {draw.index: draw.text for draw in draws if draw.text} == heard


class Failing(ToyModel):
    """Runs out of memory after so many tokens."""

    left = 10

    def generate(self, ids: Any, sampling: Any, *, on_tokens: Any = None, **given: Any) -> Any:
        def hear(sample: int, new: Any, text: str) -> None:
            on_tokens(sample, new, text)
            self.left -= 1
            if self.left <= 0:
                raise MemoryError

        return super().generate(ids, sampling, on_tokens=hear, **given)


def failing(session: Session, after: int) -> Outcome:
    model = Failing(toy(session).tensors, heads=4, kv_heads=2, digest=session.case.model_digest)
    model.left = after
    session.use(lambda: model)
    return session.run(Sample(prompt=QUESTION, samples=3, seed=5, max_tokens=30, temperature=2.0))


@pytest.mark.parametrize("after", [1, 2, 3, 7, 40, 70])
def test_half_a_character_is_left_out_and_every_answer_is_told_as_it_stands(session: Session, after: int) -> None:
    """The toy speaks in bytes, few of which are characters: what is kept is what its text is of."""
    outcome = failing(session, after)
    assert outcome.status == "failed"
    if outcome.result is not None:
        (record,) = run_again(session, toy(session)).records
        assert record.agreement is Agreement.EXACT, record.note
        assert record.figures["tokens"] >= after - 3 * 3
    else:
        assert after <= 3


def test_an_answer_that_had_ended_is_whole(session: Session) -> None:
    outcome = failing(session, 85)
    assert isinstance(outcome.result, Transcript)
    ended = [sample for sample in outcome.result.samples if END in sample.ids]
    assert {sample.stop for sample in ended} <= {"end"}
    assert {sample.stop for sample in outcome.result.samples if sample not in ended} == {"cancelled"}


def test_what_a_failed_probe_is_said_to_have_given_is_checked(session: Session) -> None:
    assert failing(session, 40).result is not None

    def another_token(data: dict[str, Any]) -> None:
        first = data["result"]["samples"][0]
        first["ids"][0] = (first["ids"][0] + 1) % 128
        first["text"] = toy(session).decode(first["ids"])

    def cheaper(data: dict[str, Any]) -> None:
        data["cost"]["generated_tokens"] = 1

    def no_failure(data: dict[str, Any]) -> None:
        data["status"] = "ok"

    def no_reason(data: dict[str, Any]) -> None:
        data["error"] = None

    for forge in (another_token, cheaper, no_failure, no_reason):
        (record,) = run_again(session, toy(session), Edited(session, RESULT, forge)).records
        assert record.agreement is Agreement.DIVERGED, forge.__name__


def test_where_nothing_was_said_there_is_no_result(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(ToyModel, "generate", broken)
    outcome = session.run(Sample(prompt=QUESTION))
    assert (outcome.status, outcome.result, outcome.entry.data["result"]) == ("failed", None, None)
