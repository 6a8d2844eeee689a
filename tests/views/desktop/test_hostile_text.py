"""When a model or an auditor writes what steers a screen, the window shows it: no markup, no direction, no picture."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6 import QtGui
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QColor, QImage, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QDockWidget,
    QGroupBox,
    QLabel,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QToolTip,
    QWidget,
)

import views.desktop
from backends.toy_model import ToyModel
from backends.vocabulary import Vocabulary
from casefiles.case.bundle import Case
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from tests.views.auditor_desk import desk, picture_of, until
from tests.views.hostile import ALL, STRINGS, acting, hostile_case
from views.desktop import app
from views.desktop.ask.fields import WrittenField
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.judge.desk import JudgeWindow
from views.desktop.judge.proceedings import Docket
from views.desktop.labels import plain_tip
from views.desktop.start.window import StartWindow
from views.desktop.window import Window
from workbench import places
from workbench.auditors import AUDITORS
from workbench.claims.finding import Citation, Finding
from workbench.claims.predicate import Match
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.truths.truth import Behaviour, Exhibit
from workbench.log.records import Hypothesis
from workbench.plans import PLANS, Battery
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.probes.score import Score
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

MEANT = f"b\u202ed & {STRINGS[37]}"
"""What an attacker calls a behaviour."""
FORGED = "It lies.\n#999  ok  forged line\nfinding 1: matched "
"""What seems to be several lines, of which only one is told by whoever wrote it."""
MAGENTA = QColor("#ff00ff")
PICTURE = Path("/tmp/magenta.png")


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    """pytest-qt's application, which the window then dresses."""


@pytest.fixture
def picture() -> Iterator[Path]:
    """The picture that some of the texts want loaded: all of a colour that nothing of ours has."""
    image = QImage(300, 300, QImage.Format.Format_RGB32)
    image.fill(MAGENTA)
    assert image.save(str(PICTURE))
    yield PICTURE
    PICTURE.unlink()


@pytest.fixture
def hostile(tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity) -> Iterator[Session]:
    case = hostile_case(tmp_path, attacker, judge)
    with Session.create(case, tmp_path / "h.session", auditor, lambda: _toy(case)) as session:
        recorded(session)
        session.run(Sample(prompt=Prompt.ask(ALL), samples=512, max_tokens=4096))  # refused, or failed: it says why
        yield session


def recorded(session: Session) -> int:
    """Probes, a note, a tag, a hypothesis and a finding, all of them hostile; the number of the first result."""
    prompt = Prompt.ask(ALL[:50], system=ALL[50:90])
    for asked in (
        Sample(prompt=prompt, samples=4, max_tokens=8, temperature=2.0),
        Score(prompt=prompt, answers=(STRINGS[0], STRINGS[15], STRINGS[37], "x")),
        LogitLens(prompt=prompt, control=Prompt.ask(STRINGS[40]), track=(STRINGS[4], "<b>x</b>"), positions=8),
    ):
        assert session.run(asked).status == "ok"
    session.note(ALL)
    session.tag(2, ALL)
    actor, shows = session.actor, Match(any_of=(ALL,))
    session.hypothesise(Hypothesis(id="h", claim=ALL, predicate=shows, scope=(ALL,), expected="more", actor=actor))
    session.claim(
        Finding(
            id="f",
            title=FORGED + ALL[: 200 - len(FORGED)],
            behaviour=ALL,
            trigger=ALL,
            scope=(ALL,),
            cause=ALL,
            severity="high",
            confidence=0.5,
            author=actor,
            citations=(Citation(seq=2, shows=shows, note=ALL),),
        )
    )
    return 2


def _toy(case: Case) -> ToyModel:
    """A toy whose vocabulary is the hostile one, and so likely to say all of it."""
    words = Vocabulary.open(case.path("tokenizer"))
    toy = ToyModel.random(seed=1, vocab=words.size, context=2048, digest=case.model_digest)
    toy._text = words
    return toy


def shown(window: QWidget) -> Iterator[tuple[str, str]]:
    """Every text of a window, with where it stands: what a person reads, or hears read."""
    for widget in [window, *window.findChildren(QWidget)]:
        at = f"{type(widget).__name__} {widget.objectName()}"
        yield f"title of {at}", widget.windowTitle()
        yield f"name of {at}", widget.accessibleName()
        if isinstance(widget, QLabel | QAbstractButton):
            yield at, widget.text()
        if isinstance(widget, QGroupBox | QDockWidget):
            yield at, widget.windowTitle()
        if isinstance(widget, QTabBar):
            for index in range(widget.count()):
                yield f"tab of {at}", widget.tabText(index)
        for action in widget.actions():
            yield f"action of {at}", action.text()
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            for text in cells(widget.model(), Qt.ItemDataRole.DisplayRole):
                yield f"cell of {at}", text


