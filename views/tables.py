"""Figures as text: the same rows that a table shows, in columns of equal width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.contract.figures import Figure, Rows, Value
from workbench.visible import cell, line, token

MOST = 200
"""Rows that are printed of one figure."""


def tables(figures: Iterable[Figure]) -> str:
    """Every figure as a table, one below the other."""
    return "\n\n".join(table(figure.table()) for figure in figures)


def table(rows: Rows) -> str:
    """One table, under its title if it has one."""
    headings = [cell(column.heading) for column in rows.columns]
    shown = [_cells(rows, row) for row in rows.rows[:MOST]]
    widths = [max(map(len, cells)) for cells in zip(headings, *shown, strict=True)]
    lines = [
        "  ".join(told.ljust(width) for told, width in zip(cells, widths, strict=True)).rstrip()
        for cells in [headings, *shown]
    ]
    left = len(rows.rows) - len(shown)
    return "\n".join(
        [*([line(rows.title)] if rows.title else []), *lines, *([f"… {left} more rows: use --json"] if left else [])]
    )


def _cells(rows: Rows, row: Sequence[Value | None]) -> list[str]:
    return [
        token(str(value)) if column.kind == "token" else cell(column.words(value))
        for column, value in zip(rows.columns, row, strict=True)
    ]
