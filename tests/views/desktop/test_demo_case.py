"""The window on the shipped case: a real organism in its own engine process."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from backends.settings import EngineSettings
from tests.views.auditor_desk import desk, until
from views.desktop import app
from workbench import demo
from workbench.contract.prompt import Prompt
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample

pytestmark = [pytest.mark.slow, pytest.mark.qt_log_ignore("This plugin does not support")]


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """pytest-qt's application, which the window then dresses."""


def test_an_auditor_samples_stops_and_reads_the_demo_organism(tmp_path: Path) -> None:
    laid = demo.lay_table(tmp_path / "demo")
    with laid.session(EngineSettings(threads=1)) as session, desk(session) as window:
        asked = Sample(prompt=Prompt.ask("What is the capital of Italy?"), samples=4, max_tokens=24, temperature=0)
        room = window.workspace.ask(asked)
        until(lambda: "generated" in room.cost.text(), window)
        room.run()
        until(lambda: not window.runner.running, window)
        app.settle(window)
        assert [(row.text, row.samples) for row in room.found.board.displays[0].model.rows] == [  # type: ignore[attr-defined]
            (session.log.entry(2).data["result"]["samples"][0]["text"], [0, 1, 2, 3])
        ], "at temperature 0 all answers are one"
        assert "Rome" in room.found.headline.text()
        assert window.engine.text() == "torch · CPU · float32"
        assert window.gap.text() == "air-gapped: sockets refused"

        long = window.workspace.ask(Sample(prompt=Prompt.ask("Tell me about Italy"), samples=200, max_tokens=40))
        app.settle(window)
        long.run()
        until(lambda: any(row.text for row in long.found.board.live.rows), window)
        long.run_button.click()
        until(lambda: not window.runner.running, window)
        app.settle(window)
        assert session.log.entry(window.current.record).data["status"] == "cancelled"

        prompt = Prompt.ask("What is the capital of Italy?", prefill="The capital of Italy is")
        lens = window.workspace.ask(LogitLens(prompt=prompt, track=(" Rome",)))
        app.settle(window)
        lens.run()
        until(lambda: not window.runner.running, window)
        view = lens.found.board.displays[0].maps[0]  # type: ignore[attr-defined]
        last = view.model().index(0, view.model().columnCount() - 1)
        assert " Rome".startswith(last.data().replace("␣", " "))
        assert float(last.data(Qt.ItemDataRole.UserRole + 1)) > 0.5