def tips(window: QWidget) -> Iterator[tuple[str, str]]:
    for widget in [window, *window.findChildren(QWidget)]:
        at = f"{type(widget).__name__} {widget.objectName()}"
        yield at, widget.toolTip()
        for action in widget.actions():
            yield f"action of {at}", action.toolTip()
        if isinstance(widget, QTabBar):
            for index in range(widget.count()):
                yield f"tab of {at}", widget.tabToolTip(index)
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            for text in cells(widget.model(), Qt.ItemDataRole.ToolTipRole):
                yield f"cell of {at}", text


def cells(model: QAbstractItemModel, role: Qt.ItemDataRole, parent: QModelIndex | None = None) -> Iterator[str]:
    parent = parent or QModelIndex()
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
    for row in range(model.rowCount(parent)):
        for column in range(columns):
            index = model.index(row, column, parent)
            if isinstance(value := model.data(index, role), str):
                yield value
        yield from cells(model, role, model.index(row, 0, parent))
    for orientation, count in (
        (Qt.Orientation.Horizontal, columns),
        (Qt.Orientation.Vertical, model.rowCount(parent)),
    ):
        for section in range(count):
            if isinstance(value := model.headerData(section, orientation, role), str):
                yield value


def said_by(tip: str) -> str:
    """What a tooltip says to somebody who looks at it."""
    if "<" not in tip:
        return tip
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText()


def magenta(image: QImage) -> int:
    """How many pixels have the colour that only a loaded picture or a drawn table could have."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[:, : image.width()]
    return int(((pixels & 0xFFFFFF) == 0xFF00FF).sum())


def every_view(window: AuditorWindow, session: Session) -> Iterator[str]:
    """The window with each record in front, in turn."""
    for number in range(session.log.size):
        window.current.show_record(number)
        app.settle(window, 5)
        yield f"record {number}"
    window.current.show_finding("f")
    app.settle(window, 5)
    yield "finding"
    window.show_specification()
    app.settle(window, 5)
    yield "specification"
    for kind in (*PLANS, *AUDITORS):
        yield f"plan {window.workspace.new_plan(kind).title()}"
    yield from _a_plan_of_hostile_questions(window)


def _a_plan_of_hostile_questions(window: AuditorWindow) -> Iterator[str]:
    """A battery whose names, groups, prompts and wanted words steer a screen: refused, asked, and summed up."""
    room = window.workspace.new_plan(Battery)
    suite = room.form.field("suite")
    assert isinstance(suite, WrittenField) and isinstance(suite.editor, QPlainTextEdit)
    suite.editor.setPlainText(ALL)
    room.run()
    yield "a plan that is refused"
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(("name", "group", "prompt", "says"))
    for number, text in enumerate(STRINGS[:6]):
        rows.writerow((f"{number} {text}", text, text or "x", text or "x"))
    suite.editor.setPlainText(written.getvalue())
    room.form.field("samples").set_value(1)
    room.form.field("max_tokens").set_value(4)
    room.run()
    assert room.busy, room.notice.text
    yield "a plan that runs"
    until(lambda: not room.busy, window)
    assert room.board.displays, "the plan found nothing"
    yield "a plan summed up"


def test_nothing_in_the_window_is_steered_by_what_it_quotes(hostile: Session, picture: Path) -> None:
    with desk(hostile) as window:
        until(lambda: all(window.log.model.line(row) for row in range(window.log.model.rowCount())), window)
        assert_nothing_acts(window, every_view(window, hostile))


def test_nothing_at_the_judges_desk_is_steered_by_what_it_quotes(
    tmp_path: Path, attacker: Identity, judge: Identity, auditor: Identity, picture: Path
) -> None:
    exhibit = Exhibit(prompt=ALL[:300], shows=Match(any_of=(ALL[:100],)), subject=ALL)
    meant = Behaviour(
        id=MEANT, title=ALL, description=ALL, clause=STRINGS[36], trigger=ALL, scope=(ALL,), cause=ALL,
        severity="high", exhibits=(exhibit,) * 3, controls=(exhibit,),
    )  # fmt: skip
    case = hostile_case(tmp_path, attacker, judge, (meant,))
    with Session.create(case, tmp_path / "j.session", auditor, lambda: _toy(case)) as session:
        told = recorded(session)
        log = hand_in(session, tmp_path / "j.auditlog", Conclusion(verdict="modified", probability=0.9, summary=ALL))
    book = Register(tmp_path / "j.register", judge.signing)
    docket = Docket(log.auditlog, case.root, judge, book, lambda _: (lambda: _toy(case), None))
    app.application()
    window = JudgeWindow(docket, remembers=False)
    window.show()
    app.settle(window)
    assert window.before is not None, window.checks.notice.text
    assert_nothing_acts(window, every_page(window, told))
    window.close()
    until(lambda: not window.isVisible(), window)
    app.discard(window)


def every_page(window: JudgeWindow, told: int) -> Iterator[str]:
    """The judge's window after each of its steps."""
    yield "verified"
    window.current.show_record(told)
    window.replay()
    app.settle(window)
    yield "replayed"
    window.rerun()
    app.settle(window)
    yield "drawn here"
    window.reveal()
    app.settle(window)
    yield "revealed"
    window.matching.propose("f", MEANT)
    window.matching.why.setText(ALL.replace("\n", " "))
    window.matching.rule()
    app.settle(window)
    yield "ruled"
    window.show_page("Verdict")
    app.settle(window)
    yield "verdict"
    window.writer.sign(window.scored, window.docket.log)
    app.settle(window)
    yield "refused"
    window.show_specification()
    window.clerk.show_register()
    app.settle(window)
    yield "sheets"


