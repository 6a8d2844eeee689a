"""What a judge does beside judging: see what is out and what came back, issue tickets, countersign logs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QWidget

from casefiles import clock
from casefiles.case.bundle import Case
from casefiles.custody.receipt import Receipt
from casefiles.custody.register import Known, Register
from casefiles.custody.witnessing import Request
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal
from views.desktop.courier import Worker
from views.desktop.displays.rows import RowsDisplay
from views.desktop.judge.blindfold import HIDDEN, Blindfold
from views.desktop.judge.ticket_files import ask_ticket_files
from views.desktop.judge.witness_sheet import WitnessSheet
from views.desktop.sheet import Sheet
from views.scanning import code_in
from workbench.contract.figures import Column, Rows
from workbench.judge.acceptance.ticketing import IssuedTicket, issue_ticket
from workbench.visible import line

_CASE: Final = "this case"
_COLUMNS: Final = (
    Column("session"), Column("auditor"), Column(_CASE), Column("witnessed to", "count"),
    Column("handed in with", "count"), Column("ticket"),
)  # fmt: skip


class Clerk:
    """Keeps a judge's register, over the window in which the judge sits."""

    def __init__(
        self, window: QWidget, worker: Worker, judge: Identity, register: Register, blindfold: Blindfold,
        say: Callable[[str], object],
    ) -> None:  # fmt: skip
        """`say`: tells in the window what was done, or refused."""
        self._window, self._worker, self._blindfold, self._say = window, worker, blindfold, say
        self._judge, self._register = judge, register
        self.case: str | None = None
        """Digest of the case on the desk, once it is open."""

    # -- what is out

    def show_register(self) -> None:
        """Every ticket and log that the register knows, and what came back of them."""
        self._worker.do(self._register.every, self._show, self._refused)

    def _show(self, known: tuple[Known, ...]) -> None:
        self.list = RowsDisplay()
        rows = tuple(self._row(one) for one in known)
        title = "Tickets that are out, and logs that came back" if rows else "No ticket and no log is known yet"
        columns = tuple(Column("case") if one.name == _CASE and self.case is None else one for one in _COLUMNS)
        self.list.show_figure(self._blindfold.over(Rows(title, columns, rows)))
        sheet = Sheet("Register", parent=self._window)
        sheet.column.addWidget(self.list)
        sheet.resize(880, 420)
        sheet.show()

    def _row(self, one: Known) -> tuple[str | int | None, ...]:
        return (
            f"{one.origin.rpartition('/')[2][:8]}…",
            HIDDEN if self._blindfold.on else one.auditor.fingerprint,
            self._about(one.case),
            one.witnessed.size if one.witnessed is not None else None,
            one.judged.size if one.judged is not None else None,
            one.ticket_id,
        )

    def _about(self, case: str | None) -> str:
        """Whether it is the case on the desk; which one, where none is."""
        if case is None:
            return "–"
        return f"{case[:8]}…" if self.case is None else "yes" if case == self.case else "no"

    # -- tickets

    def ask_for_ticket(self, case: Case) -> None:
        """Which auditor, and where to write it."""
        beside = Path.home() / case.root.name if self._blindfold.on else case.root  # where other logs may lie
        if (files := ask_ticket_files(self._window, beside)) is not None:
            self.issue(case, *files)

    def issue(self, case: Case, auditor: Path, out: Path) -> None:
        """Write a ticket for one auditor and this case."""
        judge, register = self._judge, self._register

        def done(issued: IssuedTicket) -> None:
            remark = f" Please look: {issued.remark}." if issued.remark else ""
            self._say(line(f"{out.name} is the ticket; give it to the auditor with the case.{remark}"))

        self._worker.do(
            lambda: issue_ticket(case, PublicIdentity.load(auditor), judge, register, out), done, self._refused
        )

    # -- witnessing

    def show_witness(self) -> WitnessSheet:
        """A sheet that takes a request, typed or from a picture, and answers with the receipt."""
        sheet = WitnessSheet(self._window, shown=self._blindfold.words)
        sheet.wanted.connect(lambda text, auditor: self.countersign(text, auditor, sheet.show_receipt, sheet.refuse))
        sheet.file_given.connect(lambda path: self._worker.do(lambda: code_in(path), sheet.take, sheet.refuse))
        sheet.show()
        return sheet

    def countersign(
        self,
        text: str,
        auditor: Path | None,
        done: Callable[[Receipt], object],
        failed: Callable[[Refusal], object],
    ) -> None:
        """Check that a log continues what is known of it, remember it, and countersign."""
        register = self._register

        def work() -> Receipt:
            public = PublicIdentity.load(auditor).verify if auditor is not None else None
            return register.witness(Request.from_code(text), now=clock.seconds(), auditor=public)

        self._worker.do(work, done, failed)

    def _refused(self, refusal: Refusal) -> None:
        self._say(line(f"{refusal.what} {refusal.why} {refusal.try_this}"))
