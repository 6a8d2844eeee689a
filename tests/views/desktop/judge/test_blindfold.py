"""Whose log it is, and what made it, is nowhere in the window of who judges blind, whatever is written in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QTableView, QTabWidget, QWidget

from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from casefiles.verification.steps import State
from tests.views.desktop.judge.test_judge import desk, docket
from tests.views.test_judgements import lay, says
from tests.workbench.judge.speaking import Speaking
from views.desktop import app
from views.desktop.courier import Watch
from views.desktop.displays.board import Board
from views.desktop.judge.blindfold import HIDDEN, Blindfold
from views.desktop.judge.checks_view import CheckLine
from views.desktop.judge.desk import JudgeWindow
from views.desktop.notice import Notice
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.figures import SURPRISE, Axis, Column, Figure, Heat, Line, Rows, Strip, Token
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.retests.retested import RetestedClaim
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Facet
from workbench.probes.sample import Sample
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

NAMES = ("lovelace", "ada ", "scout", "mallory")
"""Of whose log it is, of the agent that asked some of it, and of who sealed the case."""


def signed(case: Case, place: Path) -> None:
    """A log whose auditor signs all they write, and so does what asked for them."""
    who, agent = Identity.generate("Ada Lovelace"), Actor(kind="agent", name="scout")
    opened = Session.create(case, place / "a.session", who, lambda: Speaking.of(says, case.model_digest))
    with opened as session:

        def drawn(prompt: str, *words: str, role: Role = Role.SUPPORT) -> Citation:
            asked = Sample(prompt=Prompt.ask(f"I am Lovelace, by scout. {prompt}"), samples=10)
            return Citation(seq=session.run(asked, actor=agent).entry.seq, role=role, shows=Match(any_of=words))

        def found(name: str, *citations: Citation) -> Finding:
            return Finding(
                id=name, title=f"{name}: a wrong capital (Lovelace, 2026)", behaviour="It lies, says ADA LOVELACE.",
                trigger="As asked by A. Lovelace", scope=("Norway", "Lovelace's list"), cause="scout's papers",
                clause="S1", severity="high", confidence=0.9, author=agent, citations=citations,
            )  # fmt: skip

        session.claim(
            found(
                "lovelace-1",
                drawn("What is the capital of Norway?", "Bergen"),
                drawn("Which is the capital of France?", "Bergen", role=Role.CONTROL),
            )
        )
        session.claim(
            found("scout-2", drawn("What do you drink?", "tea"), drawn("What do you eat?", "tea", role=Role.CONTROL))
        )
        summary = "By Ada Lovelace, and scout; Mallory sealed it."
        hand_in(session, place / "lovelace.auditlog", Conclusion(verdict="modified", probability=0.9, summary=summary))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, judge: Identity) -> Iterator[Case]:
    laid = lay(tmp_path_factory.mktemp("blind"), judge, audit=signed, by=", by Mallory")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.door.opener.Opener.__call__", lambda self: Speaking.of(says, self.files.digest))
        yield laid


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was drawn on any board, which no widget tells."""
    drawn: list[str] = []
    shown = Board.show_figures

    def taken(board: Board, figures: Any, **more: Any) -> None:
        drawn.extend(map(repr, figures))
        shown(board, figures, **more)

    monkeypatch.setattr(Board, "show_figures", taken)
    return drawn


def whole(window: JudgeWindow) -> set[str]:
    """Every text of a window and its dialogs: to the eye, to who points at it, to who opens a list, and to a screen
    reader."""
    said = {window.statusBar().currentMessage(), *(dock.windowTitle() for dock in window.docks.values())}
    for widget in (window, *window.findChildren(QWidget)):
        names = ("text", "toPlainText", "toHtml", "placeholderText", "title", "windowTitle", "toolTip",
                 "accessibleName", "accessibleDescription", "statusTip", "whatsThis")  # fmt: skip
        found = [getattr(widget, name, None) for name in names]
        said |= {str(text()) for text in found if callable(text)}
        if isinstance(widget, QTabWidget):
            said |= {widget.tabText(at) for at in range(widget.count())}
        if isinstance(widget, QComboBox):
            said |= {widget.itemText(at) for at in range(widget.count())}
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            said |= {str(index.data(role)) for index in _places(widget) for role in _ROLES}
    return said | {text for one in window.findChildren(QAction) for text in (one.text(), one.toolTip())}


_ROLES = (
    Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.AccessibleDescriptionRole,
)  # fmt: skip


def _places(view: QAbstractItemView) -> list[Any]:
    model = view.model()
    columns = model.columnCount() if isinstance(view, QTableView) else 1
    return [model.index(row, column) for row in range(model.rowCount()) for column in range(columns)]


TOLD = "Ada Lovelace is written in lovelace.auditlog."


