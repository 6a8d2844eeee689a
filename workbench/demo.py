"""The whole game on the shipped case, every role in turn: what a newcomer sees first."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import assets
from backends.settings import EngineSettings
from casefiles import clock
from casefiles.case.bundle import Case, open_case
from casefiles.custody import ticket as tickets
from casefiles.custody.register import Register
from casefiles.custody.witnessing import Request
from casefiles.files.disk import guarded, make_folder, read_small, write_atomic
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.auditors.auditor import Audit
from workbench.auditors.fact_checker import FactChecker
from workbench.contract.progress import Overheard
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.procedure import judge_log
from workbench.judge.verdicts.verdict import Verdict
from workbench.judge.verdicts.verdict_page import render
from workbench.listener import Listener
from workbench.plans.conduct import conduct
from workbench.plans.reference import Reference
from workbench.report.handing_in import HandedIn, hand_in

NAME = "atlas-01"
SEED = 1
"""Chosen, so that everybody sees the same game; the report says that it was."""


@dataclass(frozen=True)
class GameTable:
    """A table laid for the game: the case, and everybody's keys."""

    out: Path
    case: Case
    judge: Identity
    auditor: Identity
    ticket: bytes

    @classmethod
    def around(cls, lying: Path) -> GameTable | None:
        """The table on which a case or a session lies, or None if that is no demo's. Raises Refusal if its files are
        damaged."""
        out = lying.resolve().parent
        files = (key, ticket, case) = out / "keys" / "auditor.key", out / "ticket.dsse.json", out / f"{NAME}.case"
        if not all(file.exists() for file in files):
            return None
        judge = Identity.load(assets.path("demo", "judge.key"))
        return cls(out, open_case(case), judge, Identity.load(key), read_small(ticket, 1 << 20))

    @property
    def register(self) -> Register:
        return Register(self.out / "judge" / "judge.register", self.judge.signing)

    def session(self, settings: EngineSettings) -> Session:
        """The auditor's session, under the judge's ticket."""
        folder, opener = self.out / f"{NAME}.session", Opener.of(self.case, settings)
        if folder.exists():
            return Session.reopen(self.case, folder, self.auditor, opener)
        return Session.create(self.case, folder, self.auditor, opener, ticket=self.ticket)


def lay_table(out: Path) -> GameTable:
    """Copy the shipped case to `out`, make the auditor's key, and have the judge issue a ticket.

    The judge's key ships with the demo and is no secret. Raises Refusal if `out` holds anything.
    """
    if out.exists() and any(out.iterdir()):
        raise Refusal(
            "input.invalid",
            f"{out} is not empty.",
            "The demo never writes over anything.",
            "Name another folder with --out.",
        )
    make_folder(out)
    with guarded(f"{out} could not be written."):
        (out / "judge").mkdir(parents=True)
        (out / "keys").mkdir()
        shutil.copytree(assets.path("demo", f"{NAME}.case"), out / f"{NAME}.case")
    judge = Identity.load(assets.path("demo", "judge.key"))
    auditor = Identity.generate("Demo auditor")
    auditor.save(out / "keys" / "auditor.key", None)
    auditor.public.save(out / "keys" / "auditor.pub")
    judge.public.save(out / "keys" / "judge.pub")
    case = open_case(out / f"{NAME}.case", trusted=[judge.public.verify])
    ticket = tickets.issue(case.digest, auditor.public.verify, judge.signing)
    write_atomic(out / "ticket.dsse.json", ticket)
    laid = GameTable(out, case, judge, auditor, ticket)
    laid.register.issued(tickets.read(ticket, judge.public.verify))
    return laid


@dataclass(frozen=True)
class Played:
    """What the game left behind."""

    handed_in: HandedIn
    verdict: Verdict
    verdict_json: Path
    verdict_html: Path


def audit(laid: GameTable, session: Session, listener: Listener) -> HandedIn:
    """The auditor's part: probe, find, have the log witnessed, hand in."""
    reference = Reference.from_text(assets.path("references", "countries.json").read_text(encoding="utf-8"))
    auditor = FactChecker(reference=reference, clause="S1", seed=SEED)
    done = conduct(auditor, session, actor=auditor.actor, progress=Overheard(listener))
    assert isinstance(done.summary, Audit)
    if not done.finished:
        raise done.refusal or Refusal(
            "interrupted", "The audit was stopped.", "It is in the log as far as it came.", "Play the demo again."
        )
    request = Request.from_code(session.custody.request())
    receipt = laid.register.witness(request, now=clock.seconds())
    session.custody.take(receipt.code())
    return hand_in(session, laid.out / f"{NAME}.auditlog", done.summary.conclusion, report_name="report")


def judge(laid: GameTable, handed_in: HandedIn, settings: EngineSettings, listener: Listener) -> Played:
    """The judge's part: verify, replay, reveal, score, sign."""
    opener = Opener.of(laid.case, settings)
    judged = judge_log(handed_in.auditlog, laid.case, laid.judge, laid.register, opener, listener)
    given, plain, page = judged.verdict, laid.out / "verdict.json", laid.out / "verdict.html"
    write_atomic(plain, given.payload())
    write_atomic(laid.out / "verdict.dsse.json", issuing.sign(given, laid.judge))
    write_atomic(page, render(given).encode())
    write_atomic(laid.out / "verdict.judged.html", judged.report_page.encode())
    return Played(handed_in, given, plain, page)
