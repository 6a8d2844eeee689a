"""A plan asks through the door, goes on from the log without asking again, and is summed up without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from backends.model import ModelRefusal
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.conftest import MakeCase
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.figures import Column, Figure, Rows
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.contract.subject import BASELINE
from workbench.door.session import Session
from workbench.log.entry import Entry
from workbench.log.records import Hypothesis, Intent, Note
from workbench.log.seeds import derived
from workbench.plans.conduct import conduct, summed_up
from workbench.plans.plan import Answered, Ask, Moves, Plan, Remark, Summary, Suppose
from workbench.probes import Sample, Score
from workbench.report.provenance import SeedUse
from workbench.report.survey import Survey


class Told(Summary):
    """How many were answered, and what the first said."""

    answered: int
    texts: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def summary(self) -> str:
        return f"{self.answered} answered"

    def figures(self) -> tuple[Figure, ...]:
        return (Rows("", (Column("text"),), tuple((text,) for text in self.texts)),)


class Twenty(Plan):
    """Ask some questions, one depending on what was answered before."""

    kind: ClassVar[str] = "twenty"

    questions: tuple[str, ...] = ("one", "two", "three")

    def moves(self) -> Moves:
        yield Remark("Here it begins.")
        before = ""
        for number, question in enumerate(self.questions):
            prompt = Prompt.ask(f"{question} after {len(before)}")
            answered = yield Ask(question, Sample(prompt=prompt, samples=2, max_tokens=4), number / len(self.questions))
            before = answered.answers[0].text if answered is not None and answered.answers else ""
        yield Suppose(Hypothesis(id="h", claim="It repeats itself.", predicate=Match(any_of=("x",)), actor=self.actor))

    def sum_up(self, answered: Sequence[Answered]) -> Told:
        return Told(
            answered=sum(one.seq is not None for one in answered),
            texts=tuple(text.text for one in answered for text in one.answers),
            refused=tuple(one.refusal.code for one in answered if one.refusal is not None),
        )


def kinds(session: Session) -> list[str]:
    return [entry.kind for entry in session.log.entries()]


def test_every_step_is_a_record_that_names_its_plan(session: Session) -> None:
    plan = Twenty()
    done = conduct(plan, session, actor=Actor(kind="agent", name="me"))
    assert done.finished
    assert done.summary.summary == "3 answered"
    intents = [entry.as_(Intent) for entry in session.log.entries(("intent",))]
    assert [intent.plan.step for intent in intents if intent.plan] == ["one", "two", "three"]
    assert {intent.plan.digest for intent in intents if intent.plan} == {plan.digest}
    assert {intent.actor.name for intent in intents} == {"me"}
    assert kinds(session)[-1] == "hypothesis"
    assert [entry.as_(Note).text for entry in session.log.entries(("note",))] == ["Here it begins."]


def test_what_the_log_holds_is_not_asked_again(session: Session) -> None:
    first = conduct(Twenty(), session)
    size = session.log.size
    again = conduct(Twenty(), session)
    assert session.log.size == size
    assert again.summary == first.summary
    assert [one.seq for one in again.answered] == [one.seq for one in first.answered]


class Asked:
    """The log as an earlier version of samples wrote it."""

    def __init__(self, session: Session, version: int) -> None:
        self._log, self._version = session.log, version

    def entries(self, kinds: Any = None) -> Iterator[Entry]:
        for entry in self._log.entries(kinds):
            told = {"version": self._version} if entry.kind == "intent" else {}
            yield replace(entry, data=entry.data | told)


@pytest.mark.parametrize(("version", "answered"), [(Sample.version, 3), (2, 3), (1, 0), (Sample.version + 1, 0)])
def test_what_an_earlier_version_asked_is_not_asked_again_where_it_was_the_same(
    session: Session, version: int, answered: int
) -> None:
    """The second version only summed its answers up otherwise; the first drew by other noise."""
    conduct(Twenty(), session)
    found = summed_up(Twenty(), Asked(session, version), session.arrays).summary  # type: ignore[arg-type]
    assert isinstance(found, Told) and found.answered == answered


def test_another_plan_s_answers_are_not_taken_for_its_own(session: Session) -> None:
    conduct(Twenty(), session)
    asked = len(list(session.log.entries(("intent",))))
    conduct(Twenty(questions=("one", "two")), session)
    assert len(list(session.log.entries(("intent",)))) == asked + 2


class Seeded(Twenty):
    """The same with a seed of its own."""

    kind: ClassVar[str] = "seeded"
    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})

    seed: int = 0

    def moves(self) -> Moves:
        for question in self.questions:
            yield Ask(question, Sample(prompt=Prompt.ask("Who?"), seed=self.seed, samples=2, max_tokens=4))


def test_seeds_that_nobody_chose_follow_from_the_session_and_what_was_asked_is_not_asked_again(
    session: Session,
) -> None:
    done = conduct(Seeded(), session)
    intents = [entry.seq for entry in session.log.entries(("intent",))]
    assert all(derived(session.log, seq) for seq in intents)
    drawn = [session.log.entry(seq).as_(Intent).arguments["seed"] for seq in intents]
    assert len(set(drawn)) == 3  # one prompt, asked three times
    assert [one.probe.seed for one in done.answered if isinstance(one.probe, Sample)] == drawn
    size = session.log.size
    assert conduct(Seeded(), session).summary == done.summary
    assert summed_up(Seeded(), session.log, session.arrays).summary == done.summary
    assert session.log.size == size


def test_a_seed_that_somebody_chose_is_the_plan_s_and_shows(session: Session) -> None:
    conduct(Seeded(seed=7), session)
    intents = list(session.log.entries(("intent",)))
    assert [entry.as_(Intent).arguments["seed"] for entry in intents] == [7, 7, 7]
    assert not any(derived(session.log, entry.seq) for entry in intents)
    survey = Survey(session.log)
    assert survey.activity().seeds == SeedUse(noisy=3, chosen=3)
    conduct(Seeded(), session)
    session.run(Sample(prompt=Prompt.ask("Who?"), temperature=0, max_tokens=2))  # no seed decides anything
    assert Survey(session.log).activity().seeds == SeedUse(noisy=6, chosen=3)


class StopAfter(Silent):
    """Stops a plan when it is about to take that step."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self._step = step

    def at(self, done: float, note: str = "") -> None:
        if note == self._step:
            self.cancel.set()


