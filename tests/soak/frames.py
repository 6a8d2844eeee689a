"""How long the window's thread needs for a frame while somebody scrolls."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QTableView

FRAME_MS = 16


@dataclass
class Frames:
    """Of every frame, how long it took on the clock and of the window's own processor time, in milliseconds."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def p95(self, taken: list[float]) -> float:
        return quantiles(taken, n=20)[18]

    def told(self) -> str:
        clock, processor = self.clock, self.processor
        return (
            f"{len(clock)} frames: p95 {self.p95(clock):.1f} ms on the clock, {self.p95(processor):.1f} ms of processor"
            f" time of the window's thread; the longest {max(clock):.0f} and {max(processor):.0f} ms"
        )


def scrolled(
    view: QTableView, place: Callable[[int], int], count: int, also: Callable[[], bool] = lambda: True
) -> Frames:
    """Scroll to `place(frame)` every sixteenth millisecond, at least `count` times and until `also()` holds.

    A frame is all that the loop does until the next is due: the step, its painting, and whatever workers and the
    courier delivered meanwhile. On the clock it is what a person waits for: the step, and by how much the next is late.
    """
    frames, bar = Frames(), view.verticalScrollBar()
    while len(frames.clock) < count or not also():
        clock, processor = time.perf_counter(), time.thread_time()
        bar.setValue(place(len(frames.clock)) % (bar.maximum() + 1))
        view.viewport().repaint()
        QApplication.processEvents()
        step = 1e3 * (time.perf_counter() - clock)
        left = max(0, round(FRAME_MS - step))
        late = rested(left) - left
        frames.clock.append(step + max(0.0, late))
        frames.processor.append(1e3 * (time.thread_time() - processor))
    return frames


def rested(milliseconds: int) -> float:
    """Let the loop run so long; how long it took."""
    began, loop, clock = time.perf_counter(), QEventLoop(), QTimer(singleShot=True)
    clock.setTimerType(Qt.TimerType.PreciseTimer)
    clock.timeout.connect(loop.quit)
    clock.start(milliseconds)
    loop.exec()
    return 1e3 * (time.perf_counter() - began)


def memory_mb() -> float:
    """What this process holds now, in MB."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
