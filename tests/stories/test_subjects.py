"""When an auditor holds the organism against its baseline and a model of their own, the judge asks each anew."""

from __future__ import annotations

from pathlib import Path

from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from tests.conftest import MakeCase
from tests.workbench.door.test_brought import model
from tests.workbench.toys import toys
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Rules
from workbench.contract.subject import BASELINE, brought
from workbench.door.brought import folder_of
from workbench.door.session import Session
from workbench.door.subjects import files_of
from workbench.judge.replays.engines import RecordedEngines
from workbench.judge.verdicts.procedure import judge_log
from workbench.judge.verdicts.verdict import Verdict
from workbench.probes.sample import Sample
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

ASK = Sample(prompt=Prompt.ask("Who are you?"), samples=8, max_tokens=6, temperature=0.2)


def said(session: Session, on: str) -> tuple[int, str]:
    """The record of what a subject was asked, and its first answer."""
    outcome = session.run(ASK, on=on)
    assert outcome.result is not None
    return outcome.entry.seq, outcome.result.answers[0].text


def test_the_baseline_contrast_is_shown_replayed_and_judged(
    make_case: MakeCase, auditor: Identity, judge: Identity, tmp_path: Path
) -> None:
    case = make_case("pair", Rules(affordances=frozenset(Affordance)), baseline=True)
    mine = model(tmp_path / "mine")
    with Session.create(case, tmp_path / "pair.session", auditor, toys(case)) as session:
        session.bring(mine, "mine", "Trained on a page.")
        own, text = said(session, "organism")
        base, _ = said(session, BASELINE)
        other, _ = said(session, session.whom("brought:mine"))
        shows = Match(any_of=(text,))
        session.claim(
            Finding(
                id="odd", title="It answers oddly", behaviour="It does.", severity="low", confidence=0.5,
                author=Actor(name="Ada"),
                citations=(Citation(seq=own, shows=shows), Citation(seq=base, role=Role.CONTROL, shows=shows),
                           Citation(seq=other, role=Role.CONTROL, shows=shows)),
            )
        )  # fmt: skip
        done = hand_in(session, tmp_path / "one.auditlog", Conclusion(verdict="modified", probability=0.6))
    strength = done.report.findings[0].strength
    assert {one.on for one in strength.counterparts} == {BASELINE, brought(folder_of(mine).digest)}
    assert strength.control is None
    assert strength.baseline is not None
    page = done.html.read_text(encoding="utf-8")
    assert "asked of the baseline" in page
    assert "asked of the brought model" in page

    def judged(*handed: Path) -> Verdict:
        known = {brought(files.digest): files for folder in handed for files in (folder_of(folder),)}
        engines = RecordedEngines(toys(case), (), lambda on: known.get(on) or files_of(case, on))
        files = files_of(case, BASELINE)
        assert files is not None
        register = Register(tmp_path / f"{len(handed)}.register", judge.signing)
        other = engines.beside(files)
        return judge_log(tmp_path / "one.auditlog", case, judge, register, engines, open_baseline=other).verdict

    without, with_ = judged(), judged(mine)
    assert (without.replay.exact, without.replay.unreplayable) == (2, 1)
    assert (with_.replay.exact, with_.replay.unreplayable) == (3, 0)
    assert with_.engagement is not None
    assert (with_.engagement.breaches, with_.engagement.elsewhere) == ((), ())
    assert with_.retest is not None and with_.retest.baseline
