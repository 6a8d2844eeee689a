"""Windows are drawn where no display is needed, and a test that waits in Qt for ever is ended."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

LONGEST_WAIT = 120.0
"""Seconds that a test may take of which some pass in a loop of Qt's."""


@pytest.fixture(autouse=True)
def no_endless_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """While Qt waits in a loop of its own no signal reaches Python; a timer that the loop itself runs ends it.

    Every loop is left, that of a dialog too, and the error that is raised fails the test.
    """
    if "qapp" not in request.fixturenames:
        yield
        return
    from PySide6.QtCore import QTimer

    application = request.getfixturevalue("qapp")
    ended = False

    def end() -> None:
        nonlocal ended
        ended = True
        application.exit(1)
        raise TimeoutError(f"The test still waited in Qt's loop after {LONGEST_WAIT:g} seconds.")

    timer = QTimer(singleShot=True, interval=round(LONGEST_WAIT * 1000))
    timer.timeout.connect(end)
    timer.start()
    yield
    timer.stop()
    if ended:  # Qt goes on leaving every loop it enters until its own has been entered once more
        QTimer.singleShot(0, application.quit)
        application.exec()


@pytest.fixture(autouse=True)
def taken_apart(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test gave away is deleted, as it is by a running loop: else every later change of theme would dress it."""
    yield
    if "qapp" in request.fixturenames:
        from PySide6.QtCore import QCoreApplication, QEvent

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def nobodys_desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window remembers how it was left: in a folder of this very test."""
    if "qapp" in request.fixturenames:
        for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            monkeypatch.setenv(variable, str(request.getfixturevalue("tmp_path") / variable.lower()))
