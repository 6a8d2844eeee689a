"""Neutral drawings of a result: all that a desktop, a report or a command line knows of it.

A result gives figures; whoever draws knows the six kinds of figure and never a probe. Rows and columns are named by
keys that stay what they are however much of a figure is drawn, so that a click or a citation means the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from workbench.contract.clusters import Cluster, clustered, told

Floats = npt.NDArray[np.floating[Any]]
Value = str | int | float


def percent(share: float, digits: int = 1) -> str:
    """A probability, or with no digits a rate, in hundredths: only none is 0 % and only all is 100 %."""
    points = 100 * share
    if points in (0, 100):
        return f"{points:.0f} %"
    if 0 < points < 0.05 or 99.95 < points < 100:
        return "< 0.1 %" if points < 1 else "> 99.9 %"
    near = 0 < points < 0.5 or 99.5 < points < 100
    return f"{signed(points, 1 if near else digits)} %"


def signed(value: float, digits: int = 2) -> str:
    """A number with a real minus."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0: there is no −0.00


@dataclass(frozen=True)
class Scale:
    """What a value means, and how strongly it is coloured."""

    name: str
    """In words, e.g. `probability`."""
    low: float
    high: float
    """The values with no colour and with the full one; on a diverging scale the middle between them has none."""
    unit: str = ""
    """`nats`, `%` (of 1), or nothing."""
    diverging: bool = False
    root: bool = False
    """Coloured by the square root, so that small values can be told apart."""

    def strength(self, value: float) -> float:
        """How strongly a value is coloured: 0 … 1, or −1 … 1 on a diverging scale."""
        if self.high == self.low or not math.isfinite(value):
            return 0.0
        share = (value - self.low) / (self.high - self.low)
        if self.diverging:
            return min(1.0, max(-1.0, 2 * share - 1))
        share = min(1.0, max(0.0, share))
        return math.sqrt(share) if self.root else share

    def words(self, value: float) -> str:
        """A value as people read it."""
        if not math.isfinite(value):
            return "—"
        if self.unit == "%":
            return percent(value)
        return f"{signed(value)} {self.unit}".rstrip()


PROBABILITY = Scale("probability", 0.0, 1.0, unit="%", root=True)
SURPRISE = Scale("surprise", 0.0, 6.0, unit="nats")


@dataclass(frozen=True)
class Bar:
    """One line of a reading: a token or a name, and how much of it there is."""

    label: str
    share: float
    """Length of the bar, 0 … 1."""
    value: str
    beside: str = ""
    """A second figure, e.g. `rank 14`."""
    marked: bool = False
    """One that the question asked about."""

    @classmethod
    def of(cls, piece: str, logprob: float, rank: int, *, marked: bool = False) -> Bar:
        """A token that might have been said: its probability, and its rank or log-probability (nats)."""
        share = math.exp(min(0.0, logprob))
        beside = f"rank {rank:,}" if rank > 5 or marked else signed(logprob)
        return cls(piece, share, percent(share), beside, marked)


class Ending(StrEnum):
    """How an answer ended."""

    ITSELF = "end"
    LENGTH = "length"
    STOPPED = "cancelled"
    STRING = "string"

    @property
    def words(self) -> str:
        return {"end": "ended by itself", "length": "cut off at the longest length", "cancelled": "stopped",
                "string": "ended at a stop string"}[self]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One text that the model gave back."""

    index: int
    text: str
    tokens: int
    ending: Ending
    ended_at: str = ""
    """The stop string that ended it, if one did and it is known which."""

    @property
    def heard(self) -> str:
        """Its text with the first letter of the stop string that ended it, which is not said, but tells whether the
        last word was."""
        return self.text + self.ended_at[:1]

    @property
    def whole(self) -> bool:
        """Whether it ended by itself, and was neither cut off nor stopped."""
        return self.ending is Ending.ITSELF

    @property
    def begun(self) -> bool:
        """One that was stopped counts as it stands, or stopping unwelcome answers would raise a rate; one that never
        began says nothing."""
        return self.tokens > 0 or self.ending is not Ending.STOPPED


@dataclass(frozen=True)
class Column:
    """One column of rows; `kind` says how its values are written."""

    name: str
    kind: Literal["text", "token", "number", "count", "share"] = "text"
    unit: str = ""

    def words(self, value: Value | None) -> str:
        """A value as it stands in this column."""
        if value is None:
            return "—"
        if self.kind == "share" and isinstance(value, int | float):
            return percent(value)
        if self.kind == "count" and isinstance(value, int | float):
            return f"{value:,.0f}"
        return signed(value, 4).rstrip("0").rstrip(".") if isinstance(value, float) else str(value)

    @property
    def heading(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True)
class Rows:
    """Typed columns and rows: what every figure can be read as, and a drawing of its own."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value | None, ...], ...]

    def table(self) -> Rows:
        return self


