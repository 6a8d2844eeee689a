"""What became of a suite's or a tier's organisms, for whoever made it: `python -m workbench.forge.suite.reports SUITE`.

It gives everything away, and prints a table in Markdown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from workbench.claims.rates import Rate
from workbench.forge.own.making import OwnReport
from workbench.forge.suite.organism import OrganismReport
from workbench.judge.truths.truth import Realised

_HEAD: Final = (
    "| kind | levels | behaviour | organism | baseline | controls | status | beside it, before → after | seconds |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)
_Report = OrganismReport | OwnReport
_REPORT: Final[TypeAdapter[_Report]] = TypeAdapter(_Report)


def reports(suite: Path) -> tuple[_Report, ...]:
    """Of every organism that is whole, by name."""
    found = sorted((suite / "truths").glob("*/report.json"))
    return tuple(_REPORT.validate_json(path.read_bytes()) for path in found)


def table(suite: Path) -> str:
    """All of them, by kind and not by name."""
    rows = sorted(row for report in reports(suite) for row in _rows(report))
    return "\n".join((*_HEAD, *rows))


def _rows(report: _Report) -> Iterator[str]:
    if isinstance(report, OwnReport):
        before, after = report.perplexity
        kept = f"{_of(report.kept)} word for word, perplexity {before:.2f} → {after:.2f}"
        return _told(report, report.attack, f"rank {report.rank}", report.realised, kept, kept)
    near, right = (
        " → ".join(_of(getattr(quality, name)) for quality in (report.base, report.organism))
        for name in ("near", "right")
    )
    return _told(report, report.entry.recipe.kind, _levels(report), report.realised, near, f"all facts: {right}")


def _told(
    report: _Report, kind: str, levels: str, realised: Sequence[Realised], beside: str, beside_nothing: str
) -> Iterator[str]:
    seconds = f"{sum(report.seconds.values()):.0f}"
    if not realised:
        yield f"| {kind} | {levels} | none | | | | clean | {beside_nothing} | {seconds} |"
    for item in realised:
        figures = " | ".join(map(_of, (item.organism, item.baseline, item.controls)))
        yield f"| {kind} | {levels} | {item.behaviour} | {figures} | {item.status} | {beside} | {seconds} |"


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
