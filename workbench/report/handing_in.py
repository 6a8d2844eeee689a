"""Hand in: the report on a session, and the log it rests on, as files a judge can verify."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from casefiles.case.case import Case
from casefiles.files.disk import check_new, new_files
from casefiles.files.sealed import refuse_sealed
from casefiles.keys.identity import PublicIdentity
from casefiles.log import auditlog
from casefiles.log.auditlog import Record
from casefiles.log.checkpoint import origin_of
from casefiles.status import STATUS, Refusal
from workbench.contract.actor import Actor
from workbench.contract.comparison import Array
from workbench.door.session import Session
from workbench.evidence import ordinary
from workbench.evidence.observations import Observations
from workbench.listener import Listener, part, silent
from workbench.log.entry import Entry, Records
from workbench.log.imported_log import ImportedLog
from workbench.log.records import ReportRecord, ResultRecord
from workbench.report import report as reports
from workbench.report.html import render
from workbench.report.report import Conclusion, Report
from workbench.visible import quoted


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
    listener: Listener = silent,
) -> HandedIn:
    """Write `out` (a folder ending in `.auditlog`), and the report as JSON and HTML beside it.

    `report_name`: what those two are called; by default as the folder.

    The report rests on the log as it stands; that it was handed in becomes the log's next record. Raises Refusal, and
    records nothing, if the report cannot be made or anything stands in its place, or if the `listener` raises one: it
    hears no more once that is recorded. Whatever it raises, nothing is left in these places.
    """
    refuse_sealed(out.parent)
    stem = report_name or f"{out.stem}.report"
    html, plain = out.with_name(f"{stem}.html"), out.with_name(f"{stem}.json")
    for path in (out, html, plain):
        if path.exists():
            raise Refusal(
                "input.invalid", f"{path.name} exists already.", "What was handed in is never overwritten.",
                "Choose another name; a page that is missing is drawn by `workbench report`.",
            )  # fmt: skip
        check_new(path)
    custody = session.custody
    read = HeardRecords(session.log, part(listener, 0.0, 0.6), "reading the log")
    report = reports.build(read, conclusion, ranked=ranked, witnessed=custody.witnessed, witnesses=custody.by)
    signed = reports.sign(report, session.auditor)
    read = HeardRecords(session.log, part(listener, 0.6, 0.8), "drawing the page")
    drawn = page(report, read, session.case, session.arrays)
    handed = ReportRecord(
        report=report.digest, size=report.log.size, root=report.log.root, actor=actor or session.actor, says=report.says
    )
    with new_files({plain: report.payload(), html: drawn.encode()}):
        auditlog.write(
            out,
            _with_report(session, handed, part(listener, 0.9, 1.0)),
            origin=origin_of(session.log.session),
            seal=session.auditor.signing,
            ticket=session.ticket,
            receipts=custody.notes,
            blobs=[(digest, session.blobs.path(digest)) for digest in _digests(session)],
            report=signed,
            heard=part(listener, 0.8, 0.9),
        )
    return HandedIn(report, out, plain, html)


class HeardRecords:
    """A log that tells a listener how far it was read; one that raises ends the reading."""

    def __init__(self, log: Records, listener: Listener, note: str) -> None:
        self._log, self._listener, self._note = log, listener, note
        self._furthest = 0.0
        """What is read again goes as far as it went before."""

    @property
    def size(self) -> int:
        return self._log.size

    @property
    def root(self) -> bytes:
        return self._log.root

    def entry(self, seq: int) -> Entry:
        return self._log.entry(seq)

    def entries(self, kinds: Collection[str] | None = None) -> Iterator[Entry]:
        for entry in self._log.entries(kinds):
            self._furthest = max(self._furthest, min(1.0, (entry.seq + 1) / self._log.size))
            self._listener(self._furthest, self._note)
            yield entry


def _with_report(session: Session, handed: ReportRecord, listener: Listener) -> Iterator[Record]:
    """The log as it is handed in. That it was becomes a record when all others are written: whatever ends it before
    leaves the log as it was."""
    written = 0
    for record in session.log.records():
        listener(min(1.0, written / session.log.size), "writing the log")
        yield record
        written += 1
    session.log.append(handed)
    yield from session.log.records(written)


@dataclass(frozen=True)
class DrawnReport:
    """A report that was drawn anew, and its page."""

    report: Report
    page: str


def foot(report: Report) -> str:
    """What stands at the foot of each sheet of a report on paper."""
    return f"Finding report · {quoted(report.case.title)} · {report.digest[:16]}…"


def redraw(log: ImportedLog, case: Case, *, witnessed: int, witnesses: Sequence[PublicIdentity] = ()) -> DrawnReport:
    """Draw the page of a report that was handed in anew, from the log it came with: nothing is taken from a page that
    somebody else drew, and not who countersigned it from its author.

    `witnessed`: up to which record receipts were verified; `witnesses`: whose receipts those may be beside the judge's.
    Raises Refusal if the log holds no report, or one about another case.
    """
    if log.report is None:
        raise Refusal("report.none", "There is nothing to draw.", STATUS["report.none"], "Hand in a report first.")
    report = reports.read(log.report)
    if report.case.digest != case.digest:
        raise Refusal(
            "report.other-case", "The report is about another case.", f"It names {quoted(report.case.title)}.",
            "Name the case it is about.",
        )  # fmt: skip
    ordinary.at_hand(case)
    by = log.witnesses(case.manifest.judge, witnesses, report.log.size)
    drawn = reports.anew(report, log, Observations(), witnessed=witnessed, witnesses=by)
    return DrawnReport(drawn, page(drawn, log, case, log.arrays))


def page(report: Report, records: Records, case: Case, arrays: Callable[[Entry], Mapping[str, Array]]) -> str:
    """The report as one HTML page."""
    specification = case.specification
    return render(report, records, specification=specification, arrays=lambda seq: arrays(records.entry(seq)))


def _digests(session: Session) -> Sequence[str]:
    results = (entry.as_(ResultRecord) for entry in session.log.entries((ResultRecord.kind,)))
    return sorted({array.sha256 for result in results for array in result.blobs.values()})
