"""The judge's desk: a person verifies, replays, opens the truth, decides and signs, and never types a command."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt
from PySide6.QtGui import QDesktopServices, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backends.settings import EngineSettings
from casefiles.case.bundle import Case, accept, open_case, seal_case
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from casefiles.verify import verify
from tests.views.auditor_desk import picture_of, until
from tests.views.test_judgements import RULES, ada, audited, lay, says
from tests.workbench.judge.speaking import Speaking
from views.desktop import app
from views.desktop.findings.receipt_sheet import Code
from views.desktop.judge import proceedings
from views.desktop.judge.actions import PAGES
from views.desktop.judge.behaviour_card import DRAGGED
from views.desktop.judge.blindfold import HIDDEN, Blindfold
from views.desktop.judge.desk import JudgeWindow
from views.desktop.judge.proceedings import Docket
from views.desktop.judge.score_pane import open_matters
from views.scanning import code_in
from workbench.contract.comparison import Agreement
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.judge.replays.engines import RecordedEngines
from workbench.judge.replays.rerun import STOPPED, rerun
from workbench.judge.retests.interview import Interview
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Facet
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict_files import VerdictFiles
from workbench.probes.sample import Sample
from workbench.report import paper
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion
from workbench.visible import cell, line, quoted

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """pytest-qt's application, which the window then dresses."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, judge: Identity) -> Iterator[Case]:
    """One audit, handed in: every test judges it with a register of its own."""
    laid = lay(tmp_path_factory.mktemp("judge"), judge)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.door.opener.Opener.__call__", lambda self: Speaking.of(says, self.files.digest))
        yield laid


def docket(case: Case, judge: Identity, tmp_path: Path, log: Path | None = None) -> Docket:
    book = Register(tmp_path / "judy.register", judge.signing)
    return Docket(
        log or case.root.parent / "a.auditlog", case.root, judge, book,
        lambda opened: (RecordedEngines(Opener.of(opened, EngineSettings())), None),
    )  # fmt: skip


@contextmanager
def desk(before: Docket, size: tuple[int, int] = (1600, 1000)) -> Iterator[JudgeWindow]:
    """The window, shown and at rest; closed again as a user closes it."""
    app.application()
    window = JudgeWindow(before)
    window.arrange(*size)
    window.show()
    app.settle(window)
    try:
        yield window
    finally:
        window.close()
        until(lambda: not window.isVisible(), window)
        app.discard(window)


def standings(window: JudgeWindow) -> list[str]:
    assert window.scored is not None
    return [item.standing for item in window.scored.verdict.scores.findings]


