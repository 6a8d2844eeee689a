"""What a crash or a stop swallowed is drawn again: the very answers that would have come."""

from __future__ import annotations

from typing import Any

import pytest

from backends.toy_model import ToyModel
from tests.workbench.forged import QUESTION, Edited, toy
from workbench.answers.transcript import Transcript
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.replays.recovery import Recovered, recovered
from workbench.log.records import Intent
from workbench.probes import Sample, Score

ASKED = Sample(prompt=QUESTION, samples=5, seed=9, max_tokens=12, temperature=1.5)


class StopAfter(Silent):
    def __init__(self, pieces: int) -> None:
        super().__init__()
        self._pieces = pieces

    def text(self, sample: int, piece: str) -> None:
        self._pieces -= 1
        if self._pieces <= 0:
            self.cancel.set()


class Dying(ToyModel):
    """An engine that ends after some tokens."""

    def generate(self, ids: Any, sampling: Any, *, on_tokens: Any = None, **given: Any) -> Any:
        heard = 0

        def hear(sample: int, new: Any, text: str) -> None:
            nonlocal heard
            on_tokens(sample, new, text)
            heard += 1
            if heard == 20:
                raise MemoryError

        return super().generate(ids, sampling, on_tokens=hear, **given)


def all_of(session: Session, records: Any = None, model: ToyModel | None = None) -> list[Recovered]:
    return list(recovered(records or session.log, model or toy(session), session.arrays))


def whole(session: Session, probe: Sample = ASKED) -> Transcript:
    return probe.run(toy(session), Silent())


def test_a_finished_log_has_nothing_to_recover(session: Session) -> None:
    session.run(ASKED)
    session.run(Score(prompt=QUESTION))
    assert all_of(session) == []


@pytest.mark.parametrize("pieces", [1, 7, 30])
def test_what_a_stop_cut_off_is_drawn_to_its_end(session: Session, pieces: int) -> None:
    stopped = session.run(ASKED, progress=StopAfter(pieces))
    assert stopped.status == "cancelled"
    (found,) = all_of(session)
    assert (found.intent, found.answer, found.why, found.reason) == (1, 2, "cancelled", "")
    assert found.probe == ASKED
    assert found.result == whole(session)
    assert found.begun == found.agreeing == sum(answer.begun for answer in stopped.result.answers) > 0  # type: ignore[union-attr]
    assert not found.doubted


def test_what_a_crash_swallowed_is_drawn(session: Session) -> None:
    session.use(lambda: Dying(toy(session).tensors, heads=4, kv_heads=2, digest=session.case.model_digest))
    assert session.run(ASKED).status == "failed"
    (found,) = all_of(session)
    assert (found.why, found.result) == ("failed", whole(session))
    assert found.begun == found.agreeing > 0


def test_what_a_kill_swallowed_is_drawn_in_the_order_of_asking(session: Session) -> None:
    """An intent that nothing answered, among others; and one that is recorded as failed without a word."""
    session.run(ASKED.model_copy(update={"seed": 1}), progress=StopAfter(3))
    asked = session.run(ASKED).entry.data["intent"]
    session.log.append(session.log.entry(asked).as_(Intent))
    session.log.append(session.log.entry(1).as_(Intent).model_copy(update={"model": "f" * 64}))
    stopped, killed, other = all_of(session)
    assert [stopped.why, killed.why, other.why] == ["cancelled", "orphan", "orphan"]
    assert (killed.answer, killed.begun, killed.result) == (None, 0, whole(session))
    assert (other.result, other.reason) == (None, "It was asked of another model.")


def test_an_answer_rewritten_as_failed_comes_back(session: Session) -> None:
    """The unwelcome result is taken out, and the record says that the engine crashed."""
    session.run(ASKED)

    def unwelcome(data: dict[str, Any]) -> None:
        data.update(status="failed", result=None, summary=None)
        data["error"] = {"code": "model.crashed", "what": "It died.", "why": "So.", "try_this": "Again."}

    (found,) = all_of(session, Edited(session, 2, unwelcome))
    assert (found.why, found.result, found.begun) == ("failed", whole(session), 0)


