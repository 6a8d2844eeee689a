"""The window and its engine process: limits, and a Stop that always works."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import assets
from backends.settings import EngineSettings
from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from tests.quick import QUICK
from tests.stuck import StuckOpener
from tests.views.auditor_desk import desk, until
from views.desktop import app
from views.desktop.ask import runner
from views.desktop.auditor.engine_sheet import EngineSheet
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.probes import Sample

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
CASE = open_case(assets.path("demo", "atlas-01.case"))
ASK = Sample(prompt=Prompt.ask("Hi"), samples=1, max_tokens=2)
LONG = Sample(prompt=Prompt.ask("Tell me about Italy"), samples=200, max_tokens=40)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's private memory")


@pytest.fixture
def session(qapp: object, tmp_path: Path) -> Iterator[Session]:
    opener = Opener.of(CASE, QUICK)
    with Session.create(CASE, tmp_path / "x.session", Identity.generate("Ada"), opener) as session:
        yield session


@linux
def test_limits_set_in_the_window_hold_from_the_next_probe_on(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        window.show_engine()
        sheet = window.findChild(EngineSheet)
        memory, patience = sheet.boxes["memory_limit"], sheet.boxes["hang_limit"]
        assert memory.text() == "no limit" and patience.value() == 3600
        memory.setValue(2048)
        patience.setValue(90)
        qtbot.mouseClick(sheet.keep, Qt.MouseButton.LeftButton)
        until(lambda: not window.courier.busy, window)
        room = window.workspace.ask(ASK)
        app.settle(window)
        room.run()
        until(lambda: not window.runner.running, window)
        assert session.log.entry(2).data["environment"]["memory_limit"] == 2**31
        window.show_engine()
        (again,) = (sheet for sheet in window.findChildren(EngineSheet) if sheet.isVisible())
        assert again.boxes["memory_limit"].value() == 2048


def test_the_engine_chosen_in_the_window_runs_the_next_probe(session: Session, qtbot: QtBot) -> None:
    pytest.importorskip("llama_cpp")
    session.run(ASK)
    opener: Any = session.opener
    session.use(opener.using(EngineSettings(threads=1, device="cpu")))
    with desk(session, remembers=False) as window:
        window.show_engine()
        sheet = window.findChild(EngineSheet)
        engine, device, dtype, threads = (sheet.boxes[name] for name in ("backend", "device", "dtype", "threads"))
        assert (engine.currentText(), device.currentText(), threads.value()) == ("PyTorch", "cpu", 1)
        dtype.setCurrentText("bfloat16")
        engine.setCurrentText("llama.cpp")
        assert dtype.currentText() == "auto", "llama.cpp is not given bfloat16"
        assert device.currentText() == "cpu", "what both engines take stays chosen"
        dtype.setCurrentText("float16")
        qtbot.mouseClick(sheet.keep, Qt.MouseButton.LeftButton)
        until(lambda: not window.courier.busy, window)
        assert "llama" in window.engine.text()
        room = window.workspace.ask(ASK)
        app.settle(window)
        room.run()
        until(lambda: not window.runner.running, window)
        environment = session.log.entry(4).data["environment"]
        assert session.log.entry(3).data["engine"] == "llama"
        assert (environment["engine"], environment["dtype"]) == ("llama", "float16")
        until(lambda: "float16" in window.engine.text(), window)


def test_nothing_in_the_engine_sheet_is_squeezed(session: Session) -> None:
    with desk(session) as window:
        window.show_engine()
        app.settle(window)
        sheet = window.findChild(EngineSheet)
        for box in sheet.boxes.values():
            assert box.height() >= box.sizeHint().height() > box.fontMetrics().height()


def frozen(session: Session) -> int:
    """Stop the process that loads the model just now, so that it never will have."""
    process = session.opener._begun.process  # type: ignore[union-attr, attr-defined]
    os.kill(process, signal.SIGSTOP)
    return int(process)


def loads(session: Session) -> bool:
    return session.loading and session.opener._begun is not None  # type: ignore[attr-defined]


@linux
def test_a_probe_stopped_while_the_model_is_opened_to_price_it_is_not_asked(session: Session) -> None:
    with desk(session, remembers=False) as window:
        room = window.workspace.ask(ASK)
        until(lambda: loads(session), window)
        process = frozen(session)
        room.run()
        app.settle(window, 0.2)
        assert room.found.headline.text() == "Opening the model…" and room.progress.maximum() == 0
        room.run_button.click()
        until(lambda: not window.runner.running, window)
        assert not session.loading and not session.opened, "it was loaded after all"
        assert session.log.size == 1 and "Stopped before it began" in room.notice.text
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
        room.run()
        until(lambda: not window.runner.running, window)
        assert session.log.entry(2).data["status"] == "ok"
        assert room.progress.maximum() > 0


@linux
def test_closing_the_window_does_not_wait_for_a_model_that_nobody_will_ask(session: Session) -> None:
    with desk(session, remembers=False) as window:
        window.workspace.ask(ASK)
        until(lambda: loads(session), window)
        frozen(session)
        window.close()
        until(lambda: not window.isVisible(), window)
    assert session.log.size == 1


def test_an_open_model_is_not_said_to_be_opened(session: Session) -> None:
    session.run(ASK)
    with desk(session) as window:
        room = window.workspace.ask(LONG)
        app.settle(window)
        room.run()
        assert room.found.headline.text() == "Asking…" and room.progress.maximum() > 0
        width = room.run_button.width()
        room.run_button.click()
        app.settle(window, 0)
        assert room.run_button.text() == "Stopping…" or not window.runner.running
        assert room.run_button.width() == width, "a second click must find it where it was"
        until(lambda: not window.runner.running, window)


def test_stop_while_the_model_loads_ends_the_loading(session: Session) -> None:
    session.use(StuckOpener.of(CASE, QUICK))
    with desk(session, remembers=False) as window:
        room = window.workspace.ask(ASK)
        room.run()
        until(lambda: loads(session), window)
        app.settle(window, 0.1)
        room.run_button.click()
        until(lambda: not window.runner.running, window)
        assert "stopped on request" in session.log.entry(1).data["why"]
        (line,) = window.reader.lines([1])
        assert line.result == "refused: The engine was stopped."
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
        until(lambda: any(row.text for row in room.found.board.live.rows), window)
        process = session._subjects._models["organism"].process  # type: ignore[union-attr]
        os.kill(process, signal.SIGSTOP)
        room.run_button.click()
        app.settle(window, 0.4)
        assert window.runner.running and room.run_button.isEnabled()
        assert "press again" in room.run_button.toolTip()
        room.run_button.click()
        until(lambda: not window.runner.running, window)
        data = session.log.entry(session.log.size - 1).data
        assert data["status"] == "failed" and "stopped on request" in data["error"]["why"]


@pytest.mark.parametrize(
    "settings",
    [
        EngineSettings(),
        EngineSettings(backend="llama", dtype="q8_0", threads=512, memory_limit=2**30, hang_limit=1),
        EngineSettings(device="cuda:7", dtype="bfloat16", threads=1, memory_limit=2**26),
    ],
)
def test_the_engine_sheet_gives_back_what_it_shows(settings: EngineSettings, qtbot: QtBot) -> None:
    heard: list[EngineSettings] = []
    sheet = EngineSheet(settings, heard.append)
    qtbot.addWidget(sheet)
    sheet.keep.click()
    assert heard == [settings]
