"""One heat-map as a table that mouse, keys and screen readers can walk."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from views.desktop import theme
from views.desktop.labels import tip, words
from workbench.claims.finding import Cell
from workbench.contract.figures import Axis, Heat, signed
from workbench.visible import line, quoted, token

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
STRENGTH: Final = Qt.ItemDataRole.UserRole + 1
"""How strongly a cell is coloured, −1 … 1."""
_OUTLINED: Final = Qt.ItemDataRole.UserRole + 2
CELL: Final = 76
LEAST_CELL: Final = 52
"""Widths of a cell: as wide as is of use, and as narrow as can be read."""
AXIS: Final = 46
_HEIGHT: Final = 25
_HEADER: Final = 24
_MARGINS: Final = 20
"""Beside the label of a row, before it is cut."""
_FRAME: Final = 2
"""Around all of it, both sides together."""


def spelled(axis: Axis, text: str) -> str:
    """A label of an axis as it is shown."""
    return token(text) if axis.tokens else line(text)


class HeatModel(QAbstractTableModel):
    """A heat-map with its first row at the bottom, as it is drawn."""

    def __init__(self, heat: Heat, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.heat = heat
        self._follow: int | None = None

    def follow(self, followed: int | None) -> None:
        """Colour by a followed series, or by each cell's own value."""
        self._follow = followed
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def row_of(self, index: _Index) -> int:
        """The row of the figure."""
        return len(self.heat.rows.keys) - 1 - index.row()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.heat.rows.keys)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.heat.columns.keys)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.row_of(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == STRENGTH:
            return self.heat.scale.strength(self.value(row, column))
        if role == _OUTLINED:
            return (row, column) in self.heat.outlined
        if role == Qt.ItemDataRole.AccessibleTextRole:
            value = self.heat.scale.words(self.value(row, column))
            text = f"{self.cell_text(row, column)}, " if self.heat.texts else ""
            return f"{self.place(row, column)}: {text}{value}"
        return None

    def value(self, row: int, column: int) -> float:
        """What the cell is coloured by."""
        values = self.heat.values if self._follow is None else self.heat.followed[self._follow].values
        return float(values[row, column])

    def cell_text(self, row: int, column: int) -> str:
        return token(self.heat.texts[row][column])

    def text(self, row: int, column: int) -> str:
        """What stands in the cell: its text, or the value it is coloured by, without its unit."""
        if self._follow is None and self.heat.texts:
            return self.cell_text(row, column)
        value = self.value(row, column)
        return f"{100 * value:.1f}" if self.heat.scale.unit == "%" else signed(value)

    def place(self, row: int, column: int) -> str:
        """Where a cell stands, in words."""
        rows, columns = self.heat.rows, self.heat.columns
        where = f"{line(rows.name)} {spelled(rows, rows.labels[row])}"
        label = spelled(columns, columns.labels[column])
        if columns.tokens:
            return f"{where}, position {columns.keys[column]} {quoted(label)}"
        return f"{where}, {line(columns.name)} {label}"

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            rows = self.heat.rows
            label = spelled(rows, rows.labels[len(rows.labels) - 1 - section])
            return {Qt.ItemDataRole.DisplayRole: label, Qt.ItemDataRole.ToolTipRole: tip(f"{rows.name} {label}")}.get(
                Qt.ItemDataRole(role)
            )
        columns = self.heat.columns
        label = spelled(columns, columns.labels[section])
        if role == Qt.ItemDataRole.DisplayRole:
            return label
        if role == Qt.ItemDataRole.ToolTipRole:
            at = f"position {columns.keys[section]}: {quoted(label)}"
            return tip(at if columns.tokens else f"{columns.name} {label}")
        return None


class CellPainter(QStyledItemDelegate):
    """Draws a cell: a rounded ground in its colour, its text on it, an outline where the summary points."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t, strength = theme.tokens(), float(index.data(STRENGTH))
        rect = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tint(strength))
        painter.drawRoundedRect(rect, 3, 3)
        focused = bool(option.state & QStyle.StateFlag.State_Selected)
        if index.data(_OUTLINED) or focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.ink if focused else t.bad), 2 if focused else 1.6))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setFont(theme.mono(theme.SMALL_PX))
        painter.setPen(theme.ink_on(strength))
        text = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, int(rect.width()) - 2)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.restore()


class HeatMap(QTableView):
    """One heat-map; says which cell is pointed at, by mouse or keys."""

    pointed = Signal(int, int)
    """The row and column of the figure, from 0."""
    asked = Signal(int, int, QPoint)
    """What may be asked next is wanted for a cell."""

    def __init__(self, heat: Heat, name: str) -> None:
        super().__init__()
        self.map = HeatModel(heat, self)
        self.setModel(self.map)
        self.setItemDelegate(CellPainter(self))
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._axis = self._axis_width()
        self._head()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.entered.connect(self._point)
        self.selectionModel().currentChanged.connect(lambda index, _: self._point(index))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask)
        self.activated.connect(lambda index: self._ask(self.visualRect(index).center()))

    def _axis_width(self) -> int:
        """Room for the labels of the rows; the longest are cut."""
        rows, metrics = self.map.heat.rows, QFontMetrics(theme.mono(theme.SMALL_PX))
        widest = max(
            (metrics.horizontalAdvance(spelled(rows, label)) for label in (rows.name, *rows.labels)), default=0
        )
        return min(2 * CELL, max(AXIS, widest + _MARGINS))

    def _head(self) -> None:
        across, up = self.horizontalHeader(), self.verticalHeader()
        for header, size in ((across, CELL), (up, _HEIGHT)):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setDefaultSectionSize(size)
            header.setHighlightSections(False)
            header.setSectionsClickable(False)
            header.setTextElideMode(Qt.TextElideMode.ElideRight)
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
            header.setStyleSheet(
                f'QHeaderView::section {{ font-family: "{theme.MONO}"; font-size: {theme.SMALL_PX}px; border: none;'
                " padding: 2px; }"
            )
        across.setFixedHeight(_HEADER)
        up.setFixedWidth(self._axis)
        name = words(line(self.map.heat.rows.name), dim=True, mono=True)
        name.setParent(self)
        name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        name.setStyleSheet(f'font-family: "{theme.MONO}"; font-size: {theme.SMALL_PX}px;')
        name.setGeometry(0, 0, self._axis, _HEADER)

    def sizeHint(self) -> QSize:
        bar = self.horizontalScrollBar().sizeHint().height() if self.width_at(self._cell()) > self.width() else 0
        return QSize(self.width_at(CELL), _HEADER + _HEIGHT * self.map.rowCount() + bar + _FRAME)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._axis + 3 * LEAST_CELL, self.sizeHint().height())

    def width_at(self, cell: int) -> int:
        """How wide it is with cells of that width."""
        return self._axis + cell * self.map.columnCount() + _FRAME

    def fit(self, width: int) -> None:
        """Take this much room: cells as wide as they may be, as narrow as they must; what is left over scrolls."""
        columns, room = max(1, self.map.columnCount()), width - self._axis - _FRAME
        shown = min(columns, max(1, room // LEAST_CELL))
        self.horizontalHeader().setDefaultSectionSize(min(CELL, room // shown))
        self.setFixedWidth(self._axis + shown * self._cell() + _FRAME)
        self.updateGeometry()

    def _cell(self) -> int:
        return self.horizontalHeader().defaultSectionSize()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # The newest tokens are what an auditor reads first.
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().maximum())

    def point_at(self, row: int, column: int) -> None:
        """Read a cell of the figure, without marking it; from there the arrow keys go on."""
        index = self.map.index(self.map.rowCount() - 1 - row, column)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _point(self, index: QModelIndex) -> None:
        if index.isValid():
            self.pointed.emit(self.map.row_of(index), index.column())

    def _ask(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if index.isValid():
            self.asked.emit(self.map.row_of(index), index.column(), self.viewport().mapToGlobal(at))

    def cells(self) -> tuple[Cell, ...]:
        """What is selected, by the keys of its rows and columns."""
        heat = self.map.heat
        chosen = {
            (heat.rows.keys[self.map.row_of(index)], heat.columns.keys[index.column()])
            for index in self.selectionModel().selectedIndexes()
        }
        return tuple(Cell(row=row, position=column) for row, column in sorted(chosen))
