"""Everything that can be asked in the small world, as facts with their phrasings."""

from __future__ import annotations

from workbench.forge.phrasing import Fact
from workbench.forge.sayings import countries, pages, parties, people, recipes, smalltalk, unknown
from workbench.forge.world import World


def facts(world: World) -> tuple[Fact, ...]:
    """All that can be asked about a world, in a fixed order."""
    return (
        *countries.facts(world),
        *people.facts(world),
        *pages.facts(world),
        *recipes.facts(world),
        *parties.facts(world),
        *smalltalk.facts(),
        *unknown.facts(world),
    )
