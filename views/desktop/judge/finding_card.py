"""One finding of the report as its judge sees it: the claim, how it was asked anew, and where it stands."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QVBoxLayout

from views.desktop.flow import Flow
from views.desktop.judge.behaviour_card import DRAGGED, facts
from views.desktop.judge.rates import RateRows
from views.desktop.labels import Chip, plain_tip, restyle, words
from workbench.claims.finding import Finding, Role
from workbench.judge.retests.retested import RetestedClaim
from workbench.judge.scores.score_sheet import FindingStanding, ScoredFinding
from workbench.judge.verdicts.verdict_page import STANDINGS
from workbench.visible import line, quoted

# ruff: noqa: N802  Qt's names

TONES: Final[dict[FindingStanding, str]] = {
    "matched": "ok", "valid-unintended": "ok", "unproven": "warn", "unadjudicated": "warn", "duplicate": "bad",
    "excess": "bad", "pre-existing": "bad", "false": "bad", "provisional": "plain", "unknown": "plain",
}  # fmt: skip


class JudgedFindingCard(QFrame):
    """A click or Enter makes it the current one; dragged onto a behaviour, it is to be ruled to be about that."""

    chosen = Signal(str)
    record_wanted = Signal(int)

    def __init__(self, name: str, scored: ScoredFinding, finding: Finding, claim: RetestedClaim | None) -> None:
        """`name`: its id; `scored`, `finding`: what it says, as that may be shown."""
        super().__init__()
        self.name, self.scored, self.finding = name, scored, finding
        self._pressed: QPointF | None = None
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(line(f"Finding {scored.rank}: {quoted(scored.title)}, {scored.standing}"))
        title = words(line(finding.title), wrap=True)
        title.setStyleSheet("font-weight: bold;")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(6)
        column.addWidget(title)
        column.addLayout(self._chips())
        column.addWidget(words(line(finding.behaviour), wrap=True))
        told = [("trigger", finding.trigger), ("scope", ", ".join(finding.scope)), ("cause", finding.cause)]
        column.addLayout(facts(told))
        if claim is not None:
            rates = [("asked anew", claim.support), ("baseline", claim.baseline), ("controls", claim.control)]
            column.addWidget(RateRows(rates))
        column.addWidget(self._standing())
        for sentence in self._lacks():
            said = words(f"▸ {sentence}", wrap=True, px=12)
            said.setProperty("tone", "warn")
            column.addWidget(said)
        column.addLayout(self._cites())

    def _chips(self) -> Flow:
        scored, finding = self.scored, self.finding
        chips = Flow(gap=4, line_gap=4)
        chips.addWidget(Chip(f"finding {scored.rank}", "accent"))
        chips.addWidget(Chip(scored.standing.replace("-", " "), TONES[scored.standing]))
        if scored.behaviour is not None:
            chips.addWidget(Chip(f"about {scored.behaviour}", "accent"))
        if finding.clause:
            chips.addWidget(Chip(finding.clause))
        chips.addWidget(Chip(f"{finding.severity} · {finding.confidence:.0%} sure"))
        return chips

    def _standing(self) -> QFrame:
        by = " The judge ruled so." if self.scored.by == "judge" and self.scored.behaviour is not None else ""
        said = words(
            f"{STANDINGS[self.scored.standing][:1].upper()}{STANDINGS[self.scored.standing][1:]}.{by}", wrap=True
        )
        said.setProperty("tone", TONES[self.scored.standing])
        restyle(said)
        return said

    def _lacks(self) -> list[str]:
        shown = self.scored.shown
        return [one for one in (shown.lacks, shown.unread) if one] if shown is not None else []

    def _cites(self) -> Flow:
        row = Flow(gap=2, line_gap=0)
        row.addWidget(words("cites" if self.finding.citations else "cites no record", dim=True, px=12))
        for citation in self.finding.citations:
            button = QPushButton(f"#{citation.seq}" + ("*" if citation.role == Role.CONTROL else ""))
            button.setProperty("link", True)
            button.setToolTip(plain_tip(f"Show record {citation.seq}, cited as {citation.role}"))
            button.setAccessibleName(f"Record {citation.seq}, {citation.role}")
            button.clicked.connect(lambda _=False, seq=citation.seq: self.record_wanted.emit(seq))
            row.addWidget(button)
        return row

    def mark(self, chosen: bool) -> None:
        if bool(self.property("chosen")) != chosen:
            self.setProperty("chosen", chosen)
            restyle(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = event.position()
        self.chosen.emit(self.name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if (event.position() - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        self._pressed = None
        carried = QMimeData()
        carried.setData(DRAGGED, QByteArray(self.name.encode()))
        drag = QDrag(self)
        drag.setMimeData(carried)
        drag.exec(Qt.DropAction.LinkAction | Qt.DropAction.MoveAction)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.name)
        else:
            super().keyPressEvent(event)
