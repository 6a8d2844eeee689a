"""Typed columns and rows: for people who read rather than look, for screen readers, and for copying."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout

from views.desktop import theme
from views.desktop.displays.display import Display, Pick
from views.desktop.labels import tip, words
from workbench.claims.finding import Cell
from workbench.contract.figures import Rows, Value
from workbench.visible import line, token

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
_READABLE = 160
"""Pixels below which a column of long texts is not squeezed."""


class RowsModel(QAbstractTableModel):
    """Rows that can be sorted by a column, and know where they stood."""

    def __init__(self, figure: Rows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.figure = figure
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
            return tip(value) if isinstance(value, str) and len(value) > 40 else None
        if role == Qt.ItemDataRole.TextAlignmentRole and self._numbers(column):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and self.figure.columns[column].kind != "text":
            return theme.mono()
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return line(self.figure.columns[section].heading)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self._numbers(section) else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

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
        """Those rows as tab-separated text, under their headings: values as they are, not as they are shown."""
        lines = [[column.heading for column in self.figure.columns]]
        lines += [["" if cell is None else str(cell) for cell in self.figure.rows[self._order[row]]] for row in rows]
        return "\n".join("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in cells) for cells in lines)


class RowsDisplay(Display):
    """A table."""

    def __init__(self) -> None:
        super().__init__()
        self.view = QTableView()
        self._long, self._as_it_is = -1, 0  # the column of the longest texts, and its width in pixels
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
        """Columns as wide as they must be; the longest texts get what the others leave."""
        header, columns = self.view.horizontalHeader(), range(len(figure.columns))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        self.view.resizeColumnsToContents()
        for column in columns:
            header.resizeSection(column, min(360, header.sectionSize(column) + 12))
        longest = {column: max((len(str(row[column])) for row in figure.rows[:200]), default=0) for column in columns}
        widest = max(columns, key=lambda column: longest[column], default=-1)
        self._long = widest if widest >= 0 and longest[widest] > 24 else -1
        self._as_it_is = header.sectionSize(widest) if widest >= 0 else 0
        self._fit()

    def _fit(self) -> None:
        """The longest texts get what the others leave, where that is enough to read them; else one scrolls."""
        if self._long < 0:
            return
        header = self.view.horizontalHeader()
        others = sum(header.sectionSize(column) for column in range(header.count()) if column != self._long)
        roomy = self.view.viewport().width() - others >= min(self._as_it_is, _READABLE)
        mode = QHeaderView.ResizeMode.Stretch if roomy else QHeaderView.ResizeMode.Interactive
        if header.sectionResizeMode(self._long) != mode:
            header.setSectionResizeMode(self._long, mode)
        if not roomy:
            header.resizeSection(self._long, self._as_it_is)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

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
