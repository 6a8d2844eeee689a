"""Every theme can be read: contrast of text over its ground as WCAG 2.2 (1.4.3, 1.4.6) counts it."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton

from views.desktop import app, theme
from views.desktop.theme import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, TOKENS, Tokens

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

every_theme = pytest.mark.parametrize("tokens", TOKENS.values(), ids=lambda tokens: tokens.name)


def contrast(one: QColor | str, other: QColor | str) -> float:
    return theme.contrast(theme.luminance(QColor(one)), theme.luminance(QColor(other)))


def test_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@every_theme
def test_text_stands_out_from_what_it_is_written_on(tokens: Tokens) -> None:
    least = 7.0 if tokens.contrast else 4.5
    for ink, ground in (
        (tokens.ink, tokens.pane), (tokens.ink, tokens.window), (tokens.ink, tokens.field),
        (tokens.dim, tokens.pane), (tokens.dim, tokens.field), (tokens.accent, tokens.pane),
        (tokens.ink, tokens.accent_ground), ("#ffffff", tokens.button),
        (tokens.ok, tokens.ok_ground), (tokens.warn, tokens.warn_ground), (tokens.bad, tokens.bad_ground),
        (tokens.bad, tokens.pane), (tokens.warn, tokens.pane), (tokens.ok, tokens.pane),
    ):  # fmt: skip
        assert contrast(ink, ground) >= least, (ink, ground)


@every_theme
def test_borders_and_curves_can_be_seen(tokens: Tokens) -> None:
    for colour in tokens.series:
        assert contrast(colour, tokens.pane) >= (7 if tokens.contrast else 3), colour
    assert contrast(tokens.line, tokens.pane) >= (7 if tokens.contrast else 1.1)


@every_theme
def test_a_value_can_be_read_on_its_colour(tokens: Tokens, qapp: object) -> None:
    try:
        theme.apply(app.application(), tokens)
        for step in range(-20, 21):
            strength = step / 20
            assert contrast(theme.ink_on(strength), theme.tint(strength)) >= (4.5 if tokens.contrast else 3.5), strength
    finally:
        theme.apply(app.application(), LIGHT)


@every_theme
def test_the_main_button_can_be_read_when_it_cannot_be_pressed(tokens: Tokens, qapp: object) -> None:
    try:
        theme.apply(app.application(), tokens)
        button = QPushButton("Sign the verdict…")
        button.setProperty("main", True)
        button.setEnabled(False)
        drawn = button.grab().toImage()
        ground = drawn.pixelColor(6, drawn.height() // 2).name()
        row = (drawn.pixelColor(x, y).name() for y in range(6, drawn.height() - 6) for x in range(6, drawn.width() - 6))
        assert max(contrast(ink, ground) for ink in row) >= (7 if tokens.contrast else 3.5)
        button.deleteLater()
    finally:
        theme.apply(app.application(), LIGHT)


def test_a_theme_is_found_by_what_it_is() -> None:
    assert [theme.theme_of(dark=dark, contrast=strong) for dark in (False, True) for strong in (False, True)] == [
        LIGHT, LIGHT_CONTRAST, DARK, DARK_CONTRAST,
    ]  # fmt: skip
