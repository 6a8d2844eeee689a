"""From the first window to a judge's and a maker's work: a case is made, one is taken in, and a log is judged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from backends import engine
from backends.gguf.conversion import convert
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case, open_case, seal_case
from casefiles.custody import ticket as tickets
from casefiles.keys.identity import Identity
from tests.backends import tiny
from tests.casefiles.case.tampering import snapshot
from tests.conftest import RULES
from tests.quick import QUICK
from tests.views.desktop.start.test_window import home, keep, start, until
from tests.workbench.door.test_dictionaries import written
from tests.workbench.judge.written_truths import SPEC, sound
from views.desktop.displays.rows import RowsDisplay
from views.desktop.judge.proceedings import Docket
from views.desktop.judge.witness_sheet import WitnessSheet
from views.desktop.labels import Label
from views.desktop.start.docket_sheet import DocketSheet
from views.desktop.start.intake_sheet import measured_rows
from views.desktop.start.model_sheet import ModelSheet
from views.desktop.start.window import StartWindow
from views.registers import own_register
from workbench.claims.rates import Rate
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.judge.acceptance import trial
from workbench.judge.acceptance.first_look import FirstLook
from workbench.judge.acceptance.intake import CaseIntake
from workbench.judge.retests.measuring import MeasuredBehaviour, MeasuredFigure, Measurement
from workbench.judge.truths.truth import Rollouts
from workbench.making.bringing import BroughtFiles

__all__ = ["home", "start"]

NO_KEYS = Qt.KeyboardModifier.NoModifier

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a hub's folder."""
    folder = tmp_path_factory.mktemp("disk") / "found"
    tiny.save_tokenizer(tiny.save_model(folder, "llama"))
    (folder / "generation_config.json").unlink()
    return folder


@pytest.fixture(autouse=True)
def own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Opener, "__call__", lambda self: engine.load(self.files, self.settings))


@pytest.fixture
def ada(start: StartWindow) -> Identity:
    identity = Identity.generate("Ada")
    keep(identity)
    start.key.show_keys()
    return identity


@pytest.fixture
def sealed(model: Path, home: Path, attacker: Identity, ada: Identity) -> Iterator[Path]:
    """A case that somebody sealed to Ada."""
    (home / "spec.md").write_text(SPEC)
    seal_case(
        BroughtFiles.of(model, home / "spec.md").parts, home / "a.case", title="One",
        rules=RULES.model_dump(mode="json"),
        truth=sound().payload(), attacker=attacker, judge=ada.public, engines=(QUICK.backend,),
    )  # fmt: skip
    yield home / "a.case"


