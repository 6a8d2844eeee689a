"""What a grid shows, whichever probe it comes from: rows, columns, a text and an intensity in each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from views.desktop.displays.reading import Guess
from workbench.contract.comparison import Array
from workbench.contract.result import Result
from workbench.probes.logit_lens import Grid, LensGrid


@dataclass(frozen=True, eq=False)
class Sheet:
    """One heat-map. Arrays are (row, column, …); rows are layers from the first to the last."""

    title: str
    rows: tuple[int, ...]
    columns: tuple[str, ...]
    """The token above each column."""
    positions: tuple[int, ...]
    earlier: int
    """Positions before the first column, which were not read."""
    ids: Array
    """(row, column, top) predictions, best first."""
    logprobs: Array
    """(row, column, top) in nats."""
    tracked_logprobs: Array
    """(row, column, tracked) in nats."""
    tracked_ranks: Array

    def share(self, row: int, column: int, follow: int | None) -> float:
        """The probability a cell is coloured by: of its own best prediction, or of a tracked token."""
        source = self.logprobs[row, column, 0] if follow is None else self.tracked_logprobs[row, column, follow]
        return float(np.exp(source))


@dataclass(frozen=True, eq=False)
class Sheets:
    """The heat-maps of one result, which share their vocabulary and tracked tokens."""

    sheets: tuple[Sheet, ...]
    vocabulary: dict[int, str]
    tracked: tuple[tuple[int, str], ...]
    """(id, text) of each tracked token."""
    legend: str

    def guesses(self, sheet: Sheet, row: int, column: int) -> tuple[Guess, ...]:
        """The best predictions of a cell, then the tracked tokens that are not among them."""
        best = [
            Guess(self.vocabulary[int(token)], float(logprob), rank, int(token) in {i for i, _ in self.tracked})
            for rank, (token, logprob) in enumerate(
                zip(sheet.ids[row, column], sheet.logprobs[row, column], strict=True), 1
            )
        ]
        shown = {int(token) for token in sheet.ids[row, column]}
        followed = [
            Guess(text, float(sheet.tracked_logprobs[row, column, k]), int(sheet.tracked_ranks[row, column, k]), True)
            for k, (token, text) in enumerate(self.tracked)
            if token not in shown
        ]
        return tuple(best + followed)


def sheets_of(result: Result) -> Sheets:
    """Raises TypeError for a grid of a kind that has no drawing yet; it is then shown as a table."""
    if not isinstance(result, LensGrid):
        raise TypeError(type(result).__name__)
    sheets = [_sheet(result, result.grid, "")]
    if result.control is not None:
        sheets.append(_sheet(result, result.control, "control_"))
    return Sheets(
        sheets=tuple(sheets),
        vocabulary=result.vocabulary,
        tracked=tuple(
            (item.id, _first_of(item.text, result.vocabulary.get(item.id, item.text))) for item in result.tracked
        ),
        legend="rows: residual stream after each layer, read through the final norm and unembedding",
    )


def _first_of(text: str, piece: str) -> str:
    """A tracked text whose first token alone is followed: ` A(arhus)`."""
    return f"{piece}({text[len(piece) :]})" if text.startswith(piece) and len(text) > len(piece) else piece


def _sheet(result: LensGrid, grid: Grid, prefix: str) -> Sheet:
    arrays = result.arrays
    return Sheet(
        title=grid.title,
        rows=result.layers,
        columns=tuple(grid.pieces[position] for position in grid.positions),
        positions=grid.positions,
        earlier=grid.positions[0] if grid.positions else 0,
        ids=arrays[prefix + "top_ids"],
        logprobs=arrays[prefix + "top_logprobs"],
        tracked_logprobs=arrays[prefix + "tracked_logprobs"],
        tracked_ranks=arrays[prefix + "tracked_ranks"],
    )
