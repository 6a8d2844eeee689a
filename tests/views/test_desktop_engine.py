"""The window and its engine process: limits, and a Stop that always works."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import assets
from casefiles.bundle import open_case
from casefiles.keys import Identity
from tests.views.auditor_desk import desk, until
from views.desktop import app, runner
from views.desktop.engine_sheet import EngineSheet
from workbench.engines import Engine
from workbench.probe import Prompt
from workbench.probes import Sample
from workbench.session import Session

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
CASE = open_case(assets.path("demo", "atlas-01.case"))
ASK = Sample(prompt=Prompt.ask("Hi"), samples=1, max_tokens=2)
LONG = Sample(prompt=Prompt.ask("Tell me about Italy"), samples=200, max_tokens=40)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's private memory")


@pytest.fixture
def session(qapp: object, tmp_path: Path) -> Iterator[Session]:
    opener = Engine(threads=1, device="cpu").opener(CASE)
    with Session.create(CASE, tmp_path / "x.session", Identity.generate("Ada"), opener) as session:
        yield session


@linux
def test_limits_set_in_the_window_hold_from_the_next_probe_on(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        window.show_engine_limits()
        sheet = window.findChild(EngineSheet)
        assert sheet.memory.text() == "no limit" and sheet.hang.value() == 3600
        sheet.memory.setValue(2048)
        sheet.hang.setValue(90)
        qtbot.mouseClick(sheet.keep, Qt.MouseButton.LeftButton)
        until(lambda: not window.courier.busy, window)
        room = window.workspace.ask(ASK)
        app.settle(window)
        room.run()
        until(lambda: not window.runner.running, window)
        assert session.log.entry(2).data["environment"]["memory_limit"] == 2**31
        window.show_engine_limits()
        assert {sheet.memory.value() for sheet in window.findChildren(EngineSheet) if sheet.isVisible()} == {2048}


def test_stop_while_the_model_loads_ends_the_loading(session: Session) -> None:
    with desk(session) as window:
        room = window.workspace.ask(ASK)
        room.run()
        until(lambda: session.loading, window)
        app.settle(window, 0.3)
        room.run_button.click()
        until(lambda: not window.runner.running, window)
        assert "stopped on request" in session.log.entry(1).data["why"]
        room.run()
        until(lambda: not window.runner.running, window)
        assert session.log.entry(3).data["status"] == "ok"


@linux
def test_a_second_stop_ends_an_engine_that_does_not_hear_the_first(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PATIENCE", 0.2)
    session.run(ASK)
    with desk(session) as window:
        room = window.workspace.ask(LONG)
        app.settle(window)
        room.run()
        until(lambda: any(answer.text for answer in room.display.model.answers), window)  # type: ignore[attr-defined]
        process = session._opened.process  # type: ignore[union-attr]
        os.kill(process, signal.SIGSTOP)
        room.run_button.click()
        app.settle(window, 0.4)
        assert window.runner.running and room.run_button.isEnabled()
        assert "press again" in room.run_button.toolTip()
        room.run_button.click()
        until(lambda: not window.runner.running, window)
        data = session.log.entry(session.log.size - 1).data
        assert data["status"] == "failed" and "stopped on request" in data["error"]["why"]
