"""One widget for each kind of argument."""

from __future__ import annotations

import math
import re
from enum import Enum
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QTextOption, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from casefiles.status import Refusal
from views.desktop.labels import restyle
from workbench.contract.arguments import Argument, Choice, Number, Seed, Switch, Texts, read

# ruff: noqa: N802  Qt's names

LARGEST: Final = 1e9
"""The largest number of a field whose argument has no bound of its own."""

_DETAILS: Final = re.compile(r"[;:.]? (?=such as|none:|empty:|e\.g\.)|[;:] ")
"""Where a hint goes into details."""
_HINT_PX: Final = 90
"""Of a hint that is cut shorter nothing is shown."""


class Field(QWidget):
    """An argument's editor: it has a value, says when it changes, and can be marked as wrong."""

    changed = Signal()
    wide = False
    """Whether it wants a line of its own."""

    def value(self) -> Any:
        """Raises ValueError if what was typed cannot be read."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        raise NotImplementedError

    def _hold(self, editor: QWidget, *beside: QWidget) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(editor, 1)
        for widget in beside:
            layout.addWidget(widget)
        self._beside = layout
        self.editor = editor
        self.setFocusProxy(editor)

    def mark(self, wrong: str) -> None:
        """Show what is wrong with the value, or nothing."""
        if bool(self.editor.property("wrong")) != bool(wrong):
            self.editor.setProperty("wrong", bool(wrong))
            restyle(self.editor)


class Growing(QPlainTextEdit):
    """A text box as high as its text, between a least and a greatest number of lines."""

    def __init__(self, least: int = 1, greatest: int = 6) -> None:
        super().__init__()
        self._least, self._greatest, self._for_hint = least, greatest, least
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._grow)
        self.document().setDocumentMargin(3)
        self._hint = ""
        self._grow()

    def setPlaceholderText(self, text: str) -> None:
        self._hint = text
        self._cut_hint()

    def _cut_hint(self) -> None:
        """A hint that is too long for a line is told up to where it goes into details, or else has two; of one of which
        hardly a word would be left, nothing is."""
        wide = self.viewport().width() - 2 * round(self.document().documentMargin()) - 2
        lines, shown = self._fitted(max(wide, 40))
        if shown.endswith("…") and wide < _HINT_PX:
            lines, shown = self._least, ""
        self._for_hint = lines
        if shown != self.placeholderText():
            super().setPlaceholderText(shown)

    def _fitted(self, wide: int) -> tuple[int, str]:
        """Lines, and as much of the hint as they hold."""
        signs, brief = self.fontMetrics(), _DETAILS.split(self._hint)[0]
        most = max(2, self._least)
        for lines in range(self._least, most + 1):
            for hint in (self._hint, brief):
                box = signs.boundingRect(0, 0, wide, 9999, Qt.TextFlag.TextWordWrap, hint)
                if box.height() < (lines + 0.5) * signs.lineSpacing() and box.width() <= wide:
                    return lines, hint
        return most, signs.elidedText(brief, Qt.TextElideMode.ElideRight, round((most - 0.2) * wide))

    def _lines_at_least(self) -> int:
        """With room for its hint, also once something is written: a box does not shrink under whoever writes."""
        return self._for_hint

    def _grow(self) -> None:
        wanted = int(self.document().size().height())
        lines = max(self._lines_at_least(), min(self._greatest, wanted))
        bar = Qt.ScrollBarPolicy.ScrollBarAsNeeded if wanted > lines else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(bar)
        height = self.fontMetrics().lineSpacing() * lines + 14
        if height != self.height():
            self.setFixedHeight(height)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._cut_hint()
        # Not within the event: a bar that comes up there takes its room from text that is not laid out again.
        QTimer.singleShot(0, self, self._grow)

    def sizeHint(self) -> QSize:
        return QSize(160, self.height())


def lines_of(box: QPlainTextEdit) -> tuple[str, ...]:
    """The lines that say something, as they were meant."""
    return tuple(line.strip() for line in box.toPlainText().split("\n") if line.strip())


class NumberBox(QDoubleSpinBox):
    """A number written without trailing zeros; the wheel scrolls the form unless the box has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(5, 0, 0, 0)

    def textFromValue(self, value: float) -> str:
        return str(round(value)) if self.decimals() == 0 else f"{value:.6g}"

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        if text.strip() in ("", "-", "."):
            return QValidator.State.Intermediate, text, at
        return super().validate(text, at)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberField(Field):
    """A whole or real number within its declared bounds."""

    def __init__(self, argument: Number) -> None:
        super().__init__()
        self._whole = whole = argument.whole
        low, high = (
            end if math.isfinite(end) else math.copysign(LARGEST, end) for end in (argument.low, argument.high)
        )
        box = NumberBox()
        box.setDecimals(0 if whole else 6)
        box.setRange(low, high)
        box.setSingleStep(1 if whole else 0.1)
        box.setKeyboardTracking(True)
        box.setFixedWidth(76 if high < 2**31 else 104)
        box.valueChanged.connect(lambda _: self.changed.emit())
        self._box = box
        self._filled: tuple[float, Any] | None = None
        self._hold(box)
        self._beside.addStretch(1)  # a longer label above it does not push it about

    def value(self) -> int | float:
        """What the box shows; all of the number that was put in, until somebody edits what is shown of it."""
        shown = self._box.value()
        if self._filled is not None and self._filled[0] == shown:
            return round(self._filled[1]) if self._whole else float(self._filled[1])
        return round(shown) if self._whole else round(shown, 6)

    def set_value(self, value: Any) -> None:
        self._box.setValue(float(value))
        self._filled = (
            (self._box.value(), value) if self._box.minimum() <= float(value) <= self._box.maximum() else None
        )


