"""The command palette, and the list of keys: both are drawn from the same actions as the menus."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from views.desktop import theme
from views.desktop.action import Action, Actions
from views.desktop.ask.room import scrolled
from views.desktop.labels import plain_tip, section, words

# ruff: noqa: N802  Qt's names


_BESIDE: Final = Qt.ItemDataRole.UserRole + 1


class CommandPainter(QStyledItemDelegate):
    """Draws a command, and at the right its key or why it cannot be done now."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        super().paint(painter, option, index)
        painter.save()
        painter.setPen(QColor(theme.tokens().dim))
        painter.setFont(theme.sans(theme.SMALL_PX))
        box = option.rect.adjusted(8, 0, -10, 0)
        painter.drawText(
            box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), index.data(_BESIDE) or ""
        )
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]
        return QSize(super().sizeHint(option, index).width(), 26)


class Palette(QDialog):
    """Type a few letters of what you want to do; Enter does it. What cannot be done now says why."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._actions = actions
        self.setAccessibleName("Run a command")
        self.line = QLineEdit()
        self.line.setPlaceholderText("Run a command")
        self.line.setAccessibleName("Command")
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setItemDelegate(CommandPainter(self.list))
        self.line.textChanged.connect(self._fill)
        self.line.installEventFilter(self)
        self.list.itemActivated.connect(lambda _: self.accept_current())
        self.list.itemClicked.connect(lambda _: self.accept_current())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.resize(520, 360)
        self._fill("")

    def _fill(self, text: str) -> None:
        self.list.clear()
        for action in matching(self._actions.all(), text):
            reason = action.not_now()
            key = QKeySequence(action.key).toString(QKeySequence.SequenceFormat.NativeText) if action.key else ""
            item = QListWidgetItem(f"{action.menu}: {action.text}")
            item.setData(_BESIDE, reason or key)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{action.text}, {reason or key}")
            item.setData(Qt.ItemDataRole.UserRole, action.name)
            item.setToolTip(plain_tip(reason or action.help))
            if reason:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def accept_current(self) -> None:
        item = self.list.currentItem()
        if item is not None and item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.accept()
            self._actions.do(self._actions.named(item.data(Qt.ItemDataRole.UserRole)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                rows = max(1, self.list.count())
                self.list.setCurrentRow((self.list.currentRow() + step) % rows)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.accept_current()
                return True
        return super().eventFilter(watched, event)


class Keys(QDialog):
    """Every key, by menu."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(5)
        row, menu = 0, ""
        for action in actions.all():
            if not action.key:
                continue
            if action.menu != menu:
                menu = action.menu
                title = section(menu)
                title.setContentsMargins(0, 8, 0, 0)
                grid.addWidget(title, row, 0, 1, 3)
                row += 1
            key = QKeySequence(action.key).toString(QKeySequence.SequenceFormat.NativeText)
            grid.addWidget(words(key, mono=True), row, 0)
            grid.addWidget(words(action.text), row, 1)
            grid.addWidget(words(action.help, dim=True, wrap=True), row, 2)
            row += 1
        grid.setColumnStretch(2, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(scrolled(inside))
        self.resize(820, 640)


def matching(actions: tuple[Action, ...], text: str) -> list[Action]:
    """Actions that hold the letters in order: first the one that is called so, then those that hold the words."""
    wanted = text.casefold().replace(" ", "")

    def distance(action: Action) -> int:
        if text.casefold() == action.text.casefold().removesuffix("…"):
            return 0
        said = f"{action.menu} {action.text}".casefold()
        if text.casefold() in said:
            return said.index(text.casefold())
        at = -1
        for letter in wanted:
            at = said.find(letter, at + 1)
            if at < 0:
                return -1
        return 1000 + at

    ranked = [(distance(action), number, action) for number, action in enumerate(actions)]
    return [action for place, _, action in sorted(ranked, key=lambda item: item[:2]) if place >= 0]
