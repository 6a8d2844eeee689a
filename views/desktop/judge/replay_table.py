"""Every recorded result in a line, with what its replay came to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from casefiles.counted import counted
from views.desktop import theme
from views.desktop.judge.blindfold import HIDDEN, Blindfold
from views.desktop.judge.proceedings import RecordedQuestion
from workbench.contract.comparison import Agreement
from workbench.judge.replays.replay import ReplayedRecord
from workbench.judge.verdicts.verdict import SwallowedAnswers
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
COLUMNS: Final = ("record", "verdict", "probe", "asked", "what the replay found")
VERDICT, PROBE, ASKED, NOTE = range(1, 5)
TONES: Final = {
    Agreement.EXACT: "ok",
    Agreement.TOLERANT: "accent",
    Agreement.DIVERGED: "bad",
    Agreement.UNREPLAYABLE: "warn",
}
MEANINGS: Final = {
    Agreement.EXACT: "equal to the last bit, in the environment that the record names",
    Agreement.TOLERANT: "as near as rounding explains, in another environment",
    Agreement.DIVERGED: "not what the model gives: it shows nothing",
    Agreement.UNREPLAYABLE: "neither the model's nor shown not to be: it shows nothing",
}


class ReplayModel(QAbstractTableModel):
    """The probes of a log, and what is known of each by now."""

    def __init__(self, blindfold: Blindfold, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._blindfold = blindfold
        self.lines: tuple[RecordedQuestion, ...] = ()
        self.replayed: dict[int, ReplayedRecord] = {}
        self.drawn: dict[int, SwallowedAnswers] = {}
        """What was swallowed and drawn again, by the number of its intent."""
        self._rows: dict[int, int] = {}

    def show_lines(self, lines: Sequence[RecordedQuestion]) -> None:
        self.beginResetModel()
        self.lines, self._rows = tuple(lines), {line.seq: row for row, line in enumerate(lines)}
        self.endResetModel()

    def forget(self) -> None:
        """Nothing is replayed."""
        self.replayed, self.drawn = {}, {}
        self.refresh()

    def take(self, records: Sequence[ReplayedRecord]) -> None:
        """What came of some records."""
        for record in records:
            self.replayed[record.seq] = record
            if (row := self._rows.get(record.seq)) is not None:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def refresh(self) -> None:
        if self.lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, len(COLUMNS) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, number: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[number]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        one = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(one, index.column())
        if role == Qt.ItemDataRole.UserRole:
            return one.seq
        replayed = self.replayed.get(one.seq)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == VERDICT and replayed is not None:
            return QColor(theme.tokens().tone(TONES[replayed.agreement])[0])
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == VERDICT and replayed is not None:
            return MEANINGS[replayed.agreement]
        return None

    def words(self, one: RecordedQuestion, column: int) -> str:
        """A cell as it may be shown."""
        replayed, drawn = self.replayed.get(one.seq), self.drawn.get(one.intent)
        match column:
            case 0:
                return f"#{one.seq}"
            case 1:
                told = replayed.agreement.value.upper() if replayed is not None else "—"
                return f"{told} · re-drawn" if drawn is not None else told
            case 2:
                return HIDDEN if self._blindfold.on else line(one.line.label)
            case 3:
                return line(self._blindfold.theirs(one.line.what))
        told = line(self._blindfold.words(replayed.note)) if replayed is not None else ""
        if drawn is not None:
            again = counted(len(drawn.answers), "answer was", "answers were")
            told = f"{told} Its {again} drawn again and {'counts' if len(drawn.answers) == 1 else 'count'}.".strip()
        return told


class Unconfirmed(QSortFilterProxyModel):
    """Sorted as the user wants; only what a replay did not confirm, if that is wanted."""

    def __init__(self, model: ReplayModel) -> None:
        super().__init__(model)
        self.setSourceModel(model)
        self._model, self._only = model, False

    def show_only(self, wanted: bool) -> None:
        self.beginFilterChange()
        self._only = wanted
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        replayed = self._model.replayed.get(self._model.lines[row].seq)
        confirmed = replayed is not None and replayed.agreement in (Agreement.EXACT, Agreement.TOLERANT)
        return not self._only or not confirmed

    def lessThan(self, left: _Index, right: _Index) -> bool:
        if left.column() == 0:
            return bool(self._model.lines[left.row()].seq < self._model.lines[right.row()].seq)
        return bool(super().lessThan(left, right))
