"""The lines of an audit log as rows, newest first; only those in sight are read."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer

from views.desktop import theme
from views.desktop.labels import tip
from views.desktop.memory import ColouredFilter
from workbench.log.wording import LogLine
from workbench.visible import line as on_one_line

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
COLUMNS: Final = ("#", "time", "probe", "what", "class", "cost", "result", "tags")
MONO: Final = (0, 1, 5)
"""Columns of numbers."""
_SHOWN: Final = 300
"""Characters of a cell that can be in sight."""
NO_RULES: Final[Mapping[int, ColouredFilter]] = MappingProxyType({})
_PAGE: Final = 128
_KEPT: Final = 4096


class LogModel(QAbstractTableModel):
    """Numbers of lines in two runs: those there at the start, going down, and those that came since, going up."""

    def __init__(self, fetch: Callable[[Sequence[int]], None], parent: QObject | None = None) -> None:
        """`fetch` reads lines elsewhere and answers by `deliver`."""
        super().__init__(parent)
        self._fetch = fetch
        self._old, self._new = array("q"), array("q")
        self._lines: OrderedDict[int, LogLine] = OrderedDict()
        self._cells: dict[int, tuple[str, ...]] = {}
        self._rules: dict[int, ColouredFilter] = {}
        self._wanted: set[int] = set()
        self._asked: set[int] = set()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._ask)

    # -- rows

    def number(self, row: int) -> int:
        """The record in a row."""
        new = len(self._new)
        return self._new[new - 1 - row] if row < new else self._old[row - new]

    def row(self, number: int) -> int:
        """The row of a record, −1 if it is not among those shown."""
        if len(self._new) and number >= self._new[0]:
            place = _ascending(self._new, number)
            return -1 if place < 0 else len(self._new) - 1 - place
        place = _descending(self._old, number)
        return -1 if place < 0 else len(self._new) + place

    def clear(self) -> None:
        self.beginResetModel()
        self._old, self._new = array("q"), array("q")
        self._wanted.clear()
        self.endResetModel()

    def extend_down(self, numbers: array[int]) -> None:
        """Older lines, newest of them first."""
        if numbers:
            size = self.rowCount()
            self.beginInsertRows(QModelIndex(), size, size + len(numbers) - 1)
            self._old.extend(numbers)
            self.endInsertRows()

    def extend_up(self, numbers: array[int]) -> None:
        """New lines, newest first."""
        if numbers:
            self.beginInsertRows(QModelIndex(), 0, len(numbers) - 1)
            self._new.extend(reversed(numbers))
            self.endInsertRows()

    def drop(self, number: int) -> None:
        """An intent that was answered."""
        row = self.row(number)
        if row >= 0:
            self.beginRemoveRows(QModelIndex(), row, row)
            new = len(self._new)
            if row < new:
                del self._new[new - 1 - row]
            else:
                del self._old[row - new]
            self.endRemoveRows()

    def deliver(self, lines: Sequence[LogLine], rules: Mapping[int, ColouredFilter] = NO_RULES) -> None:
        """Lines that were asked for, and the coloured filters that some of them pass."""
        rows = []
        for line in lines:
            self._lines[line.seq] = line
            self._rules.pop(line.seq, None)
            self._cells.pop(line.seq, None)
            self._lines.move_to_end(line.seq)
            self._asked.discard(line.seq)
            if (row := self.row(line.seq)) >= 0:
                rows.append(row)
        self._rules.update(rules)
        while len(self._lines) > _KEPT:
            gone, _ = self._lines.popitem(last=False)
            self._rules.pop(gone, None)
            self._cells.pop(gone, None)
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), len(COLUMNS) - 1))

    def forget(self) -> None:
        """Marks or colours changed: read again what is in sight."""
        self._lines.clear()
        self._rules.clear()
        self._cells.clear()
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(COLUMNS) - 1))

    def _ask(self) -> None:
        wanted = sorted(self._wanted - self._asked)
        self._wanted.clear()
        if wanted:
            self._asked.update(wanted)
            self._fetch(wanted)

    def line(self, row: int) -> LogLine | None:
        """The line if it was read; otherwise it is asked for, with its neighbours."""
        number = self.number(row)
        found = self._lines.get(number)
        if found is None and number not in self._asked and number not in self._wanted:
            for near in range(max(0, row - 8), min(self.rowCount(), row + _PAGE)):
                if (neighbour := self.number(near)) not in self._lines:
                    self._wanted.add(neighbour)
            self._soon.start()
        return found

    # -- Qt's side

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self._old) + len(self._new)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def rule(self, row: int) -> ColouredFilter | None:
        """The coloured filter that a line passes."""
        return self._rules.get(self.number(row))

    def shown(self, row: int, column: int) -> str:
        """What a cell says, on one line."""
        line = self.line(row)
        if line is None:
            return str(self.number(row)) if column == 0 else "…" if column == 3 else ""
        cells = self._cells.get(line.seq)
        if cells is None:
            cells = self._cells[line.seq] = tuple(on_one_line(text[:_SHOWN]) for text in _texts(line))
        return cells[column]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.shown(index.row(), index.column())
        if role == Qt.ItemDataRole.FontRole:
            return theme.mono() if index.column() in MONO else None
        if role == Qt.ItemDataRole.ToolTipRole and (line := self.line(index.row())) is not None:
            return tip(self._told(line, index.column()))
        return None

    def _told(self, line: LogLine, column: int) -> str:
        """All that a cell says."""
        text, rule = _texts(line, "%Y-%m-%d %H:%M:%S %Z")[column], self._rules.get(line.seq)
        return f"{text}\ncoloured: {rule.filter}".strip() if rule is not None and COLUMNS[column] == "tags" else text


def _texts(line: LogLine, clock: str = "%H:%M:%S") -> tuple[str, ...]:
    """What a line says, column by column."""
    when = datetime.fromtimestamp(line.ts_us / 1e6).astimezone()
    return (
        str(line.seq), when.strftime(clock), line.label, line.what, line.elicitation, line.cost, line.result,
        " ".join(line.tags),
    )  # fmt: skip


def _descending(numbers: array[int], wanted: int) -> int:
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] > wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(numbers) and numbers[low] == wanted else -1


def _ascending(numbers: array[int], wanted: int) -> int:
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(numbers) and numbers[low] == wanted else -1
