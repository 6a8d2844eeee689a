"""A session begins once, under what its first record says, and is gone on with by whoever began it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.custody import ticket
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from casefiles.verify import verify
from tests.conftest import RULES, MakeCase
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Budget
from workbench.door.session import Session
from workbench.judge.verdicts import issuing
from workbench.log.audit_log import AuditLog
from workbench.log.records import Genesis
from workbench.probes import Sample, Score
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion, discrepancies

ASK = Sample(prompt=Prompt.ask("Hi"), max_tokens=4, samples=2)
NARROW = RULES.model_copy(update={"affordances": frozenset({Affordance.SAMPLE}), "budget": Budget(probes=2,
                          generated_tokens=100, forward_tokens=100), "findings": 1})  # fmt: skip


def kinds(session: Session) -> list[str]:
    return [entry.kind for entry in session.log.entries()]


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
    about = narrow.case.manifest
    assert verify(tmp_path / "n.auditlog", about=about).ok
    told = replace(about, rules=NARROW.model_dump(mode="json"))
    assert verify(tmp_path / "n.auditlog", about=told).code == "log.rules"


# -- a stop before there is anything to stop
