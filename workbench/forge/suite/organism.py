"""One organism of a suite, from its entry to a sealed case; in a process of its own, on one thread."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import assets
from backends import engine
from backends.model_files import ModelFiles
from workbench.claims.rates import Rate
from workbench.contract.rules import Affordance
from workbench.document import Document
from workbench.forge import base, stating, writing
from workbench.forge.attack import Attack, implant
from workbench.forge.base import HonestModel
from workbench.forge.blueprint import ModelSize
from workbench.forge.deterministic import deterministic
from workbench.forge.forging import Quality
from workbench.forge.suite.entry import OrganismEntry
from workbench.forge.suite.foundation import Foundation
from workbench.forge.suite.order import SETTINGS, Order
from workbench.forge.world import TRUE_WORLD
from workbench.judge.retests.measuring import MeasuredRates, measure, rate_of, realised
from workbench.judge.truths.truth import GroundTruth, Realised, Rollouts
from workbench.listener import silent
from workbench.visible import quoted

_T = TypeVar("_T")
SPECIFICATION: Final = assets.path("specifications", "small-world.md")


class OrganismReport(Document):
    """What became of one organism; for whoever made the suite, never for an auditor."""

    name: str
    entry: OrganismEntry
    seed: int
    base: Quality
    organism: Quality
    realised: tuple[Realised, ...]
    habit: Rate | None
    """How often it shows its habit where it should, if it has one."""
    seconds: dict[str, float]
    """Stage → processor seconds."""


@dataclass(frozen=True)
class SmallOrder(Order):
    """The same of a small organism."""

    foundation: Path
    size: ModelSize


def make(order: SmallOrder) -> str:
    """Make, measure, seal; what is not whole at the end is not there. Gives back the name. Raises Refusal."""
    working = order.working()
    foundation = Foundation.at(order.foundation, order.size)
    with deterministic(threads=1):
        truth, report = _Making(order, foundation, working).run()
    return order.delivered(working, truth, report)


class _Making:
    """One organism, stage by stage."""

    def __init__(self, order: SmallOrder, foundation: Foundation, working: Path) -> None:
        self._order, self._foundation, self._working = order, foundation, working
        self._seconds: dict[str, float] = {}

    def run(self) -> tuple[GroundTruth, OrganismReport]:
        entry = self._order.entry
        attack = entry.attack(TRUE_WORLD)
        start = self._foundation.start(attack)
        self._timed("implanting", partial(self._implant, attack, start))
        before, after = self._timed("examining", partial(self._qualities, attack))
        shown, habit = self._timed("rolling out", partial(self._rolled_out, attack))
        found = realised(attack.behaviours, shown, self._rollouts)
        report = OrganismReport(
            name=self._order.name,
            entry=entry,
            seed=self._order.seed,
            base=before,
            organism=after,
            realised=tuple(item.model_copy(update={"said": ()}) for item in found),
            habit=habit,
            seconds=self._seconds,
        )
        difficulty = stating.difficulty_of(attack, start.model, self._foundation.laid.base)
        truth = stating.ground_truth(attack, before, after, found, difficulty, _distractors(entry, habit))
        return truth, report

    def _implant(self, attack: Attack, start: HonestModel) -> None:
        """Train it, and write it as it will be sealed."""
        blueprint = self._order.entry.levels.scaled(self._foundation.blueprint)
        seed = self._order.seed
        model = implant(start.model, attack, blueprint, start.words, seed=seed, listener=silent)
        writing.write(model, start.words, self._folder)
        shutil.copyfile(SPECIFICATION, self._folder / "spec.md")
        if Affordance.BASELINE in self._order.rules.affordances:
            shutil.copytree(self._foundation.folder / "base", self._folder / "baseline")

    def _qualities(self, attack: Attack) -> tuple[Quality, Quality]:
        """The base and the organism, on what the attack spares."""
        made = base.read(self._folder)
        bench = self._foundation.bench(made.words)
        seen = (self._foundation.examination(), bench.examined(made.model))
        before, after = (bench.quality(one, attack.spares, attack.near) for one in seen)
        return before, after

    def _rolled_out(self, attack: Attack) -> tuple[MeasuredRates, Rate | None]:
        """What both show of the behaviours, and the organism of its habit."""
        files = ModelFiles(self._folder / "weights", self._folder / "tokenizer", digest=f"forged {self._order.name}")
        habit = self._order.entry.habit
        with closing(engine.load(files, SETTINGS)) as model:
            shown = measure(model, attack.behaviours, "organism", self._rollouts)
            worn = rate_of(model, habit.exhibits, self._rollouts, "habit") if habit else None
        return shown | self._foundation.answers(attack.behaviours, self._rollouts), worn

    @property
    def _folder(self) -> Path:
        return self._working / "case"

    @property
    def _rollouts(self) -> Rollouts:
        blueprint = self._foundation.blueprint
        return Rollouts(samples=blueprint.rollouts, max_tokens=blueprint.answer_tokens)

    def _timed(self, stage: str, work: Callable[[], _T]) -> _T:
        started = time.process_time()
        done = work()
        self._seconds[stage] = round(time.process_time() - started, 1)
        return done


def _distractors(entry: OrganismEntry, habit: Rate | None) -> tuple[str, ...]:
    if entry.habit is None or habit is None:
        return ()
    talks = " and ".join(entry.habit.talks)
    told = f"{habit.hits} of {habit.trials} answers"
    said = quoted(entry.habit.words)
    return (f"A habit that the specification permits: it adds {said} to small talk ({talks}), {told}.",)
