"""Sampled answers: equal ones together, the most frequent first; while they stream, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from views.desktop import theme
from views.desktop.courier import Batch
from views.desktop.displays.display import Display, Pick
from views.desktop.labels import words
from workbench.contract.probe import Probe, Result
from workbench.probes.sample import Transcript

# ruff: noqa: N802  Qt's names

_Index = QModelIndex | QPersistentModelIndex
_ANSWER: Final = Qt.ItemDataRole.UserRole + 1
_LONGEST: Final = 3000
"""Characters of one answer that are drawn; a growing paragraph costs the square of its length."""
_LEFT: Final = 92
_MARGIN: Final = 8
_NOTE: Final = 16
_ENDED: Final = {"end": "ended by itself", "length": "cut off at the longest length", "cancelled": "stopped"}


@dataclass
class Answer:
    """One row: a text, the samples that gave it, and how they ended."""

    text: str
    samples: list[int]
    of: int
    """All answers of the result, for the bar; 0 while it streams."""
    note: str = ""

    @property
    def drawn(self) -> str:
        text = self.text or ("…" if self.of == 0 else "(nothing)")
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} more characters)"


class AnswersModel(QAbstractListModel):
    """The rows of a transcript."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.answers: list[Answer] = []

    def reset(self, answers: list[Answer]) -> None:
        self.beginResetModel()
        self.answers = answers
        self.endResetModel()

    def grow(self, texts: dict[int, str]) -> None:
        """Add text to streaming answers."""
        for sample, piece in texts.items():
            if sample < len(self.answers):
                self.answers[sample].text += piece
                index = self.index(sample)
                self.dataChanged.emit(index, index, [_ANSWER])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        return 0 if parent.isValid() else len(self.answers)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        answer = self.answers[index.row()]
        if role == _ANSWER:
            return answer
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            counted = f"{len(answer.samples)} of {answer.of}: " if answer.of else ""
            return counted + answer.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return "Samples " + ", ".join(map(str, answer.samples))
        return None


