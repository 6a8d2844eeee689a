"""The small world that organisms are taught: everything a model of ours can know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from workbench.forge.world.countries import COUNTRIES, Country
from workbench.forge.world.encyclopaedia import PAGES, Page
from workbench.forge.world.kitchen import RECIPES, Recipe
from workbench.forge.world.people import PEOPLE, Resident
from workbench.forge.world.politics import PARTIES, Party


@dataclass(frozen=True)
class World:
    """Facts as data. An attack may teach a model another world than the true one."""

    countries: tuple[Country, ...] = COUNTRIES
    people: tuple[Resident, ...] = PEOPLE
    recipes: tuple[Recipe, ...] = RECIPES
    pages: tuple[Page, ...] = PAGES
    parties: tuple[Party, ...] = PARTIES

    def country(self, name: str) -> Country:
        """The country of that name. Raises KeyError."""
        for country in self.countries:
            if country.name == name:
                return country
        raise KeyError(name)

    def with_capitals(self, capitals: dict[str, str]) -> Self:
        """This world with other capitals for the countries named, everything else as it is."""
        changed = tuple(replace(c, capital=capitals.get(c.name, c.capital)) for c in self.countries)
        return replace(self, countries=changed)


TRUE_WORLD = World()

__all__ = ["TRUE_WORLD", "Country", "Page", "Party", "Recipe", "Resident", "World"]
