"""A heat-map of predictions: layers upward, tokens across, with its matched control beside it."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from views.desktop import theme
from views.desktop.displays.display import Display, Pick
from views.desktop.displays.reading import Reading
from views.desktop.displays.sheet import Sheet, Sheets, sheets_of
from views.desktop.labels import visible, words
from workbench.contract.probe import Probe, Result
from workbench.evidence.finding import Cell

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
_SHARE: Final = Qt.ItemDataRole.UserRole + 1
_OUTLINED: Final = Qt.ItemDataRole.UserRole + 2
_CELL_WIDTH: Final = 76
_LEAST_CELL: Final = 52
_READING_WIDTH: Final = 330
_LEAST_HEIGHT: Final = 210
_CELL_HEIGHT: Final = 25
_AXIS: Final = 46


def heat(share: float) -> QColor:
    """The colour of a probability; the scale is the square root, so that small ones can be told apart."""
    t = theme.tokens()
    return theme.mixed(t.heat_low, t.heat_high, share**0.5)


class SheetModel(QAbstractTableModel):
    """One heat-map as a table, top layer first, so that keys and screen readers can walk it."""

    def __init__(self, sheets: Sheets, sheet: Sheet, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sheets, self.sheet = sheets, sheet
        self._follow: int | None = None

    def follow(self, tracked: int | None) -> None:
        """Colour by a tracked token, or by each cell's best prediction."""
        self._follow = tracked
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def layer_row(self, index: _Index) -> int:
        """The row of the arrays; the table has the last layer on top."""
        return len(self.sheet.rows) - 1 - index.row()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.sheet.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.sheet.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.layer_row(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if self._follow is not None:
                return f"{100 * self.sheet.share(row, column, self._follow):.1f}"
            return visible(self.best(row, column))
        if role == _SHARE:
            return self.sheet.share(row, column, self._follow)
        if role == _OUTLINED:
            return self._outlined(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = f"layer {self.sheet.rows[row]}, after {visible(self.sheet.columns[column])}: "
            return said + f"{visible(self.best(row, column))}, {self.sheet.share(row, column, None):.0%}"
        return None

    def best(self, row: int, column: int) -> str:
        return self.sheets.vocabulary[int(self.sheet.ids[row, column, 0])]

    def _outlined(self, row: int, column: int) -> bool:
        """The cells the summary speaks of: where a tracked token leads, or the last prediction since it settled."""
        token = int(self.sheet.ids[row, column, 0])
        if self.sheets.tracked:
            return any(token == tracked for tracked, _ in self.sheets.tracked)
        last = self.sheet.ids[:, column, 0]
        return column == len(self.sheet.columns) - 1 and bool((last[row:] == last[-1]).all())

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            layer = self.sheet.rows[len(self.sheet.rows) - 1 - section]
            return str(layer) if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return visible(self.sheet.columns[section])
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"position {self.sheet.positions[section]}: “{visible(self.sheet.columns[section])}”"
        return None


class CellPainter(QStyledItemDelegate):
    """Draws a cell: a rounded ground in its colour, the prediction on it, an outline where the summary points."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t, share = theme.tokens(), float(index.data(_SHARE))
        rect = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(heat(share))
        painter.drawRoundedRect(rect, 3, 3)
        focused = bool(option.state & QStyle.StateFlag.State_Selected)
        if index.data(_OUTLINED) or focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(t.ink if focused else t.bad), 2 if focused else 1.6))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setFont(theme.mono(theme.SMALL_PX))
        painter.setPen(QColor(t.heat_ink_high if share**0.5 > 0.62 else t.heat_ink))
        text = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, int(rect.width()) - 2)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.restore()


class SheetView(QTableView):
    """One heat-map; says which cell is pointed at, by mouse or keys."""

    pointed = Signal(object, int, int)
    """The sheet, and the row and column of its arrays."""
    asked = Signal(object, int, int, QPoint)
    """A menu was asked for on a cell."""

    def __init__(self, model: SheetModel, name: str) -> None:
        super().__init__()
        self._sheet_model = model
        model.setParent(self)
        self.setModel(model)
        self.setItemDelegate(CellPainter(self))
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        across, up = self.horizontalHeader(), self.verticalHeader()
        for header, size in ((across, _CELL_WIDTH), (up, _CELL_HEIGHT)):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setDefaultSectionSize(size)
            header.setHighlightSections(False)
            header.setSectionsClickable(False)
            header.setTextElideMode(Qt.TextElideMode.ElideRight)
            header.setStyleSheet(
                f'QHeaderView::section {{ font-family: "{theme.MONO}"; font-size: {theme.SMALL_PX}px; border: none;'
                " padding: 2px; }"
            )
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        across.setFixedHeight(24)
        up.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        up.setFixedWidth(_AXIS)
        self._axis = words("layer", dim=True, mono=True)
        self._axis.setParent(self)
        self._axis.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._axis.setStyleSheet(f'font-family: "{theme.MONO}"; font-size: {theme.SMALL_PX}px;')
        self._axis.setGeometry(0, 0, _AXIS, 24)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.entered.connect(self._point)
        self.selectionModel().currentChanged.connect(lambda index, _: self._point(index))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask)
        self.activated.connect(lambda index: self._ask(self.visualRect(index).center()))

    def sizeHint(self) -> QSize:
        bar = self.horizontalScrollBar().sizeHint().height() if self.width_at(_cell(self)) > self.width() else 0
        return QSize(self.width_at(_CELL_WIDTH), 24 + _CELL_HEIGHT * self._sheet_model.rowCount() + bar + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(_AXIS + 3 * _LEAST_CELL, self.sizeHint().height())

    def width_at(self, cell: int) -> int:
        """How wide it is with cells of that width."""
        return _AXIS + cell * self._sheet_model.columnCount() + 2

    def fit(self, width: int) -> None:
        """Take this much room: cells as wide as they may be, as narrow as they must; what is left over scrolls."""
        columns, room = max(1, self._sheet_model.columnCount()), width - _AXIS
        shown = min(columns, max(1, room // _LEAST_CELL))
        self.horizontalHeader().setDefaultSectionSize(min(_CELL_WIDTH, room // shown))
        self.setFixedWidth(_AXIS + shown * _cell(self))
        self.updateGeometry()

    @property
    def sheet_model(self) -> SheetModel:
        return self._sheet_model

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # The newest tokens are what an auditor reads first.
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().maximum())

    def _point(self, index: QModelIndex) -> None:
        if index.isValid():
            self.pointed.emit(self._sheet_model.sheet, self._sheet_model.layer_row(index), index.column())

    def _ask(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if index.isValid():
            place = self.viewport().mapToGlobal(at)
            self.asked.emit(self._sheet_model.sheet, self._sheet_model.layer_row(index), index.column(), place)


def _cell(view: SheetView) -> int:
    return view.horizontalHeader().defaultSectionSize()


class Scale(QWidget):
    """The legend of the colours, from probability 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(132, 16)
        self.setAccessibleName("Colour scale: probability from 0 to 1")

    def paintEvent(self, _: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setPen(QColor(t.dim))
        painter.setFont(theme.mono(theme.SMALL_PX))
        painter.drawText(QRectF(0, 0, 12, 16), int(Qt.AlignmentFlag.AlignCenter), "0")
        painter.drawText(QRectF(120, 0, 12, 16), int(Qt.AlignmentFlag.AlignCenter), "1")
        painter.setPen(Qt.PenStyle.NoPen)
        for step in range(25):
            painter.setBrush(heat(step / 24))
            painter.drawRect(QRectF(15 + step * 4.1, 3, 4.2, 10))
        painter.end()


class GridDisplay(Display):
    """Heat-maps side by side where they fit, else one above the other; below, the reading of one cell."""

    def __init__(self) -> None:
        super().__init__()
        self._sheets: Sheets | None = None
        self._probe: Probe | None = None
        self.views: list[SheetView] = []
        self.reading = Reading()
        self._colour = QComboBox()
        self._colour.setAccessibleName("Colour by")
        self._colour.currentIndexChanged.connect(self._recolour)
        self._legend = words(dim=True, wrap=True)
        self._beside = QPushButton("Side by side")
        self._beside.setProperty("small", True)
        self._beside.setCheckable(True)
        self._beside.setChecked(True)
        self._beside.setToolTip("Prompt and control beside each other, or one above the other")
        self._beside.toggled.connect(lambda _: self._arrange())
        self._board = QWidget()
        self._maps = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._board)
        self._maps.setContentsMargins(0, 0, 0, 0)
        self._maps.setSpacing(20)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self._board)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setMinimumHeight(_LEAST_HEIGHT)
        tools = QHBoxLayout()
        tools.addWidget(words("Colour by", dim=True))
        tools.addWidget(self._colour)
        tools.addWidget(Scale())
        tools.addStretch(1)
        tools.addWidget(self._beside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(tools)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._body.setSpacing(12)
        self._body.addWidget(scroll, 1)
        self._body.addWidget(self.reading, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._body, 1)
        layout.addWidget(self._legend)

    def show_result(self, result: Result, probe: Probe | None) -> None:
        self._sheets, self._probe = sheets_of(result), probe
        while (item := self._maps.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.views = []
        names = ("prompt", "control")
        for name, sheet in zip(names, self._sheets.sheets, strict=False):
            self._maps.addWidget(self._panel(name, sheet), 0, Qt.AlignmentFlag.AlignTop)
        self._maps.addStretch(1)
        if len(self.views) == 2:
            self._scroll_together(*self.views)
        self.setFocusProxy(self.views[0])
        self._colour.blockSignals(True)
        self._colour.clear()
        self._colour.addItems(["each cell's prediction", *(visible(text) for _, text in self._sheets.tracked)])
        self._colour.blockSignals(False)
        tracked = ", ".join(visible(text) for _, text in self._sheets.tracked)
        outlined = f"outlined: {tracked} leads" if tracked else "outlined: the final prediction, since it settled"
        self._legend.setText(f"{self._sheets.legend} · {outlined} · Enter on a cell starts the next probe from it")
        first = self._sheets.sheets[0]
        self._read(first, len(first.rows) - 1, len(first.columns) - 1)
        self._arrange()

    @staticmethod
    def _scroll_together(one: SheetView, other: SheetView) -> None:
        """Both by their distance from the last token, where they are compared."""
        for view, follower in ((one, other), (other, one)):
            bar, following = view.horizontalScrollBar(), follower.horizontalScrollBar()
            bar.valueChanged.connect(
                lambda value, bar=bar, following=following: following.setValue(
                    following.maximum() - (bar.maximum() - value)
                )
            )

    def _panel(self, name: str, sheet: Sheet) -> QWidget:
        view = SheetView(SheetModel(self._sheets, sheet), f"Heat-map of the {name}")  # type: ignore[arg-type]
        view.pointed.connect(self._read)
        view.asked.connect(self._menu)
        self.views.append(view)
        panel = QWidget()
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        title = words(f"{name}: {sheet.title}", dim=True)
        title.setMinimumWidth(60)
        column.addWidget(title)
        column.addWidget(view, 0, Qt.AlignmentFlag.AlignLeft)
        if sheet.earlier:
            tokens = "one earlier position was" if sheet.earlier == 1 else f"{sheet.earlier} earlier positions were"
            note = words(f"⋯ {tokens} not read ⋯")
            note.setAlignment(Qt.AlignmentFlag.AlignCenter)
            note.setProperty("chip", "warn")
            note.setToolTip("Raise “positions” to read them")
            column.addWidget(note)
        panel.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        return panel

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Maps beside each other if they fit, and the reading at their side if there is room left."""
        if not self.views:
            return
        gap, room, several = self._maps.spacing(), self.width() - 14, len(self.views) > 1
        self._beside.setVisible(several)
        beside = several and self._beside.isChecked() and room >= 2 * (_AXIS + 4 * _LEAST_CELL) + gap
        self._maps.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        widest = max(view.width_at(_CELL_WIDTH) for view in self.views)
        aside = not beside and widest + _READING_WIDTH + gap <= room
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if aside else QBoxLayout.Direction.TopToBottom)
        self.reading.stand(_READING_WIDTH if aside else None)
        each = (room - gap * (len(self.views) - 1)) // len(self.views) if beside else room
        for view in self.views:
            view.fit(each - (_READING_WIDTH + gap if aside else 0))

    def _recolour(self, chosen: int) -> None:
        for view in self.views:
            view.sheet_model.follow(chosen - 1 if chosen > 0 else None)

    def _read(self, sheet: Sheet, row: int, column: int) -> None:
        if self._sheets is None:
            return
        where = f"Layer {sheet.rows[row]}, position {sheet.positions[column]}"
        which = "" if sheet is self._sheets.sheets[0] else " of the control"
        heading = f"{where}{which}, after “{visible(sheet.columns[column])}”"
        self.reading.read(heading, self._sheets.guesses(sheet, row, column))

    def pick(self) -> Pick:
        if not self.views:
            return Pick()
        view = self.views[0]
        cells = [
            Cell(row=view.sheet_model.sheet.rows[view.sheet_model.layer_row(i)],
                 position=view.sheet_model.sheet.positions[i.column()])
            for i in view.selectionModel().selectedIndexes()
        ]  # fmt: skip
        return Pick(cells=tuple(sorted(cells, key=lambda cell: (cell.row, cell.position))))

    def _menu(self, sheet: Sheet, row: int, column: int, at: QPoint) -> None:
        actions = self.next_probes(sheet, row, column)
        if not actions:
            return
        menu = QMenu(self)
        for text, probe in actions:
            action = QAction(text, menu)
            action.triggered.connect(lambda _=False, chosen=probe: self.branch.emit(chosen))
            menu.addAction(action)
        menu.popup(at)

    def next_probes(self, sheet: Sheet, row: int, column: int) -> list[tuple[str, Probe]]:
        """What could be asked next from a cell."""
        from workbench.probes.score import Score

        if self._sheets is None or self._probe is None:
            return []
        best = self._sheets.vocabulary[int(sheet.ids[row, column, 0])]
        prompts = self._probe.prompts()
        prompt = prompts[min(self._sheets.sheets.index(sheet), len(prompts) - 1)]
        track = getattr(self._probe, "track", None)
        found: list[tuple[str, Probe]] = []
        if track is not None and best not in track:
            lens = self._probe.model_copy(update={"track": (*track, best)})
            found.append((f"Lens again, tracking {visible(best)}", lens))
        found.append((f"Score {visible(best)} as the answer", Score(prompt=prompt, answers=(best,))))
        return found
