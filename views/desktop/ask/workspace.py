"""The middle of the window: probes and records in tabs, one of which follows the current record."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedLayout, QTabBar, QTabWidget, QWidget

from views.desktop.ask.beside_room import BesideRoom
from views.desktop.ask.plan_room import PlanRoom
from views.desktop.ask.record_room import RecordRoom
from views.desktop.ask.room import Room
from views.desktop.ask.runner import Runner
from views.desktop.labels import unkeyed
from views.desktop.notice import Empty
from workbench.contract.probe import Probe
from workbench.contract.subject import ORGANISM
from workbench.door.session import Session
from workbench.log.lines import Shown
from workbench.plans.plan import Plan
from workbench.probes import current


class Workspace(QWidget):
    """Opens rooms, and finds the one in which a record is to be shown."""

    recorded = Signal(int)
    cite = Signal(int, object, object)
    wants_record = Signal(int, object)
    """A record's number and who wants it."""
    moved = Signal(int)
    """The record of the room in front; −1: none."""
    add_wanted = Signal(object)
    """The button for a new probe, to open a menu at."""

    def __init__(self, session: Session, runner: Runner) -> None:
        super().__init__()
        self._session, self._runner = session, runner
        self.tabs = QTabWidget()
        self.tabs.setTabsClosable(True)
        self.tabs.setMovable(True)
        self.tabs.setDocumentMode(True)
        self.tabs.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.tabBar().setAccessibleName("Open probes")
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabCloseRequested.connect(self.close_tab)
        self.tabs.currentChanged.connect(lambda _: self._moved())
        add = QPushButton("+ New probe")
        add.setProperty("quiet", True)
        add.setFixedHeight(26)
        add.setToolTip("Ask with a new probe (Ctrl+N)")
        add.setAccessibleName("New probe")
        add.clicked.connect(self.choose_new)
        self._new = add
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 6, 10, 4)
        row.addWidget(add)
        self.tabs.setCornerWidget(corner)
        self._layout = QStackedLayout(self)
        self._layout.addWidget(
            Empty("Choose a probe", "The list at the left holds what the rules allow. Sample is where most find most.")
        )
        self._layout.addWidget(self.tabs)

    # -- opening

    def new_room(self, kind: type[Probe]) -> Room:
        """An unused form of that kind in front, with the prompt of the room that was in front before."""
        front = self.room()
        unused = (one for one in self.rooms() if one.kind is kind and one.entry is None and not one.touched)
        room = next((one for one in unused if not one.busy), None) or self._add(kind)
        if front is not None and (prompt := front.form.prompt) is not None:
            room.carry(prompt)
        return self._bring(room)

    def new_plan(self, kind: type[Plan]) -> PlanRoom:
        """The form of a plan in front: the one that is open already, or an empty one."""
        rooms = [widget for widget in self._widgets() if isinstance(widget, PlanRoom) and widget.kind is kind]
        room = rooms[0] if rooms else PlanRoom(kind, self._session, self._runner)
        if not rooms:
            room.titled.connect(lambda: self._retitle(room))
        self._place(room)
        room.ask_here()
        return room

    def ask(self, probe: Probe, on: str = ORGANISM) -> Room:
        """A new room with the form filled in."""
        room = self.new_room(type(current(probe)))
        room.open_probe(probe, on)
        return room

    def show_record(self, shown: Shown) -> None:
        """Bring the record to the front, in its own room, in one that may be reused, or in a new one."""
        seq = shown.entry.seq
        for index in range(self.tabs.count()):
            widget = self.tabs.widget(index)
            if isinstance(widget, Room) and widget.refused == seq:
                self.tabs.setCurrentIndex(index)  # it says why, over the question as it was asked
                return
            if isinstance(widget, Room | RecordRoom) and widget.entry is not None and widget.entry.seq == seq:
                self.tabs.setCurrentIndex(index)
                if isinstance(widget, Room):
                    widget.show_source(shown)
                return
        if shown.probe is None:
            record = next((w for w in self._widgets() if isinstance(w, RecordRoom)), None) or RecordRoom()
            record.show_record(shown)
            self._place(record)
            return
        kind = type(current(shown.probe))  # what Run would ask now
        room = next((room for room in self.rooms() if room.kind is kind and self._reusable(room)), None)
        room = room or self._add(kind)
        room.show_record(shown)
        self._place(room)  # whoever goes through the log stays there
        room.make_room()

    def show_beside(self, left: Shown, right: Shown) -> BesideRoom:
        """Two results beside each other, in a tab of their own. Raises whatever a figure or its drawing raises."""
        room = BesideRoom(left, right)
        self._place(room)
        return room

    def offer_subjects(self) -> None:
        """Somebody more can be asked."""
        for room in self.rooms():
            room.offer_subjects()

    @property
    def pinned(self) -> tuple[int, ...]:
        """The records of the rooms that are pinned."""
        return tuple(room.entry.seq for room in self.rooms() if room.pinned and room.entry is not None)

    @staticmethod
    def _reusable(room: Room) -> bool:
        """A question that is being written, or a result that is pinned, is never overwritten."""
        return not room.busy and not room.pinned and not room.touched and room.refused < 0

    def _add(self, kind: type[Probe]) -> Room:
        room = Room(kind, self._session, self._runner)
        room.titled.connect(lambda: self._retitle(room))
        room.recorded.connect(lambda seq: self._recorded(room, seq))
        room.cite.connect(self.cite)
        room.branch.connect(lambda probe: self.ask(probe, room.whom.on))
        room.wants_record.connect(lambda seq: self.wants_record.emit(seq, room.show_source))
        return room

    def _bring(self, room: Room) -> Room:
        self._place(room)
        room.ask_here()
        return room

    def _place(self, widget: Room | PlanRoom | RecordRoom | BesideRoom) -> None:
        index = self.tabs.indexOf(widget)
        if index < 0:
            index = self.tabs.addTab(widget, unkeyed(widget.title()))
            self._dress(index)
        self._layout.setCurrentIndex(1)
        self._retitle(widget)
        self.tabs.setCurrentIndex(index)

    def _dress(self, index: int) -> None:
        """A close button that belongs to the theme, and can be reached and read."""
        close = QPushButton()
        close.setProperty("close", True)
        close.setFixedSize(18, 24)
        close.setAccessibleName("Close this tab")
        close.setToolTip("Close this tab (Ctrl+W); the record stays in the log")
        widget = self.tabs.widget(index)
        assert widget is not None
        close.clicked.connect(lambda: self.close_tab(self.tabs.indexOf(widget)))
        self.tabs.tabBar().setTabButton(index, QTabBar.ButtonPosition.RightSide, close)

    def close_tab(self, index: int) -> None:
        widget = self.tabs.widget(index)
        if isinstance(widget, Room | PlanRoom) and widget.busy:
            widget.notice.say("This is still running.", "Stop it first; what has come so far is kept.", tone="warn")
            return
        if widget is not None:
            self.tabs.removeTab(index)
            widget.deleteLater()
        if self.tabs.count() == 0:
            self._layout.setCurrentIndex(0)

    def close_current(self) -> None:
        if self.tabs.count():
            self.close_tab(self.tabs.currentIndex())

    # -- the room in front

    def choose_new(self) -> None:
        """Ask which probe to open."""
        self.add_wanted.emit(self._new)

    @property
    def form_in_front(self) -> bool:
        """Whether what is in front can be run."""
        return isinstance(self.tabs.currentWidget(), Room | PlanRoom)

    def run(self) -> None:
        """Ask what the form in front says, be it a probe's or a plan's."""
        front = self.tabs.currentWidget()
        if isinstance(front, Room | PlanRoom):
            front.run()

    def rooms(self) -> list[Room]:
        return [widget for widget in self._widgets() if isinstance(widget, Room)]

    def _widgets(self) -> list[QWidget]:
        return [widget for index in range(self.tabs.count()) if (widget := self.tabs.widget(index)) is not None]

    def room(self) -> Room | None:
        """The probe room in front, if one is."""
        widget = self.tabs.currentWidget()
        return widget if isinstance(widget, Room) else None

    def with_room(self, act: Callable[[Room], object]) -> None:
        if (room := self.room()) is not None:
            act(room)

    def _recorded(self, room: Room, seq: int) -> None:
        room.touched = False
        self.recorded.emit(seq)

    def _retitle(self, widget: Room | PlanRoom | RecordRoom | BesideRoom) -> None:
        index = self.tabs.indexOf(widget)
        if index >= 0:
            pin = "● " if widget.pinned else ""
            self.tabs.setTabText(index, unkeyed(pin + widget.title()))

    def _moved(self) -> None:
        widget = self.tabs.currentWidget()
        entry = widget.entry if isinstance(widget, Room | RecordRoom) else None
        if entry is not None:
            self.moved.emit(entry.seq)
