"""A real auditor's window, offscreen, on a real session with a small real model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from views.desktop import app
from views.desktop.auditor.desk import AuditorWindow
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample

ASK = Sample(prompt=Prompt.ask("Norway?"), samples=6, max_tokens=5, seed=1)
LENS = LogitLens(prompt=Prompt.ask("Norway?"), control=Prompt.ask("Sweden?"), track=("a", "b"), positions=6)


@contextmanager
def desk(
    session: Session, *, dark: bool = False, size: tuple[int, int] | None = (1600, 1000), remembers: bool = True
) -> Iterator[AuditorWindow]:
    """The window, shown and at rest; closed again as a user closes it. `size`: None is as it opens by itself;
    one that does not remember does not load an engine before somebody asks."""
    app.application(dark=dark)
    window = AuditorWindow(session, remembers=remembers)
    if size is not None:
        window.arrange(*size)
    window.show()
    app.settle(window)
    try:
        yield window
    finally:
        window.close()
        until(lambda: not window.isVisible(), window)  # it closes itself once nothing is under way
        app.discard(window)


def until(holds: Callable[[], bool], window: AuditorWindow) -> None:
    """Let the event loop run until something holds; fails after a while if it never does."""
    for _ in range(600):
        if holds():
            return
        QApplication.processEvents()
        app.settle(window, 0.05)
    raise AssertionError("it never came to hold")


def colour(widget: QWidget, x: int, y: int) -> QColor:
    """The colour of one pixel of a widget as it is drawn."""
    return picture_of(widget).pixelColor(x, y)


def picture_of(widget: QWidget) -> QImage:
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
