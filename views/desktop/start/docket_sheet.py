"""Asks for the log that was handed in and the case that it is about, to be judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QWidget

from backends.settings import EngineSettings
from casefiles.case.bundle import Case
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from casefiles.log.export import SUFFIX
from views.desktop.file_field import FileField
from views.desktop.judge.proceedings import Docket
from views.desktop.labels import plain_tip
from views.desktop.sheet import Sheet
from views.registers import own_register
from workbench.contract.subject import BASELINE
from workbench.demo import GameTable
from workbench.door.brought import files_at
from workbench.door.opener import Opener, read_by
from workbench.door.subjects import OpenModel, files_of
from workbench.judge.replays.engines import RecordedEngines
from workbench.judge.truths.addendum import Addendum, read_about


@dataclass(frozen=True)
class HandedInLog:
    """A log and what it takes to judge it."""

    log: Path
    case: Path
    baseline: Path | None = None
    """A model without the implant; None: the case's own, if it brings one."""
    addendum: Path | None = None
    blind: bool = False

    def docket(self, judge: Identity) -> Docket:
        """Before this judge. Raises Refusal if there is no place for a register."""
        return self._before(judge, own_register(judge))

    def demo_docket(self) -> Docket | None:
        """Before the demo's judge, who has a key and a register of their own; None if the case lies on no demo's table.
        Raises Refusal."""
        table = GameTable.around(self.case)
        return self._before(table.judge, table.register) if table is not None else None

    def _before(self, judge: Identity, register: Register) -> Docket:
        known = partial(self._known, judge)
        return Docket(self.log, self.case, judge, register, self._engines, known, self.blind)

    def _engines(self, case: Case) -> tuple[RecordedEngines, OpenModel | None]:
        """What opens the case as its records say, and its baseline."""
        opener = Opener.of(case, read_by(EngineSettings(), case.path("weights")))
        engines = RecordedEngines(opener, files=lambda on: files_of(case, on))
        base = files_at(self.baseline) if self.baseline is not None else files_of(case, BASELINE)
        return engines, engines.beside(base) if base is not None else None

    def _known(self, judge: Identity, case: Case) -> Addendum | None:
        return read_about(self.addendum, judge.public, case) if self.addendum is not None else None


class DocketSheet(Sheet):
    """What lies before the judge."""

    def __init__(self, open_: Callable[[HandedInLog], object], parent: QWidget | None = None) -> None:
        about = "It is verified, every record is put to the model again, and only then the truth is opened."
        super().__init__("Judge a handed-in log", about, width=700, parent=parent)
        self._open = open_
        self.log = FileField("Log", "The folder that was handed in: NAME.auditlog", "folder")
        self.case = FileField("Case", "The case it is about: NAME.case", "folder")
        self.baseline = FileField(
            "Baseline", "A model without the implant (optional: else the case's own)", "file or folder"
        )
        self.addendum = FileField(
            "Known issues", "A signed addendum, where the case has no truth (optional)", pattern="Addendum (*.json)"
        )
        self.blind = QCheckBox("Judge blind")
        self.blind.setToolTip("Who did it, and with which instruments, stays hidden until you ask (Ctrl+Shift+B)")
        self.ask_beside(
            (
                ("Log", self.log), ("Case", self.case), ("Baseline", self.baseline), ("Known issues", self.addendum),
                ("", self.blind),
            )
        )  # fmt: skip
        self.button = self.foot("Open the judge's desk", self.submit)
        self.log.changed.connect(self._propose)
        for field in (self.log, self.case):
            field.changed.connect(self._follow)
        self._follow()

    def _propose(self) -> None:
        """The case that lies beside the log, if one does and none is named."""
        log = self.log.path
        if self.case.path is None and log is not None and log.is_dir() and log.suffix == SUFFIX:
            beside = [path for path in log.parent.glob("*.case") if path.is_dir()]
            self.case.put(beside[0] if len(beside) == 1 else None)

    def _follow(self) -> None:
        lacking = [name for name, field in (("log", self.log), ("case", self.case)) if field.path is None]
        self.button.setEnabled(not lacking)
        self.button.setToolTip(plain_tip(f"Not now: no {' and no '.join(lacking)} is named." if lacking else ""))

    def submit(self) -> None:
        log, case = self.log.path, self.case.path
        if log is not None and case is not None:
            self.close()
            self._open(HandedInLog(log, case, self.baseline.path, self.addendum.path, self.blind.isChecked()))
