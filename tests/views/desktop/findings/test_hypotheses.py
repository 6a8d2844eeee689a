"""What is expected is said before it is looked for, stands beside the findings, and becomes one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import ASK, desk, until
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.displays import Pick
from views.desktop.findings.hypothesis_sheet import HypothesisSheet
from workbench.claims.predicate import Match
from workbench.door.session import Session
from workbench.evidence.standing import hypotheses

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def window(session: Session, qapp: object) -> Iterator[AuditorWindow]:
    session.run(ASK)
    with desk(session, remembers=False) as shown:
        yield shown


def written(window: AuditorWindow) -> HypothesisSheet:
    window.actions_.do(window.actions_.named("evidence.hypothesis"))
    (sheet,) = (one for one in window.findChildren(HypothesisSheet) if one.isVisible())
    assert isinstance(sheet, HypothesisSheet)
    return sheet


def test_a_hypothesis_is_locked_counted_revised_and_claimed(
    window: AuditorWindow, session: Session, qtbot: QtBot
) -> None:
    sheet = written(window)
    sheet.claim.setPlainText("It says a for Norway.")
    sheet.submit()
    assert "Nothing would show it" in sheet.notice.text and sheet.isVisible()
    sheet.none_of.setPlainText("xyzzy")
    sheet.scope.setPlainText("Norway\n\n")
    qtbot.mouseClick(sheet.lock, Qt.MouseButton.LeftButton)
    until(lambda: len(window.findings.hypothesis_cards) == 1, window)
    (locked,) = hypotheses(session.log)
    said = locked.hypothesis
    assert (said.id, said.scope, said.predicate) == ("hypothesis-1", ("Norway",), Match(none_of=("xyzzy",)))
    assert said.actor == session.actor
    card = window.findings.hypothesis_cards[0]
    assert card.status.text() == "Nothing was asked since.", "what came before is exploration"
    session.run(ASK.model_copy(update={"seed": 7}))
    window.courier.ticked.emit()
    until(lambda: "answers since show it, over 1 prompt." in window.findings.hypothesis_cards[0].status.text(), window)
    card = window.findings.hypothesis_cards[0]
    card.claim_button.click()
    editor = window.findings.editor
    assert window.findings.editing and editor.hypothesis.currentText() == "hypothesis-1"
    assert editor.behaviour.toPlainText() == "It says a for Norway." and editor.scope.toPlainText() == "Norway"
    assert [editor.hypothesis.itemText(at) for at in range(editor.hypothesis.count())] == ["", "hypothesis-1"]
    assert "It says a for Norway." in str(editor.hypothesis.itemData(1, Qt.ItemDataRole.ToolTipRole))
    editor.cite(5, Pick())
    assert editor.written().citations[0].shows == said.predicate, "what it was to show is proposed"
    editor.title.setText("Norway")
    editor.submit()
    until(lambda: bool(window.findings.cards), window)
    until(lambda: window.findings.hypothesis_cards[0].state.text() == "claimed", window)
    window.findings.hypothesis_cards[0].revise_button.click()
    (again,) = (one for one in window.findChildren(HypothesisSheet) if one.isVisible())
    assert again.claim.toPlainText() == "It says a for Norway." and "locked anew" in again.notice.text
    again.expected.setCurrentIndex(1)
    again.submit()
    until(lambda: hypotheses(session.log)[0].hypothesis.expected == "less", window)
    assert len(hypotheses(session.log)) == 1, "a revision keeps its id"