@dataclass(frozen=True)
class Answers:
    """Texts that came back, grouped and counted."""

    title: str
    prompt: str
    """The prompt as the model saw it."""
    answers: tuple[Answer, ...]
    called: str = "answers"
    """What they are."""

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        """Equal ones together, and those that begin alike; only those that were begun."""
        return clustered(self.answers)

    @property
    def said(self) -> str:
        """What they come to, in one sentence."""
        return told(self.clusters, self.called)

    def ended(self, samples: Sequence[int]) -> str:
        """How some of them ended, in words."""
        wanted = set(samples)
        ends = {answer.ending for answer in self.answers if answer.index in wanted}
        return ends.pop().words if len(ends) == 1 else "ended in different ways"

    def table(self) -> Rows:
        """Counts first: a row for each text, those that begin alike below each other."""
        columns = (Column("times", "count"), Column("begin alike", "count"), Column("text"), Column("ended"),
                   Column("samples"))  # fmt: skip
        rows = tuple(
            (one.times, cluster.times, one.text, self.ended(one.samples), _numbers(one.samples))
            for cluster in self.clusters
            for one in cluster.equal
        )
        return Rows(self.title, columns, rows)


def _numbers(samples: Sequence[int]) -> str:
    """Numbers of samples, runs of them by their ends."""
    runs: list[list[int]] = []
    for sample in sorted(samples):
        if runs and sample == runs[-1][-1] + 1:
            runs[-1].append(sample)
        else:
            runs.append([sample])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


@dataclass(frozen=True)
class Token:
    """One token of a strip. `bars`: what was expected in its place."""

    piece: str
    value: float
    heading: str = ""
    """What its reading is headed with, beyond the token itself."""
    bars: tuple[Bar, ...] = ()
    cells: tuple[Value, ...] = ()
    """Further figures of this token, one for each of the strip's columns."""


@dataclass(frozen=True)
class Line:
    """One text of a strip. `key`: its row when it is cited."""

    key: int
    text: str
    said: str
    """The line in figures."""
    tokens: tuple[Token, ...]


@dataclass(frozen=True)
class Strip:
    """Texts as tokens with a value each, in the order in which they are to be read."""

    title: str
    scale: Scale
    lines: tuple[Line, ...]
    legend: str
    columns: tuple[Column, ...] = ()

    def table(self) -> Rows:
        columns = (
            Column("text", "count"),
            Column("token", "token"),
            Column(self.scale.name, "number", self.scale.unit),
        )
        rows = tuple((line.key, token.piece, token.value, *token.cells) for line in self.lines for token in line.tokens)
        return Rows(self.title, (*columns, *self.columns), rows)


@dataclass(frozen=True)
class Axis:
    """Rows or columns of a heat-map: a name, a key and a label for each."""

    name: str
    keys: tuple[int, ...]
    labels: tuple[str, ...]
    tokens: bool = False
    """Whether the labels are tokens, whose spaces are to be shown."""


@dataclass(frozen=True, eq=False)
class Followed:
    """Something that is followed through a whole heat-map, e.g. one token, spelled visibly. `values`: (row, column)."""

    name: str
    values: Floats
    beside: Floats | None = None
    """A second figure in each cell, e.g. ranks."""
    beside_name: str = ""


def no_bars(row: int, column: int) -> tuple[Bar, ...]:
    """The readings of a heat-map whose cells hold no more than their value."""
    return ()


