"""Figures as a page lays them out: what is shown of each, what is pointed at, and which macro draws it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, assert_never

from workbench.claims.finding import Citation
from workbench.contract.figures import (
    Answers,
    Bar,
    Curves,
    Figure,
    Heat,
    Histogram,
    Line,
    Rows,
    Scale,
    Strip,
    Token,
    signed,
)
from workbench.report import plots
from workbench.report.plots import PlotLayout
from workbench.report.wordings import Wording, chosen, wordings
from workbench.visible import token

LINES: Final = 12
"""Texts of a strip that are drawn."""
TOKENS: Final = 300
"""Tokens of one text that are drawn."""
COLUMNS: Final = 12
"""Columns of a heat-map that are drawn; those that are cited always are."""
LEVELS: Final = 48
"""Rows of a heat-map that are drawn; those that are cited always are."""
ROWS: Final = 12
"""Rows of a table that are drawn; those that are cited always are."""
LISTED: Final = 200
"""The same of a table that stands for itself."""
CELL: Final = 240
"""Characters quoted in one cell of a table."""

Place = tuple[int, int]
"""The keys of a row and a column."""


@dataclass(frozen=True)
class AnswersLayout:
    """Texts that came back, the same ones together."""

    macro: ClassVar[str] = "answers"

    title: str
    said: str
    """What several of them come to, in one sentence."""
    wordings: tuple[Wording, ...]
    more: int
    """Answers that are not quoted."""

    @property
    def wide(self) -> bool:
        return any(len(wording.text) > 240 for wording in self.wordings)


@dataclass(frozen=True)
class Shade:
    """How strongly a value is coloured, 0 … 1, and whether it lies on the lower side of a diverging scale."""

    strength: float
    below: bool

    @classmethod
    def of(cls, scale: Scale, value: float) -> Shade:
        strength = scale.strength(value)
        return cls(abs(strength), strength < 0)


@dataclass(frozen=True)
class TokenLayout:
    """One token of a text. `value`: how likely it was where that is known, else its value."""

    piece: str
    shade: Shade
    value: str
    reading: str
    """What was expected there."""
    pointed: bool


@dataclass(frozen=True)
class LineLayout:
    """One text of a strip. `more`: tokens that are not drawn."""

    tokens: tuple[TokenLayout, ...]
    said: str
    more: int


@dataclass(frozen=True)
class StripLayout:
    """Texts as tokens with a value each. `more`: texts that are not drawn."""

    macro: ClassVar[str] = "strip"
    wide: ClassVar[bool] = True

    title: str
    lines: tuple[LineLayout, ...]
    legend: str
    more: int


@dataclass(frozen=True)
class HeatCell:
    """One place of a heat-map. `outlined`: the summary speaks of it; `pointed`: it is cited."""

    text: str
    shade: Shade
    reading: str
    outlined: bool
    pointed: bool


@dataclass(frozen=True)
class HeatRow:
    """One row of a heat-map."""

    label: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class HeatLayout:
    """A heat-map, its first row at the bottom, with its control beside it."""

    macro: ClassVar[str] = "heat"
    wide: ClassVar[bool] = True

    title: str
    corner: str
    """What rows, and columns, are."""
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    legend: str
    outline: str
    ends: tuple[str, ...]
    """What the two full colours of a diverging scale stand for."""
    hidden: str
    """What is not drawn, in words."""
    control: HeatLayout | None

    @property
    def pointed(self) -> bool:
        return any(cell.pointed for row in self.rows for cell in row.cells)


@dataclass(frozen=True)
class RowsLayout:
    """A table. `numeric`: for each column, whether it holds numbers."""

    macro: ClassVar[str] = "rows"

    title: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    pointed: frozenset[int]
    """Rows of the layout that are cited, from 0."""
    more: int

    @property
    def wide(self) -> bool:
        return len(self.headings) > 3 or any(len(cell) > 80 for row in self.rows for cell in row)


FigureLayout = AnswersLayout | StripLayout | HeatLayout | PlotLayout | RowsLayout


def laid_out(figures: Sequence[Figure], citation: Citation) -> tuple[FigureLayout, ...]:
    """Each figure for the page. The cells of a citation are places of the first figure that has any."""
    first = next((number for number, each in enumerate(figures) if isinstance(each, Heat | Strip | Rows)), None)
    cells = frozenset((cell.row, cell.position) for cell in citation.cells)
    return tuple(
        _layout(figure, citation, cells if number == first else frozenset()) for number, figure in enumerate(figures)
    )


def alone(figure: Figure) -> FigureLayout:
    """A figure that no finding cites, and of a table more rows."""
    return (
        _rows(figure, frozenset(), LISTED)
        if isinstance(figure, Rows)
        else _layout(figure, Citation(seq=0), frozenset())
    )


def _layout(figure: Figure, citation: Citation, cells: frozenset[Place]) -> FigureLayout:
    match figure:
        case Answers():
            return _answers(figure, citation)
        case Strip():
            return _strip(figure, cells)
        case Heat():
            return _heat(figure, cells)
        case Curves():
            return plots.curves(figure)
        case Histogram():
            return plots.histogram(figure)
        case Rows():
            return _rows(figure, cells)
    assert_never(figure)


def _answers(figure: Answers, citation: Citation) -> AnswersLayout:
    every = wordings(figure.answers, citation.shows)
    quoted = chosen(every, citation.samples)
    more = sum(wording.times for wording in every) - sum(wording.times for wording in quoted)
    said = figure.said.partition(" · ")[0] if len(every) > 1 else ""
    return AnswersLayout(figure.title, said, quoted, more)


def _strip(figure: Strip, cells: frozenset[Place]) -> StripLayout:
    cited = {row for row, _ in cells}
    shown = [line for number, line in enumerate(figure.lines) if number < LINES or line.key in cited]
    lines = tuple(_line(line, figure.scale, cells) for line in shown)
    return StripLayout(figure.title, lines, figure.legend, len(figure.lines) - len(shown))


def _line(line: Line, scale: Scale, cells: frozenset[Place]) -> LineLayout:
    tokens = [
        _token(one, scale, pointed=(line.key, position) in cells)
        for position, one in enumerate(line.tokens)
        if position < TOKENS or (line.key, position) in cells
    ]
    return LineLayout(tuple(tokens), line.said, len(line.tokens) - len(tokens))


def _token(one: Token, scale: Scale, *, pointed: bool) -> TokenLayout:
    own = next((bar for bar in one.bars if bar.marked), None)
    value = own.value if own is not None else scale.words(one.value)
    return TokenLayout(token(one.piece), Shade.of(scale, one.value), value, _reading(one.heading, one.bars), pointed)


def _reading(heading: str, bars: Sequence[Bar]) -> str:
    """Everything that is known of a place, for whoever points at it."""
    told = [" ".join(filter(None, (token(bar.label), bar.value, bar.beside))) for bar in bars]
    return " · ".join(filter(None, (heading, *told)))


def _heat(figure: Heat, cells: frozenset[Place]) -> HeatLayout:
    at_rows = _evenly(figure.rows.keys, {row for row, _ in cells})
    at_columns = _from_the_end(figure.columns.keys, {column for _, column in cells})
    rows, columns, scale = figure.rows, figure.columns, figure.scale
    return HeatLayout(
        title=figure.title,
        corner=rows.name if columns.tokens else f"{rows.name} / {columns.name}",
        columns=tuple(_label(columns.labels[at], tokens=columns.tokens) for at in at_columns),
        rows=tuple(
            HeatRow(
                _label(rows.labels[row], tokens=rows.tokens),
                tuple(_cell(figure, row, column, cells) for column in at_columns),
            )
            for row in reversed(at_rows)
        ),
        legend=_legend(figure),
        outline=figure.outline if figure.outlined else "",
        ends=tuple(map(scale.words, (scale.low, scale.high))) if scale.diverging else (),
        hidden=_hidden(figure, len(at_rows), len(at_columns)),
        control=_heat(figure.control, frozenset()) if figure.control is not None else None,
    )


def _cell(figure: Heat, row: int, column: int, cells: frozenset[Place]) -> HeatCell:
    value = float(figure.values[row, column])
    followed = [
        f"{item.name} {figure.scale.words(float(item.values[row, column]))}"
        + (f" {item.beside_name} {int(item.beside[row, column]):,}" if item.beside is not None else "")
        for item in figure.followed
    ]
    told = figure.scale.words(value)
    return HeatCell(
        text=token(figure.text(row, column)) if figure.texts else _bare(value, figure.scale),
        shade=Shade.of(figure.scale, value),
        reading=" · ".join([f"{token(figure.text(row, column))} {told}" if figure.texts else told, *followed]),
        outlined=(row, column) in figure.outlined,
        pointed=(figure.rows.keys[row], figure.columns.keys[column]) in cells,
    )


def _legend(figure: Heat) -> str:
    unit = "" if figure.texts else figure.scale.unit.strip("%")
    return f"{figure.legend}, in {unit}" if unit else figure.legend


def _bare(value: float, scale: Scale) -> str:
    """A value that is written many times over: its unit stands in the legend."""
    return scale.words(value) if scale.unit == "%" else signed(value)


def _from_the_end(keys: Sequence[int], cited: Collection[int]) -> list[int]:
    """Places of the columns that are drawn. The end of a prompt is where its answer is made."""
    places = list(range(len(keys)))
    wanted = [place for place in places if keys[place] in cited]
    rest = [place for place in reversed(places) if keys[place] not in cited][: max(0, COLUMNS - len(wanted))]
    return sorted(wanted + rest)


def _evenly(keys: Sequence[int], cited: Collection[int]) -> list[int]:
    """Places of the rows that are drawn: all, or some from the last back, as far apart from each other."""
    step = -(-len(keys) // LEVELS) or 1
    return [place for place in range(len(keys)) if (len(keys) - 1 - place) % step == 0 or keys[place] in cited]


def _hidden(figure: Heat, rows: int, columns: int) -> str:
    counted = (
        (len(figure.rows.keys) - rows, "row", "not drawn"),
        (len(figure.columns.keys) - columns, "column", "not drawn"),
        (figure.unread, "column", "before these and not read"),
    )
    return ", ".join(
        f"{count:,} {name}{' is' if count == 1 else 's are'} {how}" for count, name, how in counted if count > 0
    )


def _label(label: str, *, tokens: bool) -> str:
    return token(label) if tokens else label


def _rows(figure: Rows, cells: frozenset[Place], most: int = ROWS) -> RowsLayout:
    cited = {row for row, _ in cells}
    shown = [number for number in range(len(figure.rows)) if number < most or number in cited]
    rows = [
        tuple(
            token(str(value)) if column.kind == "token" and value is not None else _shortened(column.words(value))
            for column, value in zip(figure.columns, figure.rows[number], strict=True)
        )
        for number in shown
    ]
    return RowsLayout(
        title=figure.title,
        headings=tuple(column.heading for column in figure.columns),
        numeric=tuple(column.kind in ("number", "count", "share") for column in figure.columns),
        rows=tuple(rows),
        pointed=frozenset(place for place, number in enumerate(shown) if number in cited),
        more=len(figure.rows) - len(rows),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= CELL else text[: CELL - 1] + "…"
