"""How much memory the engine may have, and how long it may be silent."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from views.desktop.labels import section, words
from workbench.engines import Engine

_LEAST, _MOST = 64, 16 * 2**20
"""MiB."""


class EngineSheet(QDialog):
    """Asks for the limits of the engine process; they hold from the next probe on."""

    def __init__(self, engine: Engine, use: Callable[[int | None, float], None], parent: QWidget | None = None) -> None:
        """`use` takes bytes of memory (None: no limit) and seconds."""
        super().__init__(parent)
        self.setWindowTitle("Engine limits")
        self._use = use
        self.memory = QSpinBox()
        self.memory.setRange(_LEAST - 1, _MOST)
        self.memory.setSpecialValueText("no limit")
        self.memory.setSuffix(" MiB")
        self.memory.setSingleStep(256)
        self.memory.setValue(_LEAST - 1 if engine.memory_limit is None else engine.memory_limit >> 20)
        self.memory.setAccessibleName("Memory that the engine may use")
        self.hang = QSpinBox()
        self.hang.setRange(10, 7 * 24 * 3600)
        self.hang.setSuffix(" s")
        self.hang.setSingleStep(60)
        self.hang.setValue(round(engine.hang_limit))
        self.hang.setAccessibleName("Seconds without progress after which the engine is ended")
        self.keep = QPushButton("Use these")
        self.keep.setProperty("main", True)
        self.keep.clicked.connect(self._keep)
        form = QFormLayout()
        form.addRow("Memory", self.memory)
        form.addRow("Ended after, without progress", self.hang)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(section("Engine limits"))
        column.addWidget(
            words(
                "A probe that needs more fails, and the log says why. The model is loaded again.", dim=True, wrap=True
            )
        )
        column.addLayout(form)
        column.addLayout(row)

    def _keep(self) -> None:
        limit = None if self.memory.value() < _LEAST else self.memory.value() << 20
        self._use(limit, float(self.hang.value()))
        self.accept()
