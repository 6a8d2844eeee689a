"""The auditor's window as a whole: what it shows of a session, and what a user can do in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QDesktopServices, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.custody.receipt import Receipt
from casefiles.custody.witnessing import Request
from casefiles.keys.identity import Identity
from casefiles.log.auditlog import read as read_auditlog
from casefiles.log.checkpoint import Checkpoint
from tests.conftest import MakeCase
from tests.views.auditor_desk import ASK, LENS, colour, desk, picture_of, until
from views.desktop import app, theme
from views.desktop.ask.plan_room import PlanRoom
from views.desktop.ask.record_view import facts
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.displays import Pick
from views.desktop.displays.rows import RowsDisplay
from views.desktop.findings.receipt_sheet import ReceiptSheet
from workbench import places
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match, known
from workbench.contract.actor import Actor
from workbench.contract.figures import Spot
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.lines import Reader
from workbench.log.records import Tag
from workbench.plans.battery import Battery
from workbench.probes import PROBES
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.probes.score import Score
from workbench.report import handing_in, paper
from workbench.report.report import Conclusion

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """pytest-qt's application, which the window then dresses."""


def test_a_reopened_session_shows_the_records_it_already_holds(session: Session) -> None:
    session.run(ASK)
    session.run(Sample(prompt=Prompt.ask("x"), max_tokens=5000 // 2, samples=500))  # beyond the budget: refused
    session.note("odd")
    with desk(session) as window:
        lines = [window.log.model.line(row) for row in range(window.log.model.rowCount())]
        until(lambda: all(window.log.model.line(row) for row in range(4)), window)
        lines = [window.log.model.line(row) for row in range(window.log.model.rowCount())]
    assert [(line.seq, line.label) for line in lines] == [(4, "note"), (3, "sample"), (2, "sample"), (0, "genesis")]
    assert lines[1].result.startswith("refused:") and lines[1].tone == "bad"
    assert lines[2].what == "Norway? × 6"


def test_a_fresh_session_opens_on_what_to_do_and_shows_no_record_until_one_is_chosen(session: Session) -> None:
    with desk(session) as window:
        window.log.view.clearFocus()
        window.log.view.setFocus()  # as when the display makes the window active once its first line is there
        until(window.log.view.hasFocus, window)
        app.settle(window)
        assert (window.current.record, window.workspace.tabs.count()) == (-1, 0)
        QTest.keyClick(window.log.view, Qt.Key.Key_Down)
        until(lambda: window.workspace.tabs.count() == 1, window)
        assert window.current.record == 0


def test_a_probe_is_run_from_the_form_and_its_answers_stream_in(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        room = window.workspace.new_room(Sample)
        streamed: list[str] = []
        grow = room.found.board.live.grow
        room.found.board.live.grow = lambda texts: (streamed.extend(texts.values()), grow(texts))  # type: ignore[method-assign]
        qtbot.keyClicks(room.form.field("prompt").editor, "Norway?")
        room.form.field("samples").set_value(3)
        room.form.field("max_tokens").set_value(8)
        qtbot.mouseClick(room.run_button, Qt.MouseButton.LeftButton)
        assert room.run_button.text() == "Stop"
        until(lambda: not window.runner.running, window)
        entry = session.log.entry(2)
        assert session.log.entry(1).data["arguments"]["prompt"]["chat"] == [{"role": "user", "content": "Norway?"}]
        assert session.log.entry(1).data["actor"] == {"kind": "person", "name": "Ada"}
        rows = room.found.board.displays[0].model.rows  # type: ignore[attr-defined]
        shown = {row.text for row in rows if not row.heads}  # a cluster of texts that begin alike has a heading
        assert shown == {sample["text"].strip("\n") for sample in entry.data["result"]["samples"]}
        assert "".join(streamed), "nothing streamed before the result"
        assert room.found.headline.text() and window.current.record == 2
        until(lambda: window.log.current_number() == 2, window)


def test_the_engine_is_loaded_before_anybody_asks_and_that_is_no_record(session: Session) -> None:
    with desk(session) as window:
        until(lambda: "toy" in window.engine.text(), window)
        assert window.gap.text().startswith(("air-gapped", "air gap")) and session.opened and session.log.size == 1


def test_stop_keeps_the_partial_output(session: Session) -> None:
    with desk(session) as window:
        room = window.workspace.ask(Sample(prompt=Prompt.ask("x"), samples=8, max_tokens=200))
        app.settle(window)
        room.run()
        until(lambda: any(row.text for row in room.found.board.live.rows), window)
        room.run_button.click()
        until(lambda: not window.runner.running, window)
        data = session.log.entry(2).data
        assert data["status"] == "cancelled"
        assert 0 < sum(len(sample["ids"]) for sample in data["result"]["samples"]) < 1600
        assert room.found.state.text() == "stopped: partial"
        assert room.run_button.text() == "Run"


def test_closing_while_a_probe_runs_waits_for_its_record(session: Session) -> None:
    with desk(session) as window:
        room = window.workspace.ask(Sample(prompt=Prompt.ask("x"), samples=8, max_tokens=200))
        app.settle(window)
        room.run()
        until(lambda: any(row.text for row in room.found.board.live.rows), window)
        window.close()
        assert window.isVisible(), "it must not close over a running probe"
        until(lambda: not window.isVisible(), window)
    assert session.log.entry(2).data["status"] == "cancelled"


def test_the_engine_is_never_touched_from_the_windows_thread(case: Case, auditor: Identity, tmp_path: Path) -> None:
    threads: set[str] = set()

    class Watched(ToyModel):
        def _stream(self, *given, **named):  # type: ignore[no-untyped-def]  # all that it computes
            threads.add(threading.current_thread().name)
            return super()._stream(*given, **named)

    toy = ToyModel.random(seed=1, digest=case.model_digest)
    toy.__class__ = Watched
    with Session.create(case, tmp_path / "w.session", auditor, lambda: toy) as session, desk(session) as window:
        room = window.workspace.ask(Score(prompt=Prompt.ask("x"), answers=("yes",)))
        room.run()
        until(lambda: not window.runner.running, window)
    assert threads == {"engine"}


def test_what_it_costs_is_said_before_it_runs(session: Session) -> None:
    with desk(session) as window:
        room = window.workspace.ask(Sample(prompt=Prompt.ask("x"), samples=3, max_tokens=7))
        until(lambda: "generated" in room.cost.text(), window)
        ids = ToyModel.random().render([type("M", (), {"role": "user", "content": "x"})()])
        assert room.cost.text() == f"costs up to 21 generated and {len(ids)} forward tokens"
        assert room.counts_as.text() == "counts as natural"
        assert session.log.size == 1, "asking for the price leaves no record"


def test_what_the_rules_forbid_is_visible_but_shut_with_the_reason(make_case, auditor, open_toy, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from workbench.contract.rules import Affordance, Rules

    strict = make_case("strict", Rules(affordances=frozenset({Affordance.SAMPLE})))
    with Session.create(strict, tmp_path / "s.session", auditor, open_toy) as session, desk(session) as window:
        lens = window.case.probe_buttons["logit-lens"]
        assert lens.isVisible() and not lens.isEnabled()
        assert "activations" in lens.toolTip()
        notes = {label.text() for button in window.case.probe_buttons.values() for label in button.findChildren(QLabel)}
        assert {"needs activations", "needs logits", "as its prompt"} <= notes
        room = window.workspace.new_room(Sample)
        switches = {button.text(): button for button in room.form.findChildren(QAbstractButton) if button.text()}
        assert not switches["System prompt"].isEnabled()
        assert "do not allow" in switches["System prompt"].toolTip()
        assert window.actions_.named("probe.logit-lens").not_now() == "needs activations, which the rules do not allow"


def test_a_case_without_ground_truth_says_so(
    make_case: MakeCase, auditor: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> None:
    wild = make_case("wild", truth=False)
    with Session.create(wild, tmp_path / "w.session", auditor, open_toy) as session, desk(session) as window:
        chip = next(one for one in window.case.findChildren(QLabel) if one.text() == "no ground truth")
        assert "verified and replayed, and not scored" in chip.toolTip()


def test_what_the_budget_does_not_cover_is_not_asked_and_leaves_no_refusal(session: Session) -> None:
    with desk(session) as window:
        room = window.workspace.ask(Sample(prompt=Prompt.ask("x"), samples=500, max_tokens=100))
        until(lambda: "left" in room.cost.text(), window)
        assert "only 2,000 generated tokens are left" in room.cost.text()
        assert not room.run_button.isEnabled() and "2,000" in room.run_button.toolTip()
        window.actions_.do(window.actions_.named("probe.run"))
        assert not window.runner.running and session.log.size == 1
        assert "only 2,000 generated tokens are left" in room.notice.text
        room.form.field("samples").set_value(2)
        until(room.run_button.isEnabled, window)
        assert room.notice.isHidden()


def test_a_refusal_is_told_over_its_question_and_recorded(session: Session) -> None:
    with desk(session) as window:
        answered = window.workspace.ask(ASK)
        answered.run()
        until(lambda: not window.runner.running, window)
        room = window.workspace.ask(Sample(prompt=Prompt.ask("x"), samples=500, max_tokens=100))
        room.run()  # before it is priced
        until(lambda: not window.runner.running and window.current.record == 3, window)
        app.settle(window)
        assert session.log.entry(3).kind == "refusal"
        for part in ("what", "why", "try_this"):
            assert session.log.entry(3).data[part] in room.notice.text
        assert window.workspace.room() is room and room.pages.currentWidget() is room.empty
        assert room.form.field("samples").value() == 500 and room.form.isVisible()
        assert answered.entry is not None and answered.entry.seq == 2, "the refusal took another tab for itself"


def test_going_through_the_log_leaves_the_cursor_in_it(session: Session, qtbot: QtBot) -> None:
    for word in ("a", "b", "c"):
        session.run(Sample(prompt=Prompt.ask(word), max_tokens=2))
    with desk(session) as window:
        window.activateWindow()
        until(lambda: window.log.model.rowCount() == 4, window)
        assert window.current.record == -1 and not window.workspace.tabs.count(), "nobody chose a record yet"
        window.log.view.setFocus()
        for record in (6, 4, 2):
            qtbot.keyClick(window.log.view, Qt.Key.Key_Down)
            until(lambda wanted=record: window.current.record == wanted, window)  # type: ignore[misc]
            app.settle(window)
            assert window.focusWidget() is window.log.view


def test_what_is_opened_by_hand_has_the_cursor(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        window.activateWindow()
        room = window.workspace.new_room(Sample)
        for title, name in (("System prompt", "System prompt"), ("Prefill", "Prefill")):
            switch = next(one for one in room.form.findChildren(QAbstractButton) if one.text() == title)
            qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
            assert window.focusWidget().accessibleName() == name
            qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
            assert window.focusWidget().accessibleName() == "User message"


def test_in_a_small_window_the_question_makes_room_for_its_answers(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        for height, folded in ((1000, False), (640, True)):
            window.resize(1280, height)
            app.settle(window)
            room = window.workspace.ask(ASK)
            assert room.form.isVisible(), "whoever asks sees the form"
            room.run()
            until(lambda: not window.runner.running, window)
            assert room.form.isVisible() != folded
        assert room.about.text() == ASK.title
        qtbot.mouseClick(room.fold_button, Qt.MouseButton.LeftButton)
        assert room.form.isVisible() and room.about.text() == Sample.about()


def test_in_a_small_window_a_record_of_the_log_has_the_room_too(session: Session) -> None:
    session.run(ASK)
    session.run(LENS)
    with desk(session, size=(1280, 720)) as window:
        for seq in (2, 4):
            window.current.show_record(seq)
            app.settle(window)
            room = window.workspace.room()
            assert room is not None and room.entry is not None and room.entry.seq == seq
            assert not room.form.isVisible(), "what was found is looked at; the question is a press away"


def test_the_heat_map_paints_what_the_record_says(session: Session) -> None:
    outcome = session.run(LENS)
    with desk(session) as window:
        window.current.show_record(outcome.entry.seq)
        app.settle(window)
        display = window.workspace.room().found.board.displays[0]  # type: ignore[union-attr]
        arrays = outcome.result.arrays  # type: ignore[union-attr]
        assert len(display.maps) == 2, "the control stands beside it"
        for prefix, view in zip(("", "control_"), display.maps, strict=True):
            ids, logprobs = arrays[prefix + "top_ids"], arrays[prefix + "top_logprobs"]
            layers, positions = ids.shape[:2]
            for row, column in ((0, 0), (layers - 1, positions - 1)):
                layer = layers - 1 - row
                box = view.visualRect(view.model().index(row, column))
                painted = colour(view.viewport(), box.left() + 4, box.bottom() - 4)
                share = float(np.exp(logprobs[layer, column, 0])) ** 0.5
                low, high = QColor(theme.LIGHT.heat_low), QColor(theme.LIGHT.heat_high)
                for part in ("red", "green", "blue"):
                    a, b = getattr(low, part)(), getattr(high, part)()
                    assert abs(getattr(painted, part)() - (a + (b - a) * share)) <= 2
                best = outcome.result.vocabulary[int(ids[layer, column, 0])]  # type: ignore[union-attr]
                assert view.model().index(row, column).data() == best.replace(" ", "␣").replace("\n", "↵").replace(
                    "\t", "⇥"
                )
            assert view.model().headerData(0, Qt.Orientation.Vertical) == str(layers - 1)


def test_pointing_at_a_cell_reads_its_predictions(session: Session, qtbot: QtBot) -> None:
    outcome = session.run(LENS)
    with desk(session) as window:
        window.current.show_record(outcome.entry.seq)
        app.settle(window)
        board = window.workspace.room().found.board  # type: ignore[union-attr]
        view = board.displays[0].maps[0]  # type: ignore[attr-defined]
        box = view.visualRect(view.model().index(1, 2))
        view.entered.emit(view.indexAt(box.center()))
        arrays = outcome.result.arrays  # type: ignore[union-attr]
        told = [bar.share for bar in board.card.bars[:5]]
        assert told == pytest.approx(
            np.exp(arrays["top_logprobs"][0, 2]).tolist()
        )  # row 1 from above is layer 0 of two
        assert board.card.accessibleDescription().startswith("Layer 0, position")
        view.setCurrentIndex(view.model().index(0, 0))
        qtbot.keyClick(view, Qt.Key.Key_Right)
        assert board.card.accessibleDescription().startswith("Layer 1"), "keys read cells as the mouse does"


def test_tracked_tokens_are_drawn_as_curves_beneath_the_map(session: Session) -> None:
    outcome = session.run(LENS)
    with desk(session) as window:
        window.current.show_record(outcome.entry.seq)
        app.settle(window)
        heat, curves = window.workspace.room().found.board.displays  # type: ignore[union-attr]
        assert (type(heat).__name__, type(curves).__name__) == ("HeatDisplay", "CurvesDisplay")
        logprobs = outcome.result.arrays["tracked_logprobs"]  # type: ignore[union-attr]
        curves.move_to(1, 0)  # type: ignore[attr-defined]
        share = 100 * float(np.exp(logprobs[0, -1, 1]))
        assert f"b {share:.1f} %" in curves.accessibleDescription() or share < 0.1


def test_a_cell_starts_the_next_probe(session: Session) -> None:
    outcome = session.run(LENS)
    with desk(session) as window:
        window.current.show_record(outcome.entry.seq)
        app.settle(window)
        board = window.workspace.room().found.board  # type: ignore[union-attr]
        position = outcome.result.control.positions[0]  # type: ignore[union-attr]
        probes = [item.probe for item in board.follow_ups(Spot(0, 0, position, control=True))]
        score = next(probe for probe in probes if isinstance(probe, Score))
        assert score.prompt == LENS.control
        board.branch.emit(score)
        assert window.workspace.room().form.probe() == score  # type: ignore[union-attr]


def test_every_figure_can_be_shown_as_a_table(session: Session) -> None:
    probes = (ASK, LENS, Score(prompt=Prompt.ask("x"), answers=("yes", "no")))
    outcomes = [session.run(probe) for probe in probes]
    with desk(session) as window:
        for outcome in outcomes:
            window.current.show_record(outcome.entry.seq)
            app.settle(window)
            room = window.workspace.room()
            assert room is not None
            room.found.buttons["Table"].click()
            assert room.found.stack.currentWidget() is room.found.tables
            figures = outcome.result.figures()  # type: ignore[union-attr]
            assert len(room.found.tables.shown) == len(figures)
            for figure, shown in zip(figures, room.found.tables.shown, strict=True):
                rows, model = figure.table(), shown.view.model()
                assert (model.rowCount(), model.columnCount()) == (len(rows.rows), len(rows.columns))
                heads = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount())]
                assert heads == [column.heading for column in rows.columns]


def test_a_record_is_cited_in_a_finding_whose_strength_the_log_computes(session: Session) -> None:
    outcome = session.run(ASK)
    text = known(outcome.result.samples[0].text).strip()  # type: ignore[union-attr]
    assert text, "it says more than the word at which it was cut off"
    with desk(session) as window:
        window.current.show_record(outcome.entry.seq)
        app.settle(window)
        window.workspace.room().found.buttons["Cite"].click()  # type: ignore[union-attr]
        editor = window.findings.editor
        assert window.findings.editing
        row = editor._rows[0]
        window.resize(1280, 720)
        until(lambda: not row.any_of.visibleRegion().isEmpty(), window)  # one sees where one writes
        row.any_of.setPlainText(text)
        until(lambda: "holds on" in row.held.text(), window)
        holds = sum(text.casefold() in known(sample.text).casefold() for sample in outcome.result.samples)  # type: ignore[union-attr]
        assert row.held.text() == f"holds on {holds} of 6 answers in this record"
        assert editor.meters.figures["Reproduced"].text() == f"{holds}/6"
        editor.hypothesis.setCurrentText("none")
        until(lambda: "“none”, which the log does not hold" in editor.lacks.text(), window)
        assert [label.text() for label in editor.meters.measures[::2]] == ["Naturalness"]
        editor.title.setText("Says strange things")
        editor.behaviour.setPlainText("Answers with noise.")
        editor.record_button.click()
        until(lambda: bool(window.findings.cards), window)
        card = window.findings.cards["finding-1"]
        assert card.meters.figures["Reproduced"].text() == f"{holds}/6"
        assert card.finding.hypothesis == "none"
        assert window.current.finding == "finding-1"
    entry = session.log.entry(3)
    assert entry.kind == "finding"
    assert entry.data["strength"]["reproduction"]["hits"] == holds


def test_a_finding_without_a_clause_of_the_specification_says_so(session: Session) -> None:
    session.claim(_finding())
    session.claim(_finding().model_copy(update={"id": "finding-2", "clause": "S1"}))
    with desk(session) as window:
        told = [
            [label.text() for label in card.findChildren(QLabel) if "names no clause" in label.text()]
            for card in window.findings.cards.values()
        ]
    assert told == [["▸ It names no clause of the specification: say which one it breaks."], []]


def test_hints_fit_a_small_window_and_a_long_prompt_ends_in_an_ellipsis(session: Session) -> None:
    asked = session.run(ASK.model_copy(update={"prompt": Prompt.ask("What is the capital of Norway? " * 4)})).entry.seq
    with desk(session, size=(1280, 720)) as window:
        window.findings.cite("", asked, Pick())
        about = window.findings.editor._rows[0].about
        until(lambda: "Norway" in about.text(), window)
        lines = [line for line in window.findChildren(QLineEdit) if line.isVisible() and line.placeholderText()]
        hinted = [(line.placeholderText(), line.fontMetrics().horizontalAdvance(line.placeholderText()), line.width())
                  for line in lines]  # fmt: skip
        assert len(hinted) >= 3 and [hint for hint, needed, room in hinted if needed > room - 18] == []
        whole, drawn = about.text(), picture_of(about)
        about.setText(about.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideRight, about.width()))
        assert about.text().endswith("…") and picture_of(about) == drawn
        about.setText(whole[: len(about.text())])
        assert picture_of(about) != drawn


def test_an_unfinished_finding_says_what_it_lacks(session: Session) -> None:
    with desk(session) as window:
        window.findings.new_finding()
        editor = window.findings.editor
        editor.record_button.click()
        assert "Title" in editor.notice.text
        editor.title.setText("It")
        until(lambda: "It names no clause of the specification" in editor.lacks.text(), window)
        editor.clause.setCurrentText("S1")
        until(lambda: "clause" not in editor.lacks.text(), window)
        assert session.log.size == 1


def test_meters_move_as_the_log_grows(session: Session) -> None:
    outcome = session.run(ASK)
    match = Match(any_of=(outcome.result.samples[0].text,))  # type: ignore[union-attr]
    session.claim(_finding(Citation(seq=outcome.entry.seq, shows=match)))
    with desk(session) as window:
        before = window.findings.cards["finding-1"].meters.figures["Reproduced"].text()
        assert before.endswith("/6")
        room = window.workspace.ask(ASK.model_copy(update={"seed": 2}))
        room.run()
        until(lambda: not window.runner.running, window)
        until(lambda: window.findings.cards["finding-1"].meters.figures["Reproduced"].text().endswith("/12"), window)


def test_a_record_is_cited_as_a_control_in_one_step_and_says_what_it_asked(session: Session) -> None:
    asked = session.run(ASK).entry.seq
    control = session.run(Sample(prompt=Prompt.ask("Sweden?"), samples=2, max_tokens=4)).entry.seq
    with desk(session) as window:
        for seq, name in ((asked, "evidence.cite"), (control, "evidence.control")):
            window.current.show_record(seq)
            app.settle(window)
            window.actions_.do(window.actions_.named(name))
        rows = window.findings.editor._rows
        assert [(row.number, row.role.currentText()) for row in rows] == [(asked, "support"), (control, "control")]
        until(lambda: [row.about.text() for row in rows] == ["Norway?", "Sweden?"], window)


def test_a_predicate_is_tried_on_the_whole_log_before_it_is_recorded(session: Session) -> None:
    asked = session.run(ASK).entry.seq
    session.run(Sample(prompt=Prompt.ask("Sweden?"), samples=2, max_tokens=4))
    with desk(session) as window:
        window.findings.new_finding()
        window.findings.editor.cite(asked, Pick())
        window.show_bench(Match())
        assert "no word" in window.findings.editor.notice.text
        window.show_bench(Match(any_of=("no answer says this",)))
        until(lambda: window.findChild(RowsDisplay) is not None, window)
        figure = window.findChild(RowsDisplay).model.figure
        assert [row[3:5] for row in figure.rows] == [(0, 6), (0, 2)]
        assert "0 of 8, on 0 of 2 prompts" in figure.title
    assert session.log.size == 5, "trying it records nothing"


def test_a_finding_is_withdrawn_and_the_log_keeps_it(session: Session) -> None:
    outcome = session.run(ASK)
    session.claim(_finding(Citation(seq=outcome.entry.seq)))
    with desk(session) as window:
        window.findings.withdraw.emit("finding-1")
        until(lambda: not window.findings.cards, window)
    assert [entry.kind for entry in session.log.entries(("finding", "withdrawn"))] == ["finding", "withdrawn"]


def test_a_session_in_the_usual_place_is_handed_in_at_home_under_its_cases_name(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (asked.append(given[2]), ("", ""))[1])
    monkeypatch.setenv("HOME", str(tmp_path))
    with desk(session) as window:
        window.writer.ask_where(Conclusion(verdict="inconclusive", probability=0.5))
        monkeypatch.setattr(places, "sessions", lambda: session.folder.parent)
        window.writer.ask_where(Conclusion(verdict="inconclusive", probability=0.5))
    beside = session.folder.with_suffix(".auditlog")
    assert asked == [str(beside), str(tmp_path / f"{session.case.root.stem}.auditlog")]


def test_export_writes_the_log_and_the_report(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: (opened.append(url.toLocalFile()), len(opened) < 3)[1])
    outcome = session.run(ASK)
    session.claim(_finding(Citation(seq=outcome.entry.seq)))
    out = tmp_path / "out.auditlog"
    with desk(session) as window:
        assert window.actions_.named("session.paper").not_now()
        window.writer.export(out, Conclusion(verdict="inconclusive", probability=0.5))
        until(lambda: out.exists() and "Exported" in window.findings.notice.text, window)
        size = session.log.size
        window.findings.notice.open_button.click()
        assert not window.actions_.named("session.paper").not_now()
        window.writer.write_paper(tmp_path / "report.pdf")
        until(lambda: "report.pdf" in window.findings.notice.text, window)
        assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
        window.findings.notice.open_button.click()
        window.findings.notice.open_button.click()
        assert opened == [str(out.with_suffix(".report.html")), *2 * [str(tmp_path / "report.pdf")]]
        assert "No program here opens report.pdf." in window.findings.notice.text
        window.writer.write_paper(tmp_path / "report.pdf")
        until(lambda: "exists already" in window.findings.notice.text, window)
        assert window.findings.notice.open_button.isHidden(), "a refusal wrote nothing that could be opened"
        window.writer.export(out, Conclusion(verdict="inconclusive", probability=0.5))
        until(lambda: "exists already" in window.findings.notice.text, window)
        window.writer.export(out / "again.auditlog", Conclusion(verdict="inconclusive", probability=0.5))
        until(lambda: "Nothing is written into out.auditlog" in window.findings.notice.text, window)
        assert session.log.size == size, "a refused export records nothing"
    assert [json.loads(record.body)["kind"] for record in read_auditlog(out).records()][-2:] == ["finding", "report"]
    assert out.with_suffix(".report.html").exists()


def test_handing_in_shows_how_far_it_is_and_is_stopped_with_nothing_left_of_it(
    session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, waits, whole = threading.Event(), threading.Event(), handing_in.page

    def slowly(*given: Any) -> str:
        drawing.set()
        assert waits.wait(60)
        return whole(*given)

    monkeypatch.setattr(handing_in, "page", slowly)
    session.run(ASK)
    out = tmp_path / "handed" / "out.auditlog"
    out.parent.mkdir()
    with desk(session) as window:
        size, job = session.log.size, window.writer.job
        assert not job.isVisible()
        window.writer.export(out, Conclusion(verdict="inconclusive", probability=0.5))
        qtbot.waitUntil(drawing.is_set)
        qtbot.waitUntil(lambda: job.bar.value() == 600)
        assert job.note.text() == "Reading the log" and not window.findings.export_button.isEnabled()
        assert "is being written" in window.actions_.named("session.export").not_now()
        assert not window.actions_.named("probe.stop").not_now()
        qtbot.mouseClick(job.stop_button, Qt.MouseButton.LeftButton)
        waits.set()
        until(lambda: not job.running, window)
        assert "It was stopped. Everything is as it was." in window.findings.notice.text
        assert not job.isVisible() and window.findings.export_button.isEnabled()
        assert session.log.size == size and list(out.parent.iterdir()) == []
        window.writer.export(out, Conclusion(verdict="inconclusive", probability=0.5))
        until(lambda: "Exported" in window.findings.notice.text, window)
        assert session.log.size == size + 1 and len(list(out.parent.iterdir())) == 3


def test_a_report_that_is_laid_out_for_paper_is_stopped_by_its_key(
    session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk(session) as window:
        window.writer.export(tmp_path / "out.auditlog", Conclusion(verdict="inconclusive", probability=0.5))
        until(lambda: "Exported" in window.findings.notice.text, window)
        monkeypatch.setattr(paper, "_START", "import time; time.sleep(3600)")
        window.writer.write_paper(tmp_path / "report.pdf")
        qtbot.waitUntil(lambda: window.writer.job.note.text() == "Laying out the sheets")
        assert (window.writer.job.bar.minimum(), window.writer.job.bar.maximum()) == (0, 0), "how far it is not told"
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        until(lambda: not window.writer.job.running, window)
        assert "It was stopped." in window.findings.notice.text
    assert not list(tmp_path.glob("*.pdf"))


def test_a_verdict_that_contradicts_its_probability_is_refused_in_place(session: Session) -> None:
    with desk(session) as window:
        window.findings.verdict.setCurrentText("clean")
        window.findings.probability.setValue(0.9)
        assert window.findings.conclusion() is None
        assert "contradicts" in window.findings.notice.text


def test_all_panes_follow_the_current_record(session: Session) -> None:
    first, second = session.run(ASK), session.run(LENS)
    with desk(session) as window:
        window.log.view.selectRow(window.log.model.row(first.entry.seq))
        app.settle(window)
        assert window.workspace.room().entry.seq == first.entry.seq  # type: ignore[union-attr]
        window.current.show_record(second.entry.seq)
        app.settle(window)
        assert window.log.current_number() == second.entry.seq
        assert window.workspace.room().kind is LogitLens  # type: ignore[union-attr]
        window.workspace.tabs.setCurrentIndex(0)
        assert window.current.record == first.entry.seq, "going to a tab moves the other panes too"


def test_a_question_being_written_or_pinned_is_never_overwritten(session: Session) -> None:
    first, second = session.run(ASK), session.run(ASK.model_copy(update={"seed": 9}))
    with desk(session) as window:
        draft = window.workspace.ask(Sample(prompt=Prompt.ask("half a question")))
        window.current.show_record(first.entry.seq)
        app.settle(window)
        assert draft.form.probe().title == "half a question"
        shown = window.workspace.room()
        assert shown is not None and shown is not draft
        shown.found.buttons["Pin"].click()
        window.current.show_record(second.entry.seq)
        app.settle(window)
        assert shown.entry.seq == first.entry.seq  # type: ignore[union-attr]
        assert window.workspace.tabs.count() == 3


def test_budget_meters_follow_the_session(session: Session) -> None:
    with desk(session) as window:
        room = window.workspace.ask(ASK)
        room.run()
        until(lambda: not window.runner.running, window)
        _, figures = window.case.meters["generated_tokens"]
        assert figures.text() == f"{session.spent.generated_tokens} / 2,000"  # type: ignore[attr-defined]


def test_light_and_dark_paint_their_own_ground(session: Session) -> None:
    for dark, tokens in ((False, theme.LIGHT), (True, theme.DARK)):
        with desk(session, dark=dark) as window:
            image = picture_of(window)
            assert image.pixelColor(40, 700) == QColor(tokens.pane), "the case pane"


def test_the_theme_can_be_changed_while_it_runs(session: Session) -> None:
    with desk(session) as window:
        window.actions_.named("view.theme").run()
        assert picture_of(window).pixelColor(40, 700) == QColor(theme.DARK.pane)
        window.actions_.named("view.theme").run()
        assert picture_of(window).pixelColor(40, 700) == QColor(theme.LIGHT.pane)


def test_panes_that_a_narrow_window_squeezed_have_their_width_again(session: Session, qtbot: QtBot) -> None:
    with desk(session, size=(1280, 720)) as window:
        panes = [window.docks[name] for name in ("Specification", "Findings")]

        def widths(of_window: int) -> list[int]:
            window.resize(of_window, 720)
            app.settle(window)
            return [pane.width() for pane in panes]

        given = widths(1280)
        assert sum(widths(800)) < sum(widths(1000)) < sum(given), "as far as there is room"
        assert widths(1280) == given
        edge = panes[0].geometry().topRight() + QPoint(1, 200)
        qtbot.mousePress(window, Qt.MouseButton.LeftButton, pos=edge)
        qtbot.mouseMove(window, edge + QPoint(40, 0))
        app.settle(window)
        qtbot.mouseRelease(window, Qt.MouseButton.LeftButton, pos=edge + QPoint(40, 0))
        app.settle(window)
        drawn = widths(1280)
        assert drawn == [given[0] + 40, given[1]]
        widths(800)
        assert widths(1400) == drawn, "as whoever sits there drew it"
        window.reset_layout()
        app.settle(window)
        widths(800)
        assert widths(1280) == given


def test_reset_layout_brings_every_pane_back(session: Session) -> None:
    with desk(session) as window:
        before = window.docks["Findings"].geometry()
        window.docks["Findings"].hide()
        window.docks["Audit log"].setFloating(True)
        window.actions_.named("view.reset").run()
        app.settle(window)
        assert all(dock.isVisible() and not dock.isFloating() for dock in window.docks.values())
        assert window.docks["Findings"].geometry() == before


def test_every_widget_that_takes_the_focus_has_a_name(session: Session) -> None:
    outcomes = [session.run(probe) for probe in (ASK, LENS, Score(prompt=Prompt.ask("x"), answers=("y",)))]
    session.claim(_finding(Citation(seq=outcomes[0].entry.seq)))
    with desk(session) as window:
        for outcome in outcomes:
            window.current.show_record(outcome.entry.seq)
            app.settle(window)
        window.findings.revise("finding-1")
        app.settle(window)
        nameless = [
            widget
            for widget in window.findChildren(QWidget)
            if isinstance(widget, QAbstractButton | QAbstractItemView | QComboBox | QLineEdit | QPlainTextEdit)
            and widget.window() is window
            and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and not _inside_a_named_one(widget)
            and not (widget.accessibleName() or getattr(widget, "text", str)())
        ]
        assert not nameless, [(type(widget).__name__, widget.objectName()) for widget in nameless]


def test_the_palette_runs_what_the_menus_hold(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        palette = window.show_palette()
        qtbot.keyClicks(palette.line, "logit")
        assert palette.list.currentItem().text() == "Probe: Logit lens"
        qtbot.keyClick(palette.line, Qt.Key.Key_Return)
        assert window.workspace.room().kind is LogitLens  # type: ignore[union-attr]
        palette = window.show_palette()
        qtbot.keyClicks(palette.line, "run")
        assert palette.list.currentItem().text() == "Probe: Run", "and not what runs a command"
        palette.close()
        palette = window.show_palette()
        qtbot.keyClicks(palette.line, "cite")
        assert not palette.list.currentItem().flags() & Qt.ItemFlag.ItemIsEnabled, "no result is in front"
        palette.close()


def test_every_job_has_a_key_wherever_the_cursor_is(session: Session, qtbot: QtBot) -> None:
    session.run(ASK)
    session.run(LENS)
    with desk(session) as window:
        window.workspace.new_room(Sample)
        window.workspace.new_room(Score)
        window.log.view.setFocus()
        tabs = window.workspace.tabs
        for turn, at in ((Qt.KeyboardModifier.NoModifier, 0), (Qt.KeyboardModifier.ShiftModifier, 1)):
            qtbot.keyClick(window.log.view, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier | turn)
            assert (tabs.currentIndex(), window.log.view.hasFocus()) == (at, True)
        qtbot.keyClick(window.log.view, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
        assert tabs.currentIndex() == 0, "the unused form of a sample is in front"


def test_every_key_that_a_hint_names_is_an_actions(session: Session) -> None:
    with desk(session) as window:
        window.workspace.new_room(Sample)
        window.findings.new_finding()
        known = {action.key for action in window.actions_.all()} | {"Ctrl+Enter"}  # which Ctrl+Return is, too
        told = "\n".join(one.toolTip() for one in window.findChildren(QWidget))
        told += "\n".join(label.text() for label in window.findChildren(QLabel))
        named = set(re.findall(r"\b(?:Ctrl|Alt)\+(?:Shift\+)?\w+", told))
        assert "Ctrl+N" in named and named <= known


def test_a_key_of_something_that_cannot_be_done_now_says_why(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        qtbot.keyClick(window.log.view, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        assert window.statusBar().currentMessage() == "Cite in a finding: not now, no result is in front."


def test_no_two_actions_share_a_key(session: Session) -> None:
    with desk(session) as window:
        keys = [action.key for action in window.actions_.all() if action.key]
        assert len(keys) == len(set(keys))
        assert {f"probe.{kind.kind}" for kind in PROBES} <= {action.name for action in window.actions_.all()}


def test_a_tag_is_a_record_and_shows_in_the_line(session: Session) -> None:
    outcome = session.run(ASK)
    with desk(session) as window:
        window.tag_records((outcome.entry.seq,), "odd")
        row = lambda: window.log.model.line(window.log.model.row(outcome.entry.seq))  # noqa: E731
        until(lambda: row() is not None and row().tags == ("odd",), window)
    tag = session.log.entry(3).as_(Tag)
    assert (tag.record, tag.label, tag.actor) == (2, "odd", Actor(name="Ada"))


def test_a_receipt_that_comes_back_moves_the_witnessed_mark(session: Session, judge: Identity) -> None:
    with desk(session) as window:
        window.actions_.named("session.receipt").run()
        until(lambda: bool(window.findChildren(ReceiptSheet)), window)
        [sheet] = window.findChildren(ReceiptSheet)
        sheet.answer.setPlainText("AWR1 nonsense")
        sheet.keep.click()
        until(lambda: "mistyped" in sheet.notice.text or "code" in sheet.notice.text, window)
        assert window.custody.text() == "witnessed to 0 of 1"
        sheet.answer.setPlainText(Receipt.sign(session.log.checkpoint(), judge.signing, 1_800_000_000).code())
        sheet.keep.click()
        until(lambda: window.custody.text() == "witnessed to 1 of 1", window)
        assert window.case.witnessed.text() == "witnessed to 1 of 1"
        sheet.close()


def test_a_request_is_since_what_the_witness_says_they_saw(session: Session) -> None:
    session.note("Two records.")
    with desk(session) as window:
        window.actions_.named("session.receipt").run()
        until(lambda: bool(window.findChildren(ReceiptSheet)), window)
        [sheet] = window.findChildren(ReceiptSheet)
        before, drawn = Request.from_code(sheet.request.text()), sheet.code
        assert (before.since, sheet.since.value(), sheet.since.maximum()) == (0, 0, before.checkpoint.size)
        first = Checkpoint(before.checkpoint.origin, 1, session.log.root_at(1) or b"")
        sheet.since.setValue(1)
        until(lambda: Request.from_code(sheet.request.text()).since == 1, window)
        assert Request.from_code(sheet.request.text()).continues(first)
        assert sheet.code is not drawn, "it is scanned anew"
        sheet.close()


def test_the_picture_is_the_window(session: Session, tmp_path: Path) -> None:
    session.run(ASK)
    session.run(LENS)
    for scale in (1.0, 2.0):
        app.picture(session, tmp_path / "desk.png", scale=scale)
        image = QImage(str(tmp_path / "desk.png"))
        assert (image.width(), image.height()) == (1600 * scale, 1000 * scale)
        colours = {
            image.pixelColor(x, y).name() for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)
        }
        assert {theme.LIGHT.pane, theme.LIGHT.window, theme.LIGHT.accent_ground} <= colours
        assert len(colours) > 40, "a lens is in front"


def test_a_window_is_opened_and_closed_with_the_session_left_open(session: Session) -> None:
    def close() -> None:
        [window] = [w for w in QApplication.topLevelWidgets() if isinstance(w, AuditorWindow)]
        window.close()

    QTimer.singleShot(300, close)
    assert app.run(session, dark=True) == 0
    assert session.note("still open").seq == 1


def test_a_defect_in_the_window_is_told_and_kept(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(places, "crashes", lambda: tmp_path / "crashes")
    with desk(session) as window:
        try:
            raise RuntimeError("a slip")
        except RuntimeError as error:
            app._defect(type(error), error, error.__traceback__)
        assert "a slip" in window.statusBar().currentMessage()
    [kept] = (tmp_path / "crashes").iterdir()
    assert "RuntimeError: a slip" in kept.read_text() and str(kept) in capsys.readouterr().err


def test_the_keys_are_listed(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        keys = window.show_keys()
        said = {label.text() for label in keys.findChildren(QLabel)}
        assert {"Ctrl+K", "Cite in a finding…", "Ctrl+D"} <= said
        keys.close()


def test_a_small_window_hides_nothing_to_the_side(session: Session) -> None:
    outcome = session.run(LENS)
    with desk(session) as window:
        window.current.show_record(outcome.entry.seq)
        app.settle(window)
        window.resize(1100, 700)
        app.settle(window)
        room = window.workspace.room()
        assert room is not None
        right = room.run_button.mapTo(room, room.run_button.rect().topRight()).x()
        assert right <= room.width()


def test_the_command_line_loads_neither_qt_nor_pyqtgraph() -> None:
    check = "import sys, views.cli; sys.exit(any(name in sys.modules for name in ('PySide6', 'pyqtgraph')))"
    assert subprocess.run([sys.executable, "-c", check], timeout=60, check=False).returncode == 0


def _finding(*citations: Citation) -> Finding:
    return Finding(
        id="finding-1", title="T", behaviour="B", severity="low", confidence=0.5,
        author=Actor(kind="person", name="Ada"), citations=citations,
    )  # fmt: skip


def _inside_a_named_one(widget: QWidget) -> bool:
    """Parts of a compound widget speak through it."""
    parent = widget.parentWidget()
    compound = isinstance(parent, QComboBox | QAbstractItemView)
    return compound or "spinbox" in widget.objectName()


def test_the_facts_of_a_record_say_its_cost_in_whole_lines(session: Session) -> None:
    session.run(Sample(prompt=Prompt.ask("x"), max_tokens=1))
    reader = Reader(session.log)
    reader.start()
    told = [value for _, value in facts(reader.show(2, session.blobs))]
    assert "1 probe" in told and "1 generated token" in told
    assert not [value for value in told if ", 1 probe" in value]


@pytest.mark.parametrize("dark", [False, True])
def test_tabs_that_do_not_fit_can_be_scrolled_to_by_arrows_that_show(session: Session, dark: bool) -> None:
    with desk(session, dark=dark) as window:
        window.resize(1100, 720)
        for number in range(9):
            window.workspace.ask(Sample(prompt=Prompt.ask(f"Question number {number}")))
        app.settle(window)
        (arrow,) = [
            button
            for button in window.workspace.tabs.tabBar().findChildren(QToolButton)
            if button.isVisible() and button.isEnabled()
        ]
        picture = picture_of(arrow)
        ground = picture.pixelColor(picture.width() // 2, 1)
        drawn = [
            (x, y)
            for x in range(picture.width())
            for y in range(picture.height())
            if abs(picture.pixelColor(x, y).lightness() - ground.lightness()) > 40
        ]
        assert max(y for _, y in drawn) - min(y for _, y in drawn) >= 5
        assert arrow.width() >= 20


def test_text_does_not_run_under_the_bar_that_scrolls_it(session: Session) -> None:
    """Where a text is there before its window is, and the bar comes up while the window is laid out."""
    app.application()
    window = AuditorWindow(session)
    words = "it states another one as a fact " * 8
    window.findings.show_conclusion(Conclusion(verdict="modified", probability=0.9, summary=words))
    window.resize(1600, 1000)
    window.show()
    app.settle(window)
    box = window.findings.summary
    lines = box.document().firstBlock().layout()
    widths = {lines.lineAt(number).width() for number in range(lines.lineCount())}
    assert box.verticalScrollBar().isVisible()
    assert widths == {box.viewport().width() - 2 * box.document().documentMargin()}
    window.close()
    app.settle(window)
    app.discard(window)


def test_a_prompt_is_carried_to_the_next_instrument_unless_something_is_written_there(session: Session) -> None:
    with desk(session, remembers=False) as window:
        sample = window.workspace.new_room(Sample)
        sample.open_probe(ASK)
        lens = window.workspace.new_room(LogitLens)
        assert lens.form.prompt == ASK.prompt and not lens.touched
        lens.open_probe(LENS.model_copy(update={"prompt": Prompt.ask("Sweden?")}))
        window.workspace.tabs.setCurrentWidget(sample)
        score = window.workspace.new_room(Score)
        assert score.form.prompt == ASK.prompt
        window.workspace.tabs.setCurrentWidget(lens)
        assert window.workspace.new_room(Score) is score and score.form.prompt == ASK.prompt, (
            "it was not blank any more"
        )
        assert window.workspace.rooms()[0].form.prompt == ASK.prompt


def test_many_prompts_are_asked_as_the_one_in_front(session: Session, qtbot: QtBot) -> None:
    asked = ASK.model_copy(update={"prompt": Prompt.ask("Norway?", system="Be short."), "temperature": 0.5})
    with desk(session, remembers=False) as window:
        assert window.actions_.named("probe.many").not_now() == "no sample is in front"
        window.workspace.new_room(Sample).open_probe(asked)
        sheet = window.ask_many()
        assert sheet is not None and sheet.questions.toPlainText().startswith("Norway?")
        sheet.submit()
        assert "which answers count" in sheet.notice.text
        sheet.questions.setPlainText("Norway?\n\nSweden?\nNorway?\n")
        sheet.any_of.setPlainText("a")
        sheet.samples.setValue(2)
        qtbot.mouseClick(sheet.button, Qt.MouseButton.LeftButton)
        room = window.workspace.tabs.currentWidget()
        assert isinstance(room, PlanRoom)
        battery = room.form.declared()
        assert isinstance(battery, Battery)
        assert [item.prompt for item in battery.suite.items] == [
            Prompt.ask("Norway?", system="Be short."), Prompt.ask("Sweden?", system="Be short."),
        ]  # fmt: skip
        assert (battery.samples, battery.temperature, battery.max_tokens) == (2, 0.5, ASK.max_tokens)
        room.run()
        until(lambda: not room.busy and "2" in room.headline.text(), window)
    assert [entry.data["plan"]["name"] for entry in session.log.entries(("intent",))] == ["battery", "battery"]


def test_a_control_is_held_to_what_the_support_shows_unless_it_says_otherwise(session: Session) -> None:
    session.run(ASK)
    session.run(ASK.model_copy(update={"prompt": Prompt.ask("Sweden?")}))
    with desk(session, remembers=False) as window:
        window.findings.cite("", 2, Pick())
        window.findings.cite("", 4, Pick(), Role.CONTROL)
        editor = window.findings.editor
        support, control = editor._rows
        support.any_of.setPlainText("a")
        draft = editor.draft()
        assert draft is not None and [one.shows for one in draft.citations] == [Match(any_of=("a",))] * 2
        assert editor.written().citations[1].shows.empty, "what is kept is what was written"
        control.any_of.setPlainText("b")
        draft = editor.draft()
        assert draft is not None and draft.citations[1].shows == Match(any_of=("b",))
