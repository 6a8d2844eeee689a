"""Work that takes a while, in a sheet: how far it is, and why it came to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from casefiles.status import Refusal
from views.desktop.courier import Batch, Courier, Watch, Worker, stopping
from views.desktop.labels import words
from views.desktop.notice import Notice
from workbench.listener import Listener

T = TypeVar("T")


class Job(QWidget):
    """Does one thing at a time on a worker, and shows what it says meanwhile."""

    turned = Signal(bool)
    """Whether something is under way."""

    def __init__(self, courier: Courier, worker: Worker, notice: Notice | None = None) -> None:
        """`notice`: where it says what came of it, if that stands elsewhere; then it takes room only while it works."""
        super().__init__()
        self._courier, self._worker = courier, worker
        self.running, self._alone = False, notice is None
        self.bar, self.note, self.notice = QProgressBar(), words(dim=True, px=12), notice or Notice()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.stop_button = QPushButton("Stop")
        self.stop_button.setProperty("stop", True)
        self.stop_button.clicked.connect(self.stop)
        self._watch: Watch | None = None
        """Of what can be stopped and is under way."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        within = QHBoxLayout()
        within.addWidget(self.note, 1)
        within.addWidget(self.stop_button)
        column.addWidget(self.bar)
        column.addLayout(within)
        if self._alone:
            column.addWidget(self.notice)
        self._turn(False)

    def do(
        self,
        work: Callable[[Listener], T],
        done: Callable[[T], object],
        failed: Callable[[Refusal], object] | None = None,
        *,
        stoppable: bool = False,
    ) -> None:
        """Do it; then `done` with what came of it, or `failed`: by default why is said in place.

        `stoppable`: a Refusal out of what it tells how far it is leaves everything as it was.
        """
        watch = Watch()
        self._watch = watch if stoppable else None
        self._turn(True)
        self._courier.watch(watch, self._heard)

        def ended(tell: Callable[..., object]) -> Callable[..., None]:
            def told(what: object) -> None:
                self._courier.unwatch(watch)
                self._turn(False)
                tell(what)

            return told

        at = stopping(watch, "Everything is as it was.", "Begin again when you like.")
        self._worker.do(lambda: work(at), ended(done), ended(failed or self.notice.refuse))

    def stop(self) -> None:
        """End what is under way, as soon as it says how far it is."""
        if self._watch is not None:
            self._watch.cancel.set()
            self.note.setText("Stopping…")
            self.stop_button.setEnabled(False)

    def _heard(self, batch: Batch) -> None:
        if batch.done:  # before anything is done, that something goes on is all that is known
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * batch.done))
        if self.stop_button.isEnabled():
            self.note.setText(batch.note[:1].upper() + batch.note[1:])

    def _turn(self, on: bool) -> None:
        self.running = on
        if on:
            self.notice.hide()
            self.bar.setRange(0, 0)
            self.note.setText("")
        for widget in (self.bar, self.note):
            widget.setVisible(on)
        if not self._alone:
            self.setVisible(on)
        self.stop_button.setVisible(on and self._watch is not None)
        self.stop_button.setEnabled(True)
        self.turned.emit(on)
