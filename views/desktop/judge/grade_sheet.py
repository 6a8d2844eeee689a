"""The five facets of a finding that is about a behaviour, graded on sliders with the rubric's words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSlider, QVBoxLayout, QWidget

from views.desktop.judge.blindfold import Blindfold
from views.desktop.labels import plain_tip, tip, words
from workbench.judge.scores.facets import to_read
from workbench.judge.scores.rubric import RUBRIC
from workbench.judge.scores.score_sheet import FACETS, Facet, FacetName, Grade
from workbench.judge.verdicts.verdict_page import HOW

STEPS: Final = 20
"""Of a slider, from 0 to 1."""


# ruff: noqa: N802  Qt's names


class GradeSheet(QWidget):
    """A slider moved is a grade to be given; the button gives all of them for one reason."""

    graded = Signal(object)
    """A tuple of `Grade`s."""
    edited = Signal()

    def __init__(self, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self._finding, self.behaviour = "", ""
        self._told: dict[FacetName, str] = {}
        self._facets: dict[FacetName, Facet] = {}
        self.sliders: dict[FacetName, QSlider] = {}
        self._values: dict[FacetName, QLabel] = {}
        self._anchors: dict[FacetName, QLabel] = {}
        self._hows: dict[FacetName, QLabel] = {}
        self._rows: dict[FacetName, tuple[QWidget, ...]] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(1, 170)
        grid.setColumnStretch(3, 2)
        grid.setColumnStretch(4, 3)
        for row, name in enumerate(FACETS):
            self._add(grid, row, name)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Why? It is signed with the grade.")
        self.reason.setAccessibleName("Reason for the grades")
        self.reason.textChanged.connect(lambda _: self._follow())
        self.reason.returnPressed.connect(self.give)
        self.button = QPushButton("Grade")
        self.button.clicked.connect(self.give)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.reason, 1)
        bottom.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(grid)
        layout.addLayout(bottom)

    def _add(self, grid: QGridLayout, row: int, name: FacetName) -> None:
        anchors = RUBRIC[name]
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, STEPS)
        slider.setPageStep(STEPS // 2)
        slider.setAccessibleName(f"Grade of the {name}")
        slider.setToolTip(plain_tip(f"1: {anchors.whole}\n0.5: {anchors.half}\n0: {anchors.nothing}"))
        slider.valueChanged.connect(partial(self._moved, name))
        value, said, how = words(mono=True), words(wrap=True, px=12), words(dim=True, wrap=True, px=12)
        value.setFixedWidth(36)
        self.sliders[name], self._values[name], self._anchors[name], self._hows[name] = slider, value, said, how
        self._rows[name] = (words(name.capitalize()), slider, value, said, how)
        for column, widget in enumerate(self._rows[name]):
            grid.addWidget(widget, row, column)

    def show_facets(self, finding: str, behaviour: str, facets: Sequence[Facet]) -> None:
        """The facets as they are scored now, of one behaviour; what was moved and not given is forgotten."""
        self._finding, self.behaviour = finding, behaviour
        self._facets = {facet.name: facet for facet in facets}
        for name, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(name in self._facets)
        for facet in facets:
            slider = self.sliders[facet.name]
            slider.blockSignals(True)
            slider.setValue(round(facet.value * STEPS))
            slider.blockSignals(False)
            told = HOW[facet.how] + (f", {facet.note[:1].lower()}{facet.note[1:]}" if facet.note else "")
            told = f"{told.removesuffix('.')}."
            told += (
                f" A hint: {facet.proposal:.2f}."
                if facet.proposal is not None and facet.how not in ("judge", "evidence")
                else ""
            )
            self._told[facet.name] = told[:1].upper() + told[1:]
            self._say(facet.name)
        self.reason.clear()
        self.refresh()
        self._follow()

    def refresh(self) -> None:
        """How each was scored as it may be shown now."""
        for name, said in self._told.items():
            told = self._blindfold.words(said)
            self._hows[name].setText(told)
            self._hows[name].setToolTip(tip(told))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """A page among others is not asked how high it is at its width: how each facet was scored would be cut."""
        for how in self._hows.values():
            how.setMinimumHeight(max(0, how.heightForWidth(how.width())))

    def _say(self, name: FacetName) -> None:
        facet, value = self._facets[name], self.sliders[name].value() / STEPS
        open_ = facet.how == "ungraded" and name not in self.moved
        self._values[name].setText("–" if open_ else f"{value:.2f}")
        self._anchors[name].setText("not graded yet" if open_ else RUBRIC[name].nearest(value))

    @property
    def moved(self) -> tuple[FacetName, ...]:
        """Facets whose sliders stand elsewhere than the score."""
        return tuple(
            name for name, facet in self._facets.items() if self.sliders[name].value() != round(facet.value * STEPS)
        )

    def _moved(self, name: FacetName, _: int) -> None:
        self._say(name)
        self._follow()
        self.edited.emit()

    @property
    def to_give(self) -> tuple[FacetName, ...]:
        """What the button grades: what was moved, or else what nobody has read yet, as it stands."""
        return self.moved or tuple(name for name, facet in self._facets.items() if to_read(facet))

    def _follow(self) -> None:
        names = self.to_give
        self.button.setText(f"Grade {' and '.join(names)}" if names else "Grade")
        why = "Move a slider first." if not names else "Give a reason first." if not self.reason.text().strip() else ""
        self.button.setEnabled(not why)
        self.button.setToolTip(plain_tip(why or "The grades join the decisions; nothing is written before you sign."))

    def give(self) -> None:
        """Give what was moved."""
        reason = self.reason.text().strip()
        if reason and self.to_give:
            self.graded.emit(
                tuple(
                    Grade(
                        finding=self._finding,
                        facet=name,
                        value=self.sliders[name].value() / STEPS,
                        reason=reason,
                        behaviour=self.behaviour,
                    )
                    for name in self.to_give
                )
            )
