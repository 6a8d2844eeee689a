"""A list of answers: how often each came, its text, and how it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
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
ANSWER: Final = Qt.ItemDataRole.UserRole + 1
_LONGEST: Final = 3000
"""Characters of one answer that are drawn; a growing paragraph costs the square of its length."""
_LEFT: Final = 92
_MARGIN: Final = 8
_NOTE: Final = 16


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

    @property
    def drawn(self) -> str:
        text = self.text or ("…" if self.of == 0 else "(nothing)")
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"
        return visible(text)

    def said(self, role: int) -> Any:
        """What a model answers for this row."""
        if role == ANSWER:
            return self
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            counted = f"{len(self.samples)} of {self.of}{' begin' if self.heads else ''}: " if self.of else ""
            return counted + visible(self.text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "Samples " + ", ".join(map(str, self.samples))
        return None


class AnswerList(QListView):
    """Rows as high as their texts; copies what is selected as it was said."""

    def __init__(self, name: str, model: QAbstractListModel) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMinimumHeight(160)
        self.setModel(model)
        self.setItemDelegate(AnswerPainter(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self, self.copy)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def selected(self) -> list[AnswerRow]:
        """From the top."""
        return [index.data(ANSWER) for index in sorted(self.selectionModel().selectedIndexes(), key=QModelIndex.row)]

    def copy(self) -> None:
        QGuiApplication.clipboard().setText("\n\n".join(row.text for row in self.selected() if not row.heads))


class AnswerPainter(QStyledItemDelegate):
    """Draws one answer: how often it came at the left, the text, and a dim line on how it ended."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t, answer, rect = theme.tokens(), index.data(ANSWER), option.rect
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
        answer: AnswerRow = index.data(ANSWER)
        view = self.parent()
        width = view.viewport().width() - _LEFT - _MARGIN if isinstance(view, QListView) else 400
        text = math.ceil(_laid_out(answer.drawn, width).boundingRect().height())
        least = 40 if answer.of > 1 else 30
        return QSize(width, max(least, text + 2 * _MARGIN + (_NOTE if answer.note else 0)))


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