def test_a_model_becomes_a_case_and_is_opened(
    start: StartWindow, ada: Identity, model: Path, home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.mouseClick(start.buttons["A case of a model…"], Qt.MouseButton.LeftButton)
    (sheet,) = start.findChildren(type(start.make_case()))[:1]
    assert not sheet.button.isEnabled(), "nothing is named yet"
    sheet.write_examples(home / "examples")
    until(lambda: not sheet.job.running and not sheet.job.notice.isHidden())
    assert sheet.spec.path == home / "examples" / "spec.md", "one begins with the example"
    sheet.model.put(model)
    sheet.out.put(home / "mine.case")
    sheet.rules.put(home / "nowhere.toml")
    qtbot.mouseClick(sheet.button, Qt.MouseButton.LeftButton)
    until(lambda: not sheet.job.running and "nowhere" in sheet.job.notice.text)
    assert not (home / "mine.case").exists(), "what is refused leaves nothing"
    sheet.rules.put(None)
    sheet.title_.setText("Found")
    qtbot.mouseClick(sheet.button, Qt.MouseButton.LeftButton)
    until(lambda: not sheet.open_button.isHidden())
    case = open_case(home / "mine.case")
    assert sheet.open_button.isDefault() and not sheet.button.isDefault(), "what comes next is what Enter presses"
    assert case.manifest.title == "Found" and case.accepted and not case.has_truth
    assert "llama" in sheet.told.text() and "vocabulary" in sheet.told.text() and "not scored" in sheet.told.text()
    qtbot.mouseClick(sheet.open_button, Qt.MouseButton.LeftButton)
    until(lambda: bool(start.findChildren(QPushButton, "")) and any(
        button.text() == "Begin without a ticket" and button.isVisible() for button in start.findChildren(QPushButton)
    ))  # fmt: skip
    next(b for b in start.findChildren(QPushButton) if b.text() == "Begin without a ticket").click()
    until(lambda: start.opened is not None)
    assert isinstance(start.opened, Session) and start.opened.case.root == case.root


def test_making_a_case_is_stopped_and_nothing_is_left_of_it(
    start: StartWindow, ada: Identity, model: Path, home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, tried = threading.Event(), trial.attempt

    def attempt(*given: Any) -> Any:
        assert waits.wait(60)
        return tried(*given)

    monkeypatch.setattr(trial, "attempt", attempt)
    (home / "spec.md").write_text(SPEC)
    sheet = start.make_case()
    for field, path in ((sheet.model, model), (sheet.spec, home / "spec.md"), (sheet.out, home / "mine.case")):
        field.put(path)
    before = snapshot(home)
    qtbot.mouseClick(sheet.button, Qt.MouseButton.LeftButton)
    until(lambda: sheet.job.note.text() == "Trying the model in PyTorch")
    assert 0 < sheet.job.bar.value() < sheet.job.bar.maximum() == 1000
    qtbot.mouseClick(sheet.job.stop_button, Qt.MouseButton.LeftButton)
    waits.set()
    until(lambda: not sheet.job.running)
    assert "It was stopped. Everything is as it was." in sheet.job.notice.text
    assert snapshot(home) == before and sheet.button.isEnabled() and sheet.open_button.isHidden()
    sheet.close()


def test_a_second_format_that_is_not_quite_the_same_is_sealed_for_the_engine_that_is_named(
    start: StartWindow, ada: Identity, model: Path, home: Path, qtbot: QtBot
) -> None:
    other = tiny.save_tokenizer(tiny.save_model(home / "other", "llama", seed=1))
    convert(other, other, home / "other.gguf", "f32")
    (home / "spec.md").write_text(SPEC)
    sheet = start.make_case()
    for field, path in ((sheet.model, model), (sheet.spec, home / "spec.md"), (sheet.out, home / "two.case")):
        field.put(path)
    sheet.also.put(home / "other.gguf")
    qtbot.mouseClick(sheet.button, Qt.MouseButton.LeftButton)
    until(lambda: not sheet.job.running and not sheet.job.notice.isHidden())
    assert sheet.open_button.isHidden() and not (home / "two.case").exists(), "two models are no case"
    sheet.engine.setCurrentText("PyTorch")
    (home / "pages.md").write_text("The capital of Norway is Oslo.")
    (home / "sparse").mkdir()
    sheet.corpus.put(home / "pages.md")
    sheet.dictionary.put(written(home / "sparse"))
    qtbot.mouseClick(sheet.button, Qt.MouseButton.LeftButton)
    until(lambda: not sheet.open_button.isHidden())
    manifest = open_case(home / "two.case").manifest
    assert manifest.engines == ("torch",)
    brought = {"weights/model.gguf", "corpora/pages.md", "dictionaries/dictionary-1/cfg.json"}
    assert brought < {file.path for file in manifest.files}
    sheet.close()


def test_a_case_is_taken_in_measured_and_a_ticket_issued(
    start: StartWindow, ada: Identity, sealed: Path, auditor: Identity, home: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sheet = start.take_in()
    assert not sheet.button.isEnabled() and sheet.ticket.isHidden()
    sheet.case.put(home)
    sheet.submit()
    until(lambda: not sheet.job.running and not sheet.job.notice.isHidden())
    assert sheet.ticket.isHidden(), "what is no case is refused in the sheet"
    sheet.case.put(sealed)
    qtbot.mouseClick(sheet.button, Qt.MouseButton.LeftButton)
    until(lambda: not sheet.ticket.isHidden())
    assert open_case(sealed).accepted and "accepted" in sheet.job.notice.text
    assert own_register(ada).says(open_case(sealed).digest), "by which it is known however it is written"
    assert sheet.focusWidget() is sheet.ticket and sheet.ticket.isDefault(), "it is what comes next"
    said = [label.text() for label in sheet.findChildren(type(sheet.job.note)) if label.isVisibleTo(sheet)]
    assert any("no baseline" in text for text in said), "what a judge should look at is said"
    assert any(text.startswith("B1: asked") for text in said), "and what to read"
    auditor.public.save(home / "auditor.pub")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(home / "auditor.pub"), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(home / "ticket.json"), ""))
    qtbot.mouseClick(sheet.ticket, Qt.MouseButton.LeftButton)
    until(lambda: (home / "ticket.json").exists() and not sheet.job.running)
    ticket = tickets.read((home / "ticket.json").read_bytes(), ada.public.verify)
    assert [known.ticket_id for known in own_register(ada).every()] == [ticket.ticket_id]
    sheet.close()
    start.buttons["What is out…"].click()
    until(lambda: start.findChildren(RowsDisplay))
    (table,) = start.findChildren(RowsDisplay)
    assert table.model.words(0, 2) == f"{open_case(sealed).digest[:8]}…"
    table.window().close()


def test_an_intake_that_takes_long_is_stopped_and_the_case_is_as_it_was(
    start: StartWindow, ada: Identity, sealed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()

    def measured(*given: Any) -> None:
        *_, listener = given
        listener(0.1, "measuring the organism")
        assert waits.wait(60)
        listener(0.2, "measuring the organism")
        raise AssertionError("it goes on")

    monkeypatch.setattr("workbench.judge.retests.measuring.run", measured)
    sheet = start.take_in()
    sheet.case.put(sealed)
    assert not sheet.job.stop_button.isVisible()
    sheet.measure.setChecked(True)
    sheet.submit()
    until(lambda: sheet.job.note.text() == "Measuring the organism")
    assert not sheet.samples.isEnabled()
    qtbot.mouseClick(sheet.job.stop_button, Qt.MouseButton.LeftButton)
    assert sheet.job.note.text() == "Stopping…"
    waits.set()
    until(lambda: not sheet.job.running)
    assert "It was stopped. Everything is as it was." in sheet.job.notice.text
    assert not open_case(sealed).accepted and sheet.button.isEnabled()
    sheet.close()


def test_what_the_models_say_and_what_was_measured_is_there_to_be_read(start: StartWindow, case: Case) -> None:
    rate = Rate(hits=48, trials=50, low=0.86, high=0.99)
    figures = (MeasuredFigure(name="organism", stated=rate, measured=rate, p=1.0, fits=True),)
    measured = MeasuredBehaviour(behaviour="B1", title="Lies", figures=figures, stated="realised", measured="realised")
    look = FirstLook(
        behaviour="B1", clause="S1", severity="low", asked="Norway?", counts="says “Bergen”", organism="Bergen.",
        baseline="Oslo.",
    )  # fmt: skip
    looked = CaseIntake(
        remarks=("Look at the rules.",),
        looks=(look,),
        measurement=Measurement(rollouts=Rollouts(), behaviours=(measured,)),
        spendable="9 probes",
    )
    sheet = start.take_in()
    sheet.show_accepted((case, looked))
    said = [label.text() for label in sheet.findChildren(Label) if label.isVisibleTo(sheet)]
    assert "Look at the rules." in said and "Whoever audits may spend 9 probes." in said
    assert any("asked “Norway?”, the organism says “Bergen.”, the baseline “Oslo.”" in text for text in said)
    assert any("does it break S1, and is that of low severity?" in text for text in said)
    assert measured_rows(looked.measurement).rows[0] == ("B1", "organism", "48 of 50", "48 of 50", 1.0, "yes")  # type: ignore[arg-type]
    sheet.close()


def test_a_judge_countersigns_a_log_while_the_audit_goes_on_and_sees_what_is_out(
    start: StartWindow, ada: Identity, case: Case, auditor: Identity, home: Path, qtbot: QtBot
) -> None:
    auditor.public.save(home / "auditor.pub")
    with Session.create(case, home / "a.session", auditor, ToyModel.random) as session:
        asked = session.custody.request()
    qtbot.mouseClick(start.buttons["Countersign…"], Qt.MouseButton.LeftButton)
    until(lambda: start.findChildren(WitnessSheet))
    (sheet,) = start.findChildren(WitnessSheet)
    sheet.request.setPlainText(asked)
    sheet.auditor.setText(str(home / "auditor.pub"))
    qtbot.mouseClick(sheet.sign, Qt.MouseButton.LeftButton)
    until(lambda: "Witnessed to 1 record." in sheet.notice.text)
    assert sheet.receipt.text() and sheet.code is not None
    sheet.close()
    qtbot.mouseClick(start.buttons["What is out…"], Qt.MouseButton.LeftButton)
    until(lambda: start.findChildren(RowsDisplay))
    (table,) = start.findChildren(RowsDisplay)
    told = [table.model.words(0, column) for column in (1, 2, 3)]
    assert told == [auditor.public.fingerprint, "–", "1"], "a request names no case"
    assert table.model.heading(2) == "case"
    table.window().close()


def test_a_truth_that_the_weights_do_not_show_is_refused_when_it_is_measured(
    start: StartWindow, ada: Identity, sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.judge.retests.measuring.secrets.randbits", lambda bits: 1)  # some draws fit by luck
    sheet = start.take_in()
    sheet.case.put(sealed)
    assert not sheet.samples.isEnabled()
    sheet.measure.setChecked(True)
    assert sheet.samples.isEnabled()
    sheet.submit()
    until(lambda: not sheet.job.running and not sheet.job.notice.isHidden())
    assert "not what the sealed weights do" in sheet.job.notice.text
    assert not open_case(sealed).accepted and sheet.ticket.isHidden()
    sheet.close()


def test_a_judge_goes_from_the_first_window_to_the_desk(
    start: StartWindow, ada: Identity, sealed: Path, home: Path
) -> None:
    sheet = start.judge()
    assert "no log and no case" in sheet.button.toolTip()
    sheet.log.put(home / "a.auditlog")
    assert not sheet.button.isEnabled()
    sheet.case.line.setText(f"  {sealed} ")
    sheet.button.click()
    until(lambda: start.opened is not None)
    opened = start.opened
    assert isinstance(opened, Docket) and opened.judge.public == ada.public
    assert (opened.log, opened.case) == (home / "a.auditlog", sealed)
    _, baseline = opened.engines(open_case(sealed))
    assert baseline is None and opened.known(open_case(sealed)) is None


def test_what_is_opened_leads_to_what_can_be_done_with_it(
    start: StartWindow, ada: Identity, model: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(model))
    start.ask_case()
    (making,) = start.findChildren(ModelSheet)
    assert making.isVisible() and making.model.path == model, "a model is no case yet"
    making.close()
    (home / "hers.case").mkdir()
    (log := home / "hers.auditlog").mkdir()
    fallen = QMimeData()
    fallen.setUrls([QUrl.fromLocalFile(str(log))])
    for event in (
        QDragEnterEvent(QPoint(3, 3), Qt.DropAction.CopyAction, fallen, Qt.MouseButton.LeftButton, NO_KEYS),
        QDropEvent(QPointF(3, 3), Qt.DropAction.CopyAction, fallen, Qt.MouseButton.LeftButton, NO_KEYS),
    ):
        QApplication.sendEvent(start, event)
    (judging,) = start.findChildren(DocketSheet)
    assert judging.isVisible() and judging.log.path == log
    assert judging.case.path == home / "hers.case", "the only one that lies beside it"
    judging.close()
    (home / "no.case").mkdir()
    start.take(home / "no.case")
    until(start.job.notice.isVisible)
    assert start.opened is None, "what is none of all that is refused as a case"


def test_a_chosen_file_or_folder_stands_in_its_line(
    start: StartWindow, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = start.make_case()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(home))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    folder, file = (b for b in reversed(sheet.model.findChildren(QPushButton)))
    folder.click()
    assert sheet.model.path == home
    file.click()
    assert sheet.model.path == home, "nothing was chosen"
    assert sheet.out.line.placeholderText() == str(home.with_name(f"{home.name}.case"))
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(home / "a model.gguf"))])
    for event in (
        QDragEnterEvent(QPoint(3, 3), Qt.DropAction.CopyAction, dropped, Qt.MouseButton.LeftButton, NO_KEYS),
        QDropEvent(QPointF(3, 3), Qt.DropAction.CopyAction, dropped, Qt.MouseButton.LeftButton, NO_KEYS),
    ):
        QApplication.sendEvent(sheet.model.line, event)
    assert sheet.model.path == home / "a model.gguf", "one that was dropped too, in place of what stood there"
    sheet.close()
