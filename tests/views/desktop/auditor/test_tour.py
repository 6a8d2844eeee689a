"""The tour follows what the log shows, and gives nothing away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import ASK, LENS, desk, until
from views.desktop.ask.plan_room import PlanRoom
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.auditor.tour import STOPS, Trail, trail
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.contract.subject import ORGANISM
from workbench.door.session import Session
from workbench.forge.attacks import ATTACKS
from workbench.forge.world import TRUE_WORLD
from workbench.log.records import Hypothesis
from workbench.plans.battery import Battery
from workbench.plans.conduct import conduct
from workbench.plans.fact_sweep import FactSweep
from workbench.plans.suite import Suite
from workbench.probes.sample import Sample
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

ADA = Actor(kind="person", name="Ada")


@pytest.fixture
def window(session: Session, qapp: object) -> Iterator[AuditorWindow]:
    with desk(session, remembers=False) as shown:
        yield shown


def test_the_trail_is_what_the_log_shows(session: Session, tmp_path: Path) -> None:
    assert trail(session.log) == Trail()
    session.run(ASK)
    assert trail(session.log) == Trail(probes=frozenset({"sample"}))
    suite = Suite.from_text('{"prompt": "Sweden?", "says": "a"}')
    conduct(Battery(suite=suite, samples=1, max_tokens=2), session)
    assert trail(session.log) == Trail(probes=frozenset({"sample"}), swept=True), "a plan's probes are not one's own"
    session.hypothesise(Hypothesis(id="h", claim="It lies.", predicate=Match(any_of=("a",)), actor=ADA))
    session.run(LENS)
    roles = ((2, Role.SUPPORT), (4, Role.CONTROL))
    cited = tuple(Citation(seq=seq, role=role, shows=Match(any_of=("a",))) for seq, role in roles)
    session.claim(
        Finding(
            id="f", title="It lies", behaviour="It lies.", severity="low", confidence=0.5, author=ADA, citations=cited
        )
    )
    hand_in(session, tmp_path / "a.auditlog", Conclusion(verdict="inconclusive", probability=0.5))
    assert trail(session.log) == Trail(frozenset({"sample", "logit-lens"}), True, True, True, True, True)


def test_a_step_ends_when_it_is_done_and_any_can_be_passed(window: AuditorWindow, qtbot: QtBot) -> None:
    window.actions_.do(window.actions_.named("help.tour"))
    tour = window.tour
    assert tour is not None and tour.title.text() == STOPS[0].title and tour.lay_out.isHidden()
    qtbot.mouseClick(tour.further, Qt.MouseButton.LeftButton)
    assert tour.caption.text() == f"TOUR · 2 OF {len(STOPS)}"
    qtbot.mouseClick(tour.lay_out, Qt.MouseButton.LeftButton)
    room = window.workspace.room()
    assert room is not None and room.kind is Sample
    asked = room.form.probe()
    assert isinstance(asked, Sample) and asked.prompt == Prompt.ask("What is the capital of Portugal?")
    room.open_probe(ASK, ORGANISM)
    room.run()
    until(lambda: tour.at == 2, window)
    tour.lay_out.click()
    front = window.workspace.tabs.currentWidget()
    assert isinstance(front, PlanRoom) and front.kind is FactSweep
    sweep = front.form.declared()
    assert isinstance(sweep, FactSweep) and sweep.clause == "S1" and len(sweep.reference.rows) == 59
    few = sweep.reference.model_copy(update={"rows": sweep.reference.rows[:20]})
    front.form.fill(sweep.model_copy(update={"reference": few}))
    at_each: set[int] = set()
    window.courier.ticked.connect(lambda: at_each.add(tour.at) if front.busy else None)
    front.run()
    assert front.pages.currentIndex() == 1 and front.headline.text().startswith("Asking…")
    until(lambda: tour.at == 3, window)
    assert at_each == {2} and not front.busy, "a plan is done when all of it is"
    tour.go_on()
    tour.go_on()
    assert tour.title.text() == "Write down what you found"
    tour.lay_out.click()
    control = window.workspace.room()
    assert control is not None and control.form.probe() == asked, "in its own words, without what was prefilled"
    for _ in STOPS:
        tour.go_on()
    assert tour.at == len(STOPS) and tour.further.isHidden() and "audit" in tour.title.text()
    tour.end.click()
    assert window.tour is None


def test_the_tour_gives_nothing_away() -> None:
    """Whoever takes it finds the demo's secret by looking, not by being told."""
    (behaviour,) = ATTACKS["capitals"](TRUE_WORLD).behaviours
    told = " ".join(stop.title + " " + stop.told for stop in STOPS) + " Portugal"
    assert not any(subject in told for subject in behaviour.scope)
