"""A probe that nobody has seen before, asked in the window: drawn by its figures, streamed, and no harm if it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from backends.model import Model
from tests.views.auditor_desk import ASK, desk, until
from tests.views.desktop.displays.by_hand import HARMLESS, HOSTILE
from tests.views.desktop.displays.test_answers import answers
from tests.views.desktop.displays.test_histogram import EDGES
from tests.views.desktop.displays.test_strip import strip
from views.desktop import app
from views.desktop.ask.room import Room
from views.desktop.ask.runner import Runner
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.courier import Batch, Courier
from workbench import places
from workbench.contract.figures import SURPRISE, Counts, Figure, Histogram
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import ORGANISM
from workbench.door.running import Outcome
from workbench.door.session import Session
from workbench.probes import Sample

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

FALLING = Histogram("", SURPRISE, EDGES[::-1], (Counts("a", (1, 2, 3)),))
"""Its bins do not rise: it stands as a table, but cannot be drawn."""


def _broken() -> tuple[Figure, ...]:
    raise RuntimeError("no figure today")


MADE: dict[str, Any] = {
    "answers": lambda: (answers("a", HOSTILE),),
    "strip": lambda: (strip(),),
    "falling": lambda: (FALLING,),
    "broken": _broken,
}


class Novelty(Result):
    """Whatever figures it is named after."""

    figure: str

    @property
    def summary(self) -> str:
        return f"{HOSTILE} · {self.figure}"

    @property
    def cost(self) -> Cost:
        return Cost()

    def figures(self) -> tuple[Figure, ...]:
        made: tuple[Figure, ...] = MADE[self.figure]()
        return made


class Novel(Probe):
    """Say something, then give a figure."""

    kind: ClassVar[str] = "novel"
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.SAMPLE})
    result: ClassVar[type[Result]] = Novelty

    prompt: Prompt
    """What is asked."""
    figure: str = "answers"
    """What comes of it."""
    says: tuple[str, ...] = ()
    """What is said meanwhile."""

    def run(self, model: Model, progress: Progress) -> Novelty:
        for number, text in enumerate(self.says):
            progress.text(3 * number, text)
        return Novelty(figure=self.figure)


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    app.application()


@pytest.fixture
def crashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "crashes", lambda: tmp_path / "crashes")
    return tmp_path / "crashes"


@pytest.fixture
def window(session: Session) -> Iterator[AuditorWindow]:
    with desk(session) as window:
        yield window


def ask(window: AuditorWindow, figure: str, **more: Any) -> Room:
    """A room in which a novel probe was asked, and has answered."""
    room = window.workspace.ask(Novel(prompt=Prompt.ask("x"), figure=figure, **more))
    room.run()
    until(lambda: not window.runner.running, window)
    return room


@pytest.mark.parametrize(("figure", "display"), [("answers", "AnswersDisplay"), ("strip", "StripDisplay")])
def test_a_second_probe_whose_results_are_answers_or_a_strip_is_drawn(
    window: AuditorWindow, figure: str, display: str
) -> None:
    room = ask(window, figure)
    assert [type(one).__name__ for one in room.found.board.displays] == [display]
    assert room.run_button.text() == "Run" and not room.busy and not room.notice.isVisible()
    assert (room.found.headline.text(), room.found.beside.text()) == (HARMLESS, figure)


def test_what_any_probe_says_is_shown_while_it_runs(window: AuditorWindow) -> None:
    room = window.workspace.ask(Novel(prompt=Prompt.ask("x")))
    seen: list[list[tuple[list[int], str]]] = []
    stream = room.found.board.stream

    def watched(batch: Batch) -> None:
        stream(batch)
        seen.append([(row.samples, row.text) for row in room.found.board.live.rows])

    room.found.board.stream = watched  # type: ignore[method-assign]
    room.open_probe(Novel(prompt=Prompt.ask("x"), says=("Hel", "lo")))
    room.run()
    until(lambda: not window.runner.running, window)
    assert seen[-1] == [([0], "Hel"), ([3], "lo")]


def test_a_drawing_that_fails_gives_way_to_the_table(window: AuditorWindow, crashes: Path, qtbot: QtBot) -> None:
    changed: list[bool] = []
    window.runner.changed.connect(lambda: changed.append(window.runner.running))
    room = ask(window, "falling")
    assert changed == [True, False], "everybody hears that it has ended"
    assert room.run_button.text() == "Run" and room.run_button.isEnabled() and not room.busy
    assert room.found.stack.currentWidget() is room.found.tables
    assert room.found.tables.shown[0].model.rowCount() == 3
    [kept] = crashes.iterdir()
    assert "do not belong to its bins" in kept.read_text()
    assert room.notice.isVisible() and str(kept) in room.notice.text
    assert window.session.log.entry(2).data["status"] == "ok", "the record is none the worse"
    assert window.current.record == 2

    again = ask(window, "strip")
    assert again.found.stack.currentWidget() is again.found.board, "the next result is drawn again"


def test_a_result_that_gives_no_figures_is_shown_as_the_record_stands(window: AuditorWindow, crashes: Path) -> None:
    room = ask(window, "broken")
    assert room.run_button.text() == "Run" and not room.busy
    assert room.found.stack.currentWidget() is room.found.source
    until(lambda: "broken" in room.found.source.source.toPlainText(), window)
    assert all("no figure today" in kept.read_text() for kept in crashes.iterdir())
    assert not room.found.buttons["Table"].isChecked()
    room.run()
    until(lambda: not window.runner.running, window)
    assert window.session.log.size == 5, "it can be asked again"


def test_the_runner_tells_everybody_whatever_a_listener_does(session: Session, qtbot: QtBot) -> None:
    courier = Courier()
    runner = Runner(session, courier)
    changed: list[bool] = []
    runner.changed.connect(lambda: changed.append(runner.running))

    def fail(_: object) -> None:
        raise RuntimeError("a listener's slip")

    with qtbot.capture_exceptions() as slips:
        runner.run(Novel(prompt=Prompt.ask("x"), says=("a",)), ORGANISM, None, fail, fail, fail)
        qtbot.waitUntil(lambda: len(changed) == 2)
    assert changed == [True, False]
    assert {str(slip[1]) for slip in slips} == {"a listener's slip"}
    ended: list[Outcome] = []
    runner.run(ASK, ORGANISM, None, lambda _: None, ended.append, fail)
    qtbot.waitUntil(lambda: bool(ended))
    assert ended[0].status == "ok"
    courier.dismiss()


def test_a_probe_without_noise_offers_no_fresh_seeds(window: AuditorWindow) -> None:
    room = ask(window, "answers")
    assert not room.found.buttons["Fresh seeds"].isVisible()
    room.run_fresh()
    assert "no seed" in room.notice.text
    sample = window.workspace.ask(ASK)
    sample.run()
    until(lambda: not window.runner.running, window)
    assert sample.found.buttons["Fresh seeds"].isVisible()
    sample.run_fresh()
    until(lambda: not window.runner.running, window)
    seeds = [entry.data["arguments"]["seed"] for entry in session_intents(window.session)]
    assert len(set(seeds)) == 2


def test_a_probe_begins_with_a_seed_that_nobody_picked(window: AuditorWindow) -> None:
    room = window.workspace.ask(ASK.model_copy(update={"seed": 5}))  # the seed that a record had is kept
    assert room.form.field("seed").value() == 5
    room = Room(Sample, window.session, window.runner)
    assert room.form.field("seed").value() == window.session.fresh_seed(None)
    room.deleteLater()


def session_intents(session: Session) -> list[Any]:
    return [entry for entry in session.log.entries(("intent",)) if entry.data["probe"] == ASK.kind]


def test_titles_and_headlines_are_plain_text(window: AuditorWindow) -> None:
    room = window.workspace.ask(Novel(prompt=Prompt.ask("\x1bR&D \u202e")))
    assert room.title() == "Novel · ⟨U+001B⟩R&D ⟨U+202E⟩"
    assert window.workspace.tabs.tabText(window.workspace.tabs.indexOf(room)) == room.title().replace("&", "&&")
    assert room.found.headline.textFormat() == QLabel().textFormat().PlainText
