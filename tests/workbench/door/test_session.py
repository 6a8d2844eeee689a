"""The one door: rules, intent, run, result, in that order and for every probe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest

from backends.byte_vocabulary import ByteVocabulary
from backends.model import ModelRefusal
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.custody import ticket
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from casefiles.verify import verify
from tests.conftest import RULES, MakeCase
from workbench.claims.finding import Finding
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Budget
from workbench.door.session import Session
from workbench.judge import issuing
from workbench.log.audit_log import AuditLog
from workbench.log.records import Genesis, Hypothesis, ResultRecord
from workbench.probes import LogitLens, Sample, Score
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion, discrepancies

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


def test_a_reopened_session_goes_on_with_its_log_and_its_budget(
    session: Session, case: Case, auditor: Identity, open_toy: Callable[[], ToyModel]
) -> None:
    session.run(ASK)
    session.close()
    with Session.reopen(case, session.folder, auditor, open_toy) as again:
        assert again.spent == session.spent
        assert kinds(again) == ["genesis", "intent", "result", "resumed"]
        assert again.run(ASK).entry.seq == 5


def test_an_orphaned_intent_shows_and_costs_what_it_reserved(
    session: Session, case: Case, auditor: Identity, open_toy: Callable[[], ToyModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: ToyModel, *args: object, **kwargs: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(ToyModel, "generate", killed)
    with pytest.raises(KeyboardInterrupt):
        session.run(ASK)
    session.close()
    with Session.reopen(case, session.folder, auditor, open_toy) as again:
        assert again.orphans == (1,)
        assert again.spent.generated_tokens == 8


def test_a_session_is_not_reopened_on_another_case_or_by_another_auditor(
    session: Session, make_case: MakeCase, case: Case, auditor: Identity, open_toy: Callable[[], ToyModel]
) -> None:
    session.close()
    size = (session.folder / AuditLog.FILE).stat().st_size
    for other_case, who, code in (
        (make_case("other"), auditor, "session.other-case"),
        (case, Identity.generate("Eve"), "session.other-auditor"),
    ):
        with pytest.raises(Refusal) as refused:
            Session.reopen(other_case, session.folder, who, open_toy)
        assert refused.value.code == code
    assert (session.folder / AuditLog.FILE).stat().st_size == size


def test_a_session_folder_is_never_overwritten(
    session: Session, case: Case, auditor: Identity, open_toy: Callable[[], ToyModel]
) -> None:
    with pytest.raises(Refusal) as refused:
        Session.create(case, session.folder, auditor, open_toy)
    assert refused.value.code == "session.exists"


def test_a_ticketed_session_has_the_id_its_ticket_gives_it(
    case: Case, judge: Identity, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    permit = ticket.issue(case.digest, auditor.public.verify, judge.signing)
    with Session.create(case, tmp_path / "t.session", auditor, open_toy, ticket=permit) as session:
        expected = ticket.read(permit, judge.public.verify)
        assert session.log.session == expected.session_id
        assert session.log.entry(0).data["ticket"]["ticket_id"] == expected.ticket_id


def test_a_ticket_by_somebody_else_starts_nothing(
    case: Case, attacker: Identity, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    permit = ticket.issue(case.digest, auditor.public.verify, attacker.signing)
    with pytest.raises(Refusal) as refused:
        Session.create(case, tmp_path / "t.session", auditor, open_toy, ticket=permit)
    assert refused.value.code == "envelope.foreign-key"
    assert list(tmp_path.glob("*t.session*")) == []


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

NARROW = RULES.model_copy(update={"affordances": frozenset({Affordance.SAMPLE}), "budget": Budget(probes=2,
                          generated_tokens=100, forward_tokens=100), "findings": 1})  # fmt: skip


@pytest.fixture
def narrow(case: Case, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path) -> Iterator[Session]:
    with Session.create(case, tmp_path / "n.session", auditor, open_toy, restriction=NARROW) as session:
        yield session


def test_a_restriction_stands_in_the_first_record_and_is_what_the_door_holds_to(narrow: Session) -> None:
    first = narrow.log.entry(0).as_(Genesis)
    assert (first.case_rules, first.restriction, narrow.rules) == (RULES, NARROW, NARROW)
    refused = narrow.run(Score(prompt=Prompt.ask("Hi"), answers=("x",))).refusal
    assert refused is not None and refused.code == "rules.affordance"
    assert [narrow.run(ASK).status for _ in range(3)] == ["ok", "ok", "refused"]


def test_a_restriction_holds_when_the_session_is_opened_again(
    narrow: Session, auditor: Identity, open_toy: Callable[[], ToyModel]
) -> None:
    narrow.close()
    with Session.reopen(narrow.case, narrow.folder, auditor, open_toy) as again:
        assert again.rules == NARROW


@pytest.mark.parametrize(
    ("wider", "told"),
    [
        ({"affordances": frozenset(Affordance)}, "baseline, weights"),
        ({"budget": Budget()}, "no limit"),
        ({"findings": 3}, "3 findings"),
    ],
)
def test_a_restriction_that_allows_more_is_refused_and_begins_nothing(
    case: Case, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path, wider: dict[str, object], told: str
) -> None:
    with pytest.raises(Refusal) as refused:
        Session.create(
            case, tmp_path / "w.session", auditor, open_toy, restriction=RULES.model_copy(update=wider)
        )  # fmt: skip
    assert refused.value.code == "rules.widened" and told in refused.value.why
    assert not (tmp_path / "w.session").exists()


def test_report_and_verdict_see_the_restriction(narrow: Session, judge: Identity, tmp_path: Path) -> None:
    narrow.run(ASK)
    report = hand_in(narrow, tmp_path / "n.auditlog", Conclusion(verdict="clean", probability=0.4)).report
    assert (report.rules, report.case_rules) == (NARROW, RULES)
    assert discrepancies(report, narrow.log) == ()
    hidden = report.model_copy(update={"case_rules": None})
    assert discrepancies(hidden, narrow.log) == ("The report states the rules otherwise than the log.",)
    given = issuing.verdict(narrow.case, report, narrow.log, judge)
    assert given.holds
    given = issuing.verdict(narrow.case, hidden, narrow.log, judge)
    assert not given.holds
    found = verify(tmp_path / "n.auditlog", rules=narrow.case.manifest.rules)
    assert found.ok
    assert verify(tmp_path / "n.auditlog", rules=NARROW.model_dump(mode="json")).code == "log.rules"


# -- a stop before there is anything to stop


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
