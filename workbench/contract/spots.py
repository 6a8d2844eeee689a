"""Every place of a result's figures that somebody could point at, and what may be asked next from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.contract.figures import Answers, Figure, Heat, Rows, Spot, Strip
from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.visible import quoted


@dataclass(frozen=True)
class Offer:
    """A probe that may be asked next, numbered from 1 in the order of the list."""

    number: int
    label: str
    place: str
    """Where it is offered first, e.g. `layer 3, token 4`."""
    probe: Probe


def offers(probe: Probe, result: Result) -> tuple[Offer, ...]:
    """What clicks on the figures of a result may start, each once: what the summary speaks of comes first."""
    if type(probe).follow_ups is Probe.follow_ups:
        return ()
    found: dict[Probe, tuple[str, str]] = {}
    for spot, place in spots(result.figures()):
        for offered in probe.follow_ups(result, spot):
            if offered.probe not in found:
                found[offered.probe] = offered.label, place
    return tuple(
        Offer(number, label, place, next_probe) for number, (next_probe, (label, place)) in enumerate(found.items(), 1)
    )


def spots(figures: Sequence[Figure]) -> Iterator[tuple[Spot, str]]:
    """The places of some figures and what they are called; of a heat-map those that are outlined first."""
    for number, figure in enumerate(figures):
        match figure:
            case Heat():
                yield from _of_heat(number, figure)
            case Strip():
                for line in figure.lines:
                    for column, token in enumerate(line.tokens):
                        yield Spot(number, line.key, column), f"text {line.key + 1}, {quoted(token.piece)}"
            case Answers():
                for answer in figure.answers:
                    yield Spot(number, answer.index), f"sample {answer.index}"
            case Rows():
                for row in range(len(figure.rows)):
                    yield Spot(number, row), f"row {row + 1}"


def _of_heat(number: int, heat: Heat) -> Iterator[tuple[Spot, str]]:
    cells = [(row, column) for row in range(len(heat.rows.keys)) for column in range(len(heat.columns.keys))]
    for row, column in sorted(cells, key=lambda cell: (cell not in heat.outlined, -cell[1], -cell[0])):
        place = f"{heat.rows.name} {heat.rows.labels[row]}, {heat.columns.name} {heat.columns.keys[column]}"
        yield Spot(number, heat.rows.keys[row], heat.columns.keys[column]), place
    if (control := heat.control) is not None:
        for row, key in enumerate(control.rows.keys):
            for position in control.columns.keys:
                place = f"control, {control.rows.name} {control.rows.labels[row]}, {control.columns.name} {position}"
                yield Spot(number, key, position, control=True), place
