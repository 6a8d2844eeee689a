"""Answers that came back: equal ones together, below those that begin alike, the most frequent first."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from views.desktop.displays.answer_list import AnswerList, AnswerRow, AnswerRows
from views.desktop.displays.display import Display, Pick
from views.desktop.labels import words
from workbench.contract.figures import Answers
from workbench.visible import line, visible


class AnswersModel(AnswerRows):
    """The answers, each by itself; or equal ones in one row, and a row above those that begin alike."""

    def fill(self, answers: Answers, *, together: bool) -> None:
        self.beginResetModel()
        self.rows = list(_together(answers) if together else _apart(answers))
        self.endResetModel()


def _apart(answers: Answers) -> Iterator[AnswerRow]:
    for answer in answers.answers:
        yield AnswerRow(answer.text.strip("\n"), [answer.index], 1, answer.ending.words)


def _together(answers: Answers) -> Iterator[AnswerRow]:
    clusters = answers.clusters
    of, several = sum(cluster.times for cluster in clusters), len(clusters) > 1
    for cluster in clusters:
        if several and len(cluster.equal) > 1:
            yield AnswerRow(f"{cluster.beginning}…", list(cluster.samples), of, heads=True)
        for one in cluster.equal:
            yield AnswerRow(one.text.strip("\n"), list(one.samples), of, answers.ended(one.samples))
    if unbegun := [answer.index for answer in answers.answers if not answer.begun]:
        yield AnswerRow("", unbegun, of, answers.ended(unbegun))


class AnswersDisplay(Display):
    """The prompt as the model saw it, and the answers."""

    def __init__(self) -> None:
        super().__init__()
        self.model = AnswersModel(self)
        self.view = AnswerList("Answers", self.model)
        self._title, self._prompt = words(dim=True), words(wrap=True, mono=True, dim=True)
        self._prompt.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._prompt.hide()
        self._as_seen = QPushButton("Show the prompt as the model saw it")
        self._as_seen.setProperty("link", True)
        self._as_seen.setCheckable(True)
        self._as_seen.toggled.connect(self._show_prompt)
        self._together = QPushButton("Equal answers together")
        self._together.setProperty("small", True)
        self._together.setCheckable(True)
        self._together.setChecked(True)
        row = QHBoxLayout()
        row.addWidget(self._title)
        row.addWidget(self._as_seen)
        row.addStretch(1)
        row.addWidget(self._together)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addWidget(self._prompt)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)

    def show_figure(self, figure: Answers) -> None:
        self._title.setText(line(figure.title))
        self._title.setVisible(bool(figure.title))
        self._prompt.setText(visible(figure.prompt))
        self._as_seen.setVisible(bool(figure.prompt))
        self._together.setVisible(len(figure.answers) > 1)
        self._together.toggled.connect(lambda on: self.model.fill(figure, together=on))
        self.model.fill(figure, together=self._together.isChecked())
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.marked.emit())
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._ask)
        self.view.activated.connect(lambda index: self._ask(self.view.visualRect(index).center()))

    def pick(self) -> Pick:
        return Pick(samples=tuple(sorted({sample for row in self.view.selected() for sample in row.samples})))

    def _ask(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        if index.isValid():
            sample = self.model.rows[index.row()].samples[0]
            self.asked.emit(sample, 0, False, self.view.viewport().mapToGlobal(at))

    def _show_prompt(self, shown: bool) -> None:
        self._prompt.setVisible(shown)
        self._as_seen.setText("Hide the prompt" if shown else "Show the prompt as the model saw it")