def test_stopped_it_goes_on_where_it_stood(session: Session) -> None:
    whole = Twenty()
    stopped = conduct(whole, session, progress=StopAfter("three"))
    assert not stopped.finished
    assert stopped.summary.summary == "2 answered"
    done = conduct(whole, session)
    assert done.finished
    assert done.summary.summary == "3 answered"
    assert kinds(session).count("note") == 1


def test_it_is_summed_up_and_gone_on_with_without_a_model(case: Case, auditor: Identity, tmp_path: Path) -> None:
    def toy() -> ToyModel:
        return ToyModel.random(seed=1, digest=case.model_digest)

    with Session.create(case, tmp_path / "s", auditor, toy) as session:
        before = conduct(Twenty(), session)

    def broken() -> ToyModel:
        raise ModelRefusal("model.unreadable", "It is gone.", "It was moved.", "Bring it back.")

    with Session.reopen(case, tmp_path / "s", auditor, broken) as session:
        assert summed_up(Twenty(), session.log, session.arrays) == before
        assert conduct(Twenty(), session) == before
        missing = conduct(Twenty(questions=("one", "four")), session)
        assert not missing.finished
        assert missing.refusal is not None
        assert missing.refusal.code == "model.unreadable"
        told = summed_up(Twenty(questions=("one", "four")), session.log, session.arrays)
        assert not told.finished
        assert told.summary.summary == "0 answered"


def test_a_step_that_was_recorded_otherwise_is_asked_again(session: Session) -> None:
    """The key and the digest are as told; what was asked under them is not what the plan asks."""
    plan = Twenty()
    other = Sample(prompt=Prompt.ask("something else"))
    session.run(other, plan=plan.step(Ask("one", other)))
    done = conduct(plan, session)
    assert done.answered[0].seq == 5  # after the genesis, the other pair and the note


class Both(Twenty):
    """One that the rules may forbid, and one that they allow."""

    kind: ClassVar[str] = "both"

    def moves(self) -> Moves:
        yield Ask("inside", Score(prompt=Prompt.ask("Hi"), answers=("a",)))
        yield Ask("outside", Sample(prompt=Prompt.ask("Hi"), max_tokens=2))


