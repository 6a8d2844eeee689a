"""Who is asked, where the rules and the case leave a choice."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from views.desktop.labels import words
from workbench.contract.subject import ORGANISM, spoken


class SubjectChoice(QWidget):
    """One of several subjects; hidden as long as there is only one, or none is needed."""

    changed = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self._needed = True
        self.box = QComboBox()
        self.box.setAccessibleName(title)
        label = words(title, dim=True)
        label.setBuddy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(self.box)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.hide()

    def offer(self, subjects: tuple[str, ...]) -> None:
        """Whoever is there, the first if nobody was chosen; whoever was chosen stays so."""
        for on in subjects:
            if self.box.findData(on) < 0:
                self.box.addItem(spoken(on), on)
        self._show()

    def needed(self, on: bool) -> None:
        """Whether the question in hand asks for one at all."""
        self._needed = on
        self._show()

    @property
    def on(self) -> str:
        return str(self.box.currentData() or ORGANISM)

    def choose(self, on: str) -> None:
        """Show whom a record was asked of, even if nobody may ask them now."""
        self.offer((on,))
        self.box.setCurrentIndex(self.box.findData(on))

    def _show(self) -> None:
        self.setVisible(self._needed and self.box.count() > 1)
