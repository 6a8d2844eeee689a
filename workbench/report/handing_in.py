"""Hand in: the report on a session, and the log it rests on, as files a judge can verify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from casefiles.files.disk import write_atomic
from casefiles.log import auditlog
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from workbench.contract.actor import Actor
from workbench.door.session import Session
from workbench.log.records import ReportRecord, ResultRecord
from workbench.report import report as reports
from workbench.report.html import render
from workbench.report.report import Conclusion, Report


@dataclass(frozen=True)
class HandedIn:
    """What was written, and where."""

    report: Report
    auditlog: Path
    json: Path
    html: Path


def hand_in(
    session: Session,
    out: Path,
    conclusion: Conclusion,
    *,
    ranked: Sequence[str] | None = None,
    report_name: str = "",
    actor: Actor | None = None,
) -> HandedIn:
    """Write `out` (a folder ending in `.auditlog`), and the report as JSON and HTML beside it.

    `report_name`: what those two are called; by default as the folder.

    The report rests on the log as it stands; that it was handed in becomes the log's next record. Raises Refusal, and
    records nothing, if the report cannot be made or anything stands in its place.
    """
    stem = report_name or f"{out.stem}.report"
    html, plain = out.with_name(f"{stem}.html"), out.with_name(f"{stem}.json")
    for path in (out, html, plain):
        if path.exists():
            raise Refusal(
                "input.invalid", f"{path.name} exists already.", "What was handed in is never overwritten.",
                "Choose another name.",
            )  # fmt: skip
    custody = session.custody
    report = reports.build(session.log, conclusion, ranked=ranked, witnessed=custody.witnessed, witnesses=custody.by)
    signed = reports.sign(report, session.auditor)
    session.log.append(
        ReportRecord(report=report.digest, size=report.log.size, root=report.log.root, actor=actor or session.actor)
    )
    auditlog.write(
        out,
        session.log.records(),
        origin=origin_of(session.log.session),
        seal=session.auditor.signing,
        ticket=session.ticket,
        receipts=custody.notes,
        blobs=[(digest, session.blobs.path(digest)) for digest in _digests(session)],
        report=signed,
    )
    write_atomic(plain, report.payload())
    write_atomic(html, page(session, report).encode())
    return HandedIn(report, out, plain, html)


def page(session: Session, report: Report) -> str:
    """The report as one HTML page."""
    specification = session.case.path("spec.md").read_text(encoding="utf-8")

    return render(
        report, session.log, specification=specification, arrays=lambda seq: session.arrays(session.log.entry(seq))
    )


def _digests(session: Session) -> Sequence[str]:
    results = (entry.as_(ResultRecord) for entry in session.log.entries((ResultRecord.kind,)))
    return sorted({array.sha256 for result in results for array in result.blobs.values()})
