"""Verifies what was handed in, case first, before anything of it is shown: what is not proven is not judged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from casefiles.status import Refusal
from casefiles.verification.steps import Verification
from views.desktop.courier import Courier, Watch, Worker, stopping
from views.desktop.judge.checks_view import CheckLine, ChecksView
from views.desktop.judge.proceedings import Before, Proceedings
from views.desktop.judge.steps_pane import StepCard

_STOPPED: Final = Refusal(
    "interrupted", "The verification was stopped.", "What is not verified is not judged.",
    "Close this window, and open the log again when you like.",
)  # fmt: skip


class Admission:
    """Shows each check as it was made, and hands on what was opened."""

    def __init__(
        self,
        courier: Courier,
        bench: Worker,
        proceedings: Proceedings,
        checks: ChecksView,
        card: StepCard,
        opened: Callable[[Verification, Before], None],
    ) -> None:
        """`opened` is told how the log verified and what is on the table; of what does not verify nothing."""
        self._courier, self._bench, self._proceedings = courier, bench, proceedings
        self._checks, self._card, self._opened = checks, card, opened
        self.watch: Watch | None = None
        """Of what is being verified."""

    def begin(self) -> None:
        """Verify the case, then the log on it."""
        self._card.say("now", "the case")
        watch = self.watch = self._card.watched(self._courier)
        at = stopping(watch, _STOPPED.why, _STOPPED.try_this, _STOPPED.what)
        self._bench.do(
            lambda: self._proceedings.verify_case(at),
            lambda found: self._verified("Case", watch, found, self._verify_log),
            partial(self._not_verified, watch),
        )

    def _verify_log(self, _: Verification) -> None:
        self._card.say("now", "the log")
        watch = self.watch = self._card.watched(self._courier)
        at = stopping(watch, _STOPPED.why, _STOPPED.try_this, _STOPPED.what)
        self._bench.do(
            lambda: self._proceedings.verify_log(at),
            lambda found: self._verified("Log", watch, found, self._open),
            partial(self._not_verified, watch),
        )

    def _verified(self, title: str, watch: Watch, found: Verification, go_on: Callable[[Verification], None]) -> None:
        self._courier.unwatch(watch)
        if watch.cancel.is_set():  # what was not read to its end is no failure of what was handed in
            self._not_verified(watch, _STOPPED)
            return
        self._checks.show_group(title, [CheckLine.of_step(step) for step in found.steps])
        if (failure := found.failure) is not None:
            what = f"The {title.lower()} does not verify."
            told = f"{failure.sentence} {failure.detail}"
            self._not_verified(watch, Refusal(failure.code, what, told, "What is not proven is not judged."))
        else:
            go_on(found)

    def _not_verified(self, watch: Watch, refusal: Refusal) -> None:
        self._courier.unwatch(watch)
        self.watch = None
        self._card.say("failed", refusal.what)
        self._checks.notice.refuse(refusal)

    def _open(self, found: Verification) -> None:
        self.watch = None
        self._bench.do(
            lambda: self._proceedings.open(found),
            partial(self._opened, found),
            partial(self._not_verified, Watch()),
        )
