"""The figures of one result: the first large, the others beneath it or at its side, and one card that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QMenu, QStackedLayout, QVBoxLayout, QWidget

from views.desktop.courier import Batch
from views.desktop.displays import display_of
from views.desktop.displays.display import LEAST, Display, Pick
from views.desktop.displays.live_answers import LiveAnswers
from views.desktop.displays.reading_card import WIDTH, ReadingCard
from views.desktop.labels import unkeyed
from workbench.contract.figures import Figure, Spot
from workbench.contract.probe import FollowUp, Probe
from workbench.contract.result import Result
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_GAP: Final = 14
_LEAST: Final = 340


class Board(QWidget):
    """What a probe says while it runs; then its result, drawn."""

    branch = Signal(object)
    """A probe that the user wants to ask next, from a place in a figure."""

    def __init__(self) -> None:
        super().__init__()
        self.displays: list[Display] = []
        self.live, self.card = LiveAnswers(), ReadingCard()
        self._result: Result | None = None
        self._probe: Probe | None = None
        self._marked: Display | None = None
        self._others = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._side = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._side.addWidget(self.card, 0, Qt.AlignmentFlag.AlignTop)
        self._side.addLayout(self._others, 1)
        self._first = QVBoxLayout()
        drawn = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom, drawn)
        self._body.addLayout(self._first, 3)
        self._body.addLayout(self._side, 0)
        self._body.setContentsMargins(0, 0, 0, 0)
        for layout in (self._others, self._side, self._body):
            layout.setSpacing(_GAP)
        self._pages = QStackedLayout(self)
        for page in (QWidget(), self.live, drawn):
            self._pages.addWidget(page)

    # -- while a probe runs

    def begin(self) -> None:
        """A probe starts: nothing is drawn until it says something."""
        self._clear()
        self.live.clear()
        self._pages.setCurrentIndex(0)

    def stream(self, batch: Batch) -> None:
        """Something new came in."""
        if batch.texts:
            self.live.grow(batch.texts)
            self._pages.setCurrentWidget(self.live)

    # -- a result

    def show_result(self, result: Result, probe: Probe | None) -> None:
        """Draw what a probe found. `probe` is what was asked, if this workbench knows it."""
        offers = probe is not None and type(probe).follow_ups is not Probe.follow_ups
        self.show_figures(result.figures(), offers=offers)
        self._result, self._probe = result, probe

    def show_figures(self, figures: Sequence[Figure], *, offers: bool = False) -> None:
        """Draw every figure, or none: whatever a figure or its drawing raises comes out."""
        self._clear()
        try:
            for number, figure in enumerate(figures):
                self._add(number, figure, offers)
        except BaseException:
            self._clear()
            raise
        self.card.setVisible(any(display.reads for display in self.displays))
        if self.displays:
            self.setFocusProxy(self.displays[0])
        self._arrange()
        self._pages.setCurrentIndex(2)

    def _add(self, number: int, figure: Figure, offers: bool) -> None:
        display = display_of(figure)
        display.offers = offers
        (self._others if self.displays else self._first).addWidget(display, 1)
        # Before anything is pointed at, the card reads from the first figure that can be read.
        leads = not any(other.reads for other in self.displays)
        self.displays.append(display)
        if leads:
            display.read.connect(self.card.read)
        display.show_figure(figure)
        if not leads:
            display.read.connect(self.card.read)
        display.marked.connect(lambda: self._mark(display))
        display.asked.connect(lambda row, column, control, at: self._offer(Spot(number, row, column, control), at))

    def _clear(self) -> None:
        self._result = self._probe = self._marked = None
        self.setFocusProxy(self.live)
        for display in self.displays:
            display.hide()
            display.setParent(None)
            display.deleteLater()
        self.displays = []
        self.card.read("", ())

    def _mark(self, display: Display) -> None:
        self._marked = display

    def pick(self) -> Pick:
        """What the user marked last."""
        return self._marked.pick() if self._marked is not None else Pick()

    # -- asking next

    def follow_ups(self, spot: Spot) -> Sequence[FollowUp]:
        """What may be asked next from a place."""
        if self._result is None or self._probe is None:
            return ()
        return self._probe.follow_ups(self._result, spot)

    def _offer(self, spot: Spot, at: QPoint) -> None:
        found = self.follow_ups(spot)
        if not found:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for item in found:
            action = QAction(unkeyed(line(item.label)), menu)
            action.triggered.connect(lambda _=False, probe=item.probe: self.branch.emit(probe))
            menu.addAction(action)
        menu.popup(at)

    # -- laying out

    def minimumSizeHint(self) -> QSize:
        """As narrow as one thing beneath another, however they stand now: else they would never be set so."""
        return QSize(_LEAST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Card and further figures at the side of a narrow first one; else beneath it, beside each other."""
        if not self.displays:
            return
        width, others, reads = self.width(), len(self.displays) - 1, not self.card.isHidden()
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        aside = bool(others or reads) and self.displays[0].wanted_width() + _GAP + WIDTH <= width
        room = width - (WIDTH + _GAP if reads else 0)
        level = not aside and others > 0 and room >= sum(_GAP + self._least(one) for one in self.displays[1:])
        self._body.setDirection(across if aside else down)
        self._side.setDirection(across if level else down)
        self._others.setDirection(across if level else down)
        self._body.setStretch(0, 0 if aside else 3)
        self._body.setStretch(1, 1 if aside else 2 if others else 0)
        self.card.stand(narrow=level)

    def _least(self, display: Display) -> int:
        """What a further figure needs beside the card; one that is wider than all there is has to scroll anyhow."""
        return least if (least := display.least_width()) <= self.width() else LEAST
