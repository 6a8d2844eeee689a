"""Typed columns and rows: for people who read rather than look, for screen readers, and for copying."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout

from views.desktop import theme
from views.desktop.displays.display import LEAST, Display, Pick
from views.desktop.labels import tip, words
from workbench.claims.finding import Cell
from workbench.contract.figures import Rows, Value
from workbench.visible import line, token, visible

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
_WIDEST = 360
"""Pixels that a column has at most, unless its texts are the longest and something is left over."""
_READABLE = 160
"""Pixels below which a column of long texts is not squeezed."""
_PADDING = 16
"""Pixels around a heading."""
_BREAK: Final = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
"""What a spreadsheet, or whoever reads line by line, takes for the end of a cell or a row."""
_ACTIVE: Final = tuple('=+-@＝＋－＠"')
"""How a cell begins that a spreadsheet would work out, or read the following cells into."""


class RowsModel(QAbstractTableModel):
    """Rows that can be sorted by a column, and know where they stood."""

    def __init__(self, figure: Rows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.figure = figure
        self.cut: frozenset[int] = frozenset()
        """Columns that are narrower than what stands in them."""
        self._broken: frozenset[int] = frozenset()
        self._order = list(range(len(figure.rows)))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.figure.columns)

    def key(self, row: int) -> int:
        """Where a row stands in the figure, however it is sorted."""
        return self._order[row]

    def _value(self, row: int, column: int) -> Value | None:
        return self.figure.rows[self._order[row]][column]

    def _numbers(self, column: int) -> bool:
        return self.figure.columns[column].kind in ("number", "count", "share")

    def words(self, row: int, column: int) -> str:
        """A value as it stands in its column."""
        value, shown = self._value(row, column), self.figure.columns[column]
        return token(str(value)) if shown.kind == "token" and value is not None else line(shown.words(value))

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            value = self._value(row, column)
            return tip(value) if isinstance(value, str) and (len(value) > 40 or column in self.cut) else None
        if role == Qt.ItemDataRole.TextAlignmentRole and self._numbers(column):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and self.figure.columns[column].kind != "text":
            return theme.mono()
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _broken(self.heading(section)) if section in self._broken else self.heading(section)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self._numbers(section) else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def heading(self, column: int) -> str:
        return line(self.figure.columns[column].heading)

    def break_headings(self, columns: frozenset[int]) -> None:
        """Headings of these stand in two lines, where they have several words."""
        if columns != self._broken:
            self._broken = columns
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.figure.columns) - 1)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By value: numbers before texts, and nothing last."""
        if not 0 <= column < len(self.figure.columns):
            return
        self.layoutAboutToBeChanged.emit()
        values = {row: self.figure.rows[row][column] for row in self._order}
        filled = [row for row in self._order if values[row] is not None]
        filled.sort(
            key=lambda row: (isinstance(values[row], str), values[row]), reverse=order == Qt.SortOrder.DescendingOrder
        )
        self._order = filled + [row for row in self._order if values[row] is None]
        self.layoutChanged.emit()

    def text(self, rows: list[int]) -> str:
        """Those rows as tab-separated text, under their headings: values as they are, not as they are shown; a text
        that would be a formula where it is pasted is marked as a text."""
        lines = [[_cell(column.heading) for column in self.figure.columns]]
        lines += [[_cell(value) for value in self.figure.rows[self._order[row]]] for row in rows]
        return "\n".join(map("\t".join, lines))


