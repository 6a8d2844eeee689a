"""A teammate's log, to be read and not to be written: its lines, and the record that one points at."""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from casefiles.counted import counted
from casefiles.verify import verify
from views.desktop.ask.record_view import RecordView
from views.desktop.ask.room import scrolled
from views.desktop.courier import Courier
from views.desktop.displays.board import Board
from views.desktop.labels import Chip, words
from views.desktop.log.pane import LogPane
from views.desktop.notice import Notice
from workbench.door.crash import write_crash_file
from workbench.log.blobs import Blobs
from workbench.log.imported_log import imported
from workbench.log.lines import News, Reader, Shown
from workbench.log.wording import line_of
from workbench.teams.compared_log import ComparedLog
from workbench.visible import line, quoted


class LogRoom(QWidget):
    """One log. It is verified again when it is opened, and read from a database of its own that goes with the room."""

    def __init__(self, path: Path, log: ComparedLog, courier: Courier) -> None:
        super().__init__()
        self.path, self.log = path, log
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(f"Log {line(log.name)}")
        self._worker, self._open = courier.hire("log"), ExitStack()
        self._reader: Reader | None = None
        self._wanted = -1
        self.pane: LogPane | None = None
        self.notice = Notice()
        self.headline = words(wrap=True)
        self.headline.setStyleSheet("font-size: 15px; font-weight: bold;")
        self.beside = words(dim=True, wrap=True)
        self.board, self.source = Board(), RecordView()
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.pages.addTab(scrolled(self.board), "Drawn")
        self.pages.addTab(self.source, "Record")
        self.pages.tabBar().setAccessibleName("What is shown of the record")
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self._record())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        layout.setSpacing(8)
        layout.addWidget(self._head())
        layout.addWidget(self.notice)
        layout.addWidget(self._split, 1)
        self._worker.do(self._begin, self._begun, self.notice.refuse)

    def _head(self) -> QWidget:
        log = self.log
        seen = f"witnessed to {log.witnessed:,} of {counted(log.records, 'record')}"
        told = f"{quoted(log.auditor)} on {quoted(log.case)} · {seen}"
        self.chip = Chip("read-only", "accent")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.chip)
        row.addWidget(words(told, dim=True))
        row.addStretch(1)
        return head

    def _record(self) -> QWidget:
        record = QWidget()
        column = QVBoxLayout(record)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.headline)
        column.addWidget(self.beside)
        column.addWidget(self.pages, 1)
        return record

    # -- on the worker

    def _begin(self) -> tuple[Reader, News]:
        log = self._open.enter_context(imported(self.path, verify(self.path)))
        reader = Reader(log)
        return reader, reader.start()

    # -- in the window

    def _begun(self, told: tuple[Reader, News]) -> None:
        self._reader, news = told
        self.pane = LogPane(self._reader, self._worker)
        self.pane.chosen.connect(self.show_record)
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pane.header)
        column.addWidget(self.pane, 1)
        self._split.addWidget(lower)
        self._split.setSizes([540, 300])
        self.pane.start(news)
        self.pane.view.setFocus()
        self.show_record(self._wanted if self._wanted >= 0 else 0)

    def show_record(self, seq: int) -> None:
        """Show a record, now or as soon as the log is open."""
        self._wanted = seq
        reader = self._reader
        if reader is None or self.pane is None:
            return
        self.pane.show_current(seq)
        blobs = Blobs(self.path / "blobs")
        self._worker.do(lambda: reader.show(seq, blobs), self._show, self.notice.refuse)

    def _show(self, shown: Shown) -> None:
        if shown.entry.seq != self._wanted:
            return
        record = line_of(shown.entry, shown.intent)
        self.headline.setText(f"#{record.seq} {record.label}: {line(record.what)}")
        self.beside.setText(line(record.result))
        self.beside.setVisible(bool(record.result))
        self.source.show_record(shown)
        drawn = self._draw(shown)
        self.pages.setTabEnabled(0, drawn)
        self.pages.setCurrentIndex(0 if drawn else 1)

    def _draw(self, shown: Shown) -> bool:
        """Whether it could be drawn: a result that cannot stands whole beside."""
        if shown.result is None:
            return False
        try:
            self.board.show_figures(shown.result.figures())
        except Exception:
            write_crash_file(traceback.format_exc())
            return False
        return True

    def leave(self) -> None:
        """Give the database back, once the worker has nothing else to do."""
        self._worker.do(self.close_log, lambda _: None)

    def close_log(self) -> None:
        """The same at once, for whoever knows that the worker has ended."""
        self._open.close()
