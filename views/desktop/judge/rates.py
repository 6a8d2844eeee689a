"""Proportions in rows: a name, the interval as a bar, and the figures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from views.desktop.labels import plain_tip, words
from views.desktop.meter import RateBar
from workbench.claims.rates import Rate


class RateRows(QWidget):
    """Some rates under each other; those that nobody measured are left out."""

    def __init__(self, rates: Sequence[tuple[str, Rate | None]] = ()) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self.show_rates(rates)

    def show_rates(self, rates: Sequence[tuple[str, Rate | None]]) -> None:
        """The first of them in colour: what is claimed; the others are what it is held against."""
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for row, (name, rate) in enumerate((name, rate) for name, rate in rates if rate is not None and rate.trials):
            bar, figure = RateBar(name), words(f"{rate.hits}/{rate.trials}", mono=True)
            bar.show_rate(rate, "plain" if row else "accent")
            figure.setAlignment(Qt.AlignmentFlag.AlignRight)
            figure.setToolTip(plain_tip(f"95 % interval: {rate.low:.0%} to {rate.high:.0%}"))
            for column, widget in enumerate((words(name, dim=True, px=12), bar, figure)):
                self._grid.addWidget(widget, row, column)
