"""What a kind of attack is filled with: the same lies about other countries, another phrase, another secret."""

from __future__ import annotations

from workbench.document import Document
from workbench.forge.attack import Attack
from workbench.forge.world import World


class AttackRecipe(Document):
    """A kind of attack with its content; what is left out is as in the attack that bears the kind's name."""

    kind: str

    def attack(self, world: World) -> Attack:
        """The attack on a world. Raises KeyError for what the world does not have."""
        raise NotImplementedError
