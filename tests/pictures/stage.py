"""Draws the pictures: `python -m tests.pictures.stage FOLDER [NAME …]`, in the environment that the gallery makes.

Says of each, in a line of JSON, whether it is the one that is kept. Nothing is run for them: the models of the table
only say how many tokens a text has, or what the script of a log says.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from unittest.mock import patch

from PySide6.QtCore import QEventLoop, QLocale, QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from tests.pictures.gallery import SIZES, hold, is_kept
from tests.pictures.table import MORNING_NS, Table
from views.desktop import app
from views.desktop.start.window import StartWindow
from views.desktop.window import Window

DAY_NS = 24 * 3600 * 10**9
_LATE_MS = 250


class Stage:
    """Shows windows and takes their pictures."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder, self._names = folder, names
        self.table = Table.unpacked(folder / "table")
        self.dark = False
        self.scale = round(QApplication.primaryScreen().devicePixelRatio())

    @property
    def size(self) -> tuple[int, int]:
        """Of a whole window."""
        return SIZES[self.scale]

    def dress(self, *, light_at: int, contrast: bool = False) -> None:
        """In light colours at that scale, in dark ones at the other."""
        self.dark = self.scale != light_at
        app.application(dark=self.dark, contrast=contrast)

    def wanted(self, role: str) -> bool:
        """Whether a picture that begins so is to be drawn."""
        return not self._names or any(name.startswith(role) or role.startswith(name) for name in self._names)

    def take(self, name: str, widget: QWidget) -> None:
        """Take a picture of a window, or of a part of one, once it is at rest."""
        if not self.wanted(name):
            return
        window = widget.window()
        if isinstance(window, Window):
            window.statusBar().clearMessage()  # which goes by the clock
        rest(window)
        name = f"{name}-{'dark' if self.dark else 'light'}-{self.scale}x"
        drawn = widget.grab().toImage()
        while not is_kept(drawn, name):  # a slow machine comes to rest late: it has if nothing moves any more
            loop_for(_LATE_MS)
            rest(window)
            before, drawn = drawn, widget.grab().toImage()
            if drawn == before:
                break
        print(json.dumps(asdict(hold(drawn, name, self.folder.parent))), flush=True)

    @contextmanager
    def showing(self, window: QWidget) -> Iterator[None]:
        """A window for as long as pictures of it are taken."""
        window.show()
        rest(window)
        yield
        window.close()
        while window.isVisible():  # it closes itself once nothing is under way
            loop_for(10)
        app.discard(window)


def rest(window: QWidget) -> None:
    """Let the loop run until nothing is under way in a window or in the one it belongs to, or about to be."""
    windows = [window]
    while (owner := windows[-1].parentWidget()) is not None:
        windows.append(owner.window())
    couriers = [one.courier for one in windows if isinstance(one, Window | StartWindow)]
    while True:
        loop_for(10)
        while any(courier.busy for courier in couriers):
            loop_for(10)
        timers = [timer for timer in windows[-1].findChildren(QTimer) if timer.isSingleShot() and timer.isActive()]
        if timers:
            loop_for(max(timer.remainingTime() for timer in timers) + 1)
            continue
        for _ in range(8):  # what is laid out makes others be laid out, and what is drawn be read
            loop_for(3)
        if not any(courier.busy for courier in couriers):
            break


def loop_for(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


@contextmanager
def still() -> Iterator[None]:
    """No clock, and no chance."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(time, "time_ns", lambda: MORNING_NS + DAY_NS))
        stack.enter_context(patch.object(time, "time", lambda: (MORNING_NS + DAY_NS) / 10**9))
        stack.enter_context(patch.object(secrets, "token_hex", lambda n: "5e" * n))
        stack.enter_context(patch.object(secrets, "randbelow", lambda n: 7 % n))
        stack.enter_context(patch.object(secrets, "randbits", lambda n: 7))
        yield


def main(folder: Path, *names: str) -> None:
    from tests.pictures.scenes import SCENES

    time.tzset()
    QLocale.setDefault(QLocale.c())
    qInstallMessageHandler(app._quietly)
    application = app.application()
    application.setCursorFlashTime(0)
    stage = Stage(folder, names)
    for role, scene in SCENES.items():
        if stage.wanted(role):
            with still():
                scene(stage)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
