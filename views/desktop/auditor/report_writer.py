"""What leaves the auditor's desk: the log with its report, for the judge, and the report's page for paper."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from casefiles.counted import counted
from casefiles.files.disk import free_name
from casefiles.log.export import SUFFIX
from views.desktop.ask.runner import Runner
from views.desktop.courier import Courier, Worker
from views.desktop.findings.pane import FindingsPane
from views.desktop.job import Job
from views.desktop.window import Window
from workbench import places
from workbench.door.session import Session
from workbench.listener import Listener
from workbench.report.handing_in import HandedIn, foot, hand_in
from workbench.report.paper import write_page
from workbench.report.report import Conclusion
from workbench.visible import line


class ReportWriter:
    """Writes what the findings pane concludes, and says there what became of it."""

    def __init__(
        self,
        window: Window,
        courier: Courier,
        worker: Worker,
        session: Session,
        runner: Runner,
        findings: FindingsPane,
    ) -> None:
        self._window, self._session, self._runner, self._findings = window, session, runner, findings
        self.job = Job(courier, worker, findings.notice)
        self.job.turned.connect(lambda on: findings.export_button.setEnabled(not on))
        findings.add_job(self.job)
        self.handed_in: HandedIn | None = None
        """What was handed in last, from this window."""

    def ask_where(self, conclusion: Conclusion) -> None:
        """Ask for a file, and export."""
        if self._runner.running:
            self._findings.notice.say("A probe is running.", "The report rests on a log at rest.", tone="warn")
            return
        proposed = str(free_name(self._beside().with_suffix(SUFFIX)))
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Export for the judge", proposed, "Audit log (*.auditlog)"
        )
        if chosen:
            self.export(Path(chosen).with_suffix(SUFFIX), conclusion)

    def _beside(self) -> Path:
        """Beside the session; where that is the workbench's own folder, at home, under the name of the case."""
        folder = self._session.folder
        return folder if folder.parent != places.sessions() else Path.home() / self._session.case.root.name

    def export(self, out: Path, conclusion: Conclusion) -> None:
        """Write the log and the signed report."""
        ranked = self._findings.ranked

        def write(at: Listener) -> HandedIn:
            return hand_in(self._session, out, conclusion, ranked=ranked, listener=at)

        def done(handed: HandedIn) -> None:
            self.handed_in = handed
            log = handed.report.log
            self._findings.notice.say(
                f"Exported {handed.auditlog.name} and its report.",
                f"It rests on {counted(log.size, 'record')}, witnessed to {log.witnessed:,}, and lies in "
                f"{handed.auditlog.parent}. That it was handed in is one more record.",
                f"Hand the folder {handed.auditlog.name} to the judge; {handed.html.name} is the page to read.",
                page=handed.html,
            )

        self.job.do(write, done, stoppable=True)

    def print(self) -> None:
        """Ask where, and write the report as PDF."""
        if self.handed_in is not None:
            proposed = str(free_name(self.handed_in.html.with_suffix(".pdf")))
            chosen, _ = QFileDialog.getSaveFileName(self._window, "The report for paper", proposed, "PDF (*.pdf)")
            if chosen:
                self.write_paper(Path(chosen).with_suffix(".pdf"))

    def write_paper(self, out: Path) -> None:
        """The page that was handed in last, for paper."""
        handed = self.handed_in
        if handed is None:
            return

        def write(at: Listener) -> None:
            page = handed.html.read_text(encoding="utf-8")
            write_page(out, page, title=foot(handed.report), made_us=handed.report.written_us, listener=at)

        notice = self._findings.notice
        self.job.do(write, lambda _: notice.say(f"Written: {line(out.name)}.", page=out), stoppable=True)

    def not_now(self) -> str:
        """Why nothing can be handed in or written just now; empty if it can."""
        return "the log or its report is being written" if self.job.running else ""

    def no_paper(self) -> str:
        return self.not_now() or ("" if self.handed_in is not None else "nothing was handed in from this window")
