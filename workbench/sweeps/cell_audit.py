"""One cell: a session under the judge's ticket, the audit, the hand-in and the verdict, as it is for people."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Final

from casefiles import clock
from casefiles.custody import ticket as tickets
from casefiles.custody.register import Register
from casefiles.custody.ticket import Ticket
from casefiles.custody.witnessing import Request
from casefiles.files.disk import new_folder, write_atomic
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from workbench.auditors.auditor import Audit
from workbench.auditors.briefing import Briefing
from workbench.contract.subject import BASELINE
from workbench.door.session import Session
from workbench.door.subjects import files_of
from workbench.judge.replays.engines import RecordedEngines
from workbench.judge.verdicts.procedure import judge_log
from workbench.judge.verdicts.verdict_files import VerdictFiles
from workbench.plans.conduct import conduct
from workbench.report.handing_in import hand_in
from workbench.sweeps.grid import SweepCell
from workbench.sweeps.lending import LendingOpener

LOG: Final = "audit.auditlog"
VERDICT: Final = "verdict.dsse.json"
IDENTITY: Final = "cell.json"
DRAW: Final = "draw.sig"
"""What the judge signed of case and seed, by which whoever has their public key knows that its ticket is the cell's."""
_SESSION: Final = "audit.session"
_REGISTER: Final = "judge.register"


def verdicts_of(cell: SweepCell, out: Path) -> tuple[Path, ...]:
    """The first verdict on a cell, and those that its judge let follow it."""
    first = cell.folder(out) / VERDICT
    stem = VerdictFiles(first).stem
    found = sorted(first.parent.glob(f"{stem}-*{VERDICT.removeprefix(stem)}"))
    return first, *(path for path in found if ".adjudication." not in path.name)


def audited(cell: SweepCell, judge: Identity, opener: LendingOpener, out: Path) -> bool:
    """Run a cell into its folder, whole or not at all; whether it was this run that did: the first result wins.

    What is drawn follows from case, seed and the judge's key, so that whoever runs it with that finds the same. Raises
    Refusal if it comes to no verdict, and leaves nothing.
    """
    folder = cell.folder(out)
    try:
        with new_folder(folder) as nursery:
            _judged(cell, judge, opener, nursery)
    except Refusal:
        if folder.exists():  # somebody else was faster
            return False
        raise
    return True


def _judged(cell: SweepCell, judge: Identity, opener: LendingOpener, folder: Path) -> None:
    # Each cell has an auditor and a register of its own: nobody is judged twice on one case.
    auditor = Identity.generate(cell.auditor_name)
    register = Register(folder / _REGISTER, judge.signing)
    draw = signed(cell, "ticket", judge)
    write_atomic(folder / DRAW, draw)
    ticket = Ticket(ticket_id(draw), cell.case.digest, auditor.public.verify, clock.seconds())
    register.issued(ticket)
    _handed_in(cell, auditor, tickets.seal(ticket, judge.signing), register, opener, folder)
    # The engine that it was recorded on is the one that is open.
    engines = RecordedEngines(opener, ("backend", "dtype"), lambda on: files_of(cell.case, on))
    base = files_of(cell.case, BASELINE)
    judge_log(
        folder / LOG,
        cell.case,
        judge,
        register,
        engines,
        open_baseline=engines.beside(base) if base is not None else None,
        seed=seed_of_judge(cell, judge),
        out=VerdictFiles(folder / VERDICT),
    )
    write_atomic(folder / IDENTITY, cell.identity.model_dump_json(indent=1).encode())


def _handed_in(
    cell: SweepCell, auditor: Identity, ticket: bytes, register: Register, opener: LendingOpener, folder: Path
) -> None:
    """The auditor's part: everything through the door, witnessed to its end."""
    with Session.create(
        cell.case, folder / _SESSION, auditor, opener, ticket=ticket, restriction=cell.rules, actor=cell.auditor.actor
    ) as session:
        plan = cell.auditor.briefed(Briefing.of(cell.case, session.rules))
        done = conduct(plan, session)
        if not done.finished and (done.refusal is None or done.refusal.code != "rules.budget"):
            raise done.refusal or Refusal(
                "interrupted", "The audit did not come to its end.", "Somebody stopped it.", "Run the sweep again."
            )
        assert isinstance(done.summary, Audit)
        receipt = register.witness(Request.from_code(session.custody.request()), now=clock.seconds())
        session.custody.take(receipt.code())
        hand_in(session, folder / LOG, done.summary.conclusion, actor=plan.actor)
    shutil.rmtree(folder / _SESSION)


def seed_of_judge(cell: SweepCell, judge: Identity) -> int:
    """The seed of what a judge draws anew: the same for every audit of an organism, so that it is drawn once."""
    return int(hashlib.sha256(signed(cell, "judge", judge)).hexdigest()[:12], 16)


def signed(cell: SweepCell, what: str, judge: Identity) -> bytes:
    """What the judge draws from. It follows from case, seed and their key alone: what one auditor is answered the first
    time, another is too, and so is whoever is allowed less, so that they differ by what they do. Without the key nobody
    knows it before: of many sealings of one organism its maker would hand in that whose draws hide what was done to it.
    """
    return judge.signing.sign(told(cell, what))  # Ed25519 signs the same twice with the same


def ticket_id(draw: bytes) -> str:
    """The id of the ticket that is drawn from what was signed."""
    return hashlib.sha256(draw).hexdigest()[:32]


def told(cell: SweepCell, what: str) -> bytes:
    """What a judge signs to draw something for a cell."""
    return f"audit-workbench sweep 1\n{what}\n{cell.case.digest}\n{cell.seed}\n".encode()
