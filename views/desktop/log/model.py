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
LINE: Final = Qt.ItemDataRole.UserRole + 1
RULE: Final = Qt.ItemDataRole.UserRole + 2
"""The coloured filter that a line passes, or None."""
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
            self._lines.move_to_end(line.seq)
            self._asked.discard(line.seq)
            if (row := self.row(line.seq)) >= 0:
                rows.append(row)
        self._rules.update(rules)
        while len(self._lines) > _KEPT:
            self._rules.pop(self._lines.popitem(last=False)[0], None)
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), len(COLUMNS) - 1))

    def forget(self) -> None:
        """Marks or colours changed: read again what is in sight."""
        self._lines.clear()
        self._rules.clear()
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

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.FontRole:
            return theme.mono() if index.column() in (0, 1, 5) else None
        if role == RULE:
            return self._rules.get(self.number(index.row()))
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, LINE):
            return None
        line = self.line(index.row())
        if role == LINE:
            return line
        if line is None:
            return str(self.number(index.row())) if index.column() == 0 else "…" if index.column() == 3 else ""
        full = role == Qt.ItemDataRole.ToolTipRole
        text = _text(line, index.column(), full=full)
        if full and index.column() == COLUMNS.index("tags") and (rule := self._rules.get(line.seq)) is not None:
            text = f"{text}\ncoloured: {rule.filter}".strip()
        return tip(text) if full else on_one_line(text)


def _text(line: LogLine, column: int, *, full: bool) -> str:
    when = datetime.fromtimestamp(line.ts_us / 1e6).astimezone()
    cells = (
        str(line.seq),
        when.strftime("%Y-%m-%d %H:%M:%S %Z") if full else when.strftime("%H:%M:%S"),
        line.label,
        line.what if full else line.what[:300],
        line.elicitation,
        line.cost,
        line.result if full else line.result[:300],
        " ".join(line.tags),
    )
    return cells[column]


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
