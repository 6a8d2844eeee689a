"""The team's window as a whole: what it shows of many logs, and what a team can do at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QFileDialog,
    QLabel,
    QLineEdit,
    QScrollBar,
    QTreeWidgetItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import colour, until
from tests.views.hostile import ALL, acting
from tests.workbench.teams.conftest import Pair, pair
from tests.workbench.teams.team import WHERE, Teammate
from views.desktop import app, theme
from views.desktop.displays.heat import HeatDisplay
from views.desktop.displays.rows import RowsDisplay
from views.desktop.team.desk import TeamWindow, logs_in
from views.desktop.team.table import Laid
from workbench.report import paper

__all__ = ["pair"]

GOLDEN = Path(__file__).parents[3] / "golden"

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@contextmanager
def desk(*logs: Path, dark: bool = False, size: tuple[int, int] = (1600, 1000)) -> Iterator[TeamWindow]:
    """The window on some logs, compared and at rest; closed again as a user closes it."""
    app.application(dark=dark)
    window = TeamWindow(Laid.of(logs), remembers=False)
    window.arrange(*size)
    window.show()
    app.settle(window)
    try:
        yield window
    finally:
        window.close()
        until(lambda: not window.isVisible(), window)
        app.discard(window)


@pytest.fixture(scope="module")
def broken(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bo's log with a file too many."""
    copy = shutil.copytree(pair.bo, tmp_path_factory.mktemp("broken") / "broken.auditlog")
    (copy / "more.txt").write_text("more")
    return copy


@pytest.fixture(scope="module")
def shared(pair: Pair, broken: Path, qapp: object) -> Iterator[TeamWindow]:
    """One window for all tests that leave it as it was."""
    with desk(pair.ada, pair.bo, broken) as window:
        yield window


@pytest.fixture
def window(shared: TeamWindow) -> Iterator[TeamWindow]:
    yield shared
    while shared.tabs.count() > 1:
        shared.close_tab(1)
    shared.sections.turn_to("logs")
    shared.logs.choose()
    app.settle(shared)


def listed(window: TeamWindow) -> dict[str, list[tuple[str, str]]]:
    """What the list at the left says, group by group."""

    def cells(item: QTreeWidgetItem) -> tuple[str, str]:
        return item.text(0), item.text(1)

    groups = [window.logs.tree.topLevelItem(n) for n in range(window.logs.tree.topLevelItemCount())]
    return {group.text(0): [cells(group.child(n)) for n in range(group.childCount())] for group in groups if group}


def table(room: QWidget, number: int = 0) -> list[list[str]]:
    """A table of a room, cell by cell."""
    model = room.findChildren(RowsDisplay)[number].model
    return [[model.words(row, column) for column in range(model.columnCount())] for row in range(model.rowCount())]


