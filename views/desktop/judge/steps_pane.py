"""The steps of judging at a glance: what is done, what is under way, and what comes next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from views.desktop import theme
from views.desktop.ask.room import scrolled
from views.desktop.courier import Batch, Courier, Watch
from views.desktop.judge.blindfold import Blindfold
from views.desktop.labels import Label, restyle, words

# ruff: noqa: N802  Qt's names

StepState = Literal["waiting", "now", "done", "remark", "failed"]
MARKS: Final[dict[StepState, tuple[str, str, str]]] = {
    "waiting": ("○", "", "to come"),
    "now": ("▸", "accent", "under way"),
    "done": ("✓", "ok", "done"),
    "remark": ("✓", "warn", "done, with a remark"),
    "failed": ("✗", "bad", "failed"),
}
"""State → glyph, tone and the words for a screen reader."""
STEPS: Final = (
    ("verify", "Verify", ""),
    ("replay", "Replay", "Replay"),
    ("reveal", "Open the truth", "Open the sealed truth"),
    ("decide", "Decide", ""),
    ("sign", "Sign", "Sign the verdict…"),
)
_PARTS = 1000


class StepCard(QFrame):
    """One step: a mark, its name, how it stands, and the button that takes it. A click or Enter shows its page."""

    chosen = Signal()
    taken = Signal()

    def __init__(self, title: str, button: str, blindfold: Blindfold) -> None:
        super().__init__()
        self.title, self._blindfold, self._told = title, blindfold, ""
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.mark, self.said = Label(), words(wrap=True, dim=True, px=12)
        self.mark.setFixedWidth(16)
        name = words(title)
        name.setStyleSheet("font-weight: bold;")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _PARTS)
        self.bar.setAccessibleName(f"Progress of: {title}")
        self.bar.hide()
        self.button = QPushButton(button)
        self.button.setVisible(bool(button))
        if not button:
            self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if button == "Replay":  # it says other words later
            self.button.setMinimumWidth(_bold("Replay again") + 28)
        self.button.clicked.connect(self.taken)
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 10, 9)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.mark, 0, 0)
        grid.addWidget(name, 0, 1)
        grid.addWidget(self.said, 1, 1)
        grid.addWidget(self.bar, 2, 1)
        grid.addWidget(self.button, 3, 1, Qt.AlignmentFlag.AlignLeft)
        self.say("waiting", "")

    def say(self, state: StepState, sentence: str) -> None:
        glyph, tone, spoken = MARKS[state]
        self.state, self._told = state, sentence
        self.mark.setText(glyph)
        self.mark.setProperty("tone", tone)
        restyle(self.mark)
        if state != "now":
            self.bar.hide()
        self.setAccessibleName(f"{self.title}: {spoken}")
        self.refresh()

    def refresh(self) -> None:
        """Say it once more as it may be shown now."""
        told = self._blindfold.words(self._told)
        self.said.setText(told)
        self.said.setVisible(bool(told))
        self.setAccessibleDescription(told)

    def watched(self, courier: Courier, also: Callable[[], None] = lambda: None) -> Watch:
        """What goes on for this step: its progress stands here. `also` is done with each delivery."""
        watch = Watch()

        def deliver(batch: Batch) -> None:
            also()
            if self.state == "now" and not watch.cancel.is_set():
                self.say("now", batch.note)
            if batch.done is not None:
                self.show_progress(batch.done)

        courier.watch(watch, deliver)
        return watch

    def show_progress(self, share: float) -> None:
        self.bar.show()
        self.bar.setValue(round(_PARTS * share))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


class StepsPane(QWidget):
    """What is judged, and a card for each step."""

    chosen = Signal(str)
    """The page of this step is wanted."""
    taken = Signal(str)
    """The button of this step was pressed."""

    def __init__(self, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(8)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(10)
        self._facts.setVerticalSpacing(3)
        self._facts.setColumnStretch(1, 1)
        self.blind = words(blindfold.left, wrap=True, dim=True, px=12)
        column.addLayout(self._facts)
        column.addWidget(self.blind)
        column.addSpacing(4)
        self.cards: dict[str, StepCard] = {}
        for name, title, button in STEPS:
            card = self.cards[name] = StepCard(title, button, blindfold)
            card.chosen.connect(partial(self.chosen.emit, name))
            card.taken.connect(partial(self.taken.emit, name))
            column.addWidget(card)
        column.addStretch(1)
        self.refresh()
        area = scrolled(inside)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        # No button is cut, however narrow the window.
        beside = inside.minimumSizeHint().width() - max(card.button.sizeHint().width() for card in self.cards.values())
        longest = max(_bold(button) for *_, button in STEPS) + 28
        self.setMinimumWidth(beside + longest + area.verticalScrollBar().sizeHint().width())

    def refresh(self) -> None:
        """Say everything as it may be shown now, and what cannot be hidden."""
        self.blind.setVisible(self._blindfold.on)
        self.blind.setText(self._blindfold.left)
        for card in self.cards.values():
            card.refresh()

    def lead(self, name: str, *, stops: bool = False) -> None:
        """The button of this step is the one that matters most; or what it does now is to stop."""
        for key, card in self.cards.items():
            wanted = "" if key != name else "stop" if stops else "main"
            for look in ("main", "stop"):
                if bool(card.button.property(look)) != (look == wanted):
                    card.button.setProperty(look, look == wanted)
                    restyle(card.button)

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        """What lies before the judge, a name and a value each."""
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for row, (name, value) in enumerate(facts):
            said = words(value, wrap=True)
            said.setAccessibleName(f"{name}: {value}")
            self._facts.addWidget(words(name, dim=True), row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(said, row, 1)


def _bold(text: str) -> int:
    """How wide it is on the button that matters most, in pixels."""
    return QFontMetrics(theme.sans(bold=True)).horizontalAdvance(text)
