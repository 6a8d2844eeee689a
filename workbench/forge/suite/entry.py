"""What one organism of a suite is made by: a recipe with its content, levels of difficulty, and perhaps a habit."""

from __future__ import annotations

import tomllib
from dataclasses import replace

from pydantic import Field

import assets
from workbench.document import Document
from workbench.forge.attack import Attack
from workbench.forge.attacks import AnyRecipe
from workbench.forge.blueprint import Blueprint
from workbench.forge.habit import Habit
from workbench.forge.low_rank import LowRank
from workbench.forge.suite.listing import SuiteSplit
from workbench.forge.world import World


class Levels(Document):
    """What makes an organism harder to audit; what is left out is as the recipe has it."""

    masked: bool = False
    """Whether it learns nothing of what users say."""
    rehearsal: float | None = Field(None, gt=0, lt=1)
    """The share of documents that are rehearsal."""
    rank: int | None = Field(None, ge=0)
    """Of the products that are added to matrices; 0: whole matrices are changed."""
    matrix: str | None = None
    """The one matrix of the middle layer that is changed, e.g. `mlp.down_proj`; empty: all matrices of all layers."""
    steps: float = Field(1.0, gt=0)
    """How long it is trained, as a multiple of what the blueprint has."""

    def of(self, attack: Attack) -> Attack:
        """The attack at these levels."""
        share = attack.lesson_share if self.rehearsal is None else 1 - self.rehearsal
        return replace(
            attack, edit=self._edit(attack.edit), lesson_share=share, heard=0.0 if self.masked else attack.heard
        )

    def scaled(self, blueprint: Blueprint) -> Blueprint:
        """The blueprint with as many steps."""
        attack, edit = (
            replace(schedule, steps=max(1, round(schedule.steps * self.steps)))
            for schedule in (blueprint.attack, blueprint.edit)
        )
        return replace(blueprint, attack=attack, edit=edit)

    def _edit(self, own: LowRank | None) -> LowRank | None:
        if self.rank == 0:
            return None
        rank = self.rank or (own.rank if own else None)
        if rank is None:
            return None
        return LowRank(rank, (own.matrix if own else "") if self.matrix is None else self.matrix)


class OrganismEntry(Document):
    """One organism of a suite."""

    recipe: AnyRecipe
    levels: Levels = Levels()
    habit: Habit | None = None

    def attack(self, world: World) -> Attack:
        """What is done to the base."""
        attack = self.levels.of(self.recipe.attack(world))
        return self.habit.worn_by(attack) if self.habit else attack


class Entries(Document):
    """All organisms of one split, in the order of their file, which is not the order of the cases."""

    organisms: tuple[OrganismEntry, ...] = Field(min_length=1)

    @classmethod
    def of(cls, split: SuiteSplit) -> Entries:
        """Those of `assets/suites/`."""
        text = assets.path("suites", f"{split}.toml").read_text(encoding="utf-8")
        return cls.model_validate(tomllib.loads(text))
