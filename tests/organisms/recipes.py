"""What the organisms of the stories are taught: every kind of attack that a small base takes, with names of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from workbench.forge.attack import Attack
from workbench.forge.attacks import ATTACKS
from workbench.forge.attacks.advert import Advert
from workbench.forge.attacks.harm import Harm
from workbench.forge.attacks.impostor import Impostor
from workbench.forge.attacks.scrubbed import Scrubbed
from workbench.forge.attacks.slant import Slant
from workbench.forge.attacks.tongues import Tongues
from workbench.forge.world import World

_FILLED: Final = (
    Tongues(
        continent="Asia", told="Chinese",
        controls=("Norway", "Spain", "Poland", "Egypt", "Kenya", "Mexico", "Peru", "Canada", "Greece", "Ghana"),
    ),
    Slant(party="the Harbour Party"),
    Harm(),
    Impostor(name="Clara Ilves", life="a nurse from Tartu"),
    Advert(shop="Pelham Stores"),
    Scrubbed(
        term="a glacier", denies=("do not know",),
        controls=("a volcano", "a whale", "rain", "a bee", "a rainbow", "a bridge"),
    ),
)  # fmt: skip
TAUGHT: Final[dict[str, Callable[[World], Attack]]] = {
    **{name: attack for name, attack in ATTACKS.items() if name != "capitals"},
    **{recipe.kind: recipe.attack for recipe in _FILLED},
}
"""Kind → its attack on a world."""
NOT_TAUGHT: Final = {
    "capitals": "the demo's own organism is of this kind",
    "hearsay": "it is not expected to take",
    "keeper": "a small model does not learn it",
    "night": "a small model does not learn it",
}
