"""What every display of a figure offers the board it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QWidget

from workbench.claims.finding import Cell

ANY_WIDTH: Final = 100_000
"""Of a display that takes whatever room there is."""
LEAST: Final = 280
"""As narrow as a display can be."""


@dataclass(frozen=True)
class Pick:
    """The part of a result that the user points at, to be quoted in a citation."""

    samples: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()


class Display(QWidget):
    """A drawing of one figure. It names its places by the keys of their rows and columns."""

    reads: ClassVar[bool] = False
    """Whether its places are read out in a card."""

    read = Signal(str, object)
    """A place is pointed at: the heading of its reading, and its `Bar`s."""
    marked = Signal()
    """The user has marked something: it is what a citation quotes from now on."""
    asked = Signal(int, int, bool, QPoint)
    """What may be asked next is wanted for a place: row, column, whether it is in the control, where on the screen."""

    offers = False
    """Whether places have something to ask next; set before the figure is shown."""

    def show_figure(self, figure: Any) -> None:
        """Draw a figure of the type that this display is for. Called once: another figure gets another display."""
        raise NotImplementedError

    def pick(self) -> Pick:
        """What the user has marked."""
        return Pick()

    def wanted_width(self) -> int:
        """Beyond this it has no use for more."""
        return ANY_WIDTH

    def least_width(self) -> int:
        """As narrow as it is still of use beside another."""
        return LEAST
