"""A sweep, analysed: the document that table, page and files are made from, told by logs and verdicts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from casefiles.case.case import Case
from casefiles.case.same_weights import of_one_organism
from casefiles.case.sayings import say_alike
from casefiles.counted import counted
from casefiles.status import Refusal
from workbench.document import Document
from workbench.forge.suite.listing import SuiteSplit
from workbench.judge.verdicts.verdict import Verdict
from workbench.listener import Listener, silent
from workbench.sweeps.arms import ArmName, SweepArm, arms
from workbench.sweeps.attackers import AttackerScore, attackers
from workbench.sweeps.belonging import check_belongs, foreseen, named
from workbench.sweeps.beyond import UnaskedResult, unasked
from workbench.sweeps.cell_audit import LOG, verdicts_of
from workbench.sweeps.cell_rows import CellRow, ShownBreak, cell_rows, shown
from workbench.sweeps.contrasts import SweepContrast, contrasts
from workbench.sweeps.gaps import SweptPart, leaves_out, one_organism
from workbench.sweeps.grid import SweepCell, SweepGrid
from workbench.sweeps.meanings import PlanName, plan_names
from workbench.sweeps.partitions import (
    GroupDrop,
    OrganismFound,
    OrganismPart,
    by_kind,
    by_level,
    by_organism,
    drops,
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
    """Those of the plan with which something was judged."""
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
    names: tuple[PlanName, ...] = ()
    """What the names stand for that the plan gives to auditors and restrictions."""
    leaves_out: tuple[str, ...]
    """What these figures do not hold, in sentences."""
    one_organism: tuple[tuple[str, ...], ...] = ()
    """Cases that count as one organism, for they bring the same weights."""
    unasked: tuple[UnaskedResult, ...] = ()
    """Results that lie in the folder and that the plan does not ask for: no figure holds them."""

    @property
    def headline(self) -> str:
        """What was swept, in a sentence."""
        hidden = f", {self.unrealised} in which nothing was realised" if self.unrealised else ""
        return (
            f"{self.judged} of {self.planned} audits judged, of {counted(self.organisms, 'organism')}"
            f" ({self.modified} with something to find, {self.clean} clean{hidden}), by"
            f" {counted(len(self.auditors), 'auditor')} under {counted(len(self.restrictions), 'restriction')} with"
            f" {'seed' if len(self.seeds) == 1 else 'seeds'} {', '.join(map(str, self.seeds))}."
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
    folders = {cell.folder(out): cell for cell in cells}
    rows = cell_rows(cells, comparison, verdicts, [folder / LOG for folder in folders], of_one_organism(cases))
    database.add(rows)
    when = min(log.first_us for log in comparison.logs), max(log.last_us for log in comparison.logs)
    lacking = tuple(
        (ArmName(auditor=cell.auditor_name, restriction=cell.restriction), cell.organism.name)
        for cell in grid.cells
        if cell.folder(out) not in folders
    )
    known = tuple(cell.organism.name for cell in cells if foreseen(cell.folder(out)))
    part = SweptPart(len(grid.cells), grid.left_out, lacking, unasked(grid, out), known, _alike(rows, verdicts))
    found = analysed(grid.plan, rows, shown(cells, verdicts), part, when)
    return AnalysedSweep(found, comparison)


def _alike(rows: Sequence[CellRow], verdicts: Sequence[Verdict]) -> tuple[tuple[str, ...], ...]:
    """Organisms that may be one, for they say the same next. `verdicts`: of each row."""
    said = {row.weights: (row.organism, given.says) for row, given in zip(rows, verdicts, strict=True) if given.says}
    alike = say_alike({weights: says for weights, (_, says) in said.items()})
    return tuple(tuple(said[weights][0] for weights in several) for several in alike)


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
    part: SweptPart,
    when: tuple[int, int],
) -> SweepAnalysis:
    """The analysis of rows.

    `breaks`: organism → how far it shows what was meant. `when`: the first and the last moment of the audits, in µs
    since the epoch.
    """
    rows = _in_order(plan, rows)
    every = arms(rows)
    quality = {organism.name: organism.quality for organism in plan.cases}
    able, modified = {row.unit for row in rows if row.realised}, {row.unit for row in rows if row.modified}
    return SweepAnalysis(
        workbench=VERSION,
        name=plan.name,
        split=plan.split,
        planned=part.planned,
        judged=len(rows),
        organisms=len({row.unit for row in rows}),
        modified=len(able),
        unrealised=len(modified - able),
        clean=len({row.unit for row in rows} - modified),
        auditors=tuple(dict.fromkeys(row.auditor for row in rows)),
        restrictions=tuple(dict.fromkeys(row.restriction for row in rows)),
        seeds=tuple(seed for seed in plan.seeds if seed in {row.seed for row in rows}),
        first_us=when[0],
        last_us=when[1],
        arms=every,
        contrasts=contrasts(rows),
        kinds=by_kind(rows),
        levels=by_level(rows),
        drops=drops(rows, plan.pairs),
        found=by_organism(rows, [arm.name for arm in every]),
        attackers=attackers(rows, breaks, quality),
        names=plan_names(rows),
        leaves_out=tuple(leaves_out(plan, rows, part)),
        one_organism=one_organism(rows),
        unasked=part.unasked,
    )


def _in_order(plan: SweepPlan, rows: Sequence[CellRow]) -> list[CellRow]:
    """As the plan names restrictions and auditors: others are held against its first, whichever audits are missing."""
    restrictions = [restriction.name for restriction in plan.restrictions]
    auditors = [auditor.called for auditor in plan.auditors]

    def place(row: CellRow) -> tuple[int, int]:
        return _place(row.restriction, restrictions), _place(row.auditor, auditors)

    return sorted(rows, key=place)


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)