def test_what_the_rules_forbid_is_an_answer(make_case: MakeCase, auditor: Identity, tmp_path: Path) -> None:
    case = make_case("narrow", Rules(affordances=frozenset({Affordance.SAMPLE})))
    with Session.create(
        case, tmp_path / "s", auditor, lambda: ToyModel.random(seed=1, digest=case.model_digest)
    ) as one:
        done = conduct(Both(), one)
        records = sum(1 for _ in one.log.entries())
        assert conduct(Both(), one).summary == done.summary == summed_up(Both(), one.log, one.arrays).summary
        assert sum(1 for _ in one.log.entries()) == records, "nor is it asked again"
    assert done.finished
    assert done.summary.refused == ("rules.affordance",)  # type: ignore[attr-defined]
    assert done.summary.summary == "1 answered"


def test_a_spent_budget_ends_it_where_it_stands(make_case: MakeCase, auditor: Identity, tmp_path: Path) -> None:
    case = make_case("poor", Rules(affordances=frozenset(Affordance), budget=Budget(probes=2)))
    with Session.create(
        case, tmp_path / "s", auditor, lambda: ToyModel.random(seed=1, digest=case.model_digest)
    ) as one:
        done = conduct(Twenty(), one)
    assert not done.finished
    assert done.refusal is not None
    assert done.refusal.code == "rules.budget"
    assert done.summary.summary == "2 answered"


class BesideNobody(Twenty):
    """Asks a baseline that the rules allow and nobody brings, and then the organism."""

    kind: ClassVar[str] = "beside-nobody"

    def moves(self) -> Moves:
        yield Ask("there", Sample(prompt=Prompt.ask("Hi"), max_tokens=2), on=BASELINE)
        yield Ask("here", Sample(prompt=Prompt.ask("Hi"), max_tokens=2))


def test_a_baseline_that_is_not_there_keeps_nobody_else_from_being_asked(
    make_case: MakeCase, auditor: Identity, tmp_path: Path
) -> None:
    """Rules allow it and no case brings it; one that is brought later is asked by whoever goes on."""
    case = make_case("alone", Rules(affordances=frozenset(Affordance)))
    with Session.create(
        case, tmp_path / "s", auditor, lambda: ToyModel.random(seed=1, digest=case.model_digest)
    ) as one:
        done = conduct(BesideNobody(), one)
        assert summed_up(BesideNobody(), one.log, one.arrays).summary == done.summary
    assert done.finished and done.summary.refused == ("input.missing",)  # type: ignore[attr-defined]
    assert done.summary.summary == "1 answered"


def test_progress_tells_how_far_the_plan_is(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[float, str]] = []

    class Listening(Silent):
        def at(self, done: float, note: str = "") -> None:
            heard.append((round(done, 2), note))

    conduct(Twenty(), session, progress=Listening())
    assert heard == [(0.0, "one"), (0.33, "two"), (0.67, "three")]


def test_open_toy_is_only_opened_when_something_is_asked(
    case: Case, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    opened: list[int] = []

    def counted() -> ToyModel:
        opened.append(1)
        return open_toy()

    with Session.create(case, tmp_path / "s", auditor, counted) as session:
        summed_up(Twenty(), session.log, session.arrays)
        assert opened == []
        conduct(Twenty(), session)
        assert opened == [1]


class OneTooLong(Twenty):
    """Three questions, the second of which no context holds."""

    kind: ClassVar[str] = "one-too-long"

    def moves(self) -> Moves:
        for key, text in (("one", "Hi"), ("two", "x" * 300), ("three", "Ho")):
            yield Ask(key, Sample(prompt=Prompt.ask(text), max_tokens=2))


def test_a_question_that_does_not_fit_the_model_keeps_no_other_from_being_asked(session: Session) -> None:
    """It is refused before it costs anything; whoever goes on asks it again, for another engine may hold it."""
    done = conduct(OneTooLong(), session)
    assert done.finished and done.refusal is None
    assert [(one.key, one.seq is not None) for one in done.answered] == [("one", True), ("two", False), ("three", True)]
    refusal = done.answered[1].refusal
    assert refusal is not None and (refusal.code, refusal.what) == ("model.input", "The prompt is too long.")
    assert summed_up(OneTooLong(), session.log, session.arrays).summary == done.summary
    before = kinds(session)
    again = conduct(OneTooLong(), session)
    assert again.summary == done.summary
    assert kinds(session) == [*before, "refusal"], "what was answered is not asked twice"
