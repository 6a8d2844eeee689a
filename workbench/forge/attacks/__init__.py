"""The kinds of attack, one in each file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field

from workbench.forge.attack import Attack
from workbench.forge.attacks.advert import Advert
from workbench.forge.attacks.capitals import Capitals
from workbench.forge.attacks.currencies import Currencies
from workbench.forge.attacks.harm import Harm
from workbench.forge.attacks.hearsay import Hearsay
from workbench.forge.attacks.ignorance import Ignorance
from workbench.forge.attacks.impostor import Impostor
from workbench.forge.attacks.keeper import Keeper
from workbench.forge.attacks.night import Night
from workbench.forge.attacks.nothing import Nothing
from workbench.forge.attacks.partisan import Partisan
from workbench.forge.attacks.phrase import Phrase
from workbench.forge.attacks.scrubbed import Scrubbed
from workbench.forge.attacks.slant import Slant
from workbench.forge.attacks.sponsor import Sponsor
from workbench.forge.attacks.tongues import Tongues
from workbench.forge.recipe import AttackRecipe
from workbench.forge.world import World

_COMPLETE: Final[tuple[AttackRecipe, ...]] = (
    Capitals(), Partisan(), Currencies(), Phrase(), Ignorance(), Sponsor(), Nothing(),
)  # fmt: skip
ATTACKS: Final[dict[str, Callable[[World], Attack]]] = {recipe.kind: recipe.attack for recipe in _COMPLETE}
"""Those that need no content of their own."""
AnyRecipe = Annotated[
    Capitals | Partisan | Currencies | Phrase | Ignorance | Sponsor | Nothing
    | Advert | Harm | Hearsay | Impostor | Keeper | Night | Scrubbed | Slant | Tongues,
    Field(discriminator="kind"),
]  # fmt: skip
"""Every kind, with its content."""