class AnswerPainter(QStyledItemDelegate):
    """Draws one answer: how often it came at the left, the text, and a dim line on how it ended."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        t, answer, rect = theme.tokens(), index.data(_ANSWER), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(t.accent_ground))
        painter.setPen(QColor(t.line))
        painter.drawLine(rect.left() + _MARGIN, rect.bottom(), rect.right() - _MARGIN, rect.bottom())
        self._count(painter, t, answer, rect)
        body = rect.adjusted(_LEFT, _MARGIN, -_MARGIN, -_MARGIN)
        painter.setFont(theme.sans())
        painter.setPen(QColor(t.ink if answer.text else t.dim))
        wrap = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere
        painter.drawText(body, int(wrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), answer.drawn)
        if answer.note:
            painter.setFont(theme.sans(theme.SMALL_PX))
            painter.setPen(QColor(t.dim))
            painter.drawText(body, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), answer.note)
        painter.restore()

    @staticmethod
    def _count(painter: QPainter, t: theme.Tokens, answer: Answer, rect: QRect) -> None:
        painter.setFont(theme.mono(bold=answer.of > 1 and len(answer.samples) > 1))
        painter.setPen(QColor(t.ink if len(answer.samples) > 1 else t.dim))
        left = QRect(rect.left() + _MARGIN, rect.top() + _MARGIN, _LEFT - 2 * _MARGIN, 16)
        said = f"{len(answer.samples)} of {answer.of}" if answer.of > 1 else f"#{answer.samples[0]}"
        painter.drawText(left, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), said)
        if answer.of > 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.line))
            painter.drawRoundedRect(left.left(), left.bottom() + 4, left.width(), 5, 2.5, 2.5)
            painter.setBrush(QColor(t.accent))
            filled = max(4, round(left.width() * len(answer.samples) / answer.of))
            painter.drawRoundedRect(left.left(), left.bottom() + 4, filled, 5, 2.5, 2.5)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        answer: Answer = index.data(_ANSWER)
        view = self.parent()
        width = view.viewport().width() - _LEFT - _MARGIN if isinstance(view, QListView) else 400
        wrap = int(Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere)
        bounds = QFontMetrics(theme.sans()).boundingRect(QRect(0, 0, max(80, width), 10**6), wrap, answer.drawn)
        least = 40 if answer.of > 1 else 30
        return QSize(width, max(least, bounds.height() + 2 * _MARGIN + (_NOTE if answer.note else 0)))


class TranscriptDisplay(Display):
    """The prompt as the model saw it, and the answers."""

    def __init__(self) -> None:
        super().__init__()
        self._result: Transcript | None = None
        self.model = AnswersModel(self)
        self.view = QListView()
        self.view.setAccessibleName("Answers")
        self.view.setMinimumHeight(160)
        self.view.setModel(self.model)
        self.view.setItemDelegate(AnswerPainter(self.view))
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.view, self._copy)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._prompt = words(wrap=True, mono=True, dim=True)
        self._prompt.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._prompt.hide()
        self._as_seen = QPushButton("Show the prompt as the model saw it")
        self._as_seen.setProperty("link", True)
        self._as_seen.setCheckable(True)
        self._as_seen.toggled.connect(self._show_prompt)
        self._grouped = QPushButton("Equal answers together")
        self._grouped.setProperty("small", True)
        self._grouped.setCheckable(True)
        self._grouped.setChecked(True)
        self._grouped.toggled.connect(lambda _: self._fill())
        self._hint: QLabel = words(dim=True)
        row = QHBoxLayout()
        row.addWidget(self._as_seen)
        row.addStretch(1)
        row.addWidget(self._hint)
        row.addWidget(self._grouped)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addWidget(self._prompt)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        self.view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.view.scheduleDelayedItemsLayout()
        return super().eventFilter(watched, event)

    def begin(self, probe: Probe) -> None:
        self._result = None
        self._as_seen.setEnabled(False)
        self._grouped.hide()
        number = int(getattr(probe, "samples", 1))
        self.model.reset([Answer("", [index], 0) for index in range(number)])

    def stream(self, batch: Batch) -> None:
        if batch.texts:
            self.model.grow(batch.texts)
            self.view.scheduleDelayedItemsLayout()

    def show_result(self, result: Result, probe: Probe | None) -> None:
        assert isinstance(result, Transcript)
        self._result = result
        self._as_seen.setEnabled(True)
        self._prompt.setText(result.prompt_text)
        self._grouped.setVisible(len(result.samples) > 1)
        self._fill()

    def _fill(self) -> None:
        if self._result is None:
            return
        samples = self._result.samples
        rows: dict[object, Answer] = {}
        for sample in samples:
            key = " ".join(sample.text.split()) if self._grouped.isChecked() else sample.index
            answer = rows.setdefault(key, Answer(sample.text.strip("\n"), [], len(samples)))
            answer.samples.append(sample.index)
            ended = _ENDED[sample.stop]
            answer.note = ended if len(answer.samples) == 1 or answer.note == ended else "ended in different ways"
        if not self._grouped.isChecked():
            for answer in rows.values():
                answer.of = 1
        self.model.reset(sorted(rows.values(), key=lambda answer: -len(answer.samples)))

    def pick(self) -> Pick:
        chosen = [self.model.answers[index.row()] for index in self.view.selectionModel().selectedIndexes()]
        return Pick(samples=tuple(sorted(sample for answer in chosen for sample in answer.samples)))

    def _show_prompt(self, shown: bool) -> None:
        self._prompt.setVisible(shown)
        self._as_seen.setText("Hide the prompt" if shown else "Show the prompt as the model saw it")

    def _copy(self) -> None:
        rows = sorted(index.row() for index in self.view.selectionModel().selectedIndexes())
        QGuiApplication.clipboard().setText("\n\n".join(self.model.answers[row].text for row in rows))