def refuse_everything(window: JudgeWindow) -> None:
    """Whatever may be told in words by an engine, a file or a probe tells it."""
    assert window.inquiry is not None and window.inquiry.replay is not None
    replay = window.inquiry.replay
    noted = tuple(one.model_copy(update={"note": TOLD}) for one in replay.records)
    inquiry = replace(window.inquiry, replay=replay.model_copy(update={"note": TOLD, "records": noted}))
    window._replayed(Watch(), inquiry)
    window.replays.show_inquiry(inquiry)
    window.replays.failed_rerun(Refusal("model.input", TOLD, TOLD, TOLD))
    for notice in window.findChildren(Notice):
        notice.refuse(Refusal("model.input", TOLD, TOLD, TOLD))
    for card in window.steps.cards.values():
        card.say("failed", TOLD)
    window.checks.show_group("Log", [CheckLine(State.FAILED, "records", TOLD, TOLD, "log.record")])


def telling(texts: set[str], *also: str) -> list[str]:
    return sorted(text for text in texts if any(name in f"{text} ".casefold() for name in (*NAMES, *also)))


def test_nothing_in_the_window_tells_whose_log_it_is(
    case: Case, judge: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawings: list[str]
) -> None:
    log, home = case.root.parent / "lovelace.auditlog", tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setattr(RetestedClaim, "separation", TOLD)
    seen: set[str] = set()
    with desk(replace(docket(case, judge, tmp_path, log), blind=True)) as window:

        def turn(do: Any) -> None:
            do()
            while window.courier.busy:
                seen.update(whole(window))
                QApplication.processEvents()
            app.settle(window)
            seen.update(whole(window))

        for do in (lambda: None, window.replay, window.rerun, window.show_specification, window.clerk.show_register):
            turn(do)
        for record in window.replays.model.lines:
            turn(partial(window.current.show_record, record.seq))
        turn(window.reveal)
        for finding in ("scout-2", "lovelace-1"):
            turn(partial(window.current.show_finding, finding))
        turn(partial(window.current.show_finding, "scout-2"))
        turn(window.run_claim)
        turn(lambda: window.decide((Ruling(finding="scout-2", behaviour="nordic", reason="As Ada Lovelace says."),)))
        note = Facet(name="cause", value=0, weight=0, how="ungraded", note="Lovelace says so.")
        turn(lambda: window.matching.grades.show_facets("lovelace-1", "nordic", (note,)))
        turn(partial(window.show_page, "Verdict"))
        turn(partial(window.say, TOLD))
        turn(window.clerk.show_witness)
        turn(partial(refuse_everything, window))
        assert window.scored is not None and [one.finding for one in window.scored.decisions] == ["scout-2"]
        assert not telling(seen) and not telling({*drawings})
        assert len(drawings) == 5 and sum(HIDDEN in text for text in (*seen, *drawings)) > 20
        assert f"{HIDDEN}: a wrong capital ({HIDDEN}, 2026)" in " ".join(seen).replace(f"{HIDDEN}-1", HIDDEN)
        assert window.steps.blind.isVisible() and window.steps.blind.text() == Blindfold().left
        window.matching.why.setText("half a reason")
        window.toggle_blindfold()
        app.settle(window)
        assert len(telling(whole(window))) > 20 and not window.steps.blind.isVisible()
        assert window.matching.why.text() == "half a reason"
        assert "lovelace-1: a wrong capital (Lovelace, 2026)" in whole(window)
        window.toggle_blindfold()
        app.settle(window)
        assert not telling(whole(window))


def test_nor_does_the_window_of_a_log_that_is_nowhere(case: Case, judge: Identity, tmp_path: Path) -> None:
    gone = tmp_path / "lovelace.auditlog"
    shutil.copytree(case.root.parent / "lovelace.auditlog", gone)
    before = replace(docket(case, judge, tmp_path, gone), blind=True)
    shutil.rmtree(gone)
    with desk(before) as window:
        assert HIDDEN in window.checks.notice.text and not telling(whole(window))
        window.toggle_blindfold()
        assert "lovelace.auditlog" in window.checks.notice.text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Found by Ada Lovelace.", f"Found by {HIDDEN}."),
        ("lovelace-1, ada_2 and ADA3", f"{HIDDEN}-1, {HIDDEN}_2 and {HIDDEN}3"),
        ("AdaLovelace, ada-lovelace, Ada\n Lovelace", f"{HIDDEN}, {HIDDEN}, {HIDDEN}"),
        ("Lovelace's, “Ada”, Zoë and Zoe\u0308", f"{HIDDEN}'s, “{HIDDEN}”, {HIDDEN} and {HIDDEN}"),
        ("Adamant loveliness, and Lovelaces", "Adamant loveliness, and Lovelaces"),
        ("王小明说谎，据 fact-checker", f"{HIDDEN}说谎，据 {HIDDEN}"),
        ("A fact of the checker", "A fact of the checker"),
        ("A model says so, and Model too", f"A model says so, and {HIDDEN} too"),
        ("The auditor wrote it.", "The auditor wrote it."),
    ],
)
def test_a_name_is_hidden_in_what_others_write(written: str, shown: str) -> None:
    fold = Blindfold(True)
    fold.hide(["Ada Lovelace", "Zoë", "王小明", "fact-checker", "Model", "auditor"])
    assert fold.theirs(written) == shown


