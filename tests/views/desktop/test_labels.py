"""Small pieces of text: never markup, blanks made visible, plain words for a screen reader."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from views.desktop import labels


@pytest.mark.parametrize(
    ("piece", "shown"), [(" Oslo", "␣Oslo"), ("\n", "↵"), ("a\tb", "a⇥b"), ("", ""), ("<b>", "<b>")]
)
def test_blanks_of_a_token_can_be_seen(piece: str, shown: str) -> None:
    assert labels.visible(piece) == shown


def test_text_is_never_markup(qtbot: QtBot) -> None:
    for label in (labels.words("<b>x</b>"), labels.Chip("<i>x</i>")):
        qtbot.addWidget(label)
        assert label.textFormat() == Qt.TextFormat.PlainText


def test_a_title_is_capitals_to_the_eye_and_words_to_the_ear(qtbot: QtBot) -> None:
    label = labels.section("Findings")
    qtbot.addWidget(label)
    assert (label.text(), label.accessibleName()) == ("FINDINGS", "Findings")


def test_a_chip_says_another_thing_in_another_tone(qtbot: QtBot) -> None:
    chip = labels.Chip("ok", "ok")
    qtbot.addWidget(chip)
    chip.say("failed", "bad")
    assert (chip.text(), chip.property("chip")) == ("failed", "bad")
