"""Between threads: work is done on workers and its outcome delivered to the window at once, what it says on the way
every 33 ms."""

from __future__ import annotations

import queue
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from casefiles.status import Refusal
from workbench.door.crash import write_crash_file
from workbench.listener import Listener

T = TypeVar("T")


@dataclass
class Batch:
    """What a running probe said since the last delivery."""

    done: float | None = None
    note: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    """sample → its new text."""


class Watch:
    """The progress of a probe as the window sees it: the probe's thread writes, the courier takes it away in batches.

    Delivering token by token would stall the window for half a second at 20,000 tokens.
    """

    def __init__(self) -> None:
        self.cancel = threading.Event()
        self._lock = threading.Lock()
        self._batch: Batch | None = None

    def at(self, done: float, note: str = "") -> None:
        with self._lock:
            batch = self._open()
            batch.done, batch.note = done, note or batch.note

    def text(self, sample: int, piece: str) -> None:
        if piece:
            with self._lock:
                texts = self._open().texts
                texts[sample] = texts.get(sample, "") + piece

    def take(self) -> Batch | None:
        """What has come since the last time, or None."""
        with self._lock:
            batch, self._batch = self._batch, None
            return batch

    def _open(self) -> Batch:
        if self._batch is None:
            self._batch = Batch()
        return self._batch


def stopping(watch: Watch, why: str, try_this: str, what: str = "It was stopped.") -> Listener:
    """Says to a watch how far something is; once that is cancelled, the next word of it ends in a Refusal."""

    def at(done: float, note: str) -> None:
        if watch.cancel.is_set():
            raise Refusal("interrupted", what, why, try_this)
        watch.at(done, note)

    return at


class Courier(QObject):
    """Carries outcomes and batches into the window's thread. Its clock runs only while something is under way."""

    INTERVAL_MS: Final = 33

    ticked = Signal()
    """Once per delivery, for whoever wants to see what is new in the log."""
    _posted = Signal()
    """Some work is done, on whatever thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._letters: deque[Callable[[], None]] = deque()
        self._watches: dict[Watch, Callable[[Batch], None]] = {}
        self._workers: list[Worker] = []
        self._under_way = 0
        self.dismissed = False
        self._clock = QTimer(self)
        self._clock.setInterval(self.INTERVAL_MS)
        self._clock.timeout.connect(self._deliver)
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def hire(self, name: str) -> Worker:
        """A thread that does one piece of work at a time, in the order it was given."""
        worker = Worker(self, name)
        self._workers.append(worker)
        return worker

    def watch(self, watch: Watch, deliver: Callable[[Batch], None]) -> None:
        """Deliver what the watched probe says until `unwatch`."""
        self._watches[watch] = deliver

    def unwatch(self, watch: Watch) -> None:
        deliver = self._watches.pop(watch, None)
        if deliver is not None and (batch := watch.take()) is not None:
            deliver(batch)

    @property
    def busy(self) -> bool:
        return self._under_way > 0

    def dismiss(self) -> None:
        """End the workers once they have nothing left to do. Not for use while they are busy: it waits.

        What is asked of them from then on is not done.
        """
        self.dismissed = True
        self._clock.stop()
        for worker in self._workers:
            worker.end()
        self._workers.clear()
        self._letters.clear()

    def _expect(self) -> None:
        self._under_way += 1
        self._clock.start()

    def _post(self, letter: Callable[[], None]) -> None:
        """From any thread."""
        self._letters.append(letter)
        self._posted.emit()

    def _deliver(self) -> None:
        for watch, deliver in list(self._watches.items()):
            if (batch := watch.take()) is not None:
                deliver(batch)
        for _ in range(len(self._letters)):
            letter = self._letters.popleft()
            self._under_way -= 1
            letter()
        self.ticked.emit()
        if self._under_way == 0 and not self._letters:
            self._clock.stop()


class Worker:
    """A thread behind the courier."""

    def __init__(self, courier: Courier, name: str) -> None:
        self._courier = courier
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def do(
        self, work: Callable[[], T], done: Callable[[T], Any], failed: Callable[[Refusal], Any] | None = None
    ) -> None:
        """Do the work on this thread; then `done(result)` or `failed(refusal)` in the window's thread."""

        def job() -> None:
            try:
                result = work()
            except Refusal as refusal:
                self._courier._post(partial(failed, refusal) if failed else lambda: None)
            except BaseException:
                # A defect must neither end the thread nor pass in silence.
                where = write_crash_file(traceback.format_exc())
                defect = Refusal("internal", "Something in this window failed.", f"This is a defect; see {where}.",
                                 "Report it; the session is intact.")  # fmt: skip
                self._courier._post(lambda: failed(defect) if failed else None)
            else:
                self._courier._post(lambda: done(result))

        if not self._courier.dismissed:
            self._courier._expect()
            self._jobs.put(job)

    def end(self) -> None:
        self._jobs.put(None)
        self._thread.join(timeout=30)

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job
