"""The lines of an audit log on the screen, painted by hand: by the style sheet, a page takes longer than a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QRect, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QHeaderView, QTableView

from views.desktop import theme
from views.desktop.log.model import COLUMNS, MONO, LogModel
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_RESULT, _TAGS = COLUMNS.index("result"), COLUMNS.index("tags")
_WIDTHS: Final = (64, 84, 104, 380, 84, 92, 420, 120)
_HEIGHT: Final = 25
_INDENT: Final = 9
"""Pixels between a cell's edge and its text, as in the other tables."""
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)


class LogTable(QTableView):
    """Lines on their colours, and what went wrong, tags, and the filter they are coloured by, as chips."""

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self._model = model
        self._fonts = tuple(theme.mono() if column in MONO else theme.sans() for column in range(len(COLUMNS)))
        self._metrics = tuple(QFontMetrics(font) for font in self._fonts)
        self.setModel(model)
        self.setAccessibleName("Audit log")
        self.verticalHeader().hide()  # a reset with the header of a million rows stalls for seconds
        self.verticalHeader().setDefaultSectionSize(_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setProperty("lined", True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, width)
        for name in ("what", "result"):
            header.setSectionResizeMode(COLUMNS.index(name), QHeaderView.ResizeMode.Stretch)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Who is given the keys has chosen no line yet: an item view would go to the first by itself."""
        QAbstractScrollArea.focusInEvent(self, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        first = self.rowAt(event.rect().top())
        if first < 0:
            return
        last = self.rowAt(event.rect().bottom())
        last = self._model.rowCount() - 1 if last < 0 else last
        painter, chosen = QPainter(self.viewport()), self.selectionModel()
        for row in range(first, last + 1):
            self._paint_line(painter, row, chosen)
        painter.end()

    def _paint_line(self, painter: QPainter, row: int, chosen: QItemSelectionModel) -> None:
        t, rule = theme.tokens(), self._model.rule(row)
        selected = chosen.isSelected(self._model.index(row, 0))
        top, height = self.rowViewportPosition(row), self.rowHeight(row)
        whole = QRect(self.columnViewportPosition(0), top, self.horizontalHeader().length(), height)
        if selected or rule is not None:
            painter.fillRect(whole, QColor(t.accent_ground if selected or rule is None else t.tone(rule.tone)[1]))
        painter.fillRect(whole.left(), whole.bottom(), whole.width(), 1, QColor(t.window))
        painter.setPen(QColor(t.ink))
        for column in range(len(COLUMNS)):
            cell = QRect(self.columnViewportPosition(column), top, self.columnWidth(column), height)
            if chips := self.chips(row, column):
                own = t.pane if rule is not None else None
                _paint_chips(painter, cell, [(text, tone, own or ground(tone, selected)) for text, tone in chips])
            elif text := self._model.shown(row, column):
                box = cell.adjusted(_INDENT, 0, -_INDENT, 0)
                painter.setFont(self._fonts[column])
                shown = self._metrics[column].elidedText(text, Qt.TextElideMode.ElideRight, box.width())
                painter.drawText(box, _LEFT, shown)

    def chips(self, row: int, column: int) -> list[tuple[str, str]]:
        """What stands in a cell as chips: texts and their tones."""
        if column not in (_RESULT, _TAGS) or (record := self._model.line(row)) is None:
            return []
        if column == _RESULT:
            return [(self._model.shown(row, column), record.tone)] if record.tone in ("bad", "warn") else []
        rule, tags = self._model.rule(row), [(line(tag), "accent") for tag in record.tags]
        return [*tags, (line(rule.filter), rule.tone)] if rule is not None else tags


def _paint_chips(painter: QPainter, rect: QRect, chips: Sequence[tuple[str, str, str]]) -> None:
    """Texts, each with its tone and its ground."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.sans(theme.SMALL_PX))
    x = rect.left() + 4
    for chip, tone, under in chips:
        room = rect.right() - x - 4
        if room < 24:
            break
        text = painter.fontMetrics().elidedText(chip, Qt.TextElideMode.ElideRight, room - 16)
        box = QRect(x, rect.center().y() - 8, painter.fontMetrics().horizontalAdvance(text) + 16, 17)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(under))
        painter.drawRoundedRect(box, 8.5, 8.5)
        painter.setPen(QColor(theme.tokens().tone(tone)[0]))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
        x = box.right() + 5
    painter.restore()


def ground(tone: str, selected: bool) -> str:
    """What a chip stands on: another one where the line itself has its colour."""
    t = theme.tokens()
    return t.pane if selected and tone == "accent" else t.tone(tone)[1]
