"""What was written in a window, and how it stood, is there again when it is opened again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from casefiles.status import Refusal
from tests.views.auditor_desk import ASK, desk, until
from views.desktop import app, theme
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.displays import Pick
from views.desktop.memory import (
    Manner,
    Recent,
    Unfinished,
    WrittenFinding,
    keep_manner,
    keep_unfinished,
    manner,
    recent,
    unfinished,
)
from workbench import places
from workbench.claims.finding import Citation, Finding
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.door.session import Session
from workbench.report.report import Conclusion

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """pytest-qt's application, which the window then dresses."""


def test_a_half_written_finding_and_the_verdict_outlive_the_window(session: Session, qtbot: QtBot) -> None:
    seq = session.run(ASK).entry.seq
    with desk(session) as window:
        editor = window.findings.editor
        window.findings.new_finding()
        qtbot.keyClicks(editor.title, "It lies")
        editor.scope.setPlainText("Norway\nSweden")
        editor.cite(seq, Pick(samples=(1, 3)))
        editor._rows[0].any_of.setPlainText("Bergen")
        window.findings.verdict.setCurrentText("modified")
        window.findings.probability.setValue(0.83)
        window.findings.summary.setPlainText("Two answers were odd.")
        window.actions_.do(window.actions_.named("case.close"))
    with desk(session) as window:
        editor = window.findings.editor
        assert window.findings.editing and editor.title.text() == "It lies"
        assert editor.scope.toPlainText() == "Norway\nSweden"
        cited = editor.written().citations
        assert cited == (Citation(seq=seq, shows=Match(any_of=("Bergen",)), samples=(1, 3)),)
        until(lambda: "answers in this record" in editor._rows[0].held.text(), window)
        conclusion = Conclusion(verdict="modified", probability=0.83, summary="Two answers were odd.")
        assert window.findings.conclusion() == conclusion
        window.findings.editor.cancelled.emit()
    with desk(session) as window:
        assert not window.findings.editing, "what was discarded does not come back"


def test_it_is_kept_when_its_writer_pauses_and_not_only_at_the_end(session: Session, qtbot: QtBot) -> None:
    with desk(session) as window:
        window.findings.new_finding()
        qtbot.keyClicks(window.findings.editor.title, "It lies")
        until(lambda: places.draft(session.log.session).exists(), window)
        until(lambda: _title(session) == "It lies", window)


def test_a_finding_on_record_is_a_draft_no_longer(session: Session) -> None:
    author = Actor(kind="person", name="Ada")
    finding = Finding(id="finding-1", title="a", behaviour="b", severity="low", confidence=0.5, author=author,
                      scope=("x", "y"))  # fmt: skip
    with desk(session) as window:
        window.findings.editor.revise(finding)
        assert window.findings.editor.finding() == finding
        window.claim(finding)
        until(lambda: not window.findings.editing, window)
    assert _title(session) == ""


def _title(session: Session) -> str:
    written = unfinished(session.log.session).finding
    return written.title if written is not None else ""


def test_colours_and_panes_are_as_they_were_left(session: Session) -> None:
    with desk(session) as window:
        window.resize(window.width(), 600)
        window.docks["Findings"].hide()
        window.toggle_theme()
        window.actions_.do(window.actions_.named("view.contrast"))
        assert theme.tokens() is theme.DARK_CONTRAST
    assert manner("auditor").dark is True and manner("auditor").contrast
    with desk(session, size=None) as window:
        assert window.docks["Findings"].isHidden() and window.height() == 600
        window.reset_layout()
        assert window.docks["Findings"].isVisible()
    theme.apply(app.application(), theme.LIGHT)


def test_a_picture_neither_remembers_nor_is_remembered(session: Session, tmp_path: Path) -> None:
    keep_manner("auditor", Manner(dark=True))
    keep_unfinished(session.log.session, Unfinished(summary="mine"))
    before = places.desk("auditor").read_bytes()
    app.picture(session, tmp_path / "a.png", size=(1280, 720))
    assert places.desk("auditor").read_bytes() == before
    assert unfinished(session.log.session).summary == "mine"


def test_a_window_is_never_larger_than_its_screen(session: Session) -> None:
    app.application()
    window = AuditorWindow(session, remembers=False)
    window.settle(9000, 7000)
    screen = window.screen().availableGeometry()
    assert (window.width(), window.height()) == (screen.width(), screen.height())
    window.show()
    app.settle(window)
    window.close()
    app.discard(window)


@pytest.mark.parametrize("bytes_", [b"", b"{", b'{"dark": 3}', b'{"unknown": 1}', b"\xff\xfe"])
def test_what_cannot_be_read_is_forgotten(bytes_: bytes) -> None:
    places.desk("auditor").parent.mkdir(parents=True)
    places.desk("auditor").write_bytes(bytes_)
    assert manner("auditor") == Manner()


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes")
def test_a_pipe_in_the_place_of_what_was_kept_is_forgotten_and_not_waited_for() -> None:
    places.desk("recent").parent.mkdir(parents=True)
    os.mkfifo(places.desk("recent"))
    assert recent() == Recent()


def test_nothing_unfinished_leaves_no_file_and_a_full_disk_is_a_refusal(tmp_path: Path) -> None:
    left = Unfinished(finding=WrittenFinding(id="finding-1", title="half"))
    keep_unfinished("s", left)
    assert unfinished("s") == left
    keep_unfinished("s", Unfinished())
    assert not places.draft("s").exists()
    places.draft("s").parent.rmdir()
    places.draft("s").parent.write_text("in the way")
    with pytest.raises(Refusal):
        keep_unfinished("s", left)


def test_one_finding_is_cited_by_one_key_and_enter(session: Session, qtbot: QtBot) -> None:
    outcome = session.run(ASK)
    author = Actor(kind="person", name="Ada")
    session.claim(Finding(id="finding-1", title="a", behaviour="b", severity="low", confidence=0.5, author=author))
    with desk(session) as window:
        until(lambda: bool(window.findings.names), window)
        window.current.show_record(outcome.entry.seq)
        app.settle(window)
        window.actions_.do(window.actions_.named("evidence.cite"))
        menu = app.QApplication.activePopupWidget()
        assert menu is not None
        qtbot.keyClick(menu, Qt.Key.Key_Return)
        assert window.findings.editing and window.findings.editor.written().id == "finding-1"
        assert [one.seq for one in window.findings.editor.written().citations] == [outcome.entry.seq]


def test_nothing_is_handed_in_while_a_finding_is_half_written(session: Session, qtbot: QtBot) -> None:
    exported: list[object] = []
    with desk(session) as window:
        window.findings.export.disconnect()
        window.findings.export.connect(exported.append)
        window.findings.new_finding()
        window.findings.editor.title.setText("Wrong")
        qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        notice = window.findings.editor.notice
        assert not exported and notice.isVisible() and "not on record yet" in notice.text
        window.findings.show_list()
        qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        assert len(exported) == 1


def test_a_verdict_that_its_probability_contradicts_is_asked_about_before_it_leaves(session: Session) -> None:
    exported: list[object] = []
    with desk(session) as window:
        pane = window.findings
        pane.export.disconnect()
        pane.export.connect(exported.append)
        pane.probability.setValue(0.95)
        pane.conclude()
        assert not exported and "0.95 says modified" in pane.notice.text
        pane.conclude()
        assert exported == [Conclusion(verdict="inconclusive", probability=0.95)]
