"""How results are drawn, chosen by the type of a figure and by nothing else."""

from __future__ import annotations

from types import MappingProxyType

from views.desktop.displays.answers import AnswersDisplay
from views.desktop.displays.curves import CurvesDisplay
from views.desktop.displays.display import Display, Pick
from views.desktop.displays.heat import HeatDisplay
from views.desktop.displays.histogram import HistogramDisplay
from views.desktop.displays.rows import RowsDisplay
from views.desktop.displays.strip import StripDisplay
from workbench.contract.figures import Answers, Curves, Figure, Heat, Histogram, Rows, Strip

__all__ = ["DISPLAYS", "Display", "Pick", "display_of"]

DISPLAYS: MappingProxyType[type[Figure], type[Display]] = MappingProxyType(
    {
        Answers: AnswersDisplay,
        Strip: StripDisplay,
        Heat: HeatDisplay,
        Curves: CurvesDisplay,
        Histogram: HistogramDisplay,
        Rows: RowsDisplay,
    }
)


def display_of(figure: Figure) -> Display:
    """An empty display for figures of this type."""
    return DISPLAYS[type(figure)]()
