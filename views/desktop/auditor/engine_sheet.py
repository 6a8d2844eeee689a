"""Which engine runs the model, where and how, how much memory it may have, and how long it may be silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from views.desktop.labels import section, words
from workbench.door.engine_limits import LEAST_MEMORY, LEAST_PATIENCE, MOST_THREADS
from workbench.door.engines import Engine

_LEAST, _MOST = LEAST_MEMORY >> 20, 16 * 2**20
"""MiB."""
_WIDTH: Final = 380
"""Pixels of a line."""
_WEEK: Final = 7 * 24 * 3600
"""Seconds."""
_ENGINES: Final = {"torch": "PyTorch", "llama": "llama.cpp"}
_DEVICES: Final = ("auto", "cpu", "cuda", "mps")
_FORMATS: Final = {
    "torch": ("auto", "float32", "bfloat16", "float16"),
    "llama": ("auto", "float32", "float16", "q8_0"),
}
"""What each engine can turn the weights into."""


class EngineSheet(QDialog):
    """Asks for the engine and the limits of its process; they hold from the next probe on."""

    def __init__(self, engine: Engine, use: Callable[[Engine], None], parent: QWidget | None = None) -> None:
        """`use` is told what was chosen."""
        super().__init__(parent)
        self.setWindowTitle("Engine")
        self._use = use
        self._choices(engine)
        self._limits(engine)
        self.keep = QPushButton("Use these")
        self.keep.setProperty("main", True)
        self.keep.clicked.connect(self._keep)
        for number in (self.threads, self.memory, self.hang):  # a style sheet's padding does not reach their text
            number.lineEdit().setTextMargins(5, 0, 0, 0)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        for label, field in (
            ("Engine", self.engine), ("Device", self.device), ("Number format", self.dtype),
            ("Threads", self.threads), ("Memory", self.memory), ("Ended after, without progress", self.hang),
        ):  # fmt: skip
            field.ensurePolished()
            field.setMinimumHeight(field.sizeHint().height())
            form.addRow(label, field)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(section("Engine"))
        for told in (
            "From the next probe on. Every record says what it was made on; a judge can replay it on either engine.",
            "A probe that needs more memory or time than this fails, and the log says why. The model is loaded again.",
        ):
            line = words(told, dim=True, wrap=True)
            line.ensurePolished()
            line.setMinimumHeight(line.heightForWidth(_WIDTH))  # a form below would be given what it lacks
            column.addWidget(line)
        column.addLayout(form)
        column.addLayout(row)
        self.setFixedWidth(_WIDTH + 40)

    def _choices(self, engine: Engine) -> None:
        self.engine, self.device, self.dtype = QComboBox(), QComboBox(), QComboBox()
        self.engine.setAccessibleName("Engine")
        for name, shown in _ENGINES.items():
            self.engine.addItem(shown, name)
        self.engine.setCurrentIndex(self.engine.findData(engine.name))
        self.engine.currentIndexChanged.connect(lambda _: self._offer_formats(self.dtype.currentText()))
        self.device.setAccessibleName("Device")
        self.device.addItems(list(_DEVICES))
        self.device.setEditable(True)  # cuda:1
        self.device.setCurrentText(engine.device)
        self.device.setToolTip("auto takes an accelerator if there is one; cuda:1 is the second")
        self.dtype.setAccessibleName("Number format of the weights")
        self.dtype.setToolTip("auto loses nothing on a CPU; a smaller format needs less memory and rounds more")
        self._offer_formats(engine.dtype)
        self.threads = QSpinBox()
        self.threads.setRange(0, MOST_THREADS)
        self.threads.setSpecialValueText("auto")
        self.threads.setValue(engine.threads or 0)
        self.threads.setAccessibleName("CPU threads")

    def _offer_formats(self, chosen: str) -> None:
        formats = _FORMATS[self.engine.currentData()]
        self.dtype.clear()
        self.dtype.addItems(list(formats))
        self.dtype.setCurrentText(chosen if chosen in formats else "auto")

    def _limits(self, engine: Engine) -> None:
        self.memory = QSpinBox()
        self.memory.setRange(_LEAST - 1, _MOST)
        self.memory.setSpecialValueText("no limit")
        self.memory.setSuffix(" MiB")
        self.memory.setSingleStep(256)
        self.memory.setValue(_LEAST - 1 if engine.memory_limit is None else engine.memory_limit >> 20)
        self.memory.setAccessibleName("Memory that the engine may use")
        self.hang = QSpinBox()
        self.hang.setRange(round(LEAST_PATIENCE), _WEEK)
        self.hang.setSuffix(" s")
        self.hang.setSingleStep(60)
        self.hang.setValue(round(engine.hang_limit))
        self.hang.setAccessibleName("Seconds without progress after which the engine is ended")

    def _keep(self) -> None:
        self._use(
            Engine(
                name=self.engine.currentData(),
                device=self.device.currentText().strip() or "auto",
                dtype=self.dtype.currentText(),
                threads=self.threads.value() or None,
                memory_limit=None if self.memory.value() < _LEAST else self.memory.value() << 20,
                hang_limit=float(self.hang.value()),
            )
        )
        self.accept()
