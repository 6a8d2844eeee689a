"""The one current item that all panes follow."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Current(QObject):
    """Which record, and which finding, the user is looking at. Panes set it and follow it; none knows another."""

    record_changed = Signal(int)
    """The number of the record; −1: none."""
    finding_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._record, self._finding = -1, ""

    @property
    def record(self) -> int:
        return self._record

    @property
    def finding(self) -> str:
        return self._finding

    def show_record(self, seq: int) -> None:
        if seq != self._record:
            self._record = seq
            self.record_changed.emit(seq)

    def show_finding(self, name: str) -> None:
        if name != self._finding:
            self._finding = name
            self.finding_changed.emit(name)
