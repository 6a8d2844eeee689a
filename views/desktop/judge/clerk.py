"""What a judge does beside judging: see what is out and what came back, issue tickets, countersign logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from casefiles.case.bundle import Case
from casefiles.custody.receipt import Receipt
from casefiles.custody.register import Known
from casefiles.custody.witnessing import Request
from casefiles.keys.identity import PublicIdentity
from casefiles.status import Refusal
from views.desktop.courier import Worker
from views.desktop.displays.rows import RowsDisplay
from views.desktop.judge.blindfold import HIDDEN, Blindfold
from views.desktop.judge.proceedings import Docket
from views.desktop.judge.ticket_files import ask_ticket_files
from views.desktop.judge.witness_sheet import WitnessSheet
from views.desktop.window import Window
from views.scanning import code_in
from workbench.contract.figures import Column, Rows
from workbench.judge.ticketing import IssuedTicket, issue_ticket
from workbench.visible import line

_COLUMNS: Final = (
    Column("session"), Column("auditor"), Column("this case"), Column("witnessed to", "count"),
    Column("handed in with", "count"), Column("ticket"),
)  # fmt: skip


class Clerk:
    """Keeps the register of a judge's window."""

    def __init__(self, window: Window, worker: Worker, docket: Docket, blindfold: Blindfold) -> None:
        self._window, self._worker, self._docket, self._blindfold = window, worker, docket, blindfold
        self.case: str | None = None
        """Digest of the case on the desk, once it is open."""

    # -- what is out

    def show_register(self) -> None:
        """Every ticket and log that the register knows, and what came back of them."""
        self._worker.do(self._docket.register.every, self._show, self._refused)

    def _show(self, known: tuple[Known, ...]) -> None:
        self.list = RowsDisplay()
        rows = tuple(self._row(one) for one in known)
        title = "Tickets that are out, and logs that came back" if rows else "No ticket and no log is known yet"
        self.list.show_figure(Rows(title, _COLUMNS, rows))
        self._window.sheet("Register", self.list, 880, 420)

    def _row(self, one: Known) -> tuple[str | int | None, ...]:
        return (
            f"{one.origin.rpartition('/')[2][:8]}…",
            HIDDEN if self._blindfold.on else one.auditor.fingerprint,
            "–" if one.case is None else "yes" if one.case == self.case else "no",
            one.witnessed.size if one.witnessed is not None else None,
            one.judged.size if one.judged is not None else None,
            one.ticket_id,
        )

    # -- tickets

    def ask_for_ticket(self, case: Case) -> None:
        """Which auditor, and where to write it."""
        if (files := ask_ticket_files(self._window, self._docket.case)) is not None:
            self.issue(case, *files)

    def issue(self, case: Case, auditor: Path, out: Path) -> None:
        """Write a ticket for one auditor and this case."""
        judge, register = self._docket.judge, self._docket.register

        def done(issued: IssuedTicket) -> None:
            remark = f" Please look: {issued.remark}." if issued.remark else ""
            self._window.say(line(f"{out.name} is the ticket; give it to the auditor with the case.{remark}"))

        self._worker.do(
            lambda: issue_ticket(case, PublicIdentity.load(auditor), judge, register, out), done, self._refused
        )

    # -- witnessing

    def show_witness(self) -> WitnessSheet:
        """A sheet that takes a request, typed or from a picture, and answers with the receipt."""
        sheet = WitnessSheet(self._window)
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
        register = self._docket.register

        def work() -> Receipt:
            public = PublicIdentity.load(auditor).verify if auditor is not None else None
            return register.witness(Request.from_code(text), now=int(time.time()), auditor=public)

        self._worker.do(work, done, failed)

    def _refused(self, refusal: Refusal) -> None:
        self._window.say(line(f"{refusal.what} {refusal.why} {refusal.try_this}"))
