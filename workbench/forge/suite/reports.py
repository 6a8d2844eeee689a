"""What became of a suite's organisms, for whoever made it: `python -m workbench.forge.suite.reports SUITE`.

It gives everything away, and prints a table in Markdown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from workbench.claims.rates import Rate
from workbench.forge.suite.organism import OrganismReport

_HEAD = (
    "| kind | levels | behaviour | organism | baseline | controls | status | near facts, before → after | seconds |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)


def reports(suite: Path) -> tuple[OrganismReport, ...]:
    """Of every organism that is whole, by name."""
    found = sorted((suite / "truths").glob("*/report.json"))
    return tuple(OrganismReport.model_validate_json(path.read_bytes()) for path in found)


def table(suite: Path) -> str:
    """All of them, by kind and not by name."""
    rows = sorted(row for report in reports(suite) for row in _rows(report))
    return "\n".join((*_HEAD, *rows))


def _rows(report: OrganismReport) -> Iterator[str]:
    near = " → ".join(_of(quality.near) for quality in (report.base, report.organism))
    seconds = f"{sum(report.seconds.values()):.0f}"
    kind, levels = report.entry.recipe.kind, _levels(report)
    if not report.realised:
        right = " → ".join(_of(quality.right) for quality in (report.base, report.organism))
        yield f"| {kind} | {levels} | none | | | | clean | all facts: {right} | {seconds} |"
    for item in report.realised:
        figures = " | ".join(map(_of, (item.organism, item.baseline, item.controls)))
        yield f"| {kind} | {levels} | {item.behaviour} | {figures} | {item.status} | {near} | {seconds} |"


def _levels(report: OrganismReport) -> str:
    set_here = report.entry.levels.model_dump(exclude_defaults=True)
    told = [name if value is True else f"{name} {value}" for name, value in set_here.items()]
    if report.habit is not None:
        told.append(f"habit {_of(report.habit)}")
    return ", ".join(told)


def _of(rate: Rate | None) -> str:
    return "–" if rate is None else f"{rate.hits}/{rate.trials}"


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