class RowsDisplay(Display):
    """A table."""

    def __init__(self) -> None:
        super().__init__()
        self.view = QTableView()
        self._long, self._room = -1, -1  # the column of the longest texts; the width that all have, in pixels
        self._whole, self._snug, self._least = [], [], []  # type: list[int], list[int], list[int]
        self.view.setAccessibleName("Result as a table")
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(26)
        self.view.setShowGrid(False)
        self.view.setAlternatingRowColors(True)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setMinimumHeight(160)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.view, self.copy)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.view.viewport().installEventFilter(self)
        self._title = words(dim=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)

    def show_figure(self, figure: Rows) -> None:
        """Raises ValueError if a row has other columns than it should, before any is painted."""
        if any(len(row) != len(figure.columns) for row in figure.rows):
            raise ValueError("a table whose rows do not have its columns")
        self._title.setText(line(figure.title))
        self._title.setVisible(bool(figure.title))
        self.model = RowsModel(figure, self)
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.view.setModel(self.model)
        self.view.setSortingEnabled(True)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.marked.emit())
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._ask)
        self.view.activated.connect(lambda index: self._ask(self.view.visualRect(index).center()))
        self._share_out(figure)

    def _share_out(self, figure: Rows) -> None:
        """Columns as wide as they must be; the longest texts get what the others leave, where they need it."""
        header, columns = self.view.horizontalHeader(), range(len(figure.columns))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        self.view.resizeColumnsToContents()
        self._whole = [min(_WIDEST, header.sectionSize(column) + 12) for column in columns]
        self._snug = [self._needed(column, _WIDEST) for column in columns]
        self._least = [self._needed(column, _READABLE) for column in columns]
        longest = {column: max((len(str(row[column])) for row in figure.rows[:200]), default=0) for column in columns}
        self._long = max(columns, key=lambda column: longest[column], default=-1)
        self._fit()

    def _heading(self, text: str) -> int:
        return self.view.horizontalHeader().fontMetrics().horizontalAdvance(text) + _PADDING

    def _needed(self, column: int, most: int) -> int:
        """What a column can do with: its heading in two lines, numbers whole, and as much of its texts."""
        heading = max(map(self._heading, _broken(self.model.heading(column)).split("\n")))
        held = self.view.sizeHintForColumn(column) + 4
        return max(heading, min(held, most) if self.model.figure.columns[column].kind == "text" else held)

    def _fit(self) -> None:
        """The longest texts get what the others leave; where that is too little all are squeezed, texts last, and one
        scrolls only where that is not enough."""
        self._room = self.view.viewport().width()
        header, widths = self.view.horizontalHeader(), self._whole
        for least in (self._snug, self._least):
            widths = _squeezed(widths, least, self._room)
        left = self._room - sum(widths)
        if self._long >= 0 and left > 0 and self.view.sizeHintForColumn(self._long) > widths[self._long]:
            widths[self._long] += left
        for column, width in enumerate(widths):
            header.resizeSection(column, width)
        said = list(map(self._heading, map(self.model.heading, range(len(widths)))))
        self.model.break_headings(frozenset(column for column, width in enumerate(widths) if width < said[column]))
        self.model.cut = frozenset(
            column for column, width in enumerate(widths) if width < self.view.sizeHintForColumn(column)
        )

    def least_width(self) -> int:
        return max(LEAST, sum(self._least) + self.view.verticalScrollBar().sizeHint().width())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self._whole and self.view.viewport().width() != self._room:
            self._fit()
        return super().eventFilter(watched, event)

    def _ask(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        if index.isValid():
            place = self.view.viewport().mapToGlobal(at)
            self.asked.emit(self.model.key(index.row()), index.column(), False, place)

    def pick(self) -> Pick:
        """The marked rows, at the column that is pointed at."""
        column = max(0, self.view.currentIndex().column())
        rows = sorted(self.model.key(index.row()) for index in self.view.selectionModel().selectedRows())
        return Pick(cells=tuple(Cell(row=row, position=column) for row in rows))

    def copy(self) -> None:
        """The selected rows, as text."""
        rows = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        QGuiApplication.clipboard().setText(self.model.text(rows))


def _cell(value: Value | None) -> str:
    """A value as one cell of tab-separated text; spreadsheets take what follows an apostrophe for a text."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    told = visible(_BREAK.sub(" ", value))
    return f"'{told}" if told.lstrip().startswith(_ACTIVE) else told


def _squeezed(widths: list[int], least: list[int], room: int) -> list[int]:
    """Widths that fit, each as far towards its least as the others; all of them the least, if even those do not."""
    give = [max(0, width - need) for width, need in zip(widths, least, strict=True)]
    share = min(1.0, max(0, sum(widths) - room) / max(1, sum(give)))
    return [width - math.ceil(share * more) for width, more in zip(widths, give, strict=True)]


def _broken(heading: str) -> str:
    """A heading in two lines, as even as its words allow."""
    spaces = [at for at, sign in enumerate(heading) if sign == " "]
    if not spaces:
        return heading
    at = min(spaces, key=lambda at: abs(len(heading) - 1 - 2 * at))
    return f"{heading[:at]}\n{heading[at + 1 :]}"
