"""Small pieces of text: never markup, plain words for a screen reader."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from views.desktop import labels


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


def test_a_tooltip_says_what_is_not_ours_without_reading_it() -> None:
    said = labels.tip("<b>a</b> &\n\x1b\u202e")
    assert said == '<p style="white-space: pre-wrap">&lt;b&gt;a&lt;/b&gt; &amp;\n⟨U+001B⟩⟨U+202E⟩</p>'


def test_a_text_in_a_menu_names_no_key() -> None:
    assert labels.unkeyed("R&D && more") == "R&&D &&&& more"
