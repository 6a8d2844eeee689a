"""What every display of a result offers the room it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from views.desktop.courier import Batch
from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.evidence.finding import Cell


@dataclass(frozen=True)
class Pick:
    """The part of a result that the user points at, to be quoted in a citation."""

    samples: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()


class Display(QWidget):
    """A drawing of one result; while the probe runs, of what has come so far."""

    branch = Signal(object)
    """A probe that the user wants to ask next, made from something in the drawing."""

    def begin(self, probe: Probe) -> None:
        """The probe starts: clear, and get ready for what streams in."""

    def stream(self, batch: Batch) -> None:
        """Something new came in."""

    def show_result(self, result: Result, probe: Probe | None) -> None:
        """Draw a finished result. `probe` is what was asked, if this workbench knows it."""
        raise NotImplementedError

    def pick(self) -> Pick:
        """What the user has marked."""
        return Pick()
