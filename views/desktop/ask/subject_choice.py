"""Who is asked, where the rules and the case leave a choice."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from views.desktop.labels import words
from workbench.contract.subject import ORGANISM, spoken


class SubjectChoice(QWidget):
    """One of several subjects; hidden as long as there is only one."""

    changed = Signal()

    def __init__(self, title: str, subjects: tuple[str, ...], chosen: str = ORGANISM) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setAccessibleName(title)
        for on in subjects:
            self.box.addItem(spoken(on), on)
        label = words(title, dim=True)
        label.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(self.box)
        self.choose(chosen)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())
        if len(subjects) < 2:
            self.hide()

    @property
    def on(self) -> str:
        return str(self.box.currentData() or ORGANISM)

    def choose(self, on: str) -> None:
        """Show whom a record was asked of, even if nobody may ask them now."""
        index = self.box.findData(on)
        if index < 0:
            self.box.addItem(spoken(on), on)
            index = self.box.count() - 1
            if self.box.count() > 1 and self.parent() is not None:
                self.show()
        self.box.setCurrentIndex(index)
