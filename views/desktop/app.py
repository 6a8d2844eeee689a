"""Start the desktop on a session, or draw it into a picture."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QEventLoop, QMessageLogContext, QPoint, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QColor, QIcon, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

import assets
from views.desktop import theme
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.memory import manner
from views.desktop.window import Window
from workbench.door.crash import write_crash_file
from workbench.door.session import Session
from workbench.report.report import Conclusion
from workbench.visible import line

if TYPE_CHECKING:  # a desk loads when somebody sits down at it
    from views.desktop.judge.proceedings import Docket
    from views.desktop.start.window import StartWindow
    from views.desktop.team.table import Laid

SWITCH_INTERVAL_S = 0.0005
"""How long Python lets a busy thread run on: at its default of 5 ms a working probe makes repainting stutter."""


def application(*, dark: bool = False, contrast: bool = False) -> QApplication:
    """The one application of this process, dressed."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    found = QApplication.instance()
    chosen = found if isinstance(found, QApplication) else QApplication(["audit-workbench"])
    chosen.setApplicationName("Audit Workbench")
    chosen.setWindowIcon(QIcon(str(assets.path("icons", "workbench.svg"))))
    theme.apply(chosen, theme.theme_of(dark=dark, contrast=contrast))
    return chosen


def run(session: Session, *, dark: bool | None = None, toured: bool = False) -> int:
    """Show the auditor's window until it is closed, with the tour if it is wanted. The session stays its opener's."""

    def make() -> AuditorWindow:
        window = AuditorWindow(session)
        if toured:
            window.show_around()
        return window

    return _run(AuditorWindow, make, dark)


def run_judge(docket: Docket, *, dark: bool | None = None) -> int:
    """Show the judge's window on a case and a log until it is closed."""
    from views.desktop.judge.desk import JudgeWindow

    return _run(JudgeWindow, lambda: JudgeWindow(docket), dark)


def run_team(laid: Laid, *, dark: bool | None = None) -> int:
    """Show the team's window on what is laid out, until it is closed."""
    from views.desktop.team.desk import TeamWindow

    return _run(TeamWindow, lambda: TeamWindow(laid), dark)


def _run(kind: type[Window], make: Callable[[], Window], dark: bool | None) -> int:
    """Show a desk in the colours in which it was left, until it is closed."""
    started, left = application(), manner(kind.desk)
    wanted = left.dark if dark is None else dark
    wants_dark = started.styleHints().colorScheme().name == "Dark" if wanted is None else wanted
    theme.apply(started, theme.theme_of(dark=wants_dark, contrast=left.contrast))
    before, sys.excepthook = sys.excepthook, _defect
    window = make()
    window.show()
    code = started.exec()
    sys.excepthook = before
    discard(window)
    return code


def start(*, dark: bool | None = None) -> int:
    """Show the first window, then the desk of what was opened in it, until nothing is any more."""
    from views.desktop.judge.proceedings import Docket
    from views.desktop.start.window import StartWindow
    from views.desktop.team.table import Laid

    while True:
        left = manner(AuditorWindow.desk)
        started = application(dark=bool(left.dark if dark is None else dark), contrast=left.contrast)
        window = StartWindow()
        window.show()
        code = started.exec()
        opened, toured = window.opened, window.toured
        discard(window)
        match opened:
            case Session():
                with opened:
                    run(opened, dark=dark, toured=toured)
            case Docket():
                run_judge(opened, dark=dark)
            case Laid():
                run_team(opened, dark=dark)
            case None:
                return code


def picture(
    session: Session,
    out: Path,
    *,
    scale: float = 1.0,
    dark: bool = False,
    size: tuple[int, int] = (1600, 1000),
    conclusion: Conclusion | None = None,
    arrange: Callable[[AuditorWindow], object] | None = None,
) -> None:
    """Draw the auditor's window on a session into a PNG: the newest lens in front, every finding with its meters.

    `conclusion`: the verdict to show, which the log itself does not hold.
    """
    talk = qInstallMessageHandler(_quietly)
    application(dark=dark)
    window = AuditorWindow(session, remembers=False)
    if conclusion is not None:
        window.findings.show_conclusion(conclusion)
    window.arrange(*size)
    window.show()
    settle(window)
    (arrange or newest_in_front)(window)
    settle(window, quiet=0.4)  # long enough for the probe in front to be priced
    image = drawn(window, scale)
    out.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(out)):
        raise OSError(f"{out} could not be written")
    window.close()
    settle(window)
    discard(window)
    qInstallMessageHandler(talk)


def drawn(window: Window, scale: float = 1.0) -> QImage:
    """A window as it is, at so many pixels for each of its own."""
    size = window.size()
    image = QImage(round(size.width() * scale), round(size.height() * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme.tokens().window))
    painter = QPainter(image)
    window.render(painter, QPoint(0, 0))
    painter.end()
    return image


def discard(window: QWidget) -> None:
    """Take a closed window apart now: what it holds must not outlive what it looked at."""
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


def settle(window: Window | StartWindow, seconds: float = 60.0, quiet: float = 0.1) -> None:
    """Let the window's event loop run until nothing is under way, or about to be within `quiet` seconds."""
    loop, limit, turns = QEventLoop(), time.monotonic() + seconds, 0
    while turns < 3 and time.monotonic() < limit:  # what is laid out makes others be laid out
        QTimer.singleShot(5, loop.quit)
        loop.exec()
        turns = 0 if window.courier.busy or _about_to_be(window, quiet) else turns + 1


def _about_to_be(window: QWidget, quiet: float) -> bool:
    """Whether something waits for a moment within so many seconds."""
    return any(
        timer.isSingleShot() and timer.isActive() and timer.remainingTime() <= 1000 * quiet
        for timer in window.findChildren(QTimer)
    )


def newest_in_front(window: AuditorWindow) -> None:
    """The newest result that has a picture, with the newest sample beside it in a tab."""
    for kinds in (("sample",), ("logit-lens",)):
        for number in _newest(window.session, kinds):
            window.current.show_record(number)
            settle(window)


def _quietly(kind: QtMsgType, _: QMessageLogContext, message: str) -> None:
    """Qt's messages, but for what a picture without a screen cannot have."""
    if not message.startswith("This plugin does not support"):
        print(line(message), file=sys.stderr)


def _newest(session: Session, kinds: tuple[str, ...]) -> list[int]:
    rows = session.log.query(
        "SELECT result FROM probe WHERE list_contains(?, probe) AND status = 'ok' ORDER BY result DESC LIMIT 1",
        [list(kinds)],
    )
    return [int(row[0]) for row in rows]


def _defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A defect in the window: keep the traceback, say so, and go on."""
    where = write_crash_file("".join(traceback.format_exception(kind, error, trace)))
    print(line(f"A defect of this program: {error!r}. The details are in {where}."), file=sys.stderr)
    for window in QApplication.topLevelWidgets():
        if isinstance(window, Window):
            window.say(f"A defect of this program: {error!r}. What was recorded is intact; the details are in {where}.")
