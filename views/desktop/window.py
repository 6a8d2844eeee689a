"""The shell every desk of the workbench stands in: menus from actions, docks, status line, theme, palette."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import ClassVar

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QStatusBar,
    QTabWidget,
    QWidget,
)

from casefiles.status import Refusal
from views.desktop import theme
from views.desktop.action import Action, Actions
from views.desktop.courier import Courier
from views.desktop.labels import section, words
from views.desktop.memory import Manner, keep_manner, manner
from views.desktop.palette import Keys, Palette
from views.desktop.reach import Reach
from views.desktop.sheet import Sheet

# ruff: noqa: N802  Qt's names

EVERY_DESKS = ("View", "Help")
"""The menus that every desk has, after its own."""
AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class Window(Reach, QMainWindow):
    """A main window without any desk in it: the auditor's, judge's and team's rooms are put into it."""

    desk: ClassVar[str]
    """The name under which it is remembered how it was left."""
    menus: ClassVar[tuple[str, ...]]
    """The desk's own, before those of every desk."""

    def __init__(self, title: str, *, remembers: bool = True) -> None:
        super().__init__()
        self.remembers = remembers
        self.courier = Courier(self)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        for corner, area in (
            (Qt.Corner.TopLeftCorner, "left"), (Qt.Corner.TopRightCorner, "right"),
            (Qt.Corner.BottomLeftCorner, "bottom"), (Qt.Corner.BottomRightCorner, "bottom"),
        ):  # fmt: skip
            self.setCorner(corner, AREAS[area])
        self.docks: dict[str, QDockWidget] = {}
        self._sizes: dict[str, int] = {}
        self._layout = QByteArray()
        # Of the panes at the sides: as they come, as they were given, and before an edge was drawn.
        self._first_widths, self._widths, self._pressed = {}, {}, {}  # type: dict[str, int], dict[str, int], dict[str, int]
        self.actions_ = Actions(self, self.menuBar(), (*self.menus, *EVERY_DESKS), self.say)
        self._head()
        self.entitle(title)
        self.setStatusBar(QStatusBar())
        self.statusBar().setSizeGripEnabled(False)
        QShortcut(QKeySequence("?"), self, self.show_keys)

    def _head(self) -> None:
        name = self._title = words()
        name.setStyleSheet("font-weight: bold; padding: 0 8px 0 12px;")
        self.menuBar().setCornerWidget(name, Qt.Corner.TopLeftCorner)
        command = QPushButton("Run a command   Ctrl+Shift+P")
        command.setProperty("search", True)
        command.setMinimumWidth(280)
        command.clicked.connect(self.show_palette)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(8, 3, 12, 3)
        row.addWidget(command)
        self.menuBar().setCornerWidget(holder, Qt.Corner.TopRightCorner)
        self._corners = (name, holder)  # the menu bar does not own what stands in its corners

    def entitle(self, title: str) -> None:
        """What the desk is about."""
        self._title.setText(title)
        self.setWindowTitle(f"{title} · Audit Workbench")
        self.menuBar().setCornerWidget(self._title, Qt.Corner.TopLeftCorner)  # it is given its room anew

    # -- building a desk

    def add_pane(
        self, name: str, widget: QWidget, area: str, size: int, *, header: QWidget | None = None
    ) -> QDockWidget:
        """Dock a pane. Its header is a title in small capitals unless it brings its own."""
        dock = QDockWidget(name, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setTitleBarWidget(header or _title(name))
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        self.addDockWidget(AREAS[area], dock)
        self.docks[name], self._sizes[name] = dock, size
        return dock

    def settle(self, width: int, height: int) -> None:
        """As large as that, where the screen has room for it, and as it was left, if it was."""
        screen = self.screen().availableGeometry().size()
        self.arrange(min(width, screen.width()), min(height, screen.height()))
        left = manner(self.desk) if self.remembers else Manner()
        if left.geometry:
            self.restoreGeometry(QByteArray.fromBase64(left.geometry.encode()))
        if left.layout:
            self._widths = {}
            self.restoreState(QByteArray.fromBase64(left.layout.encode()))

    def arrange(self, width: int, height: int) -> None:
        """Exactly as large as that; the layout becomes the one that Reset layout returns to."""
        self.resize(width, height)
        for area, orientation in (("left", Qt.Orientation.Horizontal), ("bottom", Qt.Orientation.Vertical)):
            docks = [dock for dock in self.docks.values() if self.dockWidgetArea(dock) == AREAS[area]]
            if area == "left":
                docks += [dock for dock in self.docks.values() if self.dockWidgetArea(dock) == AREAS["right"]]
            most = width if area == "left" else height
            sizes = [min(self._sizes[dock.objectName()], most // 4) for dock in docks]
            self.resizeDocks(docks, sizes, orientation)
            if area == "left":
                self._first_widths = {dock.objectName(): size for dock, size in zip(docks, sizes, strict=True)}
                self._widths = self._first_widths.copy()
        self._layout = self.saveState()

    def _at_the_sides(self) -> dict[str, QDockWidget]:
        sides = (AREAS["left"], AREAS["right"])
        return {
            name: dock for name, dock in self.docks.items()
            if dock.isVisible() and not dock.isFloating() and self.dockWidgetArea(dock) in sides
        }  # fmt: skip

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._widths:
            self._widths = {name: dock.width() for name, dock in self._at_the_sides().items()}

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A pane that a narrow window squeezed has its width again once there is room."""
        super().resizeEvent(event)
        squeezed = {
            name: dock for name, dock in self._at_the_sides().items() if dock.width() < self._widths.get(name, 0)
        }
        if squeezed and event.size().width() > event.oldSize().width():
            widths = [self._widths[name] for name in squeezed]
            self.resizeDocks(list(squeezed.values()), widths, Qt.Orientation.Horizontal)

    def event(self, event: QEvent) -> bool:
        """Whoever draws the edge of a pane gives it its width."""
        if event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = {name: dock.width() for name, dock in self._at_the_sides().items()}
        done = super().event(event)
        if event.type() == QEvent.Type.MouseButtonRelease:
            QTimer.singleShot(0, self, self._take_drawn)  # the edge is where it was let go a moment later
        return done

    def _take_drawn(self) -> None:
        for name, dock in self._at_the_sides().items():
            if dock.width() != self._pressed.get(name, dock.width()):
                self._widths[name] = dock.width()

    def keep_manner(self) -> None:
        """Remember how the desk is furnished. Raises Refusal if it cannot be kept."""
        kept = Manner(
            dark=theme.tokens().dark,
            contrast=theme.tokens().contrast,
            geometry=bytes(self.saveGeometry().toBase64().data()).decode(),
            layout=bytes(self.saveState().toBase64().data()).decode(),
        )
        keep_manner(self.desk, kept)

    def shell_actions(self, tabs: QTabWidget) -> tuple[Action, ...]:
        """What every desk offers. `tabs`: those in the middle of this one."""

        def lone() -> str:
            return "" if tabs.count() > 1 else "there is no other tab"

        toggles = tuple(
            Action(f"view.{name.lower().replace(' ', '-')}", "View", f"Show or hide {name.lower()}",
                   partial(_toggle, dock), f"Ctrl+{number}")
            for number, (name, dock) in enumerate(self.docks.items(), 1)
        )  # fmt: skip
        return (
            Action("view.next-tab", "View", "Next tab", partial(_turn, tabs, 1), "Ctrl+Tab",
                   "From wherever the cursor is, which stays there", lone),
            Action("view.previous-tab", "View", "Previous tab", partial(_turn, tabs, -1), "Ctrl+Shift+Tab", "",
                   lone),
            *toggles,
            Action("view.reset", "View", "Reset layout", self.reset_layout, help="Put every pane back in its place",
                   separated=True),
            Action("view.theme", "View", "Light or dark", self.toggle_theme, "Ctrl+Shift+L", "Change the colours"),
            Action("view.contrast", "View", "High contrast", self.toggle_contrast, "Ctrl+Shift+U",
                   "Stronger colours, and a border around everything"),
            Action("help.palette", "Help", "Run a command…", self.show_palette, "Ctrl+Shift+P",
                   "Find anything the menus hold by a few letters"),
            Action("help.keys", "Help", "Keys…", self.show_keys, "F1", "Every key; ? opens it too"),
        )  # fmt: skip

    # -- what a shell does

    def reset_layout(self) -> None:
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.show()
        self.restoreState(self._layout)
        self._widths = self._first_widths.copy()

    def toggle_theme(self) -> None:
        _dress(dark=not theme.tokens().dark, contrast=theme.tokens().contrast)

    def toggle_contrast(self) -> None:
        _dress(dark=theme.tokens().dark, contrast=not theme.tokens().contrast)

    def show_palette(self) -> Palette:
        palette = Palette(self.actions_, self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.move(self.mapToGlobal(self.rect().topRight()) - palette.rect().topRight())
        palette.show()
        palette.line.setFocus()
        return palette

    def show_keys(self) -> Keys:
        keys = Keys(self.actions_, self)
        keys.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        keys.show()
        return keys

    def sheet(self, title: str, widget: QWidget, width: int, height: int) -> None:
        """Something to read, beside the window."""
        sheet = Sheet(title, parent=self)
        sheet.column.addWidget(widget)
        sheet.resize(width, height)
        sheet.show()

    def say(self, sentence: str) -> None:
        """A passing remark in the status line."""
        self.statusBar().showMessage(sentence, 6000)

    # -- ending

    def not_yet(self) -> str:
        """What must end before the window may close; empty if nothing."""
        return ""

    def leave(self) -> None:
        """Called once, when the window closes."""

    def closeEvent(self, event: QCloseEvent) -> None:
        """Wait for what runs with the event loop alive, then close."""
        if reason := self.not_yet():
            self.say(reason)
            self.setEnabled(False)
            QTimer.singleShot(50, self.close)
            event.ignore()
            return
        self.courier.dismiss()
        if self.remembers:
            with contextlib.suppress(Refusal):  # it closes also where nothing can be remembered
                self.keep_manner()
        self.leave()
        event.accept()


def _title(name: str) -> QWidget:
    bar = QWidget()
    bar.setProperty("pane", True)
    bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    row = QHBoxLayout(bar)
    row.setContentsMargins(12, 8, 12, 4)
    row.addWidget(section(name))
    row.addStretch(1)
    return bar


def _dress(*, dark: bool, contrast: bool) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, theme.theme_of(dark=dark, contrast=contrast))


def _turn(tabs: QTabWidget, by: int) -> None:
    """To the tab so many further, around the end."""
    tabs.setCurrentIndex((tabs.currentIndex() + by) % tabs.count())


def _toggle(dock: QDockWidget) -> None:
    dock.setVisible(not dock.isVisible())
