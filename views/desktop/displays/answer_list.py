"""A list of answers: how often each came, its text, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QResizeEvent,
    QShortcut,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from views.desktop import theme
from workbench.visible import visible

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
_LONGEST: Final = 3000
"""Characters of one answer that are drawn; a growing paragraph costs the square of its length."""
_LEFT: Final = 92
_MARGIN: Final = 8
_NOTE: Final = 16


@dataclass
class Measured:
    """How high a row is at a width, and how many pixels are left in its last line."""

    width: int
    height: int
    left: float


@dataclass
class AnswerRow:
    """A text, the samples that gave it, and how they ended."""

    text: str
    samples: list[int]
    of: int = 0
    """All answers of the result, for the bar; 0 while they come."""
    note: str = ""
    heads: bool = False
    """Whether it stands above answers that begin with its text, and counts them all."""
    measured: Measured | None = None
    """None until it is laid out, and again once its text has grown out of its last line."""

    def grow(self, piece: str, metrics: QFontMetricsF) -> None:
        """Add to the text."""
        began, self.text = not self.text, self.text + piece
        if self.measured is not None:
            self.measured.left -= metrics.horizontalAdvance(visible(piece))
            if began or self.measured.left < 0 or "\n" in piece or len(self.text) > _LONGEST:
                self.measured = None

    @property
    def drawn(self) -> str:
        text = self.text or ("…" if self.of == 0 else "(nothing)")
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"
        return visible(text)

    def said(self, role: int) -> Any:
        """What a model answers for this row."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            counted = f"{len(self.samples)} of {self.of}{' begin' if self.heads else ''}: " if self.of else ""
            return counted + visible(self.text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "Samples " + ", ".join(map(str, self.samples))
        return None


class AnswerRows(QAbstractListModel):
    """The rows of a list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[AnswerRow] = []

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.rows[index.row()].said(role)


class AnswerList(QListView):
    """Rows as high as their texts; copies what is selected as it was said."""

    def __init__(self, name: str, model: AnswerRows) -> None:
        super().__init__()
        self._model = model
        self.setAccessibleName(name)
        self.setMinimumHeight(160)
        self.setModel(model)
        self.setItemDelegate(AnswerPainter(self, model))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self, self.copy)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def dataChanged(self, first: _Index, last: _Index, roles: Sequence[int] = ()) -> None:
        """Lay out anew only what has no height any more: while answers come, texts change thirty times a second."""
        rows = self._model.rows[first.row() : last.row() + 1]
        if any(row.measured is None for row in rows):
            self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def selected(self) -> list[AnswerRow]:
        """From the top."""
        return [self._model.rows[row] for row in sorted(map(QModelIndex.row, self.selectionModel().selectedIndexes()))]

    def copy(self) -> None:
        """As they are shown: into a terminal, too, nothing that was said is pasted but letters."""
        told = (visible(row.text) for row in self.selected() if not row.heads)
        QGuiApplication.clipboard().setText("\n\n".join(told))


class AnswerPainter(QStyledItemDelegate):
    """Draws one answer: how often it came at the left, the text, and a dim line on how it ended."""

    def __init__(self, view: QListView, model: AnswerRows) -> None:
        super().__init__(view)
        self._view, self._model = view, model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t, answer, rect = theme.tokens(), self._model.rows[index.row()], option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(t.accent_ground))
        painter.setPen(QColor(t.line))
        painter.drawLine(rect.left() + _MARGIN, rect.bottom(), rect.right() - _MARGIN, rect.bottom())
        self._count(painter, t, answer, rect)
        body = rect.adjusted(_LEFT, _MARGIN, -_MARGIN, -_MARGIN)
        painter.setPen(QColor(t.ink if answer.text and not answer.heads else t.dim))
        _laid_out(answer.drawn, body.width()).draw(painter, QPointF(body.topLeft()))
        if answer.note:
            painter.setFont(theme.sans(theme.SMALL_PX))
            painter.setPen(QColor(t.dim))
            painter.drawText(body, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), answer.note)
        painter.restore()

    @staticmethod
    def _count(painter: QPainter, t: theme.Tokens, answer: AnswerRow, rect: QRect) -> None:
        painter.setFont(theme.mono(bold=answer.of > 1 and len(answer.samples) > 1))
        painter.setPen(QColor(t.ink if len(answer.samples) > 1 else t.dim))
        left = QRect(rect.left() + _MARGIN, rect.top() + _MARGIN, _LEFT - 2 * _MARGIN, 16)
        said = f"{len(answer.samples)} of {answer.of}" if answer.of > 1 else f"#{answer.samples[0]}"
        painter.drawText(left, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), said)
        if answer.of > 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.trough))
            painter.drawRoundedRect(left.left(), left.bottom() + 4, left.width(), 5, 2.5, 2.5)
            painter.setBrush(QColor(t.accent))
            filled = max(4, round(left.width() * len(answer.samples) / answer.of))
            painter.drawRoundedRect(left.left(), left.bottom() + 4, filled, 5, 2.5, 2.5)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        answer, width = self._model.rows[index.row()], self._view.viewport().width() - _LEFT - _MARGIN
        if answer.measured is None or answer.measured.width != width:
            answer.measured = _measured(answer, width)
        return QSize(width, answer.measured.height)


def _measured(answer: AnswerRow, width: int) -> Measured:
    layout = _laid_out(answer.drawn, width)
    last = layout.lineAt(layout.lineCount() - 1)
    text, least = math.ceil(layout.boundingRect().height()), 40 if answer.of > 1 else 30
    height = max(least, text + 2 * _MARGIN + (_NOTE if answer.note else 0))
    return Measured(width, height, last.width() - last.naturalTextWidth())


def _laid_out(text: str, width: int) -> QTextLayout:
    """A text in lines that break between words, and within one only where it alone is too long."""
    layout = QTextLayout(text.replace("\n", "\u2028"), theme.sans())
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    y = 0.0
    while (row := layout.createLine()).isValid():
        row.setLineWidth(max(80, width))
        row.setPosition(QPointF(0, y))
        y += row.height()
    layout.endLayout()
    return layout
