"""What a running probe says, sample by sample, as it comes."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from views.desktop.displays.answer_list import ANSWER, AnswerList, AnswerRow

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex


class LiveModel(QAbstractListModel):
    """The samples that have begun, in their order: a row more whenever another one does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[AnswerRow] = []

    def clear(self) -> None:
        self.beginResetModel()
        self.rows = []
        self.endResetModel()

    def grow(self, texts: dict[int, str]) -> None:
        """Add text to samples."""
        for sample, piece in texts.items():
            at = bisect_left(self.rows, sample, key=lambda row: row.samples[0])
            if at == len(self.rows) or self.rows[at].samples[0] != sample:
                self.beginInsertRows(QModelIndex(), at, at)
                self.rows.insert(at, AnswerRow("", [sample]))
                self.endInsertRows()
            self.rows[at].text += piece
            self.dataChanged.emit(self.index(at), self.index(at), [ANSWER])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.rows[index.row()].said(role)


class LiveAnswers(QWidget):
    """A list that grows while a probe runs, however many samples it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.model = LiveModel(self)
        self.view = AnswerList("Answers as they come", self.model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)

    @property
    def rows(self) -> list[AnswerRow]:
        return self.model.rows

    def clear(self) -> None:
        self.model.clear()

    def grow(self, texts: dict[int, str]) -> None:
        self.model.grow(texts)
        self.view.scheduleDelayedItemsLayout()
