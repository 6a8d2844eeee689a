"""Every widget that takes the keys is reached by Tab, in the order in which it is read, and one sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import picture_of
from views.desktop import app
from views.desktop.reach import Reach

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Page(Reach, QDialog):
    """A pane that hands its focus on to the second of its three, before a column that scrolls; made last to first."""

    def __init__(self) -> None:
        super().__init__()
        self.last, self.side, self.pane = QPushButton("last"), QWidget(), QWidget()
        self.below, self.table, self.above = QPushButton("below"), QTableWidget(1, 1), QPushButton("above")
        self.table.setTabKeyNavigation(False)
        column = QVBoxLayout(self.pane)
        for widget in (self.above, self.table, self.below):
            column.addWidget(widget)
        self.pane.setFocusProxy(self.table)
        self.lines = [QLineEdit() for _ in range(20)]
        inside = QVBoxLayout(self.side)
        for line in self.lines:
            inside.addWidget(line)
        self.shut = QPushButton("shut")
        self.shut.setEnabled(False)
        area = QScrollArea()
        area.setWidget(self.side)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row, whole = QHBoxLayout(), QVBoxLayout(self)
        row.addWidget(self.pane)
        row.addWidget(area)
        whole.addLayout(row)
        whole.addWidget(self.shut)
        whole.addWidget(self.last)
        self.resize(500, 300)


@pytest.fixture
def page(qapp: QApplication, qtbot: QtBot) -> Iterator[Page]:
    app.application()
    made = Page()
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()
    app.discard(made)


def test_tab_goes_through_everything_as_it_is_read_and_back(page: Page, qtbot: QtBot) -> None:
    order = [page.above, page.table, page.below, *page.lines, page.last]
    page.above.setFocus()
    for key, wanted in ((Qt.Key.Key_Tab, order), (Qt.Key.Key_Backtab, order[::-1])):
        for widget in (*wanted[1:], wanted[0]):
            qtbot.keyClick(page.focusWidget(), key)
            assert page.focusWidget() is widget
            assert not widget.visibleRegion().isEmpty(), "it was scrolled to"
        if key == Qt.Key.Key_Tab:
            page.last.setFocus()


def test_what_has_the_keys_is_seen_to_have_them(page: Page) -> None:
    page.side.hide()
    views = QListWidget(page), QScrollArea(page)
    for number, view in enumerate(views):
        view.setGeometry(300, 20 + 120 * number, 100, 100)
        view.show()
    for widget in (page.table, *views):
        page.last.setFocus()
        without = picture_of(widget)
        widget.setFocus()
        assert picture_of(widget) != without
