"""Answers: equal ones together, and what is said of each."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.views.desktop.displays.by_hand import HARMLESS, HOSTILE, settle, shown
from views.desktop.displays.answers import AnswersDisplay
from workbench.contract.figures import Answer, Answers, Ending

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def answers(*texts: str, prompt: str = "<|user|>x") -> Answers:
    return Answers("", prompt, tuple(Answer(i, text, 1, Ending.ITSELF) for i, text in enumerate(texts)))


def test_equal_answers_stand_together_the_most_frequent_first() -> None:
    with shown(AnswersDisplay(), answers("Oslo.", "Bergen.", "Bergen. ", "Bergen.")) as (display, _):
        assert [(row.text.strip(), row.samples, row.of) for row in display.model.rows] == [
            ("Bergen.", [1, 2, 3], 4), ("Oslo.", [0], 4),
        ]  # fmt: skip
        display._together.click()
        assert [row.samples for row in display.model.rows] == [[0], [1], [2], [3]]


def test_answers_that_begin_alike_stand_below_what_they_have_in_common() -> None:
    with shown(AnswersDisplay(), answers("It is Oslo.", "No.", "It is Bergen.", "It is  Oslo.")) as (display, _):
        assert [(row.text, row.samples, row.heads) for row in display.model.rows] == [
            ("It is…", [0, 2, 3], True), ("It is Oslo.", [0, 3], False), ("It is Bergen.", [2], False),
            ("No.", [1], False),
        ]  # fmt: skip
        assert display.model.index(0).data() == "3 of 4 begin: It is…"
        display.view.setCurrentIndex(display.model.index(0))
        assert display.pick().samples == (0, 2, 3)
        display.view.selectAll()
        display.view.copy()
        assert QGuiApplication.clipboard().text() == "It is Oslo.\n\nIt is Bergen.\n\nNo."


def test_what_is_copied_is_letters_wherever_it_is_pasted() -> None:
    with shown(AnswersDisplay(), answers("Oslo\x1b[201~\ntouch /tmp/x\n\u202eno")) as (display, _):
        display.view.selectAll()
        display.view.copy()
        assert QGuiApplication.clipboard().text() == "Oslo⟨U+001B⟩[201~\ntouch /tmp/x\n⟨U+202E⟩no"


def test_how_equal_answers_ended_is_said_once_or_to_be_different() -> None:
    every = (Answer(0, "a", 1, Ending.ITSELF), Answer(1, "a", 1, Ending.LENGTH), Answer(2, "b", 1, Ending.STOPPED))
    with shown(AnswersDisplay(), Answers("", "p", every)) as (display, _):
        assert [row.note for row in display.model.rows] == ["ended in different ways", "stopped"]


def test_an_answer_is_never_read_as_markup_and_a_long_one_is_cut() -> None:
    with shown(AnswersDisplay(), answers("<b>bold</b>", "x" * 5000, HOSTILE)) as (display, _):
        assert {"<b>bold</b>", HARMLESS} <= {row.drawn for row in display.model.rows}
        assert any(row.drawn.endswith("(2,000 more characters)") for row in display.model.rows)
        assert HARMLESS in {display.model.index(row).data().partition(": ")[2] for row in range(3)}


def test_the_prompt_as_the_model_saw_it_is_shown_as_it_stands_but_harmless() -> None:
    with shown(AnswersDisplay(), answers("a", prompt=HOSTILE)) as (display, _):
        label = next(label for label in display.findChildren(QLabel) if label.text() == HARMLESS)
        assert label.isHidden() and label.textFormat() == Qt.TextFormat.PlainText
        display._as_seen.click()
        assert label.isVisible()


def test_marked_answers_are_what_a_citation_quotes(qtbot: QtBot) -> None:
    with shown(AnswersDisplay(), answers("a", "b", "a")) as (display, _), qtbot.waitSignal(display.marked):
        display.view.setCurrentIndex(display.model.index(0))
        assert display.pick().samples == (0, 2)


def test_marked_answers_are_copied_once_each() -> None:
    with shown(AnswersDisplay(), answers("a", "b", "a")) as (display, _):
        display.view.selectAll()
        display.view.copy()
        assert QGuiApplication.clipboard().text() == "a\n\nb"


def test_enter_on_an_answer_asks_what_is_next_of_its_first_sample(qtbot: QtBot) -> None:
    with shown(AnswersDisplay(), answers("a", "b", "b")) as (display, _):
        asked: list[tuple[int, int, bool]] = []
        display.asked.connect(lambda row, column, control, at: asked.append((row, column, control)))
        display.view.setCurrentIndex(display.model.index(0))
        qtbot.keyClick(display.view, Qt.Key.Key_Return)
        assert asked == [(1, 0, False)]


def test_lines_break_between_words() -> None:
    """A row is as high as its lines: eleven words of which two fit into a line make six."""
    with shown(AnswersDisplay(), answers("wwwwwwwwww " * 10 + "wwwwwwwwww", "w"), width=320) as (display, _):
        settle()
        word, room = display.view.fontMetrics().horizontalAdvance("wwwwwwwwww "), display.view.viewport().width() - 100
        assert 2 * word <= room < 3 * word
        six, one = (display.view.visualRect(display.model.index(row)).height() for row in range(2))
        assert six - one == 5 * (one - 2 * 8 - 16)  # without margins and the note, one is a line
