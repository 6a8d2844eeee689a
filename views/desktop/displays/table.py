"""Any result as rows and columns."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout

from views.desktop import theme
from views.desktop.displays.display import Display
from views.desktop.labels import visible
from workbench.contract.figures import Table
from workbench.contract.probe import Probe
from workbench.contract.result import Result

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex


class TableModel(QAbstractTableModel):
    """A `Table`, which can be sorted by a column."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._columns, self._rows = table.columns, list(table.rows)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{value:.4g}" if isinstance(value, float) else visible(str(value)) if _token(value) else str(value)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, str) and len(value) > 40:
            return value
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(value, str):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and not isinstance(value, str):
            return theme.mono()
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole and self._rows:
            left = isinstance(self._rows[0][section], str)
            side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        self._rows.sort(
            key=lambda row: (isinstance(row[column], str), row[column]), reverse=order == Qt.SortOrder.DescendingOrder
        )
        self.layoutChanged.emit()

    def text(self, rows: list[int]) -> str:
        """Those rows as tab-separated text, under their headings."""
        lines = [self._columns, *(self._rows[row] for row in rows)]
        return "\n".join("\t".join(str(cell).replace("\t", " ").replace("\n", " ") for cell in line) for line in lines)


class TableDisplay(Display):
    """Rows and columns: for people who read rather than look, for screen readers, and for copying."""

    def __init__(self) -> None:
        super().__init__()
        self.view = QTableView()
        self.view.setAccessibleName("Result as a table")
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(26)
        self.view.setShowGrid(False)
        self.view.setAlternatingRowColors(True)
        self.view.setSortingEnabled(True)
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.view, self._copy)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)

    def show_result(self, result: Result, probe: Probe | None) -> None:
        self.show_table(result.table())

    def show_table(self, table: Table) -> None:
        old = self.view.model()
        self.view.setModel(TableModel(table))
        if old is not None:
            old.deleteLater()
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        # The longest texts get what the others leave.
        widest = max(
            range(len(table.columns)), key=lambda c: max((len(str(row[c])) for row in table.rows[:200]), default=0)
        )
        self.view.resizeColumnsToContents()
        for column in range(len(table.columns)):
            header.resizeSection(column, min(360, header.sectionSize(column) + 12))
        if table.rows and any(len(str(row[widest])) > 24 for row in table.rows[:200]):
            header.setSectionResizeMode(widest, QHeaderView.ResizeMode.Stretch)

    def _copy(self) -> None:
        rows = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        QGuiApplication.clipboard().setText(self.view.model().text(rows))  # type: ignore[attr-defined]


def _token(value: object) -> bool:
    """Whether a text is more likely a token than a sentence: its blanks are then made visible."""
    return isinstance(value, str) and (value != value.strip() or value in ("\n", "\t", " ")) and len(value) < 24
