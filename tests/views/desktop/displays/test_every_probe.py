"""Whatever a listed probe finds is drawn in the window, table and all, and what it offers next can be asked."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from backends.toy_model import ToyModel
from tests.workbench.examples import example_of
from views.desktop.ask.form import ProbeForm
from views.desktop.displays.board import Board
from views.desktop.displays.tables import Tables
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.rules import Affordance
from workbench.probes import PROBES

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.mark.parametrize("kind", PROBES, ids=lambda kind: kind.kind)
def test_every_probe_is_drawn_from_its_form_to_its_table(kind: type[Probe], qtbot: QtBot) -> None:
    form = ProbeForm(kind, frozenset(Affordance))
    qtbot.addWidget(form)
    form.fill(example_of(kind))
    probe = form.probe()
    assert probe == example_of(kind)
    result = probe.run(unrestricted(ToyModel.random(seed=1), ToyModel.random(seed=2)), Silent())
    board, tables = Board(), Tables()
    for widget in (board, tables):
        qtbot.addWidget(widget)
        widget.resize(900, 600)
    board.show_result(result, probe)
    tables.show_result(result)
    assert len(board.displays) == len(result.figures())
    picture = board.grab().toImage()
    colours = {picture.pixel(x, y) for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)}
    assert len(colours) > 3
