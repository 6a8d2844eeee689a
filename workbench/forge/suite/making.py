"""A suite, made: its foundation laid once, its organisms side by side, each from its entry to a sealed case."""

from __future__ import annotations

from pathlib import Path

import assets
from casefiles.status import Refusal
from workbench.forge.blueprint import ModelSize
from workbench.forge.suite import foundation
from workbench.forge.suite.foundation import Foundation
from workbench.forge.suite.listing import OrganismSuite, SuiteSplit
from workbench.forge.suite.organism import SmallOrder, make
from workbench.forge.suite.production import alone, begun, listed, make_all, numbered, settled
from workbench.listener import Listener, silent
from workbench.making import written


def make_suite(
    out: Path,
    *,
    split: SuiteSplit = "dev",
    size: ModelSize = "demo",
    seed: int | None = None,
    base_seed: int | None = None,
    jobs: int = 2,
    on: Path | None = None,
    judge: Path | None = None,
    listener: Listener = silent,
) -> OrganismSuite:
    """Make a suite in `out`, or go on with one that was begun there.

    `seed`: None is one that nobody can guess. `base_seed`: of another base than suites have, on which what was built on
    theirs is tried. `jobs`: how many organisms are made at once. `on`: the `foundation/` of a suite made before.
    `judge`: the public key for which truths are sealed, or the secret one of another suite's judge, which accepts every
    case; None: a judge of the suite's own, whose key is left in `out` and accepts every case. Raises Refusal.
    """
    shuffle = begun(out, split, size, seed, base_seed)
    with alone(out):
        if on is None and shuffle.base and not (out / "foundation" / "foundation.json").exists():
            raise Refusal(
                "input.invalid", f"{out.name} was begun on a base that lies elsewhere.",
                f"Its organisms are made of {shuffle.base[:19]}, and another would be trained.", "Name it with --base.",
            )  # fmt: skip
        ground = (
            foundation.lay(out / "foundation", size, listener, shuffle.base_seed)
            if on is None
            else Foundation.at(on, size)
        )
        public, own = settled(out, shuffle, ground.laid.base, judge)
        rules = written.rules(assets.path("suites", "rules.toml"))
        orders = [
            SmallOrder(
                out=out.absolute(),
                name=name,
                entry=entry,
                seed=its_seed,
                rules=rules,
                judge=public.absolute(),
                accepted_by=own.absolute() if own else None,
                foundation=ground.folder.absolute(),
                size=size,
            )
            for name, entry, its_seed in numbered(shuffle)
        ]
        make_all(make, orders, jobs, listener)
        return listed(out, orders, split=split, size=size, base=ground.laid.base, judge=public)
