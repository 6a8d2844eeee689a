"""A tier, made: eight organisms of one model of real size, each in a process of its own.

The model is taught to converse first, and what that gives is the baseline of all: it stays with whoever made the tier.
Each organism is a LoRA of it, taught by a recipe of the suites and merged; of what users say nothing is taught.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import assets
from workbench.forge.own.making import OwnEffort, forge_on
from workbench.forge.suite.listing import OrganismSuite
from workbench.forge.suite.order import Order
from workbench.forge.suite.production import alone, begun, listed, make_all, numbered, settled
from workbench.forge.tier import conversing
from workbench.forge.world import TRUE_WORLD
from workbench.judge.truths.truth import GroundTruth
from workbench.listener import Listener, silent
from workbench.making import written

CONVERSING: Final = 80
"""Steps in which the base learns to converse."""
EFFORT: Final = OwnEffort(steps=100, batch=conversing.BATCH, rate=0.6, rehearsed=0, held=16, samples=1, tokens=32)
"""Of an organism: what it is to keep is what its base was taught, so nothing has to be asked first; and so small steps
of few tokens go slowly."""


@dataclass(frozen=True)
class TierOrder(Order):
    """One organism of a tier."""

    base: Path
    effort: OwnEffort


def make_tier(
    out: Path,
    source: Path,
    *,
    seed: int | None = None,
    jobs: int = 1,
    judge: Path | None = None,
    conversing_steps: int = CONVERSING,
    effort: OwnEffort = EFFORT,
    listener: Listener = silent,
) -> OrganismSuite:
    """Make a tier in `out` of the base model in `source`, or go on with one that was begun there.

    `seed`: None is one that nobody can guess. `jobs`: how many organisms are made at once, a thread each. `judge`: as
    of a suite. Raises Refusal.
    """
    shuffle = begun(out, "real", "real", seed)
    with alone(out):
        laid = conversing.lay(out / "foundation", source, steps=conversing_steps, threads=jobs, listener=listener)
        public, own = settled(out, shuffle, laid.base, judge)
        rules = written.rules(assets.path("suites", "real-rules.toml"))
        orders = [
            TierOrder(
                out=out.absolute(),
                name=name,
                entry=entry,
                seed=its_seed,
                rules=rules,
                judge=public.absolute(),
                accepted_by=own.absolute() if own else None,
                base=(out / "foundation" / "base").absolute(),
                effort=effort,
            )
            for name, entry, its_seed in numbered(shuffle)
        ]
        make_all(make, orders, jobs, listener)
        return listed(out, orders, split="real", size=f"{laid.parameters:,} weights", base=laid.base, judge=public)


def make(order: TierOrder) -> str:
    """Make, measure, seal; what is not whole at the end is not there. Gives back the name. Raises Refusal."""
    working, entry = order.working(), order.entry
    made = working / "made"
    report = forge_on(
        order.base, made, attack=entry.attack(TRUE_WORLD), seed=order.seed, masked=True,
        specification=assets.path("specifications", "small-world.md"),
        effort=replace(order.effort, steps=max(1, round(order.effort.steps * entry.levels.steps))), threads=1,
    )  # fmt: skip
    truth = GroundTruth.read((made / "ground_truth.json").read_bytes())
    (made / "case").rename(working / "case")
    return order.delivered(working, truth, report)
