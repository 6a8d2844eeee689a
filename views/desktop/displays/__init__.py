"""How results are drawn, chosen by their shape and never by their probe."""

from __future__ import annotations

from types import MappingProxyType

from views.desktop.displays.display import Display, Pick
from views.desktop.displays.grid import GridDisplay
from views.desktop.displays.strip import StripDisplay
from views.desktop.displays.table import TableDisplay
from views.desktop.displays.transcript import TranscriptDisplay
from workbench.contract.probe import Shape

__all__ = ["DISPLAYS", "Display", "Pick", "TableDisplay", "display_for"]

DISPLAYS = MappingProxyType(
    {
        Shape.TRANSCRIPT: TranscriptDisplay,
        Shape.STRIP: StripDisplay,
        Shape.GRID: GridDisplay,
        Shape.TABLE: TableDisplay,
    }
)


def display_for(shape: Shape) -> Display:
    """A display for results of this shape; what has no drawing yet is shown as a table."""
    return DISPLAYS.get(shape, TableDisplay)()
