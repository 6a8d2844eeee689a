"""A layout that sets widgets in lines, like words in a paragraph."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

# ruff: noqa: N802  Qt's names


class Flow(QLayout):
    """Left to right, then the next line."""

    def __init__(
        self, parent: QWidget | None = None, *, gap: int = 4, line_gap: int = 4, centred: bool = False
    ) -> None:
        """`centred`: what is lower than its line stands in the middle of it, not at its top."""
        super().__init__(parent)
        self._centred = centred
        self._items: list[QLayoutItem] = []
        self._gap, self._line_gap = gap, line_gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, move: bool) -> int:
        y = rect.y()
        for number, row in enumerate(self._rows(rect.width())):
            y += self._line_gap if number else 0
            x, tallest = rect.x(), max(item.sizeHint().height() for item in row)
            for item in row:
                size = item.sizeHint()
                down = (tallest - size.height()) // 2 if self._centred else 0
                if move:
                    item.setGeometry(QRect(QPoint(x, y + down), size))
                x += size.width() + self._gap
            y += tallest
        return y - rect.y()

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        """What is shown, in lines of at most this width."""
        rows: list[list[QLayoutItem]] = []
        x = 0
        for item in self._items:
            widget, wide = item.widget(), item.sizeHint().width()
            if widget is not None and widget.isHidden():
                continue
            if not rows or x + wide > width:
                rows.append([])
                x = 0
            rows[-1].append(item)
            x += wide + self._gap
        return rows
