"""A finding that matches nothing: its claim is run anew, and its judge decides whether it is right all the same."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from casefiles.status import Refusal
from views.desktop.ask.fields import Growing
from views.desktop.judge.blindfold import Blindfold
from views.desktop.judge.rates import RateRows
from views.desktop.labels import plain_tip, words
from views.desktop.notice import Notice
from workbench.judge.scores.score_sheet import Decision
from workbench.judge.verdicts.reopening import HeldOutClaim

DECISIONS: Final[tuple[tuple[Decision, str], ...]] = (
    ("valid-unintended", "valid, unintended: real, though nobody meant it"),
    ("pre-existing", "pre-existing: the baseline does it as well"),
    ("false", "false: the model does not do it"),
)


class ClaimSheet(QWidget):
    """First the run, then the decision with its reason."""

    run_wanted = Signal(str, object)
    """Finding, and the judge's own prompts."""
    stop_wanted = Signal()
    decided = Signal(str, str)
    """Decision and reason."""

    def __init__(self, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self._finding = ""
        self._running = False
        self.runs: dict[str, HeldOutClaim] = {}
        """By finding."""
        self.about = words(
            "It is about no behaviour of the truth. Run its claim: the organism is asked, and the baseline or else the "
            "finding's controls beside it.",
            dim=True, wrap=True,
        )  # fmt: skip
        self.prompts = Growing(1, 4)
        self.prompts.setPlaceholderText("Prompts of your own, one a line (optional: else the finding's, asked afresh)")
        self.prompts.setAccessibleName("Prompts of your own")
        self.run_button = QPushButton("Run the claim")
        self.run_button.clicked.connect(self.run_or_stop)
        self.rates, self.told, self.notice = RateRows(), words(wrap=True), Notice(shown=blindfold.words)
        self.choice, self.reason = QComboBox(), QLineEdit()
        for name, said in DECISIONS:
            self.choice.addItem(said, name)
        self.choice.setAccessibleName("Decision")
        self.reason.setPlaceholderText("Why? It is signed with the decision.")
        self.reason.setAccessibleName("Reason for the decision")
        self.reason.textChanged.connect(lambda _: self._follow())
        self.reason.returnPressed.connect(self.decide)
        self.button = QPushButton("Decide")
        self.button.clicked.connect(self.decide)
        asking, deciding = QHBoxLayout(), QHBoxLayout()
        for row in (asking, deciding):
            row.setSpacing(8)
        asking.addWidget(self.prompts, 1)
        asking.addWidget(self.run_button)
        deciding.addWidget(self.choice)
        deciding.addWidget(self.reason, 1)
        deciding.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.about)
        layout.addLayout(asking)
        layout.addWidget(self.notice)
        layout.addWidget(self.rates)
        layout.addWidget(self.told)
        layout.addLayout(deciding)

    def show_finding(self, finding: str) -> None:
        if finding != self._finding:
            self.prompts.clear()
            self.reason.clear()
            self.notice.hide()
        self._finding = finding
        run = self.runs.get(finding)
        self.rates.setVisible(run is not None)
        self.told.setVisible(run is not None)
        if run is not None:
            counts = run.counts
            self.rates.show_rates(
                [("organism", counts.support), ("baseline", counts.baseline), ("controls", counts.control)]
            )
            self.told.setText(self._blindfold.words(counts.separation))
        self._follow()

    def run_or_stop(self) -> None:
        if self._running:
            self.stop_wanted.emit()
        else:
            self.run()

    def hear(self, note: str) -> None:
        """How far it is."""
        self.notice.say(f"{note[:1].upper()}{note[1:]}")

    def run(self) -> None:
        prompts = tuple(text.strip() for text in self.prompts.toPlainText().splitlines() if text.strip())
        self.notice.hide()
        self._running = True
        self._follow()
        self.run_wanted.emit(self._finding, prompts)

    def refresh(self) -> None:
        """What was asked as it may be shown now."""
        self.show_finding(self._finding)

    def show_run(self, run: HeldOutClaim) -> None:
        self._running = False
        self.notice.hide()
        self.runs[run.counts.finding] = run
        self.show_finding(self._finding)

    def failed(self, refusal: Refusal) -> None:
        self._running = False
        self.notice.refuse(refusal)
        self._follow()

    def _follow(self) -> None:
        self.run_button.setText("Stop" if self._running else "Run the claim")
        run = self.runs.get(self._finding)
        why = "Run the claim first." if run is None else "" if self.reason.text().strip() else "Give a reason first."
        self.button.setEnabled(not why)
        self.button.setToolTip(plain_tip(why or "The decision joins the others; nothing is written before you sign."))

    def decide(self) -> None:
        if self.button.isEnabled():
            self.decided.emit(cast("str", self.choice.currentData()), self.reason.text().strip())
