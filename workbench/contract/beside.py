"""Two results beside each other: what was asked otherwise, and what came of it otherwise, told by their figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final

from workbench.contract.arguments import arguments_of
from workbench.contract.figures import Answers, Column, Figure, Rows, Value
from workbench.contract.probe import Probe

DIFFERS: Final = "≠"
_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_NUMBERS: Final = ("number", "count", "share")

Extent = tuple[int, int]
"""Where something stands in a text: from, to."""


@dataclass(frozen=True)
class Named:
    """What stands on each side, as their columns are headed, e.g. `#2` and `#5`."""

    left: str
    right: str


def asked_beside(left: Probe, right: Probe, named: Named) -> Rows:
    """Every argument of both, those that differ first; one that only one of them has differs."""
    asked = [_told(probe) for probe in (left, right)]
    rows = [
        (DIFFERS if asked[0].get(name) != asked[1].get(name) else "", name, asked[0].get(name), asked[1].get(name))
        for name in dict.fromkeys((*asked[0], *asked[1]))
    ]
    columns = (Column(""), Column("asked"), Column(named.left), Column(named.right))
    return Rows("What was asked", columns, tuple(sorted(rows, key=lambda row: not row[0])))


def _told(probe: Probe) -> dict[str, str | None]:
    """Its arguments by their titles, as they are printed; None: nothing was given."""
    given = ((one, getattr(probe, one.name)) for one in arguments_of(type(probe)))
    return {"probe": probe.kind} | {one.title: None if value is None else one.print(value) for one, value in given}


def found_beside(left: Sequence[Figure], right: Sequence[Figure], named: Named) -> tuple[Rows, ...]:
    """A table for each pair of figures of one type, in their order: what differs first, and marked."""
    return tuple(
        _answers(one, other, named)
        if isinstance(one, Answers) and isinstance(other, Answers)
        else _cells(one.table(), other.table(), named)
        for one, other in zip(left, right, strict=False)
        if type(one) is type(other)
    )


def differing(left: str, right: str) -> tuple[tuple[Extent, ...], tuple[Extent, ...]]:
    """The words of each text that do not stand in the other at the same place in the order of words."""
    pieces = [[match.span() for match in _WORDS.finditer(text)] for text in (left, right)]
    tokens = [[text[begin:end] for begin, end in spans] for text, spans in zip((left, right), pieces, strict=True)]
    spans: tuple[list[Extent], list[Extent]] = ([], [])
    for what, a, b, c, d in SequenceMatcher(None, tokens[0], tokens[1], autojunk=False).get_opcodes():
        for side, (begin, end) in enumerate(((a, b), (c, d))):
            if what != "equal" and begin < end:
                spans[side].append((pieces[side][begin][0], pieces[side][end - 1][1]))
    return tuple(spans[0]), tuple(spans[1])


def _answers(left: Answers, right: Answers, named: Named) -> Rows:
    """Every text once: how often it was given on each side, as a share of what was given there."""
    counts = [Counter(answer.text for answer in side.answers if answer.begun) for side in (left, right)]
    totals = [max(1, sum(count.values())) for count in counts]

    def gap(text: str) -> float:
        return abs(counts[0][text] / totals[0] - counts[1][text] / totals[1])

    texts = sorted({*counts[0], *counts[1]}, key=lambda text: (-gap(text), text))
    rows = tuple((_apart(counts[0][text], counts[1][text]), counts[0][text], counts[1][text], text) for text in texts)
    both = sum(not row[0] for row in rows)
    title = f"{both} of {len(texts)} texts were given on both sides{_of(left)}"
    columns = (Column(""), Column(named.left, "count"), Column(named.right, "count"), Column("text"))
    return Rows(title, columns, rows)


def _of(figure: Answers | Rows) -> str:
    """Which figure it is said of."""
    return f" ({figure.title})" if figure.title else ""


def _apart(left: int, right: int) -> str:
    """Whether something is on one side alone."""
    return DIFFERS if bool(left) != bool(right) else ""


def _cells(left: Rows, right: Rows, named: Named) -> Rows:
    """Two tables of the same columns, row by row: what names a row once, what differs between them twice."""
    if [column.name for column in left.columns] != [column.name for column in right.columns]:
        return Rows(f"The tables have other columns{_of(left)}", (Column(named.left), Column(named.right)), ())
    pairs = list(zip_longest(left.rows, right.rows))
    naming = _naming(left, pairs)
    measured = [place for place in range(len(left.columns)) if place not in naming]
    columns = [Column(""), *(left.columns[place] for place in naming)]
    for place in measured:
        column = left.columns[place]
        columns += [
            Column(f"{column.name} {side}".strip(), column.kind, column.unit) for side in (named.left, named.right)
        ]
        columns += [Column("difference", "number", column.unit)] if column.kind in _NUMBERS else []
    rows = [tuple(_row(one, other, naming, measured, left.columns)) for one, other in pairs]
    differ = sum(bool(row[0]) for row in rows)
    rows.sort(key=lambda row: not row[0])
    return Rows(f"{differ:,} of {len(rows):,} rows differ{_of(left)}", tuple(columns), tuple(rows))


RowPair = tuple[Sequence[Value | None] | None, Sequence[Value | None] | None]


def _naming(table: Rows, pairs: Sequence[RowPair]) -> list[int]:
    """The columns in which all pairs agree, whatever else differs: they say what a row is about."""
    return [
        place
        for place in range(len(table.columns))
        if all(one is None or other is None or one[place] == other[place] for one, other in pairs)
    ]


def _row(
    one: Sequence[Value | None] | None,
    other: Sequence[Value | None] | None,
    naming: Sequence[int],
    measured: Sequence[int],
    columns: Sequence[Column],
) -> Iterator[Value | None]:
    there = one if one is not None else other
    assert there is not None
    same = one is not None and other is not None and all(one[place] == other[place] for place in measured)
    yield "" if same else DIFFERS
    yield from (there[place] for place in naming)
    for place in measured:
        a, b = (side[place] if side is not None else None for side in (one, other))
        yield a
        yield b
        if columns[place].kind in _NUMBERS:
            yield float(b) - float(a) if isinstance(a, int | float) and isinstance(b, int | float) else None


def sentence(asked: Rows, found: Sequence[Rows]) -> str:
    """What differs, said first."""
    names = [str(row[1]).lower() for row in asked.rows if row[0]]
    said = f"Asked with another {', '.join(names)}." if names else "Asked the same."
    return " ".join([said, *(f"{table.title}." for table in found[:1])])