def test_a_beginning_that_was_never_drawn_shows(session: Session) -> None:
    session.run(ASKED, progress=StopAfter(25))

    def welcome(data: dict[str, Any]) -> None:
        data["result"]["samples"][0].update(text="Bergen", ids=list(b"Bergen"))

    (found,) = all_of(session, Edited(session, 2, welcome))
    assert found.doubted
    assert found.agreeing == found.begun - 1


def test_what_the_engine_refuses_is_no_answer(session: Session) -> None:
    """A prompt that no model of this length can take: nothing was swallowed, and nothing comes."""
    session.run(ASKED, progress=StopAfter(3))
    endless = Prompt.raw("x" * 300)

    def longer(data: dict[str, Any]) -> None:
        data["arguments"]["prompt"] = endless.model_dump(mode="json")

    (found,) = all_of(session, Edited(session, 1, longer))
    assert found.result is None
    assert found.reason


def test_an_earlier_version_is_drawn_with_its_own_noise(session: Session) -> None:
    session.run(ASKED, progress=StopAfter(3))

    def first_version(data: dict[str, Any]) -> None:
        data["version"] = 1

    (found,) = all_of(session, Edited(session, 1, first_version))
    assert found.probe.version == 1
    assert found.result is not None
    assert found.result != whole(session)
    assert found.result == found.probe.run(toy(session), Silent())


def test_what_a_probe_of_a_kind_nobody_knows_swallowed_is_said_to_be_lost(session: Session) -> None:
    session.run(ASKED)
    asked = Intent.model_validate(session.log.entry(1).data)
    session.log.append(asked.model_copy(update={"version": 99}))
    (found,) = all_of(session)
    assert (found.why, found.result, found.probe) == ("orphan", None, None)
    assert "not known here" in found.reason


def test_what_the_rules_did_not_allow_is_not_drawn(session: Session) -> None:
    """A forged log may hold as many questions without an answer as its judge has days."""
    session.run(ASKED, progress=StopAfter(3))
    orphan = session.log.append(session.log.entry(1).as_(Intent))
    model = toy(session)
    stopped, left = recovered(session.log, model, session.arrays, without={2, orphan.seq})
    assert [(one.intent, one.result, one.reason) for one in (stopped, left)] == [
        (1, None, "The rules did not allow it."),
        (orphan.seq, None, "The rules did not allow it."),
    ]
    assert all(one.result is not None for one in all_of(session))


def test_what_stands_behind_a_report_is_not_drawn(session: Session) -> None:
    """It rests on nothing there, and nobody held that to a budget."""
    session.run(ASKED, progress=StopAfter(3))
    size = session.log.checkpoint().size
    orphan = session.log.append(session.log.entry(1).as_(Intent))
    assert [one.intent for one in recovered(session.log, toy(session), session.arrays, until=size)] == [1]
    assert [one.intent for one in all_of(session)] == [1, orphan.seq]


def test_no_more_is_drawn_than_the_rules_allow_a_whole_session(session: Session) -> None:
    """Nor does whoever stops what asks for a million tokens keep a judge busy."""
    for _ in range(3):
        session.run(ASKED, progress=StopAfter(3))
    asked = ASKED.generates()
    found = recovered(session.log, toy(session), session.arrays, most=2 * asked)
    assert [(one.result is None, "more than a whole session may" in one.reason) for one in found] == [
        (False, False),
        (False, False),
        (True, True),
    ]


def test_what_asks_for_too_much_hides_nothing_that_asks_for_little(session: Session) -> None:
    """Whoever stops one huge probe would keep every answer that they stop later from being drawn."""
    session.run(ASKED)
    intent = session.log.entry(1).as_(Intent)
    huge = Sample(prompt=Prompt.ask("hello"), samples=512, max_tokens=4096)
    seqs = [
        session.log.append(intent.model_copy(update={"arguments": one.model_dump(mode="json")})).seq
        for one in (ASKED, huge, ASKED.model_copy(update={"seed": 5}), ASKED.model_copy(update={"seed": 6}))
    ]
    found = recovered(session.log, toy(session), session.arrays, most=2 * ASKED.generates(), without={seqs[0]})
    assert [(one.intent, one.result is not None) for one in found] == list(
        zip(seqs, (False, False, True, True), strict=True)
    )
