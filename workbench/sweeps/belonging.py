"""Whether what lies in the folder of a cell is that cell's: results that changed places would change who found what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from casefiles.files.disk import read_small
from casefiles.log.auditlog import AuditLogFiles
from casefiles.status import STATUS, Refusal
from workbench.auditors.briefing import Briefing
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.records import Genesis, Intent, RefusalRecord
from workbench.plans.conduct import summed_up
from workbench.report import report as reports
from workbench.sweeps.cell_audit import DRAW, IDENTITY, LOG, ticket_id, told
from workbench.sweeps.grid import CellIdentity, SweepCell
from workbench.teams.exported_records import ExportedRecords

_LIMIT: Final = 1 << 20


def check_belongs(cell: SweepCell, out: Path, verdict: Verdict) -> None:
    """Raises Refusal `sweep.other-cell` unless a log that was verified, and the verdict beside it, are of this audit:
    of its case and seed, which the judge signed to draw its ticket, under its restriction and by its auditor."""
    with named(cell, out):
        if why := next(_departures(cell, cell.folder(out), verdict), ""):
            raise Refusal("sweep.other-cell", "Its folder holds another.", f"{STATUS['sweep.other-cell']} {why}", "")


@contextmanager
def named(cell: SweepCell, out: Path) -> Iterator[None]:
    """Says of what is refused in which of many folders it lies: all have a log and a verdict of one name."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(
            refusal.code, f"{cell.title}: {refusal.what}", refusal.why,
            f"Remove cells/{cell.folder(out).name}, and run the sweep again.",
        ) from refusal  # fmt: skip


def _departures(cell: SweepCell, folder: Path, verdict: Verdict) -> Iterator[str]:
    log = ExportedRecords(AuditLogFiles.open(folder / LOG, None))
    genesis = next(log.entries((Genesis.kind,))).read(Genesis)
    if _identity(folder) != cell.identity:
        yield "It says so itself."
    if genesis.case != cell.case.digest or genesis.ticket is None or genesis.ticket.ticket_id != _drawn(cell, folder):
        yield "Its ticket is of another case or seed."
    if genesis.restriction != cell.rules:
        yield "Its log was begun under other rules."
    plan = cell.auditor.briefed(Briefing.of(cell.case, cell.allowed))
    asked = set(_asked_by(log))
    if asked - {(plan.kind, plan.version, plan.digest)}:
        yield "Another auditor asked, or one that was told something else."
    report = reports.read(log.report) if log.report is not None else None
    if report is None or (verdict.case.digest, verdict.report) != (cell.case.digest, report.digest):
        yield "Its verdict is on another report."
    elif verdict.scores.status != "final":  # what an auditor found would count as missed
        yield "Its verdict is provisional: nothing was replayed, so that nothing in it counts."
    elif not asked:  # then no probe says who it was, and it would stand for whoever is to have found nothing
        asks = not summed_up(plan, log, lambda entry: {}).finished
        if asks or plan.sum_up(()).conclusion != report.conclusion:
            yield "Nothing was asked, and its auditor asks, or concludes otherwise."


def foreseen(folder: Path) -> bool:
    """Whether the result in a folder is of an earlier version, which drew tickets from case and seed alone: whoever
    sealed the case knew before what everybody would be answered."""
    return not (folder / DRAW).exists()


def _drawn(cell: SweepCell, folder: Path) -> str | None:
    """The id of the ticket that was drawn for its case and seed; None: the judge did not sign what it is drawn from."""
    asked = told(cell, "ticket")
    if foreseen(folder):
        return ticket_id(asked)
    draw = read_small(folder / DRAW, _LIMIT)
    return ticket_id(draw) if cell.case.manifest.judge.verify.verify(draw, asked) else None


def _identity(folder: Path) -> CellIdentity | None:
    """What a folder says it is; None: nothing that can be read."""
    with suppress(ValueError):
        return CellIdentity.model_validate_json(read_small(folder / IDENTITY, _LIMIT))
    return None


def _asked_by(log: ExportedRecords) -> Iterator[tuple[str, int, str]]:
    """The plans whose steps the probes of a log were, with the digests of their arguments."""
    for entry in log.entries((Intent.kind, RefusalRecord.kind)):
        plan = entry.data.get("plan") or {}
        yield plan.get("name", ""), plan.get("version", 0), plan.get("digest", "")