class SeedField(NumberField):
    """A seed, with a button for a fresh one."""

    fresh = Signal()
    """Somebody wants another."""

    def __init__(self, argument: Number) -> None:
        super().__init__(argument)
        fresh = QToolButton()
        fresh.setText("↻")
        fresh.setToolTip("A fresh seed")
        fresh.setAccessibleName("Fresh seed")
        fresh.clicked.connect(self.fresh)
        self._beside.insertWidget(1, fresh)


class _OneLine(Growing):
    """A line that wraps where it is long, so that it and its hint can be read; it takes no break of its own."""

    def __init__(self) -> None:
        super().__init__(1, 4)

    def sizeHint(self) -> QSize:
        return QSize(156, self.height())

    def _lines_at_least(self) -> int:
        """Several stand in a row, and most hold a word: these keep no room for a hint that is not shown."""
        return self._for_hint if self.document().isEmpty() else 1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        self.insertPlainText(" ".join(source.text().splitlines()))


class TextField(Field):
    """A line of text."""

    def __init__(self) -> None:
        super().__init__()
        self._line = _OneLine()
        self._line.textChanged.connect(self.changed.emit)
        self._hold(self._line)

    def value(self) -> str:
        return self._line.toPlainText()

    def set_value(self, value: Any) -> None:
        self._line.setPlainText(str(value))


class TextsField(Field):
    """Several texts, one a line. Leading spaces matter to tokens, so they are shown; ␣ may be typed for one, and ↵
    for a line break within a text."""

    wide = True

    def __init__(self) -> None:
        super().__init__()
        self._box = Growing(1, 5)
        option = QTextOption()
        option.setFlags(QTextOption.Flag.ShowTabsAndSpaces)
        self._box.document().setDefaultTextOption(option)
        self._box.setProperty("mono", True)
        self._box.textChanged.connect(self.changed.emit)
        self._hold(self._box)

    def value(self) -> tuple[str, ...]:
        return tuple(line.replace("␣", " ").replace("↵", "\n") for line in self._box.toPlainText().split("\n") if line)

    def set_value(self, value: Any) -> None:
        self._box.setPlainText("\n".join(str(item).replace("\n", "↵") for item in value))


class ChoiceField(Field):
    """One of a few values."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        super().__init__()
        self._values = values
        self._box = QComboBox()
        self._box.addItems([str(value.value if isinstance(value, Enum) else value) for value in values])
        self._box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._hold(self._box)

    def value(self) -> Any:
        return self._values[self._box.currentIndex()]

    def set_value(self, value: Any) -> None:
        self._box.setCurrentIndex(self._values.index(value))


class SwitchField(Field):
    """Yes or no."""

    def __init__(self) -> None:
        super().__init__()
        self._box = QCheckBox()
        self._box.toggled.connect(lambda _: self.changed.emit())
        self._hold(self._box)

    def value(self) -> bool:
        return self._box.isChecked()

    def set_value(self, value: Any) -> None:
        self._box.setChecked(bool(value))


class WrittenField(Field):
    """Anything else, as the text that its argument reads: a new kind has a form before it has a widget.

    `@FILE` stands for what is in the file; a button finds one.
    """

    wide = True

    def __init__(self, argument: Argument) -> None:
        super().__init__()
        self._argument = argument
        self._box = Growing(1, 8)
        self._box.setProperty("mono", True)
        self._box.textChanged.connect(self.changed.emit)
        find = QToolButton()
        find.setText("File…")
        find.setToolTip("Take it from a file")
        find.setAccessibleName(f"{argument.title} from a file")
        find.clicked.connect(self._find)
        self._hold(self._box, find)

    def value(self) -> Any:
        text = self._box.toPlainText()
        if not text.strip():
            return () if isinstance(self._argument.default, tuple) else None
        try:
            return read(self._argument, text)
        except Refusal as refusal:
            raise ValueError(refusal.why) from None

    def set_value(self, value: Any) -> None:
        self._box.setPlainText("" if value is None else self._argument.print(value))

    def _find(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self._argument.title)
        if path:
            self._box.setPlainText(f"@{Path(path)}")


def field_of(argument: Argument) -> Field:
    """The editor for an argument that is not a prompt."""
    match argument:
        case Seed():
            return SeedField(argument)
        case Number() if argument.required or argument.default is not None:
            return NumberField(argument)
        case Choice():
            return ChoiceField(argument.values)
        case Texts():
            return TextsField()
        case Switch():
            return SwitchField()
    return TextField() if argument.annotation is str else WrittenField(argument)


class Stack(QVBoxLayout):
    """A column without margins."""

    def __init__(self, gap: int = 4) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(gap)
