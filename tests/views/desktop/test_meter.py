"""Meters: a rate with its interval, and what is left of a budget."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from tests.views.auditor_desk import colour, picture_of
from views.desktop import app, theme
from views.desktop.meter import BudgetBar, RateBar
from workbench.claims.rates import wilson

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    app.application()


def test_a_rate_is_drawn_as_its_interval() -> None:
    bar = RateBar("Reproduced")
    bar.resize(200, 12)
    rate = wilson(5, 10)
    bar.show_rate(rate)
    image = picture_of(bar)
    ground, inside = (
        QColor(theme.LIGHT.line),
        [x for x in range(200) if image.pixelColor(x, 6) != QColor(theme.LIGHT.line)],
    )
    assert ground == image.pixelColor(20, 6)
    assert inside[2] == pytest.approx(rate.low * 200, abs=4)
    assert inside[-3] == pytest.approx(rate.high * 200, abs=4)
    assert bar.accessibleDescription() == "5 of 10, 24% to 76%"


@pytest.mark.parametrize(("share", "expected"), [(0.5, "accent"), (0.85, "warn_bar"), (1.2, "bad")])
def test_a_budget_turns_amber_and_red(share: float, expected: str) -> None:
    bar = BudgetBar("Probes")
    bar.resize(200, 5)
    bar.show_share(share)
    assert colour(bar, 40, 2) == QColor(getattr(theme.LIGHT, expected))
    if share < 1:
        assert colour(bar, 190, 2) == QColor(theme.LIGHT.line)
