"""What a running probe says, sample by sample, as it comes."""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from views.desktop import theme
from views.desktop.displays.answer_list import AnswerList, AnswerRow, AnswerRows


class LiveModel(AnswerRows):
    """The samples that have begun, in their order: a row more whenever another one does."""

    def clear(self) -> None:
        self.beginResetModel()
        self.rows = []
        self.endResetModel()

    def grow(self, texts: dict[int, str]) -> None:
        """Add text to samples."""
        metrics, grown = QFontMetricsF(theme.sans()), []
        for sample, piece in texts.items():
            at = bisect_left(self.rows, sample, key=lambda row: row.samples[0])
            if at == len(self.rows) or self.rows[at].samples[0] != sample:
                self.beginInsertRows(QModelIndex(), at, at)
                self.rows.insert(at, AnswerRow("", [sample]))
                self.endInsertRows()
            self.rows[at].grow(piece, metrics)
            grown.append(sample)
        first, last = (
            bisect_left(self.rows, sample, key=lambda row: row.samples[0]) for sample in (min(grown), max(grown))
        )
        self.dataChanged.emit(self.index(first), self.index(last))


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
