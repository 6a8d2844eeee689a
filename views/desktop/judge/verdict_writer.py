"""What leaves the judge's desk: the signed verdict with its pages, and the verdict's page for paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog

from casefiles.documents.verdict_chain import VerdictChains
from casefiles.files.disk import free_name, read_small
from casefiles.status import Refusal
from views.desktop.courier import Courier, Worker
from views.desktop.job import Job
from views.desktop.judge.blindfold import Blindfold
from views.desktop.judge.proceedings import Proceedings, Scored
from views.desktop.judge.score_pane import ScorePane
from views.desktop.judge.steps_pane import StepCard
from views.desktop.window import Window
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict_files import VerdictFiles
from workbench.judge.verdicts.verdict_page import foot, render
from workbench.listener import Listener
from workbench.report.paper import write_page
from workbench.visible import line

VERDICT: Final = ".verdict.json"
"""How the file of a verdict is named unless the judge names it otherwise."""


class VerdictWriter:
    """Writes what was decided, and says on the score's page and the step's card what became of it."""

    def __init__(
        self,
        window: Window,
        courier: Courier,
        bench: Worker,
        reader: Worker,
        proceedings: Proceedings,
        score: ScorePane,
        card: StepCard,
        signed: Callable[[Scored], None],
        blindfold: Blindfold,
    ) -> None:
        """`bench` judges, and `reader` reads what is written. `signed` is told what stands once something is signed."""
        self._blindfold = blindfold
        self._window, self._bench, self._proceedings = window, bench, proceedings
        self.job = Job(courier, reader, score.notice)
        """What goes on paper."""
        score.add_job(self.job)
        self._score, self._card, self._signed = score, card, signed

    def ask_where(self, scored: Scored) -> None:
        """Ask for a file, and sign; what follows a verdict is written beside it."""
        if self._proceedings.signed is not None:
            self.sign(scored, self._proceedings.signed.verdict)
            return
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Sign the verdict", self._proposed(), "Verdict (*.json)")
        if chosen:
            self.sign(scored, Path(chosen))

    def _proposed(self) -> str:
        """Beside the log; who judges blind sees neither its name nor its neighbours, and the case lends its own."""
        docket = self._proceedings.docket
        beside = Path.home() / docket.case.name if self._blindfold.on else docket.log
        return str(free_name(beside.with_suffix(VERDICT)))

    def sign(self, scored: Scored, out: Path) -> None:
        """Write the signed verdict and its pages, and what follows it by a decision each."""

        def signed() -> tuple[Scored, tuple[VerdictFiles, ...], tuple[str, ...]]:
            after, written = self._proceedings.sign(scored, out)
            given = after.verdict
            return after, written, VerdictChains().remarks(written[-1].verdict, given.digest, given.judge.key)

        def done(told: tuple[Scored, tuple[VerdictFiles, ...], tuple[str, ...]]) -> None:
            after, written, remarks = told
            self._signed(after)
            self._card.say("done", f"signed: {written[-1].verdict.name}")
            blind = self._blindfold.on
            beside = "" if blind else " ".join(("", *remarks))  # they name other files
            self._score.notice.say(
                f"Signed {', '.join(files.verdict.name for files in written)}.",
                f"Beside each lies its page; all of them are in {written[0].verdict.parent}."
                f" What you decide from now on follows the last of them.{beside}",
                "The page says whose log it was: open it once you need not judge blind any longer." if blind else "",
                page=written[-1].page,
            )
            if not blind:
                self._score.notice.open_button.setFocus()  # what signed it can be pressed no more

        def failed(refusal: Refusal) -> None:
            self._card.say("failed", refusal.what)
            self._score.notice.refuse(refusal)

        self._bench.do(signed, done, failed)

    def print(self) -> None:
        """Ask where, and write the verdict that was signed last as PDF."""
        if (signed := self._proceedings.signed) is not None:
            proposed = str(free_name(signed.page.with_suffix(".pdf")))
            chosen, _ = QFileDialog.getSaveFileName(self._window, "The verdict for paper", proposed, "PDF (*.pdf)")
            if chosen:
                self.write_paper(Path(chosen).with_suffix(".pdf"))

    def write_paper(self, out: Path) -> None:
        """The page of the verdict that was signed last, for paper."""
        signed = self._proceedings.signed
        if signed is None:
            return

        def write(at: Listener) -> None:
            verdict = issuing.read(read_small(signed.verdict, 1 << 28))
            write_page(out, render(verdict), title=foot(verdict), made_us=verdict.issued_us, listener=at)

        notice = self._score.notice
        self.job.do(write, lambda _: notice.say(f"Written: {line(out.name)}.", page=out), stoppable=True)
