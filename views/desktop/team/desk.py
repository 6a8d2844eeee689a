"""The team's window: many exported logs compared, two of them side by side, and any of them to be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

from PySide6.QtCore import QBuffer, Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from casefiles.counted import counted
from casefiles.files.disk import free_name, write_new
from casefiles.status import Refusal
from views.desktop.courier import Batch, Watch, stopping
from views.desktop.labels import plain_tip, unkeyed, words
from views.desktop.notice import Empty, Notice
from views.desktop.team.actions import team_actions
from views.desktop.team.log_room import LogRoom
from views.desktop.team.logs_pane import LogsPane
from views.desktop.team.section_room import SectionRoom, Sections, drawn
from views.desktop.team.table import ComparedLogs, Laid, TeamTable
from views.desktop.window import Window
from workbench.listener import Listener
from workbench.report.paper import write_page
from workbench.teams.drawings import SIDES, side_by_side
from workbench.teams.page import foot, render
from workbench.visible import line

_PARTS: Final = 1000
"""Of the bar."""


class TeamWindow(Window):
    """Logs at the left, their comparison in the middle; in tabs beside it, logs that are read or stand side by side."""

    desk: ClassVar[str] = "team"
    menus: ClassVar[tuple[str, ...]] = ("Logs", "Comparison")

    def __init__(self, laid: Laid, *, remembers: bool = True) -> None:
        super().__init__("Team", remembers=remembers)
        self.laid, self.compared = Laid(), None  # type: Laid, ComparedLogs | None
        self._table, self._worker = TeamTable(), self.courier.hire("compare")
        self._watch = Watch()
        self._writing: list[Watch] = []
        """Of the files that are being written, one after the other."""
        self.running = False
        self.logs, self.sections = LogsPane(), Sections()
        self._centre()
        self.add_pane("Logs", self.logs, "left", 320)
        self._status()
        self.logs.add_wanted.connect(self.add_logs)
        self.logs.sides_wanted.connect(self.stand_side_by_side)
        self.logs.opened.connect(self.read_log)
        self.sections.log_wanted.connect(self.read_log)
        self.actions_.add(*team_actions(self), *self.shell_actions(self.tabs))
        self.settle(1600, 1000)
        self._reasons()
        self.logs.add.setFocus()
        if laid.logs:
            self.lay(laid)

    def _centre(self) -> None:
        self.notice, self.bar = Notice(), QProgressBar()
        self._unsaved = False
        """Whether the notice says that something could not be saved."""
        self.bar.setAccessibleName("Comparing")
        self.bar.setRange(0, _PARTS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.hide()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setTabsClosable(True)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setAccessibleName("Comparison and logs")
        self.tabs.tabCloseRequested.connect(self.close_tab)
        self._pages = QStackedLayout()
        self._empty = Empty(
            "No log is compared yet",
            "Add the folders that auditors handed in (NAME.auditlog), of one case or of many: Ctrl+O. Each is verified "
            "first and read into a database of this machine's own.",
        )
        self._waiting = Empty("Comparing…", "Each log is verified, then read. Esc stops it.")
        for page in (self._empty, self._waiting, self.tabs):
            self._pages.addWidget(page)
        self.tabs.addTab(self.sections, "Comparison")
        for side in (QTabBar.ButtonPosition.LeftSide, QTabBar.ButtonPosition.RightSide):
            self.tabs.tabBar().setTabButton(0, side, None)
        centre = QWidget()
        centre.setProperty("pane", True)
        centre.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.notice)
        layout.addLayout(self._pages, 1)
        self.setCentralWidget(centre)

    def _status(self) -> None:
        self.state, self.left_out = words("nothing is compared"), words()
        self.statusBar().addWidget(self.state)
        self.statusBar().addPermanentWidget(self.left_out)

    # -- what lies on the desk

    def add_logs(self) -> None:
        """Ask for the folder of an exported log; several can be chosen one after the other."""
        chosen = QFileDialog.getExistingDirectory(self, "An exported log, NAME.auditlog, or a folder of such")
        if chosen:
            self.lay(Laid.of(logs_in(Path(chosen))))

    def add_case(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "A case, NAME.case")
        if chosen:
            self.lay(Laid.of((), [Path(chosen)]))

    def add_verdict(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "A judge's verdict", "", "Signed documents (*.json)")
        if chosen:
            self.lay(Laid.of((), (), [Path(path) for path in chosen]))

    def lay(self, more: Laid) -> None:
        """Lay more out, and compare all of it."""
        self._compare(self.laid.with_more(more))

    def remove_logs(self) -> None:
        """Take the chosen logs away."""
        laid = self.laid
        for path in self.logs.chosen_paths():
            laid = laid.without(path)
        self._compare(laid)

    def _compare(self, laid: Laid) -> None:
        if self.running:
            self.say("The logs are being compared; Esc stops that.")
            return
        if not laid.logs:
            self.laid = laid
            self._nothing()
            return
        self.notice.hide()
        self._table.stop.clear()
        self._begin()
        self._worker.do(
            lambda: self._table.compare(laid, self._watch.at), lambda told: self._done(laid, told), self._failed
        )

    def _begin(self) -> None:
        self.running = True
        self.bar.setRange(0, _PARTS)
        self.bar.setValue(0)
        self.bar.show()
        self.state.setText("verifying…")
        if self.compared is None:
            self._pages.setCurrentWidget(self._waiting)
        self.courier.watch(self._watch, self._tell)

    def _tell(self, batch: Batch) -> None:
        if batch.done is not None:
            self.bar.setValue(round(_PARTS * batch.done))
        if batch.note:
            self.state.setText(f"verifying {line(batch.note)}" if (batch.done or 0) < 1 else "comparing…")

    def _end(self) -> None:
        self.running = False
        self.courier.unwatch(self._watch)
        self.bar.setVisible(bool(self._writing))
        self._reasons()

    def _done(self, laid: Laid, compared: ComparedLogs) -> None:
        self._end()
        self.laid, self.compared = laid, compared
        self._close_others()
        self.sections.show_comparison(compared.found)
        self.logs.show_compared(compared)
        self._pages.setCurrentWidget(self.tabs)
        self.tabs.setCurrentWidget(self.sections)
        self._told(compared)
        if not self.logs.isAncestorOf(self.focusWidget() or self):
            self.logs.tree.setFocus()

    def _told(self, compared: ComparedLogs) -> None:
        logs = compared.found.logs
        records = sum(log.records for log in logs)
        self.state.setText(f"{counted(len(logs), 'log')} verified · {counted(records, 'record')}")
        unproven = sum(log.witnessed < log.records for log in logs)
        self.left_out.setText(f"{unproven} not witnessed to the end" if unproven else "all witnessed to the end")
        self.left_out.setToolTip(plain_tip("\n".join(compared.found.leaves_out)))
        if compared.unsound:
            path, refusal = compared.unsound[0]
            more = f", and {len(compared.unsound) - 1} more" if len(compared.unsound) > 1 else ""
            self.notice.say(
                f"{path.name} is not compared{more}: {refusal.code}", refusal.why, refusal.try_this, tone="bad"
            )
        elif compared.uncounted:
            path, refusal = compared.uncounted[0]
            what = f"{line(path.name)} lies beside its log and is not counted: {refusal.code}"
            self.notice.say(what, refusal.why, refusal.try_this, tone="warn")
        self._reasons()

    def _failed(self, refusal: Refusal) -> None:
        self._end()
        self.notice.refuse(refusal)
        self.state.setText("nothing is compared" if self.compared is None else "the last comparison stands")
        self._pages.setCurrentWidget(self._empty if self.compared is None else self.tabs)

    def _nothing(self) -> None:
        self.compared = None
        self._close_others()
        self.logs.clear()
        self._pages.setCurrentWidget(self._empty)
        self.state.setText("nothing is compared")
        self.left_out.clear()

    def stop(self) -> None:
        self._table.stop.set()
        for watch in self._writing:
            watch.cancel.set()

    # -- tabs

    def read_log(self, place: int, record: int = -1) -> None:
        """A log in a tab of its own, at a record if one is meant."""
        if self.compared is None:
            return
        path = self.compared.paths[place]
        room = next((one for one in self.rooms() if one.path == path), None)
        if room is None:
            log = self.compared.found.logs[place]
            room = LogRoom(path, log, self.courier)
            self._add_tab(room, log.name)
        self.tabs.setCurrentWidget(room)
        if record >= 0:
            room.show_record(record)

    def open_chosen(self) -> None:
        for place in self.logs.chosen()[:SIDES]:
            self.read_log(place)

    def stand_side_by_side(self) -> None:
        """The chosen logs, a column each."""
        places = self.logs.chosen()
        if self.compared is None or not 2 <= len(places) <= SIDES:
            return
        found = self.compared.found
        names = [found.logs[place].name for place in places]
        told = f"{' and '.join(map(line, names))}, side by side"
        room = SectionRoom("Side by side", told, [replace(side_by_side(found, places), title="")])
        self._add_tab(room, " | ".join(names))

    def _add_tab(self, room: QWidget, title: str) -> None:
        number = self.tabs.addTab(room, unkeyed(title[:40]))
        self.tabs.setTabToolTip(number, plain_tip(unkeyed(title)))
        close = QPushButton()
        close.setProperty("close", True)
        close.setFixedSize(18, 24)
        close.setAccessibleName(f"Close {line(title)}")
        close.setToolTip("Close this tab (Ctrl+W)")
        close.clicked.connect(lambda: self.close_tab(self.tabs.indexOf(room)))
        self.tabs.tabBar().setTabButton(number, QTabBar.ButtonPosition.RightSide, close)
        self.tabs.setCurrentIndex(number)

    def rooms(self) -> list[LogRoom]:
        """The logs that are open."""
        every = (self.tabs.widget(number) for number in range(self.tabs.count()))
        return [room for room in every if isinstance(room, LogRoom)]

    def close_tab(self, number: int = -1) -> None:
        """Close a tab, or the one in front; the comparison stays."""
        number = self.tabs.currentIndex() if number < 0 else number
        if number <= 0:
            return
        room = self.tabs.widget(number)
        self.tabs.removeTab(number)
        if isinstance(room, LogRoom):
            room.leave()
        if room is not None:
            room.hide()
            room.deleteLater()

    def _close_others(self) -> None:
        """Tabs of logs that are no more compared, and whatever stood side by side."""
        kept = set(self.compared.paths) if self.compared is not None else set()
        for number in reversed(range(1, self.tabs.count())):
            room = self.tabs.widget(number)
            if not isinstance(room, LogRoom) or room.path not in kept:
                self.close_tab(number)

    # -- taking it along

    def save_page(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save the comparison", _proposed("comparison.html"), "Page (*.html);;For paper (*.pdf)"
        )
        if chosen:
            self.write_page(_ending(Path(chosen), ".html"))

    def write_page(self, out: Path) -> None:
        """Write the page; as PDF if its name says so."""
        if self.compared is None:
            return
        found = self.compared.found
        made_us = max(log.last_us for log in found.logs)
        self._write(out, lambda at: write_page(out, render(found), title=foot(found), made_us=made_us, listener=at))

    def save_tables(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the tables in a new folder", _proposed("comparison"))
        if chosen:
            self.write_tables(Path(chosen))

    def write_tables(self, out: Path) -> None:
        if self.compared is None:
            return
        about = " ".join(self.compared.found.leaves_out)
        self._write(out, lambda at: self._table.write_parquet(out, about, at))

    def save_picture(self) -> None:
        key = self.sections.key if self.tabs.currentWidget() is self.sections else "log"
        proposed = _proposed(f"comparison-{key}.png")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the picture", proposed, "Picture (*.png)")
        if chosen:
            self.write_picture(_ending(Path(chosen), ".png"))

    def write_picture(self, out: Path) -> None:
        """What is drawn in front, as PNG."""
        if (shown := self._drawn()) is None:
            return
        picture = QBuffer()
        picture.open(QBuffer.OpenModeFlag.WriteOnly)
        drawn(shown).save(picture, "PNG")  # type: ignore[call-overload]  # as PySide knows it
        try:
            write_new(out, bytes(picture.data().data()))
        except Refusal as refusal:
            self._not_saved(refusal)
        else:
            self._saved(out)

    def _drawn(self) -> QWidget | None:
        front = self.tabs.currentWidget() if self.compared is not None else None
        room = self.sections.room() if front is self.sections else front
        if isinstance(room, SectionRoom):
            return room.picture()
        return room.board if isinstance(room, LogRoom) and room.pages.currentIndex() == 0 else None

    def _write(self, out: Path, work: Callable[[Listener], object]) -> None:
        watch = Watch()
        self._writing.append(watch)
        self.bar.setRange(0, 0)  # some tell how far they are, and some only that they go on
        self.bar.show()
        self.statusBar().showMessage(f"Writing {out.name}… Esc stops it.")

        def heard(batch: Batch) -> None:
            if batch.done:
                self.bar.setRange(0, _PARTS)
                self.bar.setValue(round(_PARTS * batch.done))

        def ended(tell: Callable[[], object]) -> None:
            self.courier.unwatch(watch)
            self._writing.remove(watch)
            self.bar.setVisible(self.running or bool(self._writing))
            self.bar.setRange(0, _PARTS)
            self.statusBar().clearMessage()
            tell()

        at = stopping(watch, f"Nothing was written to {out.name}.", "Save it again when you like.")
        self.courier.watch(watch, heard)
        self._worker.do(
            lambda: work(at),
            lambda _: ended(lambda: self._saved(out)),
            lambda refusal: ended(lambda: self._not_saved(refusal)),
        )
        self._reasons()

    def _not_saved(self, refusal: Refusal) -> None:
        self._unsaved = True
        self.notice.refuse(refusal)

    def _saved(self, out: Path) -> None:
        if self._unsaved:  # what was said of an earlier attempt no longer holds
            self._unsaved = False
            self.notice.hide()
        self.say(f"Saved {out.name} in {out.absolute().parent}")

    # -- what cannot be done now

    def nothing_compared(self) -> str:
        return "" if self.compared is not None else "nothing is compared"

    def nothing_chosen(self) -> str:
        return "" if self.logs.chosen_paths() else "no log is chosen"

    def no_sides(self) -> str:
        return "" if 2 <= len(self.logs.chosen()) <= SIDES else "two to four logs are to be chosen"

    def not_running(self) -> str:
        return "" if self.running or self._writing else "nothing is running"

    def no_picture(self) -> str:
        return "" if self._drawn() is not None else "nothing is drawn"

    def no_tab(self) -> str:
        return "" if self.tabs.currentIndex() > 0 else "the comparison stays"

    def _reasons(self) -> None:
        self.actions_.refresh()

    # -- ending

    def not_yet(self) -> str:
        self.stop()
        return "Finishing…" if self.courier.busy else ""

    def leave(self) -> None:
        for room in self.rooms():
            room.close_log()
        self._table.close()


def logs_in(folder: Path) -> Sequence[Path]:
    """The exported logs that a folder holds; the folder itself, if it holds none."""
    held = sorted(path for path in folder.glob("*.auditlog") if path.is_dir())
    return held if held and folder.suffix != ".auditlog" else [folder]


def _proposed(name: str) -> str:
    """A free name at home: where the program was started from says nothing."""
    return str(free_name(Path.home() / name))


def _ending(path: Path, suffix: str) -> Path:
    """Of the kind that it is to be, where no ending says so."""
    return path if path.suffix else path.with_name(f"{path.name}{suffix}")
