"""A result as tables, one for each of its figures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QStackedWidget, QVBoxLayout, QWidget

from views.desktop.displays.rows import RowsDisplay
from workbench.contract.figures import Figure
from workbench.contract.result import Result
from workbench.visible import line


class Tables(QWidget):
    """One table at a time; where a result has several figures, one is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[RowsDisplay] = []
        self._choice = QComboBox()
        self._choice.setAccessibleName("Table of")
        self._stack = QStackedWidget()
        self._choice.currentIndexChanged.connect(self._stack.setCurrentIndex)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._choice)
        layout.addWidget(self._stack, 1)

    @property
    def filled(self) -> bool:
        return bool(self.shown)

    def clear(self) -> None:
        self._choice.clear()
        for table in self.shown:
            self._stack.removeWidget(table)
            table.deleteLater()
        self.shown = []

    def show_result(self, result: Result) -> None:
        """As `show_figures`."""
        self.show_figures(result.figures())

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """A table for every figure, or none: whatever a figure raises comes out."""
        self.clear()
        tables = []
        for figure in figures:
            table = RowsDisplay()
            table.show_figure(figure.table())
            tables.append((type(figure).__name__, figure.title, table))
        for kind, title, table in tables:
            self.shown.append(table)
            self._stack.addWidget(table)
            self._choice.addItem(f"{kind}: {line(title)}" if title else kind)
        self._choice.setVisible(len(tables) > 1)
        if self.shown:
            self.setFocusProxy(self.shown[0])
