"""Runs probes for the window: one at a time, on the engine's worker, through the session's door."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from casefiles.status import Refusal
from views.desktop.courier import Batch, Courier, Watch
from workbench.contract.actor import Actor
from workbench.contract.probe import Probe
from workbench.contract.rules import Cost
from workbench.door.running import Outcome
from workbench.door.session import Session
from workbench.door.subjects import OpenModel
from workbench.plans.conduct import Conducted, conduct
from workbench.plans.plan import Plan

Found = TypeVar("Found")

PATIENCE = 2.0
"""Seconds between asking to stop and asking again, so that a second click is meant."""


@dataclass(frozen=True)
class Price:
    """The most a probe may spend, and how long that takes where the session knows."""

    cost: Cost
    seconds: float | None


class Runner(QObject):
    """Which probe runs now, how to stop it, and what one would cost."""

    changed = Signal()
    """A probe started or ended."""

    def __init__(self, session: Session, courier: Courier) -> None:
        super().__init__(courier)
        self._session, self._courier = session, courier
        self._worker = courier.hire("engine")
        self._watch: Watch | None = None
        self._asked = 0.0
        self.work: Probe | Plan | None = None
        """What is being asked just now."""
        self._actor = Actor(kind="person", name=session.auditor.name)

    @property
    def running(self) -> bool:
        return self.work is not None

    def run(
        self,
        probe: Probe,
        on: str,
        beside: str | None,
        stream: Callable[[Batch], None],
        done: Callable[[Outcome], None],
        failed: Callable[[Refusal], None],
    ) -> None:
        """Run a probe; batches, then its outcome, come in the window's thread. Not for use while one is running."""

        def ask(watch: Watch) -> Outcome:
            return self._session.run(probe, on=on, beside=beside, actor=self._actor, progress=watch)

        self._begin(probe, ask, stream, done, failed)

    def conduct(
        self,
        plan: Plan,
        actor: Actor | None,
        stream: Callable[[Batch], None],
        done: Callable[[Conducted], None],
        failed: Callable[[Refusal], None],
    ) -> None:
        """Carry a plan out, or go on with it; `actor`: who asks, if not the person at the desk."""
        who = actor or self._actor
        self._begin(plan, lambda watch: conduct(plan, self._session, actor=who, progress=watch), stream, done, failed)

    def _begin(
        self,
        what: Probe | Plan,
        work: Callable[[Watch], Found],
        stream: Callable[[Batch], None],
        done: Callable[[Found], None],
        failed: Callable[[Refusal], None],
    ) -> None:
        assert not self.running
        watch = Watch()
        self.work, self._watch = what, watch
        self._courier.watch(watch, stream)
        self.changed.emit()

        def ended(tell: Callable[[], None]) -> None:
            """Whatever a listener does: the probe is over, its asker hears so, and everybody else does."""
            self.work, self._watch = None, None
            try:
                self._courier.unwatch(watch)
            finally:
                try:
                    tell()
                finally:
                    self.changed.emit()

        def pass_the_door() -> Found:
            if watch.cancel.is_set():  # while an earlier one was priced, which may take a model's loading
                raise Refusal(
                    "interrupted", "Stopped before it began.", "Nothing was asked, and nothing is in the log.",
                    "Run it again when you want the model to be loaded.",
                )  # fmt: skip
            return work(watch)

        self._worker.do(
            pass_the_door,
            lambda outcome: ended(lambda: done(outcome)),
            lambda refusal: ended(lambda: failed(refusal)),
        )

    def stop(self) -> None:
        """Ask the running probe to end; what it has so far is kept. While the model is loading, or asked again after a
        while, end the engine instead: it is loaded again for the next probe."""
        if self._watch is None:
            return
        now = time.monotonic()
        if not self._watch.cancel.is_set():
            self._asked = now
            self._watch.cancel.set()
        if self._session.loading or now - self._asked >= PATIENCE:
            self._session.abort()

    @property
    def stopping(self) -> bool:
        return self._watch is not None and self._watch.cancel.is_set()

    def use(self, opener: OpenModel, done: Callable[[], None]) -> None:
        """Have the model opened in another way from the next probe on."""
        self._worker.do(lambda: self._session.use(opener), lambda _: done())

    def prepare(self, done: Callable[[dict[str, Any]], None], failed: Callable[[Refusal], None]) -> None:
        """Have the model open before anybody asks it; `done` is told its environment."""
        self._worker.do(self._session.prepare, done, failed)

    def price(
        self,
        probe: Probe,
        on: str,
        beside: str | None,
        done: Callable[[Price], None],
        failed: Callable[[Refusal], None],
    ) -> None:
        """What a probe may cost. The first call opens the model, which takes its time on the worker."""

        def priced() -> Price:
            cost = self._session.price(probe, on, beside)
            return Price(cost, self._session.seconds(probe, cost, on))

        self._worker.do(priced, done, failed)
