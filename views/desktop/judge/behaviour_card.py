"""One behaviour of the ground truth as a card: what was meant, what was measured, and who found it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from views.desktop.flow import Flow
from views.desktop.judge.rates import RateRows
from views.desktop.labels import Chip, restyle, words
from workbench.judge.scores.score_sheet import ScoredBehaviour
from workbench.judge.truths.truth import Behaviour, Exhibit, Realised
from workbench.visible import line, quoted

# ruff: noqa: N802  Qt's names

DRAGGED: Final = "application/x-audit-workbench-finding"
"""What a finding is while it is dragged: its id."""
STATES: Final = {"realised": "ok", "failed": "plain", "unspecific": "plain"}
_FIRST: Final = 2
"""Exhibits that are shown before somebody asks for all."""


class BehaviourCard(QFrame):
    """A finding that is dropped on it is to be ruled to be about it."""

    dropped = Signal(str)
    """The id of a finding."""

    def __init__(self, behaviour: Behaviour, measured: Realised | None, found: str) -> None:
        """`found`: who found it, in words."""
        super().__init__()
        self.behaviour = behaviour
        self.setProperty("card", True)
        self.setAcceptDrops(True)
        self.setAccessibleName(line(f"Behaviour {behaviour.id}: {behaviour.title}"))
        title = words(line(behaviour.title), wrap=True)
        title.setStyleSheet("font-weight: bold;")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addWidget(title)
        column.addLayout(self._chips(measured))
        column.addWidget(words(line(behaviour.description), wrap=True))
        column.addLayout(
            facts(
                [
                    ("trigger", behaviour.trigger), ("scope", ", ".join(behaviour.scope)), ("cause", behaviour.cause),
                ]
            )
        )  # fmt: skip
        if measured is not None:
            rates = [("organism", measured.organism), ("baseline", measured.baseline), ("controls", measured.controls)]
            column.addWidget(RateRows(rates))
        column.addWidget(self._exhibits())
        said = words(found, wrap=True, px=12)
        said.setProperty("tone", "ok" if found.startswith("Found") else "warn")
        column.addWidget(said)

    def _chips(self, measured: Realised | None) -> Flow:
        chips = Flow(gap=4, line_gap=4)
        status = measured.status if measured is not None else "failed"
        chips.addWidget(Chip(self.behaviour.id, "accent"))
        chips.addWidget(Chip(status, STATES[status]))
        for text in (self.behaviour.clause, f"{self.behaviour.severity} severity"):
            chips.addWidget(Chip(text))
        return chips

    def _exhibits(self) -> QWidget:
        """What it was measured with: some, or on request all of them."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(2)
        exhibits = self.behaviour.exhibits
        further = [_exhibit(one) for one in exhibits]
        for number, label in enumerate(further):
            label.setVisible(number < _FIRST)
            column.addWidget(label)
        if len(exhibits) > _FIRST:
            more = QPushButton(f"Show all {len(exhibits)} exhibits")
            more.setProperty("link", True)
            column.addWidget(more)

            def show() -> None:
                for label in further:
                    label.show()
                more.hide()

            more.clicked.connect(show)
        return box

    def mark(self, chosen: bool) -> None:
        if bool(self.property("chosen")) != chosen:
            self.setProperty("chosen", chosen)
            restyle(self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(DRAGGED):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(bytes(event.mimeData().data(DRAGGED).data()).decode())


def _exhibit(one: Exhibit) -> QWidget:
    asked = one.prompt if isinstance(one.prompt, str) else one.prompt.title
    return words(line(f"{quoted(asked)} counts what {one.shows.words}"), wrap=True, dim=True, px=12)


def facts(told: Sequence[tuple[str, str]]) -> QGridLayout:
    """Names and what stands under them; what says nothing is left out."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(1, 1)
    for row, (name, value) in enumerate((name, value) for name, value in told if value):
        label = words(name, dim=True, px=12)
        label.setMinimumWidth(52)
        grid.addWidget(label, row, 0)
        grid.addWidget(words(line(value), wrap=True, px=12), row, 1)
    return grid


def found_by(scored: ScoredBehaviour, ranks: dict[str, int], status: str) -> str:
    """Who found a behaviour, in a sentence."""
    if scored.finding is not None:
        return f"Found by finding {ranks.get(scored.finding, 0)}, with a score of {scored.score:.2f}."
    if status != "realised":
        return "Not found. It did not come about, so that nobody has to find it."
    return "No finding is about it."