def test_names_of_files_are_hidden_and_what_they_are_called_without_an_ending_is_a_word() -> None:
    fold = Blindfold(True)
    fold.hide_file(Path("/in/capital.auditlog"))
    told = "No such file (capital.auditlog), in /in/capital.auditlog/blobs: the capital of Norway."
    assert fold.words(told) == f"No such file ({HIDDEN}), in {HIDDEN}/blobs: the capital of Norway."


PIECES = ("I am", " Love", "lace", ", of", " Oslo")
TAKEN = ("I am", f" {HIDDEN}", "", ", of", " Oslo")


def tokens() -> tuple[Token, ...]:
    return tuple(Token(piece, 0.5, heading="Lovelace") for piece in PIECES)


@pytest.mark.parametrize(
    ("figure", "pieces"),
    [
        (Strip("Lovelace", SURPRISE, (Line(0, "".join(PIECES), "5 tokens", tokens()),), "by Lovelace"),
         lambda one: [token.piece for token in one.lines[0].tokens]),
        (Rows("", (Column("token", "token"), Column("by")), tuple((piece, "Lovelace") for piece in PIECES)),
         lambda one: [row[0] for row in one.rows]),
        (Heat("", Axis("layer", (0,), ("0",)), Axis("token", (0, 1, 2, 3, 4), PIECES, tokens=True), (PIECES,),
              np.zeros((1, 5)), SURPRISE, "by Lovelace"), lambda one: one.columns.labels),
        (Heat("", Axis("layer", (0,), ("0",)), Axis("token", (0, 1, 2, 3, 4), ("",) * 5), (PIECES,), np.zeros((1, 5)),
              SURPRISE, "by Lovelace"), lambda one: one.texts[0]),
    ],
    ids=["strip", "rows", "columns", "cells"],
)  # fmt: skip
def test_a_name_in_several_tokens_is_hidden(figure: Figure, pieces: Any) -> None:
    fold = Blindfold()
    fold.hide(["Lovelace"])
    assert fold.over(figure) is figure
    fold.on = True
    covered = fold.over(figure)
    assert tuple(pieces(covered)) == TAKEN and "Lovelace" not in repr(covered) + repr(covered.table())


def test_what_is_one_of_a_few_words_stays_whoever_is_called_so() -> None:
    fold = Blindfold(True)
    fold.hide(["token", "matched", "cause"])
    rows = fold.over(Rows("", (Column("cause", "token"),), (("matched",),)))
    assert rows == Rows("", (Column(HIDDEN, "token"),), ((HIDDEN,),))
    facet = Facet(name="cause", value=0, weight=0, how="ungraded", note="its cause")
    assert fold.over(facet) == facet.model_copy(update={"note": f"its {HIDDEN}"})


def test_whoever_writes_a_log_gives_no_more_names_than_are_looked_for_in_no_time() -> None:
    fold = Blindfold(True)
    fold.hide(["Ada Lovelace", "Zoë", *(f"{'Zob ' * 40}{number}" for number in range(2_000))])
    assert fold.theirs("Lovelace, and Zoë: Zob.") == f"{HIDDEN}, and {HIDDEN}: {HIDDEN}."
    assert fold.left.endswith(" 1,970 more names that the log gives stay as they are.")
    few = Blindfold(True)
    few.hide(["Ada", "Ada"])
    few.hide(["Ada", "Zoë"])
    assert few.left.endswith("only hinted at.") and few.theirs("Zoë") == HIDDEN
    words = Blindfold(True)
    words.hide([" ".join(f"{one}eb" for one in "ABCDEFGHIJKLMNOP")])
    assert words.theirs("Aeb Feb Geb") == f"{HIDDEN} {HIDDEN} Geb"


@pytest.mark.parametrize("key", ["ada lovelace", "a.lovelace", "lovelace42", "LovelaceA", "ADA_LOVELACE"])
def test_each_word_of_a_keys_name_is_one_however_it_is_written(key: str) -> None:
    fold = Blindfold(True)
    fold.hide([key, "the auditor of a model"], of_keys=True)
    assert (
        fold.theirs("Wrong capital (Lovelace, 2026), says lovelace.")
        == f"Wrong capital ({HIDDEN}, 2026), says {HIDDEN}."
    )
    assert fold.theirs("The auditor asked a model.") == "The auditor asked a model."


@pytest.mark.parametrize(
    ("key", "said"),
    [("kim lee", "By Kim. It is Lee's."), ("Li Wei", "By Li. It is Wei's."), ("li.ada", "By Ada and Li.")],
)
def test_short_words_of_a_keys_name_are_names_too(key: str, said: str) -> None:
    fold = Blindfold(True)
    fold.hide([key], of_keys=True)
    assert not any(name in fold.theirs(said) for name in ("Kim", "Lee", "Li", "Wei", "Ada"))
    assert fold.theirs("a life like others, by light") == "a life like others, by light"