def press(qtbot: QtBot, window: TeamWindow, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    window.activateWindow()
    qtbot.keyClick(window, key, modifier)
    app.settle(window)


def test_logs_are_verified_compared_and_listed_by_case(pair: Pair, window: TeamWindow) -> None:
    assert listed(window) == {
        "Atlas 03": [("Ada", "✓ modified 90 %"), ("Bo", "✓ clean 20 %")],
        "Not compared": [("broken", "✗ log.file-extra")],
    }
    assert "broken.auditlog is not compared: log.file-extra" in window.notice.text
    assert window.state.text() == f"2 logs verified · {sum(log.records for log in pair.found.logs):,} records"
    room = window.sections.room()
    assert room is not None
    assert [row[0] for row in table(room)] == ["Ada", "Bo"]
    assert window.compared is not None and window.compared.found == pair.found


def test_every_section_is_reached_by_its_key_and_drawn(window: TeamWindow, qtbot: QtBot) -> None:
    said = []
    for number in range(len(window.sections.keys)):
        press(qtbot, window, Qt.Key(Qt.Key.Key_1 + number), Qt.KeyboardModifier.AltModifier)
        room = window.sections.room()
        assert room is not None and window.sections.stack.currentIndex() == number
        said.append((room.accessibleName(), len(room.board.displays)))
    assert said == [("The logs", 1), ("What came of it", 1), ("What it took", 2), ("What was looked into", 2),
                    ("How it was asked", 2), ("Prompts in common", 1), ("Seen and never cited", 2)]  # fmt: skip


def test_two_logs_stand_side_by_side(window: TeamWindow, qtbot: QtBot) -> None:
    assert window.no_sides() and not window.logs.sides.isEnabled()
    window.logs.choose(0, 1)
    press(qtbot, window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    front = window.tabs.currentWidget()
    assert front is not None
    assert ["says", "modified, 90 %", "clean, 20 %"] in table(front)
    press(qtbot, window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert window.tabs.count() == 1
    press(qtbot, window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert window.tabs.count() == 1, "the comparison stays"


def test_a_log_is_read_in_a_tab_at_the_record_that_was_seen_and_nothing_of_it_is_changed(
    pair: Pair, window: TeamWindow
) -> None:
    before = {path: path.read_bytes() for path in pair.bo.rglob("*") if path.is_file()}
    window.sections.turn_to("seen")
    room = window.sections.room()
    assert room is not None
    room.row_asked.emit(0, 0)  # as Enter on the first row does
    (log,) = window.rooms()
    until(lambda: log.headline.text().startswith("#3 sample"), window)
    assert log.headline.text() == f"#3 sample: {WHERE} × 4"
    assert log.chip.text() == "read-only"
    assert log.pane is not None
    log.pane.filter('text:"sweden"')
    app.settle(window)
    assert [log.pane.model.number(row) for row in range(log.pane.model.rowCount())] == [5]
    window.read_log(1)
    assert window.rooms() == [log], "one tab a log"
    assert {path: path.read_bytes() for path in pair.bo.rglob("*") if path.is_file()} == before


def test_a_chosen_log_is_read_from_its_beginning(window: TeamWindow) -> None:
    window.logs.choose(0)
    window.open_chosen()
    until(lambda: window.rooms()[0].pane is not None, window)
    app.settle(window)
    assert window.rooms()[0].headline.text().startswith("#0 genesis")
    assert not window.rooms()[0].pages.isTabEnabled(0), "nothing of it is drawn"


@pytest.mark.usefixtures("qapp")
def test_logs_are_taken_away_and_more_are_laid_out(pair: Pair) -> None:
    with desk(pair.ada, pair.bo) as window:
        window.logs.choose(1)
        window.remove_logs()
        until(lambda: not window.running, window)
        assert listed(window) == {"Atlas 03": [("Ada", "✓ modified 90 %")]}
        window.lay(Laid.of([pair.bo, pair.ada]))
        until(lambda: not window.running, window)
        assert [name for name, _ in listed(window)["Atlas 03"]] == ["Ada", "Bo"]
        window.logs.choose(0, 1)
        window.remove_logs()
        assert window.compared is None and window.nothing_compared()


@pytest.mark.usefixtures("qapp")
def test_a_verdict_beside_a_log_counts_once_the_case_says_whose_it_is(tmp_path: Path) -> None:
    golden = GOLDEN / "0.2.0"
    log = Path(shutil.copytree(golden / "small.auditlog", tmp_path / "small.auditlog"))
    for name, called in (("verdict", "small.verdict.json"), ("adjudicated.verdict", "small.verdict-2.json")):
        shutil.copy(golden / f"{name}.dsse.json", tmp_path / called)
    shutil.copy(golden / "adjudication.dsse.json", tmp_path / "small.verdict-2.adjudication.dsse.json")
    with desk(log) as window:
        assert window.compared is not None and window.compared.found.logs[0].judged is None
        told = "small.verdict-2.json lies beside its log and is not counted: verdict.unknown-judge"
        assert told in window.notice.text and "Name the case too" in window.notice.text
        window.lay(Laid.of((), [golden / "small.case"]))
        until(lambda: not window.running, window)
        judged = window.compared.found.logs[0].judged
        assert judged is not None and judged.outcome == "not counted", "the last one holds"
        assert window.notice.isHidden() and "not counted" in listed(window)[window.compared.found.logs[0].case][0][1]
        (tmp_path / "small.verdict.json").write_text("{}")
        window.lay(Laid())
        until(lambda: not window.running, window)
        assert window.compared.found.logs[0].judged is None, "no part of what does not hold"
        assert "small.verdict-2.json lies beside its log" in window.notice.text
        shutil.copy(golden / "verdict.dsse.json", tmp_path / "small.verdict.json")
        (log / "more.txt").write_text("more")
        window.lay(Laid.of([golden / "small.auditlog"]))
        until(lambda: not window.running, window)
        assert [path for path, _ in window.compared.unsound] == [log], "it is not missed that its verdict is about none"


def test_a_folder_of_logs_is_as_good_as_its_logs(pair: Pair) -> None:
    assert [path.name for path in logs_in(pair.ada.parent)] == ["Ada.auditlog", "Bo.auditlog"]
    assert logs_in(pair.ada) == [pair.ada]


@pytest.mark.usefixtures("qapp")
def test_nothing_that_holds_is_told_in_place(broken: Path) -> None:
    with desk(broken) as window:
        assert window.compared is None
        assert "None of the logs holds." in window.notice.text


def test_it_is_saved_as_page_paper_tables_and_picture(
    window: TeamWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.write_page(tmp_path / "team.html")
    window.write_page(tmp_path / "team.pdf")
    window.write_tables(tmp_path / "tables")
    window.sections.turn_to("cost")
    app.settle(window)
    room = window.sections.room()
    picture = room.picture() if room is not None else None
    assert picture is not None
    size = picture.size()
    asked: list[str] = []

    def named(*given: str) -> tuple[str, str]:
        asked.append(given[2])
        return str(tmp_path / "cost"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", named)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    window.write_picture(tmp_path / "nowhere" / "cost.png")
    assert "could not be written" in window.notice.text
    window.save_picture()
    assert not window.notice.isVisible(), "what could not be written before is there now"
    assert asked == [str(tmp_path / "comparison-cost.png")]
    window.write_page(tmp_path / "team.html")
    until(lambda: not window.courier.busy, window)
    assert "exists already" in window.notice.text
    assert "<h1>2 logs compared</h1>" in (tmp_path / "team.html").read_text(encoding="utf-8")
    assert (tmp_path / "team.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "tables" / "probe.parquet").is_file()
    saved = QImage(str(tmp_path / "cost.png"))
    assert saved.width() > 1.9 * size.width() and saved.height() <= 2 * size.height()
    colours = {saved.pixelColor(x, y).name() for x in range(0, saved.width(), 3) for y in range(0, saved.height(), 3)}
    assert theme.LIGHT.series[0] in colours


def test_saving_is_stopped_and_no_file_is_left(
    window: TeamWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stood = window.state.text()
    monkeypatch.setattr(paper, "_START", "import time; time.sleep(3600)")
    window.write_page(tmp_path / "team.pdf")
    window.write_tables(tmp_path / "tables")
    assert window.bar.isVisible() and not window.actions_.named("team.stop").not_now()
    assert "Writing tables… Esc stops it." in window.statusBar().currentMessage()
    window.activateWindow()  # a key goes to the window in front
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.bar.isVisible())
    assert "It was stopped. Nothing was written to tables." in window.notice.text and not window.bar.isVisible()
    assert list(tmp_path.iterdir()) == [] and window.state.text() == stood
    assert window.actions_.named("team.stop").not_now() == "nothing is running"


def test_a_small_matrix_is_saved_whole_and_without_what_is_empty_around_it(window: TeamWindow, tmp_path: Path) -> None:
    window.sections.turn_to("coverage")
    app.settle(window)
    room = window.sections.room()
    assert room is not None and isinstance(matrix := room.picture(), HeatDisplay)
    assert not [bar for bar in matrix.findChildren(QScrollBar) if bar.isVisible()], "nothing is left to scroll to"
    window.write_picture(tmp_path / "coverage.png")
    saved = QImage(str(tmp_path / "coverage.png"))
    ground = theme.LIGHT.pane
    below = {saved.pixelColor(x, y).name() for y in range(saved.height() - 8, saved.height()) for x in range(40)}
    above = {saved.pixelColor(x, y).name() for y in range(saved.height() - 48, saved.height()) for x in range(400)}
    assert below == {ground} and above != {ground}, "the legend ends it"


@pytest.mark.usefixtures("qapp")
def test_comparing_can_be_stopped_and_the_window_closed_meanwhile(pair: Pair) -> None:
    app.application()
    window = TeamWindow(Laid.of([pair.ada, pair.bo]), remembers=False)
    window.show()
    window.stop()
    until(lambda: not window.running, window)
    assert "Stopped." in window.notice.text or window.compared is not None
    window.lay(Laid.of([pair.bo]))
    window.close()
    until(lambda: not window.isVisible(), window)
    app.discard(window)


def test_it_wears_the_theme_and_fits_a_small_screen(window: TeamWindow) -> None:
    window.arrange(1280, 720)
    for key in ("cost", "coverage", "seen"):
        window.sections.turn_to(key)
        app.settle(window)
        assert (window.width(), window.height()) == (1280, 720), key
    window.logs.choose(1)
    for tokens in (theme.LIGHT, theme.DARK):
        assert theme.tokens() == tokens
        assert colour(window, 300, 500).name() == tokens.pane
        window.toggle_theme()
        app.settle(window)
        assert window.logs.chosen() == [1]
    window.arrange(1600, 1000)


def test_every_widget_that_can_be_reached_is_named(window: TeamWindow) -> None:
    window.logs.choose(0, 1)
    window.stand_side_by_side()
    window.read_log(0)
    until(lambda: window.rooms()[0].pane is not None, window)
    app.settle(window)
    nameless = [
        widget
        for kind in (QAbstractButton, QAbstractItemView, QLineEdit)
        for widget in window.findChildren(kind)
        if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
    ]  # fmt: skip
    assert nameless == []


@pytest.mark.usefixtures("qapp")
def test_hostile_names_and_words_steer_nothing(tmp_path: Path) -> None:
    mate = Teammate(tmp_path / "team", "a<b>&c")
    shown, other = mate.sample(ALL, [ALL, "Tromsø."]), mate.sample("Where?", ["Tromsø."])
    mate.claim([shown], title=ALL[:200])
    assert other
    with desk(mate.export()) as window:
        window.read_log(0, shown)
        until(lambda: window.rooms()[0].headline.text().startswith(f"#{shown}"), window)
        texts = [label.text() for label in window.findChildren(QLabel)]
        texts += [cell for group in listed(window).values() for row in group for cell in row]
        texts += [window.tabs.tabText(number) for number in range(window.tabs.count())]
        assert [text for text in texts if acting(text)] == []
