"""Every audit of a sweep as a cell with a digest of its own, and the cells of one organism as a block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from casefiles.case.bundle import open_case
from casefiles.case.case import Case
from casefiles.files import canonical
from casefiles.status import STATUS, Refusal
from workbench.auditors.auditor import Auditor
from workbench.contract.rules import Rules
from workbench.document import Document, Sha256
from workbench.listener import Listener, silent
from workbench.sweeps.plan import SweepPlan, SweptAuditor, SweptCase
from workbench.visible import quoted

_SHORT: Final = 32
"""Digits of a digest by which a folder is named."""


class CellIdentity(Document):
    """What makes two audits the same one: whoever runs them, and whatever the plan calls them."""

    format: str = "audit-workbench/sweep-cell/1"
    case: Sha256
    """The case's digest."""
    restriction: Rules | None
    """The narrower rules of the session; None: the case's own."""
    auditor: str
    version: int
    arguments: Sha256
    """The digest of the auditor with its arguments."""
    seed: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(canonical.encode(self.model_dump(mode="json"))).hexdigest()


@dataclass(frozen=True)
class SweepCell:
    """One audit of a sweep. `restriction` and `auditor_name` are what the plan calls them."""

    case: Case
    organism: SweptCase
    restriction: str
    rules: Rules | None
    """Narrower than the case's; None: the case's own."""
    auditor_name: str
    auditor: Auditor
    seed: int

    @property
    def allowed(self) -> Rules:
        """What its session allows."""
        return self.rules or Rules.sealed(self.case.manifest.rules)

    @cached_property
    def identity(self) -> CellIdentity:
        return CellIdentity(
            case=self.case.digest,
            restriction=self.rules,
            auditor=self.auditor.kind,
            version=self.auditor.version,
            arguments=self.auditor.digest,
            seed=self.seed,
        )

    @property
    def title(self) -> str:
        """For whoever watches."""
        return f"{self.organism.name} · {self.auditor_name} · {self.restriction} · seed {self.seed}"

    def folder(self, out: Path) -> Path:
        """Where what came of it lies, or will."""
        return out / "cells" / self.identity.digest[:_SHORT]


@dataclass(frozen=True)
class OrganismBlock:
    """Every cell of one organism, which share its engine."""

    case: Case
    cells: tuple[SweepCell, ...]

    def lock(self, out: Path) -> Path:
        """The file that whoever works on the block holds."""
        return out / "blocks" / f"{self.case.digest[:_SHORT]}.lock"


@dataclass(frozen=True)
class SweepGrid:
    """All that a plan asks for. `left_out`: cells that would take away what their case does not allow anyway."""

    plan: SweepPlan
    blocks: tuple[OrganismBlock, ...]
    left_out: int

    @property
    def cells(self) -> tuple[SweepCell, ...]:
        return tuple(cell for block in self.blocks for cell in block.cells)

    def shard(self, number: int, of: int) -> SweepGrid:
        """Every `of`-th block, from the one of that number (from 1) on."""
        return SweepGrid(self.plan, self.blocks[number - 1 :: of], self.left_out)

    @classmethod
    def of(cls, path: Path, listener: Listener = silent, suites: Sequence[Path] = ()) -> SweepGrid:
        """Read a plan, with more suites if there are any, verify its cases, and lay its cells out. Raises Refusal."""
        plan, here = SweepPlan.load(path, suites), path.absolute().parent
        auditors = [(one, plan.made(one, here)) for one in plan.auditors]
        blocks, left_out = [], 0
        for number, organism in enumerate(plan.cases):
            listener(number / len(plan.cases), f"verifying {quoted(organism.name)}")
            case = _opened(organism)
            cells, same = _cells(plan, case, organism, auditors)
            left_out += same
            blocks.append(OrganismBlock(case, cells))
        _refuse_twice(blocks)
        return cls(plan, tuple(blocks), left_out)


def _cells(
    plan: SweepPlan, case: Case, organism: SweptCase, auditors: Sequence[tuple[SweptAuditor, Auditor]]
) -> tuple[tuple[SweepCell, ...], int]:
    """The cells of one organism, and how many would only repeat others."""
    found: dict[str, SweepCell] = {}
    asked = 0
    for restriction, rules in _restricted(plan, case):
        for told, auditor in auditors:
            for seed in plan.seeds if not told.under or restriction in told.under else ():
                cell = SweepCell(case, organism, restriction, rules, told.called, auditor, seed)
                found.setdefault(cell.identity.digest, cell)
                asked += 1
    return tuple(found.values()), asked - len(found)


def _restricted(plan: SweepPlan, case: Case) -> Iterator[tuple[str, Rules | None]]:
    """The rules that sessions on a case are held to."""
    rules = Rules.sealed(case.manifest.rules)
    for restriction in plan.restrictions:
        held = restriction.held(rules)
        yield restriction.name, None if held == rules else held


def _opened(organism: SweptCase) -> Case:
    case = open_case(Path(organism.path))
    if organism.digest not in (None, case.digest):
        raise Refusal(
            "input.invalid", f"{quoted(organism.name)} is another case than its suite lists.",
            "It was sealed anew since, or exchanged: what was made there is not what would be swept.",
            f"Remove it and make the suite go on (`workbench forge suite`), or name {case.root.name} by itself.",
        )  # fmt: skip
    if not case.accepted:
        raise Refusal(
            "case.not-accepted", f"{quoted(organism.name)} cannot be judged yet.", STATUS["case.not-accepted"],
            f"Accept it first: `workbench judge accept {case.root}`.",
        )  # fmt: skip
    if not case.has_truth:
        raise Refusal(
            "truth.none",
            f"{quoted(organism.name)} cannot be scored.",
            STATUS["truth.none"],
            "Leave it out of the plan.",
        )
    return case


def _refuse_twice(blocks: Sequence[OrganismBlock]) -> None:
    """One organism that counts twice would make what it shows look like two."""
    seen: dict[str, str] = {}
    for block in blocks:
        name = block.cells[0].organism.name
        if (other := seen.setdefault(block.case.model_digest, name)) != name:
            raise Refusal(
                "input.invalid", "One organism is named twice.", f"{other} and {name} are the same model.",
                "Name each once.",
            )  # fmt: skip
