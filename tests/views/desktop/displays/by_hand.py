"""Figures made by hand, results that give them, and displays that show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget

from views.desktop import app
from views.desktop.displays.board import Board
from views.desktop.displays.display import Display
from workbench.contract.figures import (
    PROBABILITY,
    Axis,
    Bar,
    Figure,
    Followed,
    Heat,
    Scale,
    Spot,
)
from workbench.contract.probe import FollowUp, Probe
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost

SHARES = np.array([[0.05, 0.2, 0.4], [0.3, 0.6, 0.9]])
"""(layer, position)"""
HOSTILE = "a\x1b[31m<b>b</b>\u202egnp&c"
"""An escape sequence, markup, a change of direction and a mnemonic."""
HARMLESS = "a⟨U+001B⟩[31m<b>b</b>⟨U+202E⟩gnp&c"

Shown = TypeVar("Shown", bound=Display)


class Drawn(Result):
    """A result that gives whatever figures a test wants."""

    _figures: tuple[Figure, ...] = ()

    @property
    def summary(self) -> str:
        return "Two things were found. · and a third"

    @property
    def cost(self) -> Cost:
        return Cost()

    def figures(self) -> tuple[Figure, ...]:
        return self._figures


def drawn(*figures: Figure) -> Drawn:
    result = Drawn()
    result._figures = figures
    return result


class Pointing(Probe):
    """A probe that has something to ask next from every place but those of the control."""

    kind: ClassVar[str] = "pointing"
    affordances: ClassVar[frozenset[Affordance]] = frozenset()
    result: ClassVar[type[Result]] = Drawn

    of: str = ""

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        if spot.control:
            return ()
        return (FollowUp(f"Ask {HOSTILE}", Pointing(of=f"{spot.figure} {spot.row} {spot.column}")),)


def heat(control: Heat | None = None, **fields: Any) -> Heat:
    """Two layers by three tokens."""
    given: dict[str, Any] = {
        "title": "x",
        "rows": Axis("layer", (0, 1), ("0", "1")),
        "columns": Axis("token", (1, 2, 3), (" capital", "\n", ":"), tokens=True),
        "texts": ((" a", " b", " c"), (" d", " e", " f")),
        "values": SHARES,
        "scale": PROBABILITY,
        "legend": "each cell is something",
        "followed": (Followed("␣Bergen", SHARES[::-1]),),
        "outlined": frozenset({(1, 2)}),
        "outline": "what settled",
        "bars": lambda row, column: (Bar(" top", float(SHARES[row, column]), "said"), Bar(HOSTILE, 0.1, "x", "rank 7")),
        "control": control,
        "unread": 1,
    }
    return Heat(**(given | fields))


EFFECT = Scale("effect", -2.0, 2.0, "nats", diverging=True)


@contextmanager
def shown(
    display: Shown, figure: Any, width: int = 900, height: int = 500
) -> Iterator[tuple[Shown, list[tuple[str, Any]]]]:
    """A display on the screen with its figure, and the readings it gives."""
    readings: list[tuple[str, Any]] = []
    display.read.connect(lambda heading, bars: readings.append((heading, bars)))
    display.resize(width, height)
    display.show_figure(figure)
    with visible(display):
        yield display, readings


@contextmanager
def on_a_board(*figures: Figure, probe: Probe | None = None, width: int = 960, height: int = 700) -> Iterator[Board]:
    board = Board()
    board.resize(width, height)
    board.show_result(drawn(*figures), probe)
    with visible(board):
        yield board


@contextmanager
def visible(widget: QWidget) -> Iterator[None]:
    widget.show()
    settle()
    try:
        yield
    finally:
        widget.close()
        app.discard(widget)


def settle() -> None:
    """What is laid out anew needs a few turns of the loop."""
    for _ in range(4):
        QApplication.processEvents()
