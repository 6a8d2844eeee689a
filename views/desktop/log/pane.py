"""The audit log, live: a filter line, a timeline, and one line for each probe or other record."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Sequence
from functools import partial
from typing import Final, Literal

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from casefiles.status import Refusal
from views.desktop import theme
from views.desktop.courier import Worker
from views.desktop.labels import plain_tip, restyle, section, unkeyed, words
from views.desktop.log.model import COLUMNS, MONO, LogModel
from views.desktop.log.timeline import BARS, Timeline
from views.desktop.memory import ColouredFilter, SavedFilters, keep_filters, saved_filters
from views.desktop.notice import Empty
from workbench.log.filter import FIELDS, Filter, FilterError, parse
from workbench.log.lines import CHUNK, News, Reader
from workbench.log.wording import LogLine
from workbench.visible import line

# ruff: noqa: N802  Qt's names

_RESULT, _TAGS = COLUMNS.index("result"), COLUMNS.index("tags")
_INDENT: Final = 9
"""Pixels between a cell's edge and its text, as in the other tables."""
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
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


class LinePainter(QStyledItemDelegate):
    """Draws a line on its colour, and what went wrong, tags, and the filter it is coloured by, as chips.

    By hand and straight from the model: drawn by the style sheet, a page of cells takes longer than a frame.
    """

    def __init__(self, model: LogModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._fonts = tuple(theme.mono() if column in MONO else theme.sans() for column in range(len(COLUMNS)))
        self._metrics = tuple(QFontMetrics(font) for font in self._fonts)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        row, column, rect, t = index.row(), index.column(), option.rect, theme.tokens()
        rule, selected = self._model.rule(row), bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or rule is not None:
            painter.fillRect(rect, QColor(t.accent_ground if selected or rule is None else t.tone(rule.tone)[1]))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(t.window))
        if chips := self.chips(row, column):
            own = t.pane if rule is not None else None
            self._paint_chips(painter, rect, [(text, tone, own or ground(tone, selected)) for text, tone in chips])
            return
        text, box = self._model.shown(row, column), rect.adjusted(_INDENT, 0, -_INDENT, 0)
        painter.setFont(self._fonts[column])
        painter.setPen(QColor(t.ink))
        shown = self._metrics[column].elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, _LEFT, shown)

    def _paint_chips(self, painter: QPainter, rect: QRect, chips: Sequence[tuple[str, str, str]]) -> None:
        """Texts, each with its tone and its ground."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.sans(theme.SMALL_PX))
        x = rect.left() + 4
        for chip, tone, under in chips:
            room = rect.right() - x - 4
            if room < 24:
                break
            text = painter.fontMetrics().elidedText(chip, Qt.TextElideMode.ElideRight, room - 16)
            box = QRect(x, rect.center().y() - 8, painter.fontMetrics().horizontalAdvance(text) + 16, 17)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(under))
            painter.drawRoundedRect(box, 8.5, 8.5)
            painter.setPen(QColor(theme.tokens().tone(tone)[0]))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
            x = box.right() + 5
        painter.restore()

    def chips(self, row: int, column: int) -> list[tuple[str, str]]:
        """What stands in a cell as chips: texts and their tones."""
        if column not in (_RESULT, _TAGS) or (record := self._model.line(row)) is None:
            return []
        if column == _RESULT:
            return [(self._model.shown(row, column), record.tone)] if record.tone in ("bad", "warn") else []
        rule, tags = self._model.rule(row), [(line(tag), "accent") for tag in record.tags]
        return [*tags, (line(rule.filter), rule.tone)] if rule is not None else tags


def ground(tone: str, selected: bool) -> str:
    """What a chip stands on: another one where the line itself has its colour."""
    t = theme.tokens()
    return t.pane if selected and tone == "accent" else t.tone(tone)[1]


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
        self.line.setPlaceholderText('Filter: kind:sample  status:failed  seq:10-20  text:"Norway"')
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

    def _table(self) -> QTableView:
        view = QTableView()
        view.setModel(self.model)
        view.setItemDelegate(LinePainter(self.model, view))
        view.setAccessibleName("Audit log")
        view.verticalHeader().hide()  # a reset with the header of a million rows stalls for seconds
        view.verticalHeader().setDefaultSectionSize(25)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.setShowGrid(False)
        view.setProperty("lined", True)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for name, width in zip(COLUMNS, (64, 84, 104, 380, 84, 92, 420, 120), strict=True):
            header.resizeSection(COLUMNS.index(name), width)
        header.setSectionResizeMode(COLUMNS.index("what"), QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_RESULT, QHeaderView.ResizeMode.Stretch)
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
            self.count.setText(f"{rows:,} of {self._size:,} records")
        else:
            self.count.setText(f"{self._size:,} record{'' if self._size == 1 else 's'}")
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