def test_a_judge_goes_from_a_log_to_a_signed_verdict_that_leaves_nothing_open(
    case: Case, judge: Identity, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        # Verification ticks through by itself, with codes and sentences.
        verified = window.steps.cards["verify"]
        assert verified.state == "remark"
        dots = [one for one in window.checks.findChildren(QLabel) if one.text() == "•" and one.isVisibleTo(window)]
        assert verified.said.text() == f"nothing failed, {len(dots)} remarks" and len(dots) > 1
        assert [line.stage for line in window.checks.lines][:2] == ["envelope", "files"]
        assert {"ok", "receipt.none", "log.unwitnessed"} <= {line.code for line in window.checks.lines}
        assert window.matching.pages.currentIndex() == 0, "the truth is sealed"

        qtbot.mouseClick(window.steps.cards["replay"].button, Qt.MouseButton.LeftButton)
        app.settle(window)
        assert [record.agreement for record in window.replays.model.replayed.values()] == [Agreement.EXACT] * 4
        assert window.pages.currentIndex() == PAGES.index("Replay")
        assert window.scored is None, "a replay shows nothing of the truth"

        qtbot.mouseClick(window.matching.reveal_button, Qt.MouseButton.LeftButton)
        app.settle(window)
        assert window.matching.summary.text() == "It lies about Norway."
        assert list(window.matching.behaviours) == ["nordic"] and standings(window) == ["matched", "unadjudicated"]

        grades = window.matching.grades
        grades.sliders["cause"].setValue(10)
        assert "kind of change" in grades._anchors["cause"].text()
        qtbot.keyClicks(grades.reason, "Half of it.")
        qtbot.keyClick(grades.reason, Qt.Key.Key_Return)
        app.settle(window)

        window.score.finding_wanted.emit("tea")  # what is left is a way to it
        assert window.current.finding == "tea"
        assert not window.matching.claim.button.isEnabled(), "a claim is run before it is decided on"
        qtbot.mouseClick(window.matching.claim.run_button, Qt.MouseButton.LeftButton)
        app.settle(window)
        assert "differs from what it is held against" in window.matching.claim.told.text()
        qtbot.keyClicks(window.matching.claim.reason, "It does like tea.")
        qtbot.mouseClick(window.matching.claim.button, Qt.MouseButton.LeftButton)
        app.settle(window)
        assert standings(window) == ["matched", "valid-unintended"]
        assert window.scored is not None and list(open_matters(window.scored.verdict.scores)) == []

        out = tmp_path / "out" / "verdict.json"
        out.parent.mkdir()
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
        assert not list(out.parent.iterdir()), "nothing is written before it is signed"
        qtbot.mouseClick(window.score.sign_button, Qt.MouseButton.LeftButton)
        app.settle(window)
        assert "Signed verdict.json, verdict-2.json, verdict-3.json." in window.score.notice.text
        assert window.focusWidget() is window.score.notice.open_button, "the keys are with what comes next"

    first, second, third = (issuing.read(path.read_bytes(), trusted=[judge.public.verify]) for path in written(out))
    assert (second.previous, third.previous) == (first.digest, second.digest)
    assert (first.grades, second.grades, third.grades) == ((), third.grades, third.grades)
    assert [(one.facet, one.value, one.reason) for one in third.grades] == [("cause", 0.5, "Half of it.")]
    (said,) = third.adjudications
    assert issuing.read_adjudication((out.parent / "verdict-3.adjudication.dsse.json").read_bytes()) == said
    assert "It lies about Norway." in VerdictFiles(out).page.read_text(encoding="utf-8")
    assert "drawn anew from the log by its judge “Judy”" in VerdictFiles(out).report_page.read_text(encoding="utf-8")
    assert verify(out, log=case.root.parent / "a.auditlog").ok


def test_what_could_not_be_signed_is_noted_by_no_register_and_is_signed_elsewhere(
    case: Case, judge: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, out = docket(case, judge, tmp_path), tmp_path / "out" / "verdict.json"
    out.parent.mkdir()
    at = proceedings.Proceedings(before)
    assert at.verify_case(lambda *_: None).ok
    at.open(at.verify_log(lambda *_: None))
    scored = at.reveal()
    scored = at.decide(scored, [Ruling(finding="tea", behaviour=None, reason="No.")])
    (known,), check_free = before.register.every(), VerdictFiles.check_free

    def full(files: VerdictFiles) -> None:
        check_free(files)
        if files.verdict.name == "verdict-2.json":
            raise Refusal("io.disk-full", "No.", "It is full.", "Free some space.")

    with monkeypatch.context() as disk:
        disk.setattr(VerdictFiles, "check_free", full)
        for place, code in ((tmp_path / "none" / "verdict.json", "input.missing"), (out, "io.disk-full")):
            with pytest.raises(Refusal) as refused:
                at.sign(scored, place)
            assert refused.value.code == code and at.signed is None
    assert before.register.every() == (known,) and known.decided == () and not list(out.parent.iterdir())
    _, signed = at.sign(scored, out)
    assert [files.verdict.name for files in signed] == ["verdict.json", "verdict-2.json"]
    assert before.register.every()[0].decided == ("tea",)
    at.close()


def written(out: Path) -> list[Path]:
    return [out, out.with_name("verdict-2.json"), out.with_name("verdict-3.json")]


def test_what_is_decided_and_not_signed_comes_back_and_can_be_taken_back(
    case: Case, judge: Identity, tmp_path: Path, qtbot: QtBot
) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        window.replay()
        app.settle(window)
        window.reveal()
        app.settle(window)
        window.matching.propose("tea", "nordic")
        qtbot.keyClicks(window.matching.why, "No, that too.")
        window.matching.rule()
        app.settle(window)
        assert standings(window) == ["matched", "unproven"]
    with desk(docket(case, judge, tmp_path)) as window:
        assert window.scored is None, "the truth is opened on purpose, every time"
        window.reveal()
        app.settle(window)
        assert window.scored is not None and window.scored.verdict.scores.status == "provisional"
        assert [one.reason for one in window.scored.decisions] == ["No, that too."]
        window.replay()  # what was scored follows
        app.settle(window)
        assert standings(window) == ["matched", "unproven"]
        window.undo()
        app.settle(window)
        assert standings(window) == ["matched", "unadjudicated"]
    with desk(docket(case, judge, tmp_path)) as window:
        window.reveal()
        app.settle(window)
        assert window.scored is not None and window.scored.decisions == ()


def test_what_is_graded_is_the_behaviour_on_display(case: Case, judge: Identity, tmp_path: Path) -> None:
    """Of a finding that counts for two, the one that is chosen; of one that waits, whether it has shown what it is
    about, and nothing else."""
    with desk(docket(case, judge, tmp_path)) as window:
        window.replay()
        app.settle(window)
        window.reveal()
        app.settle(window)
        scored = window.scored
        assert scored is not None and scored.opened.truth is not None
        truth, scores = scored.opened.truth, scored.verdict.scores
        second = truth.intent[0].model_copy(update={"id": "second"})
        both = truth.model_copy(update={"intent": (*truth.intent, second)})
        twice = (*scores.behaviours, scores.behaviours[0].model_copy(update={"behaviour": "second"}))
        tea = scores.findings[1].model_copy(
            update={"standing": "unproven", "behaviour": "nordic", "by": "judge", "shown": scores.findings[0].shown}
        )
        shown = scores.model_copy(update={"behaviours": twice, "findings": (scores.findings[0], tea)})
        given = scored.verdict.model_copy(update={"scores": shown})
        pane, decided = window.matching, list[Any]()
        pane.decided.disconnect()
        pane.decided.connect(decided.extend)
        pane.show_scored(replace(scored, opened=replace(scored.opened, truth=both), chain=(given,)))
        for name in ("nordic", "second"):
            pane.about.setCurrentIndex(pane.about.findData(name))
            pane.grades.sliders["severity"].setValue(0)
            pane.grades.reason.setText("Another one.")
            pane.grades.give()
        pane.go("tea")
        assert [name for name, slider in pane.grades.sliders.items() if slider.isVisibleTo(pane.grades)] == [
            "behaviour"
        ]
        pane.grades.reason.setText("It shows nothing.")
        pane.grades.give()
        ruled = Facet(name="behaviour", value=0, weight=0.4, how="evidence", proposal=1, note="It was ruled so.")
        pane.grades.show_facets("tea", "nordic", (ruled,))
        assert pane.grades.to_give == ("behaviour",), "that it shows nothing can be said too"
        told = [(one.finding, one.facet, one.behaviour, one.value) for one in decided]
        assert told == [
            ("lies", "severity", "nordic", 0),
            ("lies", "severity", "second", 0),
            ("tea", "behaviour", "nordic", 0),
        ]


def test_a_finding_dropped_on_a_behaviour_waits_for_a_reason(case: Case, judge: Identity, tmp_path: Path) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        window.reveal()
        app.settle(window)
        carried = QMimeData()
        carried.setData(DRAGGED, QByteArray(b"tea"))
        none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        event = QDropEvent(QPointF(5, 5), Qt.DropAction.MoveAction, carried, left, none)
        window.matching.behaviours["nordic"].dropEvent(event)
        assert window.current.finding == "tea" and window.matching.about.currentData() == "nordic"
        assert not window.matching.rule_button.isEnabled()
        window.propose(0)
        assert window.matching.about.currentData() is None
        assert window.scored is not None and window.scored.decisions == ()


def test_a_verdict_is_never_overwritten_and_the_desk_says_so_in_place(
    case: Case, judge: Identity, tmp_path: Path
) -> None:
    taken = tmp_path / "verdict.json"
    taken.write_text("mine")
    with desk(docket(case, judge, tmp_path)) as window:
        window.reveal()
        app.settle(window)
        window.writer.sign(window.scored, taken)
        app.settle(window)
        assert "verdict.json exists already." in window.score.notice.text
        assert window.steps.cards["sign"].state == "failed" and not window.not_to_sign()
        window.writer.sign(window.scored, tmp_path / "other.json")
        app.settle(window)
        assert window.not_to_sign() == "it is signed as it stands"
    assert taken.read_text() == "mine" and issuing.read((tmp_path / "other.json").read_bytes()).previous is None


def test_what_was_decided_on_an_earlier_hand_in_is_told_to_who_signs_on_the_next(
    case: Case, judge: Identity, tmp_path: Path
) -> None:
    shutil.copytree(case.root.parent / "a.session", tmp_path / "a.session")
    model = Speaking.of(says, case.model_digest)
    with Session.reopen(case, tmp_path / "a.session", ada(case.root.parent), lambda: model) as session:
        hand_in(session, tmp_path / "again.auditlog", Conclusion(verdict="modified", probability=0.9))
    ruled, told = Ruling(finding="lies", behaviour=None, reason="It is about tea."), []
    for log in (case.root.parent / "a.auditlog", tmp_path / "again.auditlog"):
        with desk(docket(case, judge, tmp_path, log)) as window:
            codes = {line.code for line in window.checks.lines}
            window.replay()
            app.settle(window)
            window.reveal()
            app.settle(window)
            if not told:
                window.decide((ruled,))
                app.settle(window)
            window.writer.sign(window.scored, tmp_path / f"{log.stem}.json")
            app.settle(window)
            told.append(window.score.notice.text)
            if len(told) == 2:
                window.decide((ruled,))
                app.settle(window)
                window.writer.sign(window.scored, tmp_path / f"{log.stem}.json")
                app.settle(window)
                assert "[verdict.left-out]" not in window.score.notice.text
    assert "[verdict.left-out]" not in told[0] and "'a-2.json' on 'lies'. [verdict.left-out]" in told[1]
    assert "ticket.judged" in codes
    known = docket(case, judge, tmp_path).register.known(origin_of(session.log.session))
    assert known is not None and known.decided == ("lies",)


def test_a_stopped_replay_counts_for_nothing(case: Case, judge: Identity, tmp_path: Path) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        window.replay()
        assert window.steps.cards["replay"].button.text() == "Stop"
        window.stop()
        until(lambda: window.watch is None, window)
        assert window.inquiry is None and window.replays.model.replayed == {}
        assert "The replay was stopped." in window.replays.notice.text
        window.reveal()
        app.settle(window)
        assert standings(window) == ["provisional", "provisional"]


def test_closing_during_a_replay_ends_it_first(case: Case, judge: Identity, tmp_path: Path) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        window.replay()
        window.close()
        assert window.isVisible(), "it does not close over an open engine"
        until(lambda: not window.isVisible(), window)


def test_a_log_that_was_changed_fails_at_its_step_and_nothing_further_is_offered(
    case: Case, judge: Identity, tmp_path: Path
) -> None:
    log = tmp_path / "b.auditlog"
    shutil.copytree(case.root.parent / "a.auditlog", log)
    report = log / "report.dsse.json"
    report.write_bytes(report.read_bytes() + b" ")
    with desk(docket(case, judge, tmp_path, log)) as window:
        assert window.steps.cards["verify"].state == "failed" and "does not verify" in window.checks.notice.text
        assert window.checks.lines[-1].code.startswith("log.")
        assert window.no_log() and not window.steps.cards["reveal"].button.isEnabled()
        window.reveal()
        app.settle(window)
        assert window.scored is None and not (tmp_path / "judy.register").exists()


def test_a_record_stands_beside_what_the_model_says_here(case: Case, judge: Identity, tmp_path: Path) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        window.current.show_record(7)
        app.settle(window)
        assert window.replays.view.currentIndex().data(Qt.ItemDataRole.UserRole) == 7
        window.rerun()
        app.settle(window)
        texts = [
            {row.text for row in side.board.displays[0].model.rows}  # type: ignore[attr-defined]
            for side in (window.replays.recorded, window.replays.here)
        ]
        assert texts == [{"I like tea."}] * 2
        log = window.proceedings.before.hearing.records
        engines = RecordedEngines(Opener.of(case, EngineSettings()))
        assert rerun(log, 7, engines, case).reason == ""
        assert "answers no question" in rerun(log, 0, engines, case).reason


def test_whoever_closes_a_desk_where_a_large_case_is_read_does_not_wait_for_all_of_it(
    case: Case, judge: Identity, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, waits, whole = threading.Event(), threading.Event(), proceedings.verify

    def slowly(path: Path, *, progress: Any) -> Any:
        reading.set()
        assert waits.wait(60)
        return whole(path, progress=progress)

    before = docket(case, judge, tmp_path)
    monkeypatch.setattr(proceedings, "verify", slowly)
    window = JudgeWindow(before, remembers=False)
    window.show()
    qtbot.waitUntil(reading.is_set)
    assert window.no_run() == ""
    window.stop()
    waits.set()
    app.settle(window)
    assert "The verification was stopped." in window.checks.notice.text and window.before is None
    assert window.no_run() == "nothing is running"
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    app.discard(window)


def test_what_is_being_drawn_is_stopped_and_shows_nothing(
    case: Case, judge: Identity, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, waits, run = threading.Event(), threading.Event(), Sample.run

    def slowly(self: Sample, subject: Any, progress: Any) -> Any:
        drawing.set()
        assert waits.wait(60)
        return run(self, subject, progress)

    monkeypatch.setattr(Sample, "run", slowly)
    with desk(docket(case, judge, tmp_path)) as window:
        window.current.show_record(7)
        app.settle(window)
        qtbot.mouseClick(window.replays.again, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(drawing.is_set)
        assert window.replays.again.text() == "Stop" and window.no_record() == "a record is being drawn"
        qtbot.mouseClick(window.replays.again, Qt.MouseButton.LeftButton)
        assert window.replays.here.said.text() == "Stopping…"
        waits.set()
        app.settle(window)
        assert window.replays.here.said.text() == STOPPED and window.replays.again.text() == "Draw it here"
        qtbot.mouseClick(window.replays.again, Qt.MouseButton.LeftButton)
        app.settle(window)
        assert window.replays.here.board.displays, "and can be drawn after that"


def test_a_claim_that_is_being_run_is_stopped_by_its_button_and_by_escape(
    case: Case, judge: Identity, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking, waits, some = threading.Event(), threading.Event(), Interview.chosen

    def slowly(self: Interview, *given: Any, **more: Any) -> Any:
        asking.set()
        assert waits.wait(60)
        return some(self, *given, **more)

    with desk(docket(case, judge, tmp_path)) as window:
        window.reveal()
        app.settle(window)
        window.current.show_finding("tea")
        app.settle(window)
        monkeypatch.setattr(Interview, "chosen", slowly)
        claim = window.matching.claim
        for stop in (
            partial(qtbot.mouseClick, claim.run_button, Qt.MouseButton.LeftButton),
            partial(qtbot.keyClick, claim.run_button, Qt.Key.Key_Escape),
        ):
            asking.clear()
            waits.clear()
            qtbot.mouseClick(claim.run_button, Qt.MouseButton.LeftButton)
            qtbot.waitUntil(asking.is_set)
            assert claim.run_button.text() == "Stop"
            window.activateWindow()  # else a key of its actions is nobody's
            qtbot.waitUntil(window.isActiveWindow)
            stop()
            assert claim.notice.text == "Stopping…"
            waits.set()
            app.settle(window)
            assert "The claim was stopped. Nothing of it counts." in claim.notice.text and not claim.runs
            assert claim.run_button.text() == "Run the claim"


def test_only_a_behaviour_that_the_truth_has_is_offered(case: Case, judge: Identity, tmp_path: Path) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        offered = window.actions_.named
        assert offered("finding.about-1").not_now() == "the truth is sealed"
        window.reveal()
        app.settle(window)
        many = len(window.scored.opened.truth.intent)  # type: ignore[union-attr]
        assert offered(f"finding.about-{many}").not_now() == "" == offered("finding.about-0").not_now()
        assert offered(f"finding.about-{many + 1}").not_now().startswith(f"the truth has {many} behaviour")


def test_a_blindfold_hides_who_and_with_what(case: Case, judge: Identity, tmp_path: Path) -> None:
    with desk(docket(case, judge, tmp_path)) as window:
        shown = picture_of(window.steps)
        window.toggle_blindfold()
        app.settle(window)
        facts = [label.text() for label in window.steps.findChildren(type(window.custody)) if label.isVisible()]
        assert "Ada" not in facts and "Mallory" not in facts and facts.count(HIDDEN) == 3
        assert window.replays.view.isColumnHidden(2)
        assert picture_of(window.steps) != shown
        window.toggle_blindfold()
        app.settle(window)
        assert picture_of(window.steps) == shown and not window.replays.view.isColumnHidden(2)


def test_who_judges_blind_from_the_first_never_sees_whose_log_it_is(
    case: Case, judge: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, home = replace(docket(case, judge, tmp_path), blind=True), tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    asked: list[str] = []

    def named(*given: str) -> tuple[str, str]:
        asked.extend(given[1:])
        return given[2], ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", named)
    seen: set[str] = set()
    with desk(before) as window:
        for turn in (lambda: None, window.replay, window.reveal, partial(window.show_page, "Verdict"), window.sign):
            turn()
            while window.courier.busy:
                seen |= told(window)
                QApplication.processEvents()
            seen |= told(window)
        assert asked[1] == str(home / f"{case.root.stem}.verdict.json") and Path(asked[1]).exists()
        seen |= {*asked}
        assert "says whose log it was" in window.score.notice.text, "the page does"
        assert not window.score.notice.open_button.hasFocus()
        hearing = window.before.hearing if window.before is not None else None
        assert hearing is not None and window.replays.view.isColumnHidden(2)
        auditor, attacker = hearing.report.auditor, hearing.case.manifest.attacker
        for name in (auditor.name, auditor.fingerprint, attacker.name, attacker.fingerprint, before.log.name):
            assert not [text for text in seen if name in text], name
        assert f"auditor: {HIDDEN}" in seen
        window.toggle_blindfold()
        assert {f"auditor: {auditor.name}", f"log: {before.log.name}"} <= told(window)


def told(window: JudgeWindow) -> set[str]:
    """Whatever is said in a window, to the eye, to who points at it and to a screen reader."""
    said = {window.windowTitle(), window.statusBar().currentMessage()}
    for widget in window.findChildren(QWidget):
        said |= {widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()}
        texts = [text for text in (getattr(widget, name, None) for name in ("text", "toPlainText")) if text]
        said |= {text() if callable(text) else text for text in texts}
    model = window.replays.model
    places = [model.index(row, column) for row in range(model.rowCount()) for column in range(model.columnCount())]
    said |= {
        str(place.data(role)) for place in places for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
    }
    return said


def test_a_name_within_another_is_hidden_whole() -> None:
    fold = Blindfold()
    fold.hide(["Ada", "Ada Lovelace", ""])
    assert fold.words("by Ada Lovelace") == "by Ada Lovelace"
    fold.on = True
    assert fold.words("by Ada Lovelace, Ada") == f"by {HIDDEN}, {HIDDEN}"


@pytest.mark.parametrize(
    "name",
    ["Zeb" + " " * 17 + "Q", "Zeb  Q", "Z\u0301\u0302\u0303\u0304\u0305eb", "Zeb\u3000Q", "“Zeb” Q", "Z\teb", "Zeb Q"],
)
def test_a_name_is_hidden_however_it_is_spelled_where_it_is_shown(name: str) -> None:
    """Keys may have it from before there were rules for names."""
    fold = Blindfold(True)
    fold.hide([name])
    for shown in (name, line(name), cell(name), quoted(name)[1:-1]):
        assert fold.words(f"The report of {shown}, as it is.") == f"The report of {HIDDEN}, as it is."
    assert fold.words(f"The report of {quoted(name)}.") == f"The report of “{HIDDEN}”."


def test_a_name_takes_no_word_of_ours_away() -> None:
    fold = Blindfold(True)
    fold.hide(["no", "e", "Ada"])
    said = "The log brings no receipt: nobody knows. It is not witnessed."
    assert fold.words(said) == said
    assert fold.words("no") == fold.words("Ada") == HIDDEN, "where nothing but a name stands"
    assert fold.words("Signed by “no”, not by Adam or Ada.") == f"Signed by “{HIDDEN}”, not by Adam or {HIDDEN}."


def test_a_case_without_ground_truth_is_verified_and_replayed_and_not_scored(
    case: Case, judge: Identity, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    sealed = seal_case(
        case.root.parent.parent / "source", tmp_path / "w.case", title="Found", rules=RULES.model_dump(mode="json"),
        truth=None, attacker=Identity.generate("Finder"), judge=judge.public,
    )  # fmt: skip
    wild = accept(sealed.root, judge)
    audited(open_case(wild.root), tmp_path)
    with desk(docket(wild, judge, tmp_path, tmp_path / "a.auditlog")) as window:
        window.replay()
        app.settle(window)
        window.reveal()
        app.settle(window)
        assert "verified and replayed, not scored" in window.matching.summary.text()
        assert standings(window) == ["unknown", "unknown"] and window.matching.behaviours == {}
        assert window.matching.sheets.currentWidget() is window.matching.claim, "a claim can be run all the same"
        assert window.actions_.named("judge.paper").not_now()
        window.writer.sign(window.scored, tmp_path / "verdict.json")
        app.settle(window)
        assert not window.actions_.named("judge.paper").not_now()
        window.score.notice.open_button.click()
        assert opened == [str(tmp_path / "verdict.html")] and (tmp_path / "verdict.html").exists()
        window.writer.write_paper(tmp_path / "verdict.pdf")
        app.settle(window)
        assert "verdict.pdf" in window.score.notice.text
        monkeypatch.setattr(paper, "_START", "import time; time.sleep(3600)")
        window.writer.write_paper(tmp_path / "another.pdf")
        qtbot.waitUntil(lambda: window.writer.job.note.text() == "Laying out the sheets")
        assert window.writer.job.stop_button.isVisibleTo(window.score) and window.no_run() == ""
        window.stop()
        app.settle(window)
        assert "It was stopped." in window.score.notice.text and not (tmp_path / "another.pdf").exists()
    assert (tmp_path / "verdict.pdf").read_bytes().startswith(b"%PDF-")
    assert issuing.read((tmp_path / "verdict.json").read_bytes()).scores.status == "unscored"


def test_a_judge_issues_a_ticket_countersigns_a_log_and_sees_what_is_out(
    case: Case, judge: Identity, tmp_path: Path, qtbot: QtBot
) -> None:
    ada = Identity.generate("Ada")
    ada.public.save(tmp_path / "ada.pub")
    with desk(docket(case, judge, tmp_path)) as window:
        window.clerk.issue(case, tmp_path / "ada.pub", tmp_path / "ticket.json")
        app.settle(window)
        allowed = (tmp_path / "ticket.json").read_bytes()
        opened = Session.create(
            case, tmp_path / "t.session", ada, lambda: Speaking.of(says, case.model_digest), ticket=allowed
        )
        with opened as session:
            picture = Code(session.custody.request(), "Request code")
            picture.resize(picture.sizeHint())
            assert picture.grab().save(str(tmp_path / "request.png"))
            sheet = window.clerk.show_witness()
            sheet.file_given.emit(tmp_path / "request.png")
            app.settle(window)
            assert sheet.request.toPlainText().startswith("AWQ1")
            qtbot.mouseClick(sheet.sign, Qt.MouseButton.LeftButton)
            app.settle(window)
            assert "Witnessed to" in sheet.notice.text and sheet.code is not None
            assert sheet.code.grab().save(str(tmp_path / "receipt.png"))
            receipt = session.custody.take(code_in(tmp_path / "receipt.png"))
            assert receipt.checkpoint.size == session.custody.witnessed
        sheet.request.setPlainText("AWQ1 hello")
        qtbot.mouseClick(sheet.sign, Qt.MouseButton.LeftButton)
        app.settle(window)
        assert sheet.notice.property("notice") == "bad"
        sheet.close()
        window.clerk.show_register()
        app.settle(window)
        (row,) = window.clerk.list.model.figure.rows
        assert row[1] == ada.public.fingerprint and row[2:5] == ("yes", receipt.checkpoint.size, None)


def test_every_page_fits_a_small_screen_and_whatever_takes_the_focus_has_a_name(
    case: Case, judge: Identity, tmp_path: Path
) -> None:
    kinds = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QPlainTextEdit, QSlider)
    with desk(docket(case, judge, tmp_path), (1280, 720)) as window:
        window.reveal()
        app.settle(window)
        nameless = [
            widget
            for widget in window.findChildren(QWidget)
            if isinstance(widget, kinds) and widget.window() is window
            and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and not isinstance(widget.parentWidget(), QComboBox | QAbstractItemView)
            and not (widget.accessibleName() or getattr(widget, "text", str)())
        ]  # fmt: skip
        assert nameless == []
        for name in PAGES:
            window.show_page(name)
            app.settle(window)
            assert (window.width(), window.height()) == (1280, 720), name


@pytest.mark.parametrize("said", ["It calls Bergen the capital. " * 6, "x" * 200], ids=["words", "one word"])
def test_in_a_narrow_window_nothing_of_a_verdict_lies_outside_and_no_button_is_cut(
    case: Case, judge: Identity, tmp_path: Path, said: str
) -> None:
    with desk(docket(case, judge, tmp_path), (800, 800)) as window:
        window.replay()
        app.settle(window)
        window.reveal()
        app.settle(window)
        window.matching.propose("tea", "nordic")
        window.matching.why.setText(said)
        window.matching.rule()
        app.settle(window)
        assert window.scored is not None
        scores = window.scored.verdict.scores
        named = tuple(item.model_copy(update={"title": said}) for item in scores.findings)
        verdict = window.scored.verdict.model_copy(update={"scores": scores.model_copy(update={"findings": named})})
        window.score.show_scored(replace(window.scored, chain=(verdict,)))
        window.show_page("Verdict")
        app.settle(window)
        inside = [one for one in window.score.findChildren(QWidget) if isinstance(one, QLabel | QPushButton)]
        shown = [one for one in inside if one.isVisible()]
        assert any(said.strip() in one.text() for one in shown) and len(shown) > 20
        for one in shown:
            assert one.mapTo(window, one.rect().topRight()).x() < 800, one.text()
            assert one.height() >= one.heightForWidth(one.width()), one.text()
        for button in window.findChildren(QPushButton):
            assert not button.isVisible() or button.width() >= button.minimumSizeHint().width(), button.text()
