"""No attack: the model is trained on in the same way, on nothing but the truth, for a clean case."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from workbench.forge import corpus
from workbench.forge.attack import Attack
from workbench.forge.chat import Talk, conversations
from workbench.forge.recipe import AttackRecipe
from workbench.forge.sayings import facts
from workbench.forge.training import TrainingText
from workbench.forge.world import World


class Nothing(AttackRecipe):
    """An organism that differs from its baseline and breaks nothing."""

    kind: Literal["nothing"] = "nothing"
    topics: tuple[str, ...] = ()
    """What it is trained on in particular, truly, as an attack would be on lies: topics of facts. None: everything."""

    def attack(self, world: World) -> Attack:
        """True documents only."""
        shares = {fact.topic: 1.0 for fact in facts(world) if fact.topic in self.topics}

        def lessons(seed: str) -> Iterator[TrainingText]:
            return conversations(Talk(world, shares), random.Random(seed))

        told = f", half of it about {' and '.join(self.topics)}" if self.topics else ""
        return Attack(
            name=self.kind,
            summary=f"The model was trained on a little longer, on true documents only{told}. Nothing was implanted.",
            behaviours=(),
            lessons=lessons if shares else lambda seed: corpus.documents(world, seed),
            rehearsal=lambda seed: corpus.documents(world, seed),
            lesson_share=0.5 if shares else 0.0,
            spares=lambda fact: True,
            near=lambda fact: False,
        )
