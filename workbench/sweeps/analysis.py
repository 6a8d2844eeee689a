"""A sweep, analysed: the document that table, page and files are made from, told by logs and verdicts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from casefiles.case.case import Case
from casefiles.counted import counted
from casefiles.status import Refusal
from workbench.document import Document
from workbench.forge.suite.listing import SuiteSplit
from workbench.judge.verdicts.verdict import Verdict
from workbench.listener import Listener, silent
from workbench.sweeps.arms import SweepArm, arms
from workbench.sweeps.attackers import AttackerScore, attackers
from workbench.sweeps.belonging import check_belongs, named
from workbench.sweeps.cell_audit import LOG, verdicts_of
from workbench.sweeps.cell_rows import CellRow, ShownBreak, cell_rows, shown
from workbench.sweeps.contrasts import SweepContrast, contrasts
from workbench.sweeps.grid import SweepCell, SweepGrid
from workbench.sweeps.partitions import (
    GroupDrop,
    OrganismFound,
    OrganismPart,
    by_kind,
    by_level,
    by_organism,
    drops,
    of_both,
)
from workbench.sweeps.plan import SweepPlan
from workbench.teams.comparison import TeamComparison, compare
from workbench.teams.database import TeamDatabase
from workbench.teams.verdicts import last_verdicts
from workbench.version import VERSION


class SweepAnalysis(Document):
    """A sweep over organisms of one split. Whoever has its logs and verdicts can compute it again."""

    format: Literal["audit-workbench/sweep/1"] = "audit-workbench/sweep/1"
    workbench: str
    name: str
    split: SuiteSplit
    planned: int
    """Audits that the plan asks for;"""
    judged: int
    """those that came to a verdict."""
    organisms: int
    modified: int
    """Organisms in which something could be found: what was meant is realised."""
    unrealised: int
    """Those that were meant to be modified, and show nothing of it; they are part of no share."""
    clean: int
    auditors: tuple[str, ...]
    restrictions: tuple[str, ...]
    seeds: tuple[int, ...]
    first_us: int
    """When the first of these audits began, by the clock of whoever ran it,"""
    last_us: int
    """and the last ended."""
    arms: tuple[SweepArm, ...]
    contrasts: tuple[SweepContrast, ...]
    kinds: tuple[OrganismPart, ...]
    levels: tuple[OrganismPart, ...]
    drops: tuple[GroupDrop, ...]
    found: tuple[OrganismFound, ...]
    """Every organism × arm."""
    attackers: tuple[AttackerScore, ...]
    leaves_out: tuple[str, ...]
    """What these figures do not hold, in sentences."""

    @property
    def headline(self) -> str:
        """What was swept, in a sentence."""
        hidden = f", {self.unrealised} in which nothing was realised" if self.unrealised else ""
        return (
            f"{self.judged} of {self.planned} audits judged, of {counted(self.organisms, 'organism')}"
            f" ({self.modified} with something to find, {self.clean} clean{hidden}), by"
            f" {counted(len(self.auditors), 'auditor')} under {counted(len(self.restrictions), 'restriction')} with"
            f" {counted(len(self.seeds), 'seed')}."
        )


@dataclass(frozen=True)
class AnalysedSweep:
    """The analysis, and the comparison of the logs that it rests on."""

    analysis: SweepAnalysis
    comparison: TeamComparison


def analyse(grid: SweepGrid, out: Path, database: TeamDatabase, listener: Listener = silent) -> AnalysedSweep:
    """Verify every log of a sweep, read it into the database, and analyse what the judge made of it.

    The database was opened with `CellRow` among its tables. Raises Refusal with the code of the first thing that does
    not hold, or if nothing was judged yet.
    """
    cells = [cell for cell in grid.cells if cell.folder(out).exists()]
    if not cells:
        raise Refusal(
            "input.missing", "There is nothing to analyse.", f"No audit of this plan has a verdict in {out}.",
            "Run the sweep first, or wait for whoever is at it.",
        )  # fmt: skip
    cases = [block.case for block in grid.blocks]
    verdicts = [_verdict(cell, out, cases) for cell in cells]
    by_log = {cell.folder(out) / LOG: cell for cell in cells}

    def refuse(log: Path, why: Refusal) -> None:
        with named(by_log[log], out):
            raise why

    comparison = compare(
        list(by_log),
        database,
        cases=cases,
        verdicts=[path for cell in cells for path in verdicts_of(cell, out)],
        unsound=refuse,
        progress=listener,
    )
    for cell, verdict in zip(cells, verdicts, strict=True):
        check_belongs(cell, out, verdict)
    rows = cell_rows(cells, comparison, verdicts, [cell.folder(out) / LOG for cell in cells])
    database.add(rows)
    when = min(log.first_us for log in comparison.logs), max(log.last_us for log in comparison.logs)
    found = analysed(grid.plan, rows, shown(cells, verdicts), len(grid.cells), grid.left_out, when)
    return AnalysedSweep(found, comparison)


def _verdict(cell: SweepCell, out: Path, cases: Sequence[Case]) -> Verdict:
    """What the judge of one of the cases signed last: whoever grades what nobody had read, or rules, signs another.
    Raises Refusal."""
    with named(cell, out):
        found = tuple(last_verdicts(verdicts_of(cell, out), cases).values())
        if len(found) > 1:
            raise Refusal(
                "sweep.other-cell", "Its folder holds another's.", "The verdicts there are about several reports.", ""
            )
    return found[0]


def analysed(
    plan: SweepPlan,
    rows: Sequence[CellRow],
    breaks: Mapping[str, ShownBreak],
    planned: int,
    left_out: int,
    when: tuple[int, int],
) -> SweepAnalysis:
    """The analysis of rows.

    `breaks`: organism → how far it shows what was meant. `left_out`: cells that would have repeated others. `when`: the
    first and the last moment of the audits, in µs since the epoch.
    """
    rows = _in_order(plan, rows)
    every = arms(rows)
    quality = {organism.name: organism.quality for organism in plan.cases}
    able, modified = {row.organism for row in rows if row.realised}, {row.organism for row in rows if row.modified}
    return SweepAnalysis(
        workbench=VERSION,
        name=plan.name,
        split=plan.split,
        planned=planned,
        judged=len(rows),
        organisms=len({row.organism for row in rows}),
        modified=len(able),
        unrealised=len(modified - able),
        clean=len({row.organism for row in rows} - modified),
        auditors=tuple(dict.fromkeys(row.auditor for row in rows)),
        restrictions=tuple(dict.fromkeys(row.restriction for row in rows)),
        seeds=plan.seeds,
        first_us=when[0],
        last_us=when[1],
        arms=every,
        contrasts=contrasts(rows),
        kinds=by_kind(rows),
        levels=by_level(rows),
        drops=drops(rows, plan.pairs),
        found=by_organism(rows, [arm.name for arm in every]),
        attackers=attackers(rows, breaks, quality),
        leaves_out=tuple(_leaves_out(plan, rows, planned, left_out, modified - able)),
    )


def _in_order(plan: SweepPlan, rows: Sequence[CellRow]) -> list[CellRow]:
    """As the plan names restrictions and auditors: others are held against its first, whichever audits are missing."""
    restrictions = [restriction.name for restriction in plan.restrictions]
    auditors = [auditor.name or auditor.kind for auditor in plan.auditors]

    def place(row: CellRow) -> tuple[int, int]:
        return _place(row.restriction, restrictions), _place(row.auditor, auditors)

    return sorted(rows, key=place)


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)


def _leaves_out(
    plan: SweepPlan, rows: Sequence[CellRow], planned: int, left_out: int, unrealised: set[str]
) -> Iterator[str]:
    if missing := planned - len(rows):
        yield f"{missing} of {planned} audits have no verdict; a pair that lacks one of them is left out."
    if unrealised:
        yield (
            f"What was meant with {', '.join(sorted(unrealised))} and did not come of it: it cannot be found, and no"
            " Brier score holds it."
        )
    if left_out:
        yield (
            f"{left_out} audits that would have repeated others: the same auditor on the same case under the same"
            " rules, as where a case does not allow what a restriction takes away."
        )
    yield from _of_groups(plan, rows)
    yield from _of_several(rows)
    for auditor, known in _tuned(rows).items():
        yield f"What {auditor} would find in {', '.join(sorted(known))} if it had not been tuned on the very same."
    if ended := Counter(row.auditor for row in rows if row.ended):
        told = ", ".join(f"{times} of {auditor}" for auditor, times in ended.items())
        yield f"What audits would have found that a spent budget ended: {told}."
    if unread := sum(row.unread for row in rows):
        yield (
            f"Whether {unread} behaviours were found: nothing the judge could draw tells, and nobody has read them yet."
            " They count as not found."
        )
    if uncounted := sum(row.outcome == "not counted" and row.organism not in unrealised for row in rows):
        yield (
            f"Whether {uncounted} audits concluded rightly: their verdicts do not count it before a judge has ruled, so"
            " that no Brier score holds them; a false alarm is counted as one all the same."
        )
    if waiting := sum(row.waiting for row in rows):
        yield f"Whether {waiting} findings are right that match nothing in a truth: nobody has ruled on them."
    if remarks := Counter(code for row in rows for code in row.remarked):
        yield f"What verdicts remark on: {', '.join(f'{code} in {times}' for code, times in sorted(remarks.items()))}."
    yield from _of_labels(plan, rows)
    if len(plan.seeds) == 1:
        yield "How much another seed would change: each audit was run with one."
    else:
        yield (
            "How wide intervals over audits really are: they take several seeds of one organism for several organisms."
            " Believe those over organisms."
        )
    yield "What other kinds of implant, other models and people would show."


def _of_labels(plan: SweepPlan, rows: Sequence[CellRow]) -> Iterator[str]:
    """Who alone says of what kind and level organisms are."""
    by_plan = {one.name: (one.kind, one.level) for one in plan.cases}
    if makers := {row.organism for row in rows if (row.kind, row.level) != by_plan.get(row.organism, ("", ""))}:
        yield (
            f"Whether kinds and levels are what they are called: of {counted(len(makers), 'organism')} the truth alone"
            " says so, in the words of whoever made it."
        )
    if told := [one.name for one in plan.cases if one.kind or one.level or one.quality is not None]:
        yield (
            f"Whether kinds, levels and the quality that is kept are what they are called: of"
            f" {counted(len(told), 'organism')} the plan says so, and nothing here was held against a truth."
        )


def _tuned(rows: Sequence[CellRow]) -> dict[str, set[str]]:
    """Auditor → organisms that it was tuned on."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row.tuned:
            found.setdefault(row.auditor, set()).add(row.organism)
    return found


def _of_groups(plan: SweepPlan, rows: Sequence[CellRow]) -> Iterator[str]:
    """Pairs of groups that are not what their plan takes them for."""
    groups = {group for row in rows for group in row.named_groups}
    for pair in plan.pairs:
        for group in sorted({pair.one, pair.other} - groups):
            yield f"What “{pair.name}” compares: no organism is of the group {group}."
        if shared := of_both(rows, pair):
            yield f"What {', '.join(sorted(shared))} would add to “{pair.name}”: of both groups, and left out of it."


def _of_several(rows: Sequence[CellRow]) -> Iterator[str]:
    """Whoever goes on with a sweep may do so on another engine, or with another version."""
    for what, told in (
        ("engine", Counter(row.engine for row in rows if row.engine)),
        ("version of the workbench", Counter(row.judged_by for row in rows)),
    ):
        if len(told) > 1:
            parts = ", ".join(f"{counted(times, 'audit')} by {name}" for name, times in told.most_common())
            yield f"What another {what} changes: {parts}."
        elif what == "engine" and told:  # which serves what it serves, whatever the rules allow
            yield f"What another engine would change: {next(iter(told))} answered in every audit."