@dataclass(frozen=True, eq=False)
class Heat:
    """Rows × columns, a text and a value in each cell; its first row is drawn at the bottom. Arrays: (row, column)."""

    title: str
    rows: Axis
    columns: Axis
    texts: tuple[tuple[str, ...], ...]
    """Tokens in the cells, row by row; empty: the values are written."""
    values: Floats
    scale: Scale
    legend: str
    followed: tuple[Followed, ...] = ()
    outlined: frozenset[tuple[int, int]] = frozenset()
    """Places (row, column, from 0) that the summary speaks of."""
    outline: str = ""
    """What is outlined, in words."""
    bars: Callable[[int, int], tuple[Bar, ...]] = field(default=no_bars, repr=False)
    """The reading of a place."""
    control: Heat | None = None
    cell: str = "cell"
    """What the texts are, e.g. `prediction`."""
    unread: int = 0
    """Columns before the first that were not read."""

    def text(self, row: int, column: int) -> str:
        return self.texts[row][column] if self.texts else self.scale.words(float(self.values[row, column]))

    def table(self) -> Rows:
        value = Column(self.scale.name, "share" if self.scale.unit == "%" else "number", self.scale.unit.strip("%"))
        columns = [Column("of"), Column(self.rows.name, "count"), Column("position", "count"),
                   Column(self.columns.name, "token" if self.columns.tokens else "text")]  # fmt: skip
        columns += [Column(self.cell, "token"), value] if self.texts else [value]
        for item in self.followed:
            columns.append(replace(value, name=item.name))
            columns += [Column(f"{item.beside_name} of {item.name}", "count")] if item.beside is not None else []
        every = [("prompt", self), *([("control", self.control)] if self.control is not None else [])]
        return Rows(self.title, tuple(columns), tuple(row for of, heat in every for row in heat._cells(of)))

    def _cells(self, of: str) -> Iterator[tuple[Value | None, ...]]:
        for row, name in enumerate(self.rows.keys):
            for column, (position, label) in enumerate(zip(self.columns.keys, self.columns.labels, strict=True)):
                cell: list[Value | None] = [of, name, position, label]
                cell += [self.texts[row][column]] if self.texts else []
                cell.append(float(self.values[row, column]))
                for item in self.followed:
                    cell.append(float(item.values[row, column]))
                    cell += [int(item.beside[row, column])] if item.beside is not None else []
                yield tuple(cell)


@dataclass(frozen=True)
class Curve:
    """One curve; `low` and `high` its interval at each point, where it has one."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    control: bool = False

    def rows(self) -> Iterator[tuple[Value | None, ...]]:
        """Its points, one after the other, with their intervals."""
        name = f"{self.name} (control)" if self.control else self.name
        for point, (x, y) in enumerate(zip(self.xs, self.ys, strict=True)):
            ends = (self.low[point], self.high[point]) if self.low else (None, None)
            yield name, x, y, *ends


@dataclass(frozen=True)
class Curves:
    """Values over a number, e.g. over layers or doses."""

    title: str
    x: str
    """What runs along the axis."""
    scale: Scale
    curves: tuple[Curve, ...]

    def table(self) -> Rows:
        kind: Literal["share", "number"] = "share" if self.scale.unit == "%" else "number"
        columns = (Column("curve"), Column(self.x, "number"), Column(self.scale.name, kind, self.scale.unit.strip("%")),
                   Column("low", kind), Column("high", kind))  # fmt: skip
        return Rows(self.title, columns, tuple(row for curve in self.curves for row in curve.rows()))


@dataclass(frozen=True)
class Counts:
    """One group of a histogram: how many values lie in each bin."""

    name: str
    counts: tuple[int, ...]
    control: bool = False


@dataclass(frozen=True)
class Histogram:
    """How values are spread. `edges`: one more than there are bins, rising."""

    title: str
    x: Scale
    edges: tuple[float, ...]
    groups: tuple[Counts, ...]

    def table(self) -> Rows:
        columns = (Column("group"), Column("from", "number", self.x.unit), Column("to", "number", self.x.unit),
                   Column("count", "count"))  # fmt: skip
        rows = tuple(
            (group.name, low, high, count)
            for group in self.groups
            for low, high, count in zip(self.edges[:-1], self.edges[1:], group.counts, strict=True)
        )
        return Rows(self.title, columns, rows)


Figure = Answers | Strip | Heat | Curves | Histogram | Rows


@dataclass(frozen=True)
class Spot:
    """A place in a figure that somebody points at, by the keys of its row and column; in answers, the sample."""

    figure: int
    row: int
    column: int = 0
    control: bool = False
    """In the control beside it."""
