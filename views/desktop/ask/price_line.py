"""What the question in a form would cost, and what of that speaks against asking it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QSizePolicy

from casefiles.status import Refusal
from views.desktop.ask.runner import Price, Runner
from views.desktop.labels import Label
from workbench.contract.probe import Probe
from workbench.contract.rules import Cost
from workbench.door.session import Session
from workbench.log.pace import spoken_seconds

_AFTER_MS = 250
"""A question that is still being typed is not priced."""


class PriceLine(Label):
    """Prices a question a moment after it was last changed, while no probe passes the door."""

    told = Signal()
    """What it says has changed, and with it perhaps what speaks against asking."""
    unpriced = Signal(object)
    """The refusal that the question would meet."""

    def __init__(self, session: Session, runner: Runner) -> None:
        super().__init__()
        self._session, self._runner = session, runner
        self._question: tuple[Probe, str, str | None] | None = None
        self._cost: Cost | None = None
        self._seconds = self._cannot = ""
        self._later = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._later.timeout.connect(self._ask)
        self.setProperty("dim", True)
        self.setWordWrap(True)
        self.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def price(self, probe: Probe, on: str, beside: str | None) -> None:
        """Say what this question costs, as soon as it can be told."""
        self._question, self._cost, self._cannot = (probe, on, beside), None, ""
        self.setText("pricing…")
        self._later.start()

    def say(self, text: str) -> None:
        """Say something else: there is no question that could be priced."""
        self._question, self._cost, self._cannot = None, None, ""
        self._later.stop()
        self.setText(text)

    @property
    def against(self) -> str:
        """Why the question, as far as it is priced, would only be refused; empty if it would not."""
        return self._cannot or (self._lacking(self._cost) if self._cost is not None else "")

    def refresh(self) -> None:
        """What is left of the budget has changed."""
        if self._cost is not None:
            lacking = self._lacking(self._cost)
            self.setText(f"costs {spoken(self._cost)}{self._seconds}" + (f"; {lacking}" if lacking else ""))

    def _ask(self) -> None:
        if self._question is None:
            return
        if self._runner.running:
            self._later.start()  # the door is taken; the probe in it will not be long, or can be stopped
            return
        question = self._question
        self._runner.price(
            *question,
            lambda price: self._priced(question, price),
            lambda refusal: self._refused(question, refusal),
        )

    def _priced(self, question: object, price: Price) -> None:
        if question is self._question:
            self._cost = price.cost
            self._seconds = f", {spoken_seconds(price.seconds)}" if price.seconds is not None else ""
            self.refresh()
            self.told.emit()

    def _refused(self, question: object, refusal: Refusal) -> None:
        if question is not self._question:
            return
        if refusal.code == "model.input":  # it is the question that cannot be run, and not the engine
            self._cannot = "it cannot run as it stands"
        self.setText(self._cannot or "not priced")
        self.unpriced.emit(refusal)
        self.told.emit()

    def _lacking(self, cost: Cost) -> str:
        for name, limit in self._session.rules.budget:
            if limit is not None and getattr(cost, name) > limit - getattr(self._session.spent, name):
                left = max(0, limit - getattr(self._session.spent, name))
                return f"only {left:,} {name.replace('_', ' ')} are left"
        return ""


def spoken(cost: Cost) -> str:
    """The most a probe may spend, in words."""
    parts = []
    if cost.generated_tokens:
        parts.append(f"up to {cost.generated_tokens:,} generated")
    if cost.forward_tokens:
        parts.append(f"{cost.forward_tokens:,} forward")
    if cost.backward_tokens:
        parts.append(f"{cost.backward_tokens:,} backward")
    if not parts:
        return "no tokens"
    return f"{' and '.join(parts)} {'token' if cost.tokens == 1 else 'tokens'}"
