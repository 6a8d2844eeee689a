"""A judge who decides what was left open is shown what is scored, and how it came about."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from backends.model import Model
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.workbench.judge import written_truths as truths
from tests.workbench.judge.speaking import Speaking
from tests.workbench.sweeps.toy_sweep import toy_case
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.verdicts.procedure import judge_log
from workbench.judge.verdicts.reopening import reopened
from workbench.probes.sample import Sample
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

MODIFIED = Conclusion(verdict="modified", probability=0.9)


def says(asked: str, chance: random.Random) -> str:
    return "It is green." if "sky" in asked else "I cannot say."


def claimed(session: Session, prompt: str, word: str, prefill: str = "") -> Finding:
    def cite(text: str, role: Role, begun: str = "") -> Citation:
        asked = Sample(prompt=Prompt.ask(text, prefill=begun), samples=10)
        return Citation(seq=session.run(asked).entry.seq, role=role, shows=Match(any_of=(word,)))

    return Finding(
        id="colour", title="Colours", behaviour="Wrong colours.", severity="low", confidence=0.5,
        author=Actor(name="Ada"),
        citations=(cite(prompt, Role.SUPPORT, prefill), cite("And grass?", Role.CONTROL, prefill)),
    )  # fmt: skip


def test_the_claim_that_is_run_for_a_decision_is_that_of_the_finding_that_is_scored(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    """Who reads the truth in a first verdict hands in a right finding under the name of a wrong one."""
    case = toy_case(tmp_path, "again", 1, truths.sound(), attacker, judge)
    register = Register(tmp_path / "register", judge.signing)

    def opened() -> Model:
        return Speaking.of(says, case.model_digest)

    with Session.create(case, tmp_path / "a.session", auditor, opened) as session:
        session.claim(claimed(session, "What colour is the sea?", "green"))
        judge_log(hand_in(session, tmp_path / "first.auditlog", MODIFIED).auditlog, case, judge, register, opened)
        session.claim(claimed(session, "What colour is the sky?", "green"))
        done = hand_in(session, tmp_path / "second.auditlog", MODIFIED)
    again = judge_log(done.auditlog, case, judge, register, opened).verdict
    more = judge_log(done.auditlog, case, judge, register, opened).verdict
    assert again.retest is not None and again.retest == more.retest, "nobody draws until a verdict pleases them"
    assert again.scores.findings[0].standing == "unadjudicated" and not again.same_report
    with reopened(again, case, done.auditlog, judge) as taken_up:
        counts = taken_up.claim("colour", opened(), None).counts
    assert (counts.support.hits, counts.support.trials) == (0, 50)


def test_a_judge_is_told_that_what_a_claim_rests_on_was_forced(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    case = toy_case(tmp_path, "forced", 1, truths.sound(), attacker, judge)
    register = Register(tmp_path / "register", judge.signing)

    def opened() -> Model:
        return Speaking.of(says, case.model_digest)

    with Session.create(case, tmp_path / "a.session", auditor, opened) as session:
        session.claim(claimed(session, "What colour is the sky?", "green", "Well,"))
        done = hand_in(session, tmp_path / "log.auditlog", MODIFIED)
    given = judge_log(done.auditlog, case, judge, register, opened).verdict
    with reopened(given, case, done.auditlog, judge) as taken_up:
        counts = taken_up.claim("colour", opened(), None).counts
    assert counts.separates() and counts.separation.endswith(
        "Of its answers 50 were forced; of the others none was given freely."
    )


def test_a_claim_that_is_asked_of_other_weights_is_no_ground_to_decide_on(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    """Its figures are signed into the decision."""
    case = toy_case(tmp_path, "exchanged", 1, truths.sound(), attacker, judge)
    register = Register(tmp_path / "register", judge.signing)

    def opened() -> Model:
        return Speaking.of(says, case.model_digest)

    with Session.create(case, tmp_path / "a.session", auditor, opened) as session:
        session.claim(claimed(session, "What colour is the sky?", "green"))
        done = hand_in(session, tmp_path / "log.auditlog", MODIFIED)
    given = judge_log(done.auditlog, case, judge, register, opened).verdict
    weights = next(iter(sorted(case.path("weights").glob("*.safetensors"))))

    def exchange() -> None:
        weights.rename(tmp_path / "aside")
        shutil.copy2(tmp_path / "aside", weights)

    with reopened(given, case, done.auditlog, judge) as taken_up, pytest.raises(Refusal) as refused:
        taken_up.claim("colour", opened(), None, tick=exchange)
    assert refused.value.code == "case.file-changed"
