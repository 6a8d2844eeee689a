"""The audit log, live: a filter line, a timeline, and one line for each probe or other record."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Sequence
from functools import partial
from typing import Final, Literal

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QWidget,
)

from casefiles.counted import counted
from casefiles.status import Refusal
from views.desktop.courier import Worker
from views.desktop.labels import plain_tip, restyle, section, unkeyed, words
from views.desktop.log.model import LogModel
from views.desktop.log.table import LogTable
from views.desktop.log.timeline import BARS, Timeline
from views.desktop.memory import ColouredFilter, SavedFilters, keep_filters, saved_filters
from views.desktop.notice import Empty
from workbench.log.filter import FIELDS, Filter, FilterError, parse
from workbench.log.lines import CHUNK, News, Reader
from workbench.log.wording import LogLine

# ruff: noqa: N802  Qt's names

_TYPED_MS = 200
_COLOURS: Final[dict[Literal["accent", "ok", "warn", "bad"], str]] = {
    "accent": "Blue", "ok": "Green", "warn": "Amber", "bad": "Red",
}  # fmt: skip
"""Tone → what it is called."""


class FilterLine(QLineEdit):
    """A line that Esc clears, where it would stop a probe anywhere else."""

    def event(self, event: QEvent) -> bool:
        wanted = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if wanted and event.key() == Qt.Key.Key_Escape and self.text():  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class LogPane(QWidget):
    """The lines, the filter that chooses among them, and the record they point at."""

    chosen = Signal(int)
    """The user went to this record."""

    def __init__(self, reader: Reader, worker: Worker) -> None:
        super().__init__()
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._reader, self._worker = reader, worker
        self._filter, self._search, self._size = Filter(), 0, 0
        self._current = -1
        self._following = False
        self.model = LogModel(self._fetch, self)
        self.timeline = Timeline()
        self.timeline.chosen.connect(self._go)
        self.timeline.spanned.connect(lambda first, last: self.filter(f"seq:{first}-{last}"))
        self._coloured: list[tuple[ColouredFilter, Filter]] = []
        self.colour(saved_filters().coloured)
        self.view = self._table()
        self._empty = Empty("Nothing is recorded yet", "Every probe leaves a line here, whether it works or not.")
        self._none = Empty("No record passes the filter", "Clear the filter line, or ask for less.")
        self._pages = QStackedLayout(self)
        for page in (self.view, self._empty, self._none):
            self._pages.addWidget(page)
        self.header = self._header()
        self._typed = QTimer(self, singleShot=True, interval=_TYPED_MS)
        self._typed.timeout.connect(self._apply)
        self._stale = QTimer(self, singleShot=True, interval=300)
        self._stale.timeout.connect(self._refresh_timeline)

    def _header(self) -> QWidget:
        header = QWidget()
        header.setProperty("pane", True)
        header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.line = FilterLine()
        self.line.setPlaceholderText('Filter: kind:sample  seq:10-20  text:"Norway"')
        self.line.setAccessibleName("Filter of the audit log")
        self.line.setToolTip(
            plain_tip("\n".join(f"{name}: {about}" for name, about in FIELDS.items()) + "\nand, or, not, ( )")
        )
        self.line.setClearButtonEnabled(True)
        self.line.setMinimumWidth(340)
        self.line.textChanged.connect(lambda _: self._typed.start())
        self.line.returnPressed.connect(self._apply)
        self.saved = QPushButton("Saved")
        self.saved.setProperty("quiet", True)
        self.saved.setToolTip("Filters that were kept; keep this one")
        self.saved.setAccessibleName("Saved filters")
        self.saved.clicked.connect(self.show_saved)
        self.count = words(dim=True)
        self.complaint = words()
        self.complaint.setProperty("tone", "bad")
        self.complaint.hide()
        row = QHBoxLayout(header)
        row.setContentsMargins(12, 6, 12, 4)
        row.setSpacing(12)
        row.addWidget(section("Audit log"))
        row.addWidget(self.line, 2)
        row.addWidget(self.saved)
        row.addWidget(self.count)
        row.addWidget(self.complaint, 3)
        row.addStretch(1)
        row.addWidget(self.timeline, 3)
        return header

    def _table(self) -> LogTable:
        view = LogTable(self.model)
        view.selectionModel().currentRowChanged.connect(self._row_changed)
        view.activated.connect(lambda index: self._row_changed(index, index))
        view.clicked.connect(lambda index: self._row_changed(index, index))
        return view

    # -- keeping up

    def start(self, news: News) -> None:
        """Show the log as it stands."""
        self._size = news.size
        self.timeline.show_seen(news.size)
        self._look()
        self._refresh_timeline()

    def update_with(self, news: News) -> None:
        """Show what was appended."""
        for number in news.answered:
            self.model.drop(number)
        if news.size > self._size:
            since, self._size, search, wanted = self._size, news.size, self._search, self._filter
            self._worker.do(
                lambda: self._reader.find(wanted, since, news.size), lambda found: self._came(search, found)
            )
            self._stale.start()
        if news.marked:
            self.model.forget()

    def _came(self, search: int, found: array[int]) -> None:
        if search == self._search:
            at_top = self.view.verticalScrollBar().value() == 0
            self.model.extend_up(found)
            self._select_current()
            if at_top:
                self.view.scrollToTop()
            self._counted()

    def _refresh_timeline(self) -> None:
        self._worker.do(lambda: self._reader.effort(BARS), self.timeline.show_stretches)

    # -- the filter

    def filter(self, text: str) -> None:
        """Put a filter into the line and use it."""
        self.line.setText(text)
        self._apply()

    def show_saved(self) -> QMenu:
        """The filters that were kept, and ways to keep this one or to forget it."""
        menu, saved, written = QMenu(self), saved_filters(), self.line.text().strip()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text in saved.filters:
            menu.addAction(unkeyed(text), partial(self.filter, text))
        menu.addSeparator()
        if written in saved.filters:
            left = tuple(text for text in saved.filters if text != written)
            menu.addAction("Forget this filter", lambda: self._keep(saved.model_copy(update={"filters": left})))
        else:
            kept = saved.model_copy(update={"filters": (written, *saved.filters)})
            action = menu.addAction("Keep this filter", lambda: self._keep(kept))
            action.setEnabled(bool(written) and self.complaint.isHidden())
        self._offer_colours(menu, saved, written)
        menu.popup(self.saved.mapToGlobal(QPoint(0, self.saved.height())))
        return menu

    def _offer_colours(self, menu: QMenu, saved: SavedFilters, written: str) -> None:
        """Let what passes the filter stand out, or no longer."""
        others = tuple(rule for rule in saved.coloured if rule.filter != written)
        colours = menu.addMenu("Colour what passes it")
        colours.setEnabled(bool(written) and self.complaint.isHidden())
        for tone, name in _COLOURS.items():
            rule = ColouredFilter(filter=written, tone=tone)
            colours.addAction(name, partial(self._keep, saved.model_copy(update={"coloured": (rule, *others)})))
        for rule in saved.coloured:
            left = tuple(one for one in saved.coloured if one != rule)
            forget = partial(self._keep, saved.model_copy(update={"coloured": left}))
            menu.addAction(unkeyed(f"No longer {_COLOURS[rule.tone].lower()}: {rule.filter}"), forget)

    def _keep(self, filters: SavedFilters) -> None:
        self.colour(filters.coloured)
        try:
            keep_filters(filters)
        except Refusal as refusal:
            self._wrong(f"{refusal.what} {refusal.why}")

    def colour(self, rules: tuple[ColouredFilter, ...]) -> None:
        """Colour the lines by these rules; one that cannot be read here colours nothing."""
        self._coloured = []
        for rule in rules:
            with contextlib.suppress(FilterError):
                self._coloured.append((rule, parse(rule.filter)))
        self.model.forget()

    def _apply(self) -> None:
        self._typed.stop()
        try:
            wanted = parse(self.line.text())
        except FilterError as error:
            self._wrong(str(error))
            return
        self._wrong("")
        if wanted != self._filter:
            self._filter = wanted
            self._look()

    def _wrong(self, sentence: str) -> None:
        """Say what is wrong with the filter; the lines stay as they were."""
        self.complaint.setText(sentence)
        self.complaint.setVisible(bool(sentence))
        self.count.setVisible(not sentence)
        self.line.setProperty("wrong", bool(sentence))
        self.line.setAccessibleDescription(sentence)
        restyle(self.line)

    def _look(self) -> None:
        """Search from the newest record down, a stretch at a time."""
        self._search += 1
        self.model.clear()
        self._pages.setCurrentIndex(0)
        self._next(self._search, self._size)

    def _next(self, search: int, stop: int) -> None:
        if search != self._search:
            return
        if stop <= 0:
            self._counted()
            return
        start, wanted = max(0, stop - CHUNK), self._filter
        self._worker.do(lambda: self._reader.find(wanted, start, stop), lambda found: self._found(search, start, found))

    def _found(self, search: int, start: int, found: array[int]) -> None:
        if search == self._search:
            self.model.extend_down(found)
            if self._current in found:
                self._select_current()
            self._counted()
            self._next(search, start)

    def _counted(self) -> None:
        rows = self.model.rowCount()
        if self._filter.condition:
            self.count.setText(f"{rows:,} of {counted(self._size, 'record')}")
        else:
            self.count.setText(counted(self._size, "record"))
        self._pages.setCurrentIndex(0 if rows else 2 if self._filter.condition else 1)

    # -- the current record

    def show_current(self, number: int) -> None:
        """Follow the window's current record, at once or when its line comes."""
        self._current = number
        self.timeline.show_current(number)
        self._select_current()

    def _select_current(self) -> None:
        row = self.model.row(self._current)
        self._following = True
        if row >= 0 and row == self.view.currentIndex().row():
            pass  # and what else is marked stays so
        elif row >= 0:
            self.view.setCurrentIndex(self.model.index(row, 0))
        else:
            self.view.clearSelection()
        self._following = False

    def _row_changed(self, index: QModelIndex, _: QModelIndex) -> None:
        if index.isValid() and not self._following:
            self.chosen.emit(self.model.number(index.row()))

    def _go(self, number: int) -> None:
        self.chosen.emit(number)

    def marked(self) -> tuple[int, ...]:
        """The records that are marked, oldest first."""
        return tuple(sorted(self.model.number(index.row()) for index in self.view.selectionModel().selectedRows()))

    def current_number(self) -> int:
        index = self.view.currentIndex()
        return self.model.number(index.row()) if index.isValid() else -1

    def _fetch(self, numbers: Sequence[int]) -> None:
        wanted, coloured = list(numbers), tuple(self._coloured)

        def read() -> tuple[list[LogLine], dict[int, ColouredFilter]]:
            rules: dict[int, ColouredFilter] = {}
            for rule, passes in reversed(coloured):  # the first that a line passes counts
                rules |= dict.fromkeys(self._reader.passing(passes, wanted), rule)
            return self._reader.lines(wanted), rules

        self._worker.do(read, lambda told: self.model.deliver(*told))
