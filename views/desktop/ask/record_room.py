"""A record that no probe left, in the workspace."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from views.desktop.ask.record_view import RecordView
from views.desktop.labels import words
from workbench.log.entry import Entry
from workbench.log.lines import Shown
from workbench.log.wording import line_of
from workbench.visible import line


class RecordRoom(QWidget):
    """A record that no probe left, as it stands in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.entry: Entry | None = None
        self.pinned = False
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.headline = words(wrap=True)
        self.headline.setStyleSheet("font-size: 17px; font-weight: bold;")
        self.said = words(wrap=True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.source = RecordView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self.headline)
        layout.addWidget(self.said)
        layout.addWidget(self.source, 1)
        self.setAccessibleName("Record")

    def title(self) -> str:
        return f"{self.entry.kind.capitalize()} · #{self.entry.seq}" if self.entry is not None else "Record"

    def show_record(self, shown: Shown) -> None:
        self.entry = shown.entry
        self.headline.setText(f"Record {shown.entry.seq}: {shown.entry.kind}")
        self.said.setText(line(line_of(shown.entry).what))
        self.source.show_record(shown)
