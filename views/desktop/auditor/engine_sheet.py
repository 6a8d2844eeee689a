"""Which engine runs the model, where and how, how much memory it may have, and how long it may be silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtWidgets import QComboBox, QFormLayout, QSpinBox, QWidget

from backends.settings import EngineSettings, Setting, declared
from views.desktop.labels import plain_tip, words
from views.desktop.sheet import Sheet

_WIDTH: Final = 380
"""Pixels of a line."""
_MOST: Final = 2**24
"""No box counts further: in MiB that is more memory than machines have, in seconds half a year."""
_UNITS: Final = {"bytes": (2**20, " MiB", 256), "seconds": (1, " s", 60), "": (1, "", 1)}
"""unit → how many of it a box counts by, what it calls them, and its step."""


class ChoiceBox(QComboBox):
    """A setting that is one of a few, which depend on the engine."""

    def __init__(self, setting: Setting, value: str) -> None:
        super().__init__()
        self._setting = setting
        self.setEditable(setting.others)
        self._fill(setting.every_choice, value)

    @property
    def value(self) -> str:
        found = self.currentIndex()
        typed = self.currentText().strip()
        return str(self.itemData(found)) if self.itemText(found) == typed else typed or self._setting.every_choice[0]

    def offer(self, backend: str) -> None:
        """Offer what this engine takes; what was chosen stays if it does."""
        offered = self._setting.choices.get(backend, ())
        self.setEnabled(bool(offered))
        if offered:
            chosen = self.value
            self._fill(offered, chosen if chosen in offered or self._setting.others else offered[0])

    def _fill(self, offered: tuple[str, ...], value: str) -> None:
        self.clear()
        for choice in offered:
            self.addItem(self._setting.named.get(choice, choice), choice)
        if (found := self.findData(value)) >= 0:
            self.setCurrentIndex(found)
        elif self.isEditable():
            self.setEditText(value)


class AmountBox(QSpinBox):
    """A setting that is an amount; where it may be left out, the box's lowest place stands for that."""

    def __init__(self, setting: Setting, value: float | None) -> None:
        super().__init__()
        self._each, suffix, step = _UNITS[setting.unit]
        least = round(setting.least / self._each)
        self._unset = least - 1 if setting.unset else None
        self.setRange(least if self._unset is None else self._unset, round(min(setting.most / self._each, _MOST)))
        self.setSpecialValueText(setting.unset)
        self.setSuffix(suffix)
        self.setSingleStep(step)
        self.setValue(self.minimum() if value is None else round(value / self._each))
        self.lineEdit().setTextMargins(5, 0, 0, 0)  # a style sheet's padding does not reach its text

    @property
    def amount(self) -> int | None:
        return None if self.value() == self._unset else self.value() * self._each


class EngineSheet(Sheet):
    """Asks for every setting of an engine; they hold from the next probe on."""

    def __init__(
        self, settings: EngineSettings, use: Callable[[EngineSettings], None], parent: QWidget | None = None
    ) -> None:
        """`use` is told what was chosen."""
        super().__init__("Engine", parent=parent)
        self._use = use
        self.boxes = {name: _box(setting, getattr(settings, name)) for name, setting in declared().items()}
        form = QFormLayout()
        form.setVerticalSpacing(8)
        for name, box in self.boxes.items():
            box.ensurePolished()
            box.setMinimumHeight(box.sizeHint().height())
            form.addRow(declared()[name].label, box)
        for told in (
            "From the next probe on. Every record says what it was made on; a judge can replay it on either engine.",
            "A probe that needs more memory or time than this fails, and the log says why. The model is loaded again.",
        ):
            line = words(told, dim=True, wrap=True)
            line.ensurePolished()
            line.setMinimumHeight(line.heightForWidth(_WIDTH))  # a form below would be given what it lacks
            self.column.addWidget(line)
        self.column.addLayout(form)
        self.keep = self.foot("Use these", self._keep)
        self.setFixedWidth(_WIDTH + 40)
        backend = self.boxes["backend"]
        assert isinstance(backend, ChoiceBox)
        backend.currentIndexChanged.connect(lambda _: self._offer(backend.value))
        self._offer(backend.value)

    def _offer(self, backend: str) -> None:
        for name, box in self.boxes.items():
            if isinstance(box, ChoiceBox) and name != "backend":
                box.offer(backend)

    def _keep(self) -> None:
        self._use(EngineSettings(**{name: _value(box) for name, box in self.boxes.items()}))
        self.accept()


def _box(setting: Setting, value: Any) -> ChoiceBox | AmountBox:
    box = ChoiceBox(setting, value) if setting.choices else AmountBox(setting, value)
    box.setAccessibleName(setting.label)
    box.setToolTip(plain_tip(setting.help))
    return box


def _value(box: ChoiceBox | AmountBox) -> Any:
    return box.value if isinstance(box, ChoiceBox) else box.amount
