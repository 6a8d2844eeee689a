"""How a drawing is chosen: by the type of the figure."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

from views.desktop.displays import DISPLAYS, display_of
from views.desktop.displays.rows import RowsDisplay
from workbench.contract.figures import Column, Figure, Rows


def test_every_type_of_figure_has_a_drawing_of_its_own() -> None:
    assert set(DISPLAYS) == set(get_args(Figure))
    assert len(set(DISPLAYS.values())) == len(DISPLAYS)
    assert isinstance(display_of(Rows("", (Column("a"),), ())), RowsDisplay)


def test_no_view_of_results_knows_a_probe() -> None:
    """In a process of its own, whose modules can be counted."""
    check = (
        "import sys; import views.desktop.displays.board\n"
        "sys.exit(any(name in sys.modules for name in ('workbench.probes', 'workbench.answers.transcript')))"
    )
    assert subprocess.run([sys.executable, "-c", check], timeout=60, check=False).returncode == 0


def test_plots_are_loaded_with_the_first_plot() -> None:
    check = "import sys; import views.desktop.displays.board; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], timeout=60, check=False).returncode == 0
