"""One finding as a card: what is claimed, how strong the log says it is, and what it still lacks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from casefiles.counted import counted
from views.desktop.flow import Flow
from views.desktop.labels import Chip, plain_tip, restyle, tip, words
from views.desktop.meter import RateBar
from workbench.claims.finding import Finding
from workbench.claims.measures import Measure
from workbench.claims.weight import Strength
from workbench.evidence.scales import StandingFinding
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_SAID_OF_SUPPORT = {
    "behavioural": ("behaviour shown", "accent"),
    "both": ("mechanism read too", "accent"),
    "mechanistic": ("read, not shown", "warn"),
    "none": ("nothing shown yet", "warn"),
}


class StrengthMeters(QWidget):
    """The figures behind a finding, computed from the log."""

    def __init__(self) -> None:
        super().__init__()
        grid = self._grid = QGridLayout(self)
        self.measures: list[QLabel] = []
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        self.bars = {name: RateBar(name) for name in ("Reproduced", "Control")}
        self.figures = {
            name: words(mono=True) for name in ("Reproduced", "Control", "Difference", "Prompts", "Tried before hit")
        }
        for row, (name, figure) in enumerate(self.figures.items()):
            label = words(name, dim=True, px=12)
            figure.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label, row, 0)
            if name in self.bars:
                grid.addWidget(self.bars[name], row, 1)
                grid.addWidget(figure, row, 2)
            else:
                grid.addWidget(figure, row, 1, 1, 2)

    def show_strength(self, strength: Strength | None, told: Sequence[Measure] = ()) -> None:
        """None: it has no strength, because a citation does not hold. `told`: what else the log says, line by line."""
        self._show_measures(told)
        reproduced = strength.reproduction if strength else None
        control = strength.against if strength else None
        self.bars["Reproduced"].show_rate(reproduced)
        self.bars["Control"].show_rate(control, "plain")
        for name, rate in (("Reproduced", reproduced), ("Control", control)):
            self.figures[name].setText(f"{rate.hits}/{rate.trials}" if rate else "none")
        contrast = strength.held_against if strength else None
        self.figures["Difference"].setText(f"{_share(contrast.low)} … {_share(contrast.high)}" if contrast else "—")
        self.figures["Difference"].setToolTip("Reproduced less control, 95 % interval (Newcombe)")
        effort = strength.effort if strength else None
        self.figures["Prompts"].setText(f"{effort.prompts_cited} of {effort.prompts} sampled" if effort else "—")
        tried = counted(effort.probes, "probe") if effort and effort.first_hit else "no hit yet"
        self.figures["Tried before hit"].setText(tried if effort else "—")

    def _show_measures(self, told: Sequence[Measure]) -> None:
        """A row for each: its name, its figure in the colour of how good it is, and what it says when pointed at."""
        for old in self.measures:
            self._grid.removeWidget(old)
            old.deleteLater()
        self.measures = []
        for row, measure in enumerate(told, len(self.figures)):
            name, figure = words(measure.name, dim=True, px=12), words(measure.figure, mono=True)
            figure.setAlignment(Qt.AlignmentFlag.AlignRight)
            figure.setProperty("tone", measure.tone)
            figure.setAccessibleName(line(f"{measure.name}: {measure.figure}. {measure.said}"))
            for column, label in enumerate((name, figure)):
                label.setToolTip(tip(measure.said))
                self._grid.addWidget(label, row, column, 1, 1 + column)
            self.measures += [name, figure]


class FindingCard(QFrame):
    """A recorded finding. A click or Enter makes it the current one."""

    chosen = Signal(str)
    edit = Signal(str)
    withdraw = Signal(str)
    raise_rank = Signal(str)
    record_wanted = Signal(int)

    def __init__(self, claim: StandingFinding, rank: int) -> None:
        super().__init__()
        self.finding = claim.finding
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(line(f"Finding {rank}: {claim.finding.title}"))
        title = words(line(claim.finding.title), wrap=True)
        title.setStyleSheet("font-weight: bold;")
        chips = Flow(gap=4, line_gap=4)
        for text, tone in chips_of(claim.finding, claim.strength, rank):
            chips.addWidget(Chip(text, tone))
        self.meters = StrengthMeters()
        self.meters.show_strength(claim.strength, claim.measures)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(6)
        column.addWidget(title)
        column.addLayout(chips)
        column.addWidget(self.meters)
        for sentence in (*claim.finding.lacks, *claim.lacks):
            said = words(f"▸ {sentence}", wrap=True, px=12)
            said.setProperty("tone", "warn" if claim.strength else "bad")
            column.addWidget(said)
        column.addLayout(self._cites(claim.finding))
        column.addLayout(self._buttons(rank))

    def _cites(self, finding: Finding) -> Flow:
        flow = Flow(gap=2, line_gap=0)
        flow.addWidget(words("cites" if finding.citations else "cites no record yet", dim=True, px=12))
        for citation in finding.citations:
            button = QPushButton(f"#{citation.seq}" + ("*" if citation.role == "control" else ""))
            button.setProperty("link", True)
            button.setToolTip(plain_tip(f"Show record {citation.seq}, cited as {citation.role}"))
            button.setAccessibleName(f"Record {citation.seq}, {citation.role}")
            button.clicked.connect(lambda _=False, seq=citation.seq: self.record_wanted.emit(seq))
            flow.addWidget(button)
        if any(citation.role == "control" for citation in finding.citations):
            flow.addWidget(words("* control", dim=True, px=11))
        return flow

    def _buttons(self, rank: int) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for name, signal in (("Revise", self.edit), ("Withdraw", self.withdraw), ("Rank higher", self.raise_rank)):
            if name == "Rank higher" and rank == 1:
                continue
            button = QPushButton(name)
            button.setProperty("link", True)
            button.clicked.connect(lambda _=False, tell=signal: tell.emit(self.finding.id))
            row.addWidget(button)
        row.addStretch(1)
        return row

    def mark(self, chosen: bool) -> None:
        if bool(self.property("chosen")) != chosen:
            self.setProperty("chosen", chosen)
            restyle(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.chosen.emit(self.finding.id)


def chips_of(finding: Finding, strength: Strength | None, rank: int) -> list[tuple[str, str]]:
    """What a finding is, at a glance."""
    chips = [(f"finding {rank}", "accent")]
    if strength is None:
        return [*chips, ("citation does not hold", "bad")]
    shown = [share for share in strength.mix if share.rate.hits]
    if strength.basis == "forced":
        chips.append(("forced only", "bad"))
    elif shown:
        chips.append((str(shown[0].elicitation), "ok"))
    said, tone = _SAID_OF_SUPPORT[strength.support]
    chips.append((said, tone))
    if finding.clause:
        chips.append((finding.clause, "plain"))
    return [*chips, (f"{finding.severity} · {finding.confidence:.0%} sure", "plain")]


def _share(value: float) -> str:
    return f"{value:.2f}".replace("-", "−").replace("0.", ".")
