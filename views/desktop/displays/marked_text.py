"""A text in which some parts are marked: by a ground and by a line below them, so that colour is not all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from views.desktop import theme
from workbench.contract.beside import Extent
from workbench.visible import visible

# ruff: noqa: N802  Qt's names

_LINES = 6


class MarkedText(QPlainTextEdit):
    """Plain text that can be selected but not changed, at most a few lines high."""

    def __init__(self, called: str) -> None:
        super().__init__()
        self._spans: Sequence[Extent] = ()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAccessibleName(called)

    def show_text(self, text: str, spans: Sequence[Extent]) -> None:
        """`spans`: of the text as it is given; what is spelled visibly moves them along."""
        shown = visible(text)
        self._spans = [(len(visible(text[:begin])), len(visible(text[:end]))) for begin, end in spans]
        self.setPlainText(shown)
        lines = min(_LINES, max(1, shown.count("\n") + 1 + len(shown) // 60))
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 18)
        self._mark()

    @property
    def marked(self) -> tuple[str, ...]:
        """The parts that are marked."""
        text = self.toPlainText()
        return tuple(text[begin:end] for begin, end in self._spans)

    def _mark(self) -> None:
        look = QTextCharFormat()
        look.setBackground(QColor(theme.tokens().warn_ground))
        look.setFontUnderline(True)
        selections = []
        for begin, end in self._spans:
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(begin)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            selection.cursor, selection.format = cursor, look
            selections.append(selection)
        self.setExtraSelections(selections)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._mark()
