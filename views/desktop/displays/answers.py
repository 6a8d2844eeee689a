"""Answers that came back: equal ones together, the most frequent first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from views.desktop.displays.answer_list import AnswerList, AnswerRow
from views.desktop.displays.display import Display, Pick
from views.desktop.labels import words
from workbench.contract.figures import Answers
from workbench.visible import line, visible

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex


class AnswersModel(QAbstractListModel):
    """The answers, each by itself or equal ones in one row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[AnswerRow] = []

    def fill(self, answers: Answers, *, together: bool) -> None:
        """Texts are equal if they are so but for white space."""
        found: dict[object, AnswerRow] = {}
        for answer in answers.answers:
            key = " ".join(answer.text.split()) if together else answer.index
            row = found.setdefault(key, AnswerRow(answer.text.strip("\n"), [], len(answers.answers) if together else 1))
            row.samples.append(answer.index)
            ended = answer.ending.words
            row.note = ended if len(row.samples) == 1 or row.note == ended else "ended in different ways"
        self.beginResetModel()
        self.rows = sorted(found.values(), key=lambda row: -len(row.samples))
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.rows[index.row()].said(role)


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
        return Pick(samples=tuple(sorted(sample for row in self.view.selected() for sample in row.samples)))

    def _ask(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        if index.isValid():
            sample = self.model.rows[index.row()].samples[0]
            self.asked.emit(sample, 0, False, self.view.viewport().mapToGlobal(at))

    def _show_prompt(self, shown: bool) -> None:
        self._prompt.setVisible(shown)
        self._as_seen.setText("Hide the prompt" if shown else "Show the prompt as the model saw it")