def assert_nothing_acts(window: Window, views: Iterable[str]) -> None:
    """Of what is shown while a window is led through its views, tips and sheets among it."""
    quoted: set[str] = set()
    leaks: dict[str, str] = {}
    for view in views:
        for top in [window, *(other for other in QApplication.topLevelWidgets() if other.isVisible())]:
            for at, text in shown(top):
                if acting(text) or any(one.startswith("#999") for one in text.split("\n")):
                    leaks[at] = f"{view}: {text!a:.200}"
                quoted |= {text} if "⟨U+" in text else set()
            for label in top.findChildren(QLabel):
                plain = label.textFormat() == Qt.TextFormat.PlainText
                if not plain and "<" in label.text():
                    leaks[f"markup in {type(label)}"] = f"{view}: {label.text()!a:.200}"
            for editor in top.findChildren(QTextEdit):  # what may be edited is held as it is, but as plain text
                if editor.acceptRichText() and not editor.isReadOnly():
                    leaks[f"markup in {type(editor)}"] = view
            for at, tip in tips(top):
                if acting(tip) or reads_as_markup(tip):
                    leaks[f"tip of {at}"] = f"{view}: {tip!a:.200}"
            assert magenta(picture_of(top)) == 0, view
    assert not leaks, "\n".join(f"{at}: {text}" for at, text in leaks.items())
    assert len(quoted) > 10, "the window shows nothing hostile at all"


def reads_as_markup(tip: str) -> bool:
    """Whether Qt would follow something in a tooltip that is not ours: all but the one wrapper is escaped."""
    inside = tip.removeprefix('<p style="white-space: pre-wrap">').removesuffix("</p>")
    return "<" in inside


def test_nothing_in_the_first_window_is_steered_by_the_names_of_folders_and_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for folder, suffix in ((places.sessions(), "session"), (places.keys(), "key")):
        for text in STRINGS:
            (folder / f"{text.replace('/', '_')[:80]}.{suffix}").mkdir(parents=True)
    app.application()
    window = StartWindow()
    window.show()
    app.settle(window)
    assert_nothing_acts(window, ["as it opens"])
    (entry,) = (button for button in window.entries if "bgcolor" in button.toolTip())
    QToolTip.showText(window.mapToGlobal(window.rect().center()), entry.toolTip(), window)
    app.settle(window)
    assert all(magenta(picture_of(top)) == 0 for top in QApplication.topLevelWidgets() if top.isVisible())
    QToolTip.hideText()
    window.close()
    app.discard(window)


def test_every_tooltip_is_our_own_or_spelled_out() -> None:
    """What Qt takes for markup it reads: no name that somebody chose gets there as it stands."""
    for path in sorted(Path(views.desktop.__file__).parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
            if isinstance(call, ast.Call) and named in ("setToolTip", "setTabToolTip", "setStatusTip", "setWhatsThis"):
                assert _is_spelled(call.args[-1]), f"{path.name}:{call.lineno}"


def _is_spelled(said: ast.expr) -> bool:
    if isinstance(said, ast.IfExp):
        return _is_spelled(said.body) and _is_spelled(said.orelse)
    named = said.func.id if isinstance(said, ast.Call) and isinstance(said.func, ast.Name) else ""
    return isinstance(said, ast.Constant) or named in ("tip", "plain_tip")


@pytest.mark.parametrize("text", STRINGS)
def test_a_tooltip_of_our_own_words_may_quote_a_name(text: str) -> None:
    told = plain_tip(f"Opens {text}")
    assert not acting(told) and (told.startswith("<p ") or not QtGui.Qt.mightBeRichText(told))


@pytest.mark.parametrize("text", STRINGS)
def test_a_tooltip_says_its_text(text: str, picture: Path) -> None:
    from views.desktop.labels import tip
    from workbench.visible import visible

    assert said_by(tip(text)).replace("\xa0", " ").split() == visible(text).split()
    box = QWidget()
    box.resize(400, 400)
    box.show()
    QToolTip.showText(box.mapToGlobal(box.rect().topLeft()), tip(text), box)
    QApplication.processEvents()
    for top in QApplication.topLevelWidgets():
        if top.isVisible():
            assert magenta(picture_of(top)) == 0
    QToolTip.hideText()
    box.close()
