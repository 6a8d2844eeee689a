"""A dialog that asks: what Enter does, how it is left, and that what is under way keeps it open."""

from __future__ import annotations

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from views.desktop.labels import words
from views.desktop.sheet import Sheet

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class _Asking(Sheet):
    """Asks a name, and can be under way."""

    def __init__(self) -> None:
        super().__init__("A name", "It names files.")
        self.name, self.story = QLineEdit(), QPlainTextEdit()
        self.written: list[str] = []
        self.under_way = False
        self.ask_beside([("Name", self.name)])
        self.ask_below([("Story", self.story)])
        self.main = self.foot("Write it", lambda: self.written.append(self.name.text()))

    @property
    def busy(self) -> bool:
        return self.under_way


def _button(sheet: Sheet, said: str) -> QPushButton:
    (found,) = (button for button in sheet.findChildren(QPushButton) if button.text() == said)
    return found


def test_enter_in_a_line_does_what_the_main_button_does(qtbot: QtBot) -> None:
    sheet = _Asking().shown()
    sheet.name.setText("vera")
    qtbot.keyClick(sheet.name, Qt.Key.Key_Return)
    assert sheet.written == ["vera"]
    sheet.close()


def test_a_box_is_named_by_the_caption_above_it(qtbot: QtBot) -> None:
    sheet = _Asking().shown()
    (label,) = (label for label in sheet.findChildren(QLabel) if label.text() == "Story")
    assert label.buddy() is sheet.story
    assert sheet.story.accessibleName() == "Story"
    sheet.close()


def test_what_is_under_way_keeps_it_open_against_every_way_out(qtbot: QtBot) -> None:
    sheet = _Asking().shown()
    sheet.under_way = True
    sheet.close()
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    _button(sheet, "Cancel").click()
    assert sheet.isVisible()
    sheet.under_way = False
    qtbot.keyPress(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not shiboken6.isValid(sheet))


def test_cancelling_does_nothing_and_the_sheet_is_gone(qtbot: QtBot) -> None:
    sheet = _Asking().shown()
    written = sheet.written
    _button(sheet, "Cancel").click()
    qtbot.waitUntil(lambda: not shiboken6.isValid(sheet))
    assert written == []


def test_it_grows_with_what_is_said_in_it_and_squeezes_no_line(qtbot: QtBot) -> None:
    sheet = _Asking()
    told = words(wrap=True)
    sheet.column.insertWidget(3, told)
    told.hide()
    sheet.shown()
    before, line = sheet.height(), sheet.name.height()
    told.setText("Why that came to nothing, in many words. " * 20)
    told.show()
    qtbot.waitUntil(lambda: sheet.height() >= before + told.heightForWidth(told.width()))
    assert sheet.name.height() == line
    sheet.close()
