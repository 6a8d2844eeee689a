"""A heat-map with its control: side by side where they fit, else one above the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from views.desktop.displays.display import Display, Pick
from views.desktop.displays.heat_map import AXIS, CELL, LEAST_CELL, HeatMap
from views.desktop.displays.scale_bar import ScaleBar
from views.desktop.flow import Flow
from views.desktop.labels import words
from workbench.contract.figures import Bar, Heat
from workbench.visible import line, token

# ruff: noqa: N802  Qt's names

_GAP: Final = 20
_LEAST_HEIGHT: Final = 380
"""Less than this is never shown of maps that are higher."""
_BAR: Final = 14
"""Of the scroll bar at the side."""


class HeatDisplay(Display):
    """The map and its control, what they are coloured by, and what that means."""

    reads = True

    def __init__(self) -> None:
        super().__init__()
        self.maps: list[HeatMap] = []
        self._colour = QComboBox()
        self._colour.setAccessibleName("Colour by")
        self._colour.currentIndexChanged.connect(self._recolour)
        self._colour_by = words("Colour by", dim=True)
        self._scale, self._legend = ScaleBar(), words(dim=True, wrap=True)
        self._beside = QPushButton("Side by side")
        self._beside.setProperty("small", True)
        self._beside.setCheckable(True)
        self._beside.setChecked(True)
        self._beside.setToolTip("Prompt and control beside each other, or one above the other")
        self._beside.toggled.connect(lambda _: self._arrange())
        self._ground = QWidget()
        self._panels = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._ground)
        self._panels.setContentsMargins(0, 0, 0, 0)
        self._panels.setSpacing(_GAP)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidget(self._ground)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setMinimumHeight(_LEAST_HEIGHT)
        colours = Flow(gap=8, line_gap=4, centred=True)
        for widget in (self._colour_by, self._colour, self._scale):
            colours.addWidget(widget)
        tools = QHBoxLayout()
        tools.addLayout(colours, 1)
        tools.addWidget(self._beside, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(tools)
        layout.addWidget(self._scroll, 100)
        layout.addWidget(self._legend)
        layout.addStretch(1)  # what low maps leave, so that their tools stay where they are

    def show_figure(self, figure: Heat) -> None:
        """Raises ValueError if its values are not as many as its cells, before any of them is painted."""
        every = [("prompt", figure), *([("control", figure.control)] if figure.control is not None else [])]
        for name, heat in every:
            _check(heat)
            panel = self._panel(name, heat, beside=len(every) > 1)
            self._panels.addWidget(panel, 0, Qt.AlignmentFlag.AlignTop)
        self._panels.addStretch(1)
        if len(self.maps) == 2:
            self._scroll_together(*self.maps)
        self.setFocusProxy(self.maps[0])
        self._scale.show_scale(figure.scale)
        self._colour.blockSignals(True)
        self._colour.addItem(f"each {line(figure.cell)}’s {line(figure.scale.name)}")
        self._colour.addItems([line(item.name) for item in figure.followed])
        self._colour.blockSignals(False)
        for widget in (self._colour, self._colour_by):
            widget.setVisible(bool(figure.followed))
        told = [line(figure.legend), f"outlined: {line(figure.outline)}" if figure.outline else ""]
        told += ["Enter on a cell offers what to ask next" if self.offers else ""]
        self._legend.setText(" · ".join(part for part in told if part))
        if figure.rows.keys and figure.columns.keys:
            self.maps[0].point_at(len(figure.rows.keys) - 1, len(figure.columns.keys) - 1)
        self._arrange()

    def wanted_width(self) -> int:
        maps = sum(one.width_at(CELL) for one in self.maps) + _GAP * (len(self.maps) - 1) + _BAR
        tools = [one for one in (self._colour_by, self._colour, self._scale, self._beside) if not one.isHidden()]
        return max(maps, sum(one.sizeHint().width() + 8 for one in tools))

    @staticmethod
    def _scroll_together(one: HeatMap, other: HeatMap) -> None:
        """Both by their distance from the last column, where they are compared."""
        for view, follower in ((one, other), (other, one)):
            bar, following = view.horizontalScrollBar(), follower.horizontalScrollBar()
            bar.valueChanged.connect(
                lambda value, bar=bar, following=following: following.setValue(
                    following.maximum() - (bar.maximum() - value)
                )
            )

    def _panel(self, name: str, heat: Heat, *, beside: bool) -> QWidget:
        view = HeatMap(heat, f"Heat-map of the {name}")
        view.pointed.connect(lambda row, column: self._read(view, row, column))
        view.asked.connect(lambda row, column, at: self._ask(view, row, column, at))
        view.selectionModel().selectionChanged.connect(lambda *_: self.marked.emit())
        self.maps.append(view)
        panel = QWidget()
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        title = words(f"{name}: {line(heat.title)}" if heat.title and beside else line(heat.title) or name, dim=True)
        title.setMinimumWidth(60)
        column.addWidget(title)
        column.addWidget(view, 0, Qt.AlignmentFlag.AlignLeft)
        if heat.unread:
            tokens = "one earlier position was" if heat.unread == 1 else f"{heat.unread} earlier positions were"
            note = words(f"⋯ {tokens} not read ⋯")
            note.setAlignment(Qt.AlignmentFlag.AlignCenter)
            note.setProperty("chip", "warn")
            column.addWidget(note)
        panel.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        return panel

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Maps beside each other if they fit."""
        if not self.maps:
            return
        room, several = self.width() - _BAR, len(self.maps) > 1
        self._beside.setVisible(several)
        beside = several and self._beside.isChecked() and room >= 2 * (AXIS + 4 * LEAST_CELL) + _GAP
        self._panels.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        each = (room - _GAP * (len(self.maps) - 1)) // len(self.maps) if beside else room
        for view in self.maps:
            view.fit(each)
        self._panels.activate()
        high = self._ground.sizeHint().height() + 2 * self._scroll.frameWidth()
        self._scroll.setMinimumHeight(min(_LEAST_HEIGHT, high))
        self._scroll.setMaximumHeight(high)

    def _recolour(self, chosen: int) -> None:
        for view in self.maps:
            view.map.follow(chosen - 1 if chosen > 0 else None)

    def _read(self, view: HeatMap, row: int, column: int) -> None:
        """The bars of a cell; where it has none, its value."""
        heat, place = view.map.heat, view.map.place(row, column)
        which = "" if view is self.maps[0] else " of the control"
        bars = tuple(replace(bar, label=token(bar.label)) for bar in heat.bars(row, column))
        if not bars:
            value = float(heat.values[row, column])
            text = view.map.cell_text(row, column) if heat.texts else line(heat.scale.name)
            bars = (Bar(text, abs(heat.scale.strength(value)), heat.scale.words(value)),)
        self.read.emit(f"{place[:1].upper()}{place[1:]}{which}", bars)

    def _ask(self, view: HeatMap, row: int, column: int, at: QPoint) -> None:
        heat = view.map.heat
        self.asked.emit(heat.rows.keys[row], heat.columns.keys[column], view is not self.maps[0], at)

    def pick(self) -> Pick:
        """Cells of the map itself; a citation has no words for one of its control."""
        return Pick(cells=self.maps[0].cells()) if self.maps else Pick()


def _check(heat: Heat) -> None:
    shape = len(heat.rows.keys), len(heat.columns.keys)
    arrays = [heat.values, *(item.values for item in heat.followed)]
    texts = {len(row) for row in heat.texts}
    labels = len(heat.rows.labels), len(heat.columns.labels)
    whole = all(array.shape == shape for array in arrays) and labels == shape
    if not whole or (heat.texts and (len(heat.texts) != shape[0] or texts != {shape[1]})):
        raise ValueError("a heat-map whose cells are not as many as its rows and columns make")
