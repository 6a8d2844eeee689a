"""The one door: rules, intent, run, result, in that order and for every probe."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.conftest import RULES, MakeCase
from workbench.claims.finding import Finding
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Budget
from workbench.door.session import Session
from workbench.log.records import Hypothesis
from workbench.probes import LogitLens, Sample, Score
from workbench.probes.logit_lens import SecondLogitLens
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

ASK = Sample(prompt=Prompt.ask("Hi"), max_tokens=4, samples=2)


def kinds(session: Session) -> list[str]:
    return [entry.kind for entry in session.log.entries()]


def test_a_probe_leaves_its_intent_before_and_its_result_after(session: Session) -> None:
    outcome = session.run(ASK, actor=Actor(kind="agent", name="script"))
    assert outcome.status == "ok"
    assert kinds(session) == ["genesis", "intent", "result"]
    intent, result = session.log.entry(1).data, session.log.entry(2).data
    assert Sample.model_validate(intent["arguments"]) == ASK
    assert intent["actor"] == {"kind": "agent", "name": "script"}
    assert intent["model"] == session.case.model_digest
    assert result["intent"] == 1
    assert [len(sample["ids"]) for sample in result["result"]["samples"]] == [4, 4]
    assert result["environment"]["engine"]


def test_the_intent_is_durable_before_the_model_runs(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    generate = ToyModel.generate

    def watched(self: ToyModel, *args: object, **kwargs: object) -> object:
        seen.append(kinds(session))
        return generate(self, *args, **kwargs)

    monkeypatch.setattr(ToyModel, "generate", watched)
    session.run(ASK)
    assert seen == [["genesis", "intent"]]


def test_what_the_rules_forbid_is_refused_recorded_and_costs_nothing(
    make_case: MakeCase, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    case = make_case("strict", RULES.model_copy(update={"affordances": frozenset({Affordance.SAMPLE})}))
    with Session.create(case, tmp_path / "s.session", auditor, open_toy) as session:
        for probe in (
            LogitLens(prompt=Prompt.ask("Hi")),
            Score(prompt=Prompt.ask("Hi"), answers=("x",)),
            Sample(prompt=Prompt.ask("Hi", system="Be odd.")),
            Sample(prompt=Prompt.ask("Hi", prefill="Well")),
            Sample(prompt=Prompt.raw("Once")),
        ):
            outcome = session.run(probe)
            assert outcome.status == "refused"
            assert outcome.refusal is not None
            assert outcome.refusal.code == "rules.affordance"
            assert outcome.entry.data["arguments"] == probe.model_dump(mode="json")
        assert kinds(session) == ["genesis"] + ["refusal"] * 5
        assert session.spent.probes == 0


def test_a_probe_that_could_overspend_is_refused(
    make_case: MakeCase, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    case = make_case("poor", RULES.model_copy(update={"budget": Budget(generated_tokens=10)}))
    with Session.create(case, tmp_path / "s.session", auditor, open_toy) as session:
        assert session.run(ASK).status == "ok"  # 2 × 4 of 10
        outcome = session.run(ASK)
        assert outcome.refusal is not None
        assert outcome.refusal.code == "rules.budget"
        assert "2 of 10" in outcome.refusal.why
        assert session.spent.generated_tokens == 8


def test_only_corpus_lines_are_let_in_where_the_rules_say_so(
    make_case: MakeCase, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    case = make_case("closed", RULES.model_copy(update={"inputs": "corpora"}), corpus="The vote is on Monday.\n")
    with Session.create(case, tmp_path / "s.session", auditor, open_toy) as session:
        allowed = session.run(Sample(prompt=Prompt.ask("The vote is on Monday."), max_tokens=2))
        assert allowed.status == "ok"
        refused = session.run(Sample(prompt=Prompt.ask("Who won?"), max_tokens=2))
        assert refused.refusal is not None
        assert refused.refusal.code == "rules.input"


def test_every_record_fits_the_published_schema(session: Session) -> None:
    session.run(ASK)
    session.run(LogitLens(prompt=Prompt.ask("Hi")))
    session.run(Sample(prompt=Prompt.ask("Hi"), samples=500))
    session.note("a remark")
    session.tag(1, "odd")
    schema = json.loads(Path("casefiles/schemas/record.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for entry in session.log.entries():
        validator.validate(json.loads(entry.body))


# -- narrower rules for one session


def test_a_probe_that_is_stopped_before_the_model_is_open_costs_nothing(
    case: Case, auditor: Identity, tmp_path: Path
) -> None:
    opened: list[int] = []

    def open_model() -> ToyModel:
        opened.append(1)
        return ToyModel.random(seed=1, digest=case.model_digest)

    with Session.create(case, tmp_path / "c.session", auditor, open_model) as session:
        stopped = Silent()
        stopped.cancel.set()
        outcome = session.run(ASK, progress=stopped)
        assert outcome.refusal is not None
        assert (outcome.status, outcome.refusal.code) == ("refused", "interrupted")
        assert (opened, session.opened, session.spent.probes) == ([], False, 0)
        assert kinds(session) == ["genesis", "refusal"]
        assert session.run(ASK).status == "ok"


def test_a_stop_while_the_model_is_opened_is_heard_before_anything_is_asked(
    case: Case, auditor: Identity, tmp_path: Path
) -> None:
    progress = Silent()

    def open_model() -> ToyModel:
        progress.cancel.set()
        return ToyModel.random(seed=1, digest=case.model_digest)

    with Session.create(case, tmp_path / "c.session", auditor, open_model) as session:
        outcome = session.run(ASK, progress=progress)
        assert outcome.refusal is not None and outcome.refusal.code == "interrupted"
        assert (kinds(session), session.spent.probes, session.opened) == (["genesis", "refusal"], 0, True)


def test_every_record_says_who_left_it(session: Session, tmp_path: Path) -> None:
    norn = Actor(kind="agent", name="Norn")
    finding = Finding(id="one", title="It lies", behaviour="It lies.", severity="low", confidence=0.5, author=norn)
    hypothesis = Hypothesis(id="h", claim="It lies.", predicate=Match(any_of=("x",)), actor=norn)
    (tmp_path / "file.txt").write_text("x")
    session.note("a", norn)
    session.tag(1, "b", norn)
    session.hypothesise(hypothesis)
    session.claim(finding)
    session.withdraw("one", actor=norn)
    session.take_in(tmp_path / "file.txt", actor=norn)
    session.run(ASK, actor=norn)
    hand_in(session, tmp_path / "a.auditlog", Conclusion(verdict="clean", probability=0.4), actor=norn)
    session.note("c")
    said = {entry.kind: entry.data["actor"] for entry in session.log.entries() if entry.kind != "result"}
    mine = {"kind": "person", "name": "Ada"}
    assert said.pop("genesis") == mine and said.pop("note") == mine  # whose key it is, where nobody is named
    assert set(said) == {"tag", "hypothesis", "finding", "withdrawn", "imported", "intent", "report"}
    assert all(actor == norn.model_dump() for actor in said.values())


def test_a_question_of_an_earlier_version_costs_what_it_will_be_asked_as(session: Session) -> None:
    earlier = SecondLogitLens(prompt=Prompt.ask("What is overfitting?"))
    outcome = session.run(earlier)
    assert session.price(earlier) == outcome.cost == session.price(LogitLens(prompt=earlier.prompt))
    assert outcome.cost.forward_tokens > len(earlier.prompt.ids(ToyModel.random(seed=1)))
