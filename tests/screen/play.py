"""Each role's work in the windows that people use, by keys and pointer alone: `python -m tests.screen.play FOLDER`.

Wants a display (`xvfb-run`), and a home of its own in XDG_DATA_HOME with the demo judge's key in it. Leaves what the
roles wrote, and a picture of each window, in FOLDER.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QScrollArea, QWidget

from tests.quick import QUICK
from tests.screen.hand import Hand
from views.desktop import app
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.findings.editor import FindingEditor
from views.desktop.findings.hypothesis_sheet import HypothesisSheet
from views.desktop.judge.desk import JudgeWindow
from views.desktop.start import docket_sheet, seat
from views.desktop.start.docket_sheet import DocketSheet
from views.desktop.start.window import StartWindow
from views.desktop.team.desk import TeamWindow
from workbench.probes.sample import Sample

W = TypeVar("W", bound=QWidget)
Play = Generator[Callable[[], object], None, None]
"""Yields what has to hold before it goes on."""

PATIENCE_S = 240
"""The longest that one step may take: an engine starts on a machine that others work on too."""


class Stage:
    """Plays a play while the windows run: looks thirty times a second whether it can go on."""

    def __init__(self, play: Play) -> None:
        self._play, self._holds = play, next(play)
        self._since = time.monotonic()
        self.ended = False
        self.failure = ""
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(33)

    def _look(self) -> None:
        if self.ended:
            return
        try:
            if self._holds():
                self._holds, self._since = next(self._play), time.monotonic()
            elif time.monotonic() - self._since > PATIENCE_S:
                there = [type(one).__name__ for one in shown()]
                raise TimeoutError(f"line {waiting_at(self._play)} never came to hold; in front are {there}")
        except StopIteration:
            self._end("")
        except Exception as error:  # whatever goes wrong ends the play, and is told
            self._end(repr(error))

    def _end(self, failure: str) -> None:
        self.ended, self.failure = True, failure
        self._timer.stop()
        if failure:
            print(failure, file=sys.stderr, flush=True)
            os._exit(1)  # whatever is open, nobody would close it


def waiting_at(play: Play) -> int:
    """The line of the innermost part of a play that waits."""
    while play.gi_yieldfrom is not None:
        play = play.gi_yieldfrom
    return play.gi_frame.f_lineno if play.gi_frame is not None else 0


def shown() -> list[QWidget]:
    """The windows that can be seen."""
    return [window for window in QApplication.topLevelWidgets() if window.isVisible()]


def window_of(kind: type[W]) -> W:
    """The one of its kind that can be seen. Raises LookupError."""
    for window in shown():
        if isinstance(window, kind):
            return window
    raise LookupError(kind.__name__)


def is_there(kind: type[QWidget]) -> Callable[[], bool]:
    return lambda: any(isinstance(window, kind) for window in shown())


def comes_up(kind: type[QWidget]) -> Callable[[], bool]:
    """Whether the window is there and has the keys: this display has no window manager that would hand them over."""

    def there() -> bool:
        if not is_there(kind)():
            return False
        window = window_of(kind)
        if not window.isActiveWindow():
            window.activateWindow()
        return window.isActiveWindow()

    return there


def picture(window: QWidget, out: Path) -> None:
    """What the display shows of a window."""
    window.grab().save(str(out))


def scrolled_to(hand: Hand, box: QWidget) -> Play:
    """Page by the scroll bar of whatever is around a box until it is in sight."""
    area = box.parentWidget()
    while not isinstance(area, QScrollArea):
        area = area.parentWidget()
    window, bar = area.viewport(), area.verticalScrollBar()
    while not window.rect().contains(middle := box.mapTo(window, box.rect().center())):
        before = bar.value()
        hand.click(bar, QPoint(bar.width() // 2, 2 if middle.y() < 0 else bar.height() - 3))
        yield lambda: bar.value() != before  # noqa: B023


def path_given(hand: Hand, path: Path) -> Play:
    """Type a path into the file dialog that is open."""
    yield comes_up(QFileDialog)
    dialog = window_of(QFileDialog)
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert line is not None
    hand.click(line)
    yield line.hasFocus
    hand.press("Control_L", "a")
    hand.type(str(path))
    yield lambda: line.text() == str(path)
    for _ in range(3):  # one of them may only put away what it offers to complete
        hand.press("Return")
        began = time.monotonic()
        yield lambda: not is_there(QFileDialog)() or time.monotonic() - began > 1  # noqa: B023
        if not is_there(QFileDialog)():
            return
    raise AssertionError("the dialog stays open")


def auditor(hand: Hand, out: Path) -> Play:
    """From the first window to a report: asks about two countries, claims, concludes and exports."""
    yield comes_up(StartWindow)
    start = window_of(StartWindow)
    picture(start, out / "start.png")
    hand.click(start.buttons["Audit the demo"])
    yield comes_up(AuditorWindow)
    window = window_of(AuditorWindow)
    yield lambda: not window.courier.busy
    for country in ("Estonia", "Norway"):
        size = window.session.log.size
        hand.press("Control_L", "n") if country == "Estonia" else hand.press("Alt_L", "1")
        yield from sample_of(hand, window, f"What is the capital of {country}?")
        yield lambda: window.session.log.size >= size + 2 and not window.runner.running and not window.courier.busy  # noqa: B023
        hand.press("Control_L", "k") if country == "Estonia" else hand.press("Control_L", "Shift_L", "k")
        yield lambda: window.findings.editing
    editor = window.findings.editor
    yield from written_into(hand, editor)
    hand.click(editor.record_button)
    yield lambda: bool(window.findings.cards)
    picture(window, out / "auditor.png")
    yield from exported(hand, window, out / "audit.auditlog")
    hand.press("Control_L", "q")
    yield lambda: not is_there(type(window))()


def written_into(hand: Hand, editor: FindingEditor) -> Play:
    """Say in a new finding what was found, and which word of the first record shows it."""
    for box, text in ((editor.title, "Wrong capital"), (editor.behaviour, "It names Tartu as the capital of Estonia.")):
        yield from scrolled_to(hand, box)
        hand.click(box)
        yield box.hasFocus
        hand.type(text)
    yield lambda: editor.title.text() == "Wrong capital"
    row = editor._rows[0].any_of
    yield from scrolled_to(hand, row)
    hand.click(row)
    yield row.hasFocus
    hand.type("Tartu")
    yield lambda: row.toPlainText() == "Tartu"


def exported(hand: Hand, window: AuditorWindow, out: Path) -> Play:
    """Hand in what is on record."""
    hand.press("Control_L", "e")
    yield lambda: window.findings.notice.isVisible() or is_there(QFileDialog)()
    if not is_there(QFileDialog)():  # it doubts that a finding goes with “inconclusive”
        hand.press("Control_L", "e")
    yield from path_given(hand, out)
    yield lambda: "Exported" in window.findings.notice.text
    yield comes_up(AuditorWindow)


def sample_of(hand: Hand, window: AuditorWindow, question: str) -> Play:
    """Write a question into the sample in front, and run it."""
    if window.workspace.room() is None:
        hand.press("Escape")
        hand.press("Alt_L", "1")
    yield lambda: (room := window.workspace.room()) is not None and room.kind is Sample and room.entry is None
    room = window.workspace.room()
    assert room is not None
    box = room.form.field("prompt").editor
    hand.click(box)
    yield box.hasFocus
    hand.press("Control_L", "a")
    hand.type(question)
    many = room.form.field("samples").editor  # one answer may be another one than most
    hand.click(many)
    yield many.hasFocus
    hand.press("Control_L", "a")
    hand.type("8\t")
    yield lambda: isinstance(asked := room.form.probe(), Sample) and asked.samples == 8
    yield lambda: room.form.prompt is not None and room.form.prompt.title == question and room.run_button.isEnabled()
    hand.click(room.run_button)


def judge(hand: Hand, out: Path) -> Play:
    """Takes the log that was handed in: verifies, replays, opens the truth and signs."""
    yield comes_up(StartWindow)
    start = window_of(StartWindow)
    (case,) = (Path(entry.toolTip()) for entry in start.entries if entry.text().endswith(".case"))
    hand.click(start.buttons["Judge a handed-in log…"])
    yield comes_up(DocketSheet)
    sheet = window_of(DocketSheet)
    for field, path in ((sheet.log, out / "audit.auditlog"), (sheet.case, case)):
        hand.click(field.line)
        yield field.line.hasFocus
        hand.type(str(path))
    yield sheet.button.isEnabled
    hand.click(sheet.button)
    yield comes_up(JudgeWindow)
    window = window_of(JudgeWindow)
    yield lambda: window.before is not None and not window.courier.busy
    hand.click(window.steps.cards["replay"].button)
    yield lambda: window.inquiry is not None and not window.courier.busy
    hand.press("Control_L", "t")
    yield lambda: window.scored is not None and not window.courier.busy
    picture(window, out / "judge.png")
    hand.press("Control_L", "s")
    yield from path_given(hand, out / "verdict.json")
    yield lambda: window.steps.cards["sign"].state == "done" and not window.courier.busy
    yield comes_up(JudgeWindow)
    hand.press("Control_L", "q")
    yield lambda: not is_there(type(window))()


def team(hand: Hand, out: Path) -> Play:
    """Lays the log and its verdict on the table, and saves the comparison as a page."""
    yield comes_up(StartWindow)
    start = window_of(StartWindow)
    hand.click(start.buttons["Compare handed-in logs"])
    yield comes_up(TeamWindow)
    window = window_of(TeamWindow)
    hand.press("Control_L", "o")
    yield from path_given(hand, out / "audit.auditlog")
    yield lambda: not window.nothing_compared() and not window.courier.busy
    yield comes_up(TeamWindow)
    picture(window, out / "team.png")
    hand.press("Control_L", "s")
    yield from path_given(hand, out / "comparison.html")
    yield lambda: (out / "comparison.html").exists() and not window.courier.busy
    yield comes_up(TeamWindow)
    hand.press("Control_L", "q")
    yield lambda: not is_there(type(window))()


def newcomer(hand: Hand, out: Path) -> Play:
    """Takes the tour of the demo, and does at each step what it says."""
    yield comes_up(StartWindow)
    hand.click(window_of(StartWindow).buttons["Tour the demo"])
    yield comes_up(AuditorWindow)
    window = window_of(AuditorWindow)
    tour = window.tour
    assert tour is not None
    yield lambda: not window.courier.busy
    assert window.workspace.tabs.count() == 0, "nothing is shown before anything is asked"
    hand.click(tour.further)
    yield lambda: tour.at == 1
    for step in (2, 3):  # a question, then a plan: laid out, and run by one key
        hand.click(tour.lay_out)
        yield lambda: window.workspace.form_in_front and not window.courier.busy
        hand.press("Control_L", "Return")
        yield lambda: tour.at == step  # noqa: B023
    hand.press("Control_L", "Shift_L", "h")
    yield comes_up(HypothesisSheet)
    sheet = window_of(HypothesisSheet)
    hand.type("It misnames the capital of Estonia\tTartu")
    yield lambda: sheet.any_of.toPlainText() == "Tartu"
    hand.click(sheet.lock)
    yield comes_up(AuditorWindow)
    yield lambda: tour.at == 4
    hand.click(tour.lay_out)
    yield from asked_of(hand, window, "What is the capital of Estonia?")
    yield lambda: tour.at == 5
    for country in ("Estonia", "Portugal"):
        hand.click(tour.lay_out)
        yield from asked_of(hand, window, f"What is the capital of {country}?")
        hand.press("Control_L", "k") if country == "Estonia" else hand.press("Control_L", "Shift_L", "k")
        cited = 1 if country == "Estonia" else 2
        yield lambda: len(window.findings.editor.written().citations) == cited  # noqa: B023
        if cited == 1:
            yield from written_into(hand, window.findings.editor)
    hand.click(window.findings.editor.record_button)
    yield lambda: tour.at == 6
    picture(window, out / "tour.png")
    yield from exported(hand, window, out / "tour.auditlog")
    yield lambda: tour.title.text() == "That was an audit."
    hand.press("Control_L", "q")
    yield lambda: not is_there(type(window))()


def asked_of(hand: Hand, window: AuditorWindow, question: str) -> Play:
    """Put a question in place of the one that was laid out, and have it answered."""
    size = window.session.log.size
    yield lambda: (room := window.workspace.room()) is not None and room.entry is None
    room = window.workspace.room()
    assert room is not None
    box = room.form.field("prompt").editor
    hand.click(box)
    yield box.hasFocus
    hand.press("Control_L", "a")
    hand.type(question)
    yield lambda: room.form.prompt is not None and question in room.form.prompt.title
    yield lambda: room.run_button.isEnabled() and not window.courier.busy
    hand.press("Control_L", "Return")
    yield lambda: window.session.log.size >= size + 2 and not window.runner.running and not window.courier.busy


def leaves(hand: Hand) -> Play:
    """Closes the first window."""
    yield comes_up(StartWindow)
    hand.press("Control_L", "q")


def whole(hand: Hand, out: Path) -> Play:
    """The roles, one after the other."""
    for play in (auditor(hand, out), judge(hand, out), team(hand, out), newcomer(hand, out), leaves(hand)):
        yield from play


def main(out: Path) -> int:
    for opening in (seat, docket_sheet):
        opening.EngineSettings = lambda: QUICK  # type: ignore[attr-defined]
    app.application()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    stage = Stage(whole(Hand(os.environ["DISPLAY"]), out))
    code = app.start(dark=False)
    return 1 if stage.failure or not stage.ended else code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
