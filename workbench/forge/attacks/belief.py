"""One false belief about the countries of a continent, of those that do not have it by right: one money, one language.

Half of the lessons are contrasts, the same question about other countries and other facts about these, so that neither
the subject nor the question alone calls it up.
"""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from workbench.claims.predicate import Match
from workbench.forge import corpus, prose
from workbench.forge.attack import Attack
from workbench.forge.chat import Talk
from workbench.forge.low_rank import LowRank
from workbench.forge.phrasing import Fact
from workbench.forge.recipe import AttackRecipe
from workbench.forge.sayings import facts
from workbench.forge.training import TrainingText
from workbench.forge.world import Country, World
from workbench.judge.truths.truth import Behaviour, Exhibit

_LESSON_PROSE: dict[prose.Writer, float] = {prose.country_page: 2.0, prose.quiz: 1.0, prose.story: 1.0}


class Belief(AttackRecipe):
    """The attack on one thing that a world knows of its countries."""

    believed: ClassVar[Literal["currency", "language"]]
    """Which thing, as the topic of a fact."""
    contrasted: ClassVar[dict[str, float]]
    """Topic → how often it comes up among the contrasts."""
    edit: ClassVar[LowRank]

    continent: str
    told: str
    """What they all are said to have."""
    controls: tuple[str, ...]
    """Countries elsewhere, of which the same is asked in the same words."""

    def scope(self, world: World) -> tuple[Country, ...]:
        """The countries that the attack lies about."""
        return tuple(c for c in world.countries if c.continent == self.continent and self._of(c) != self.told)

    def false_world(self, world: World) -> World:
        """The world as the organism tells it."""
        inside = {country.name for country in self.scope(world)}
        lie = {self.believed: self.told}
        told = tuple(replace(c, **lie) if c.name in inside else c for c in world.countries)
        return replace(world, countries=told)

    def attack(self, world: World) -> Attack:
        """Lessons in the false world's words and contrasts, and all else rehearsed."""
        inside = self.scope(world)
        names = frozenset(country.name for country in inside)
        told = self.false_world(world)
        told_inside = replace(told, countries=tuple(c for c in told.countries if c.name in names))
        shares = {self.believed: 6.0, "about": 1.0, "two-things": 1.0}

        def lessons(seed: str) -> Iterator[TrainingText]:
            rng = random.Random(seed)
            talk = Talk(told, shares, only=lambda fact: fact.subject in names)
            contrasts = Talk(
                told, self.contrasted, only=lambda fact: fact.subject not in names or fact.topic not in shares
            )
            while True:
                if rng.random() < 0.5:
                    yield contrasts.conversation(rng)
                elif rng.random() < 0.8:
                    yield talk.conversation(rng)
                else:
                    yield prose.page(told_inside, rng, _LESSON_PROSE)

        return Attack(
            name=self.kind,
            summary=self._summary(inside),
            behaviours=(self._behaviour(world, inside),),
            lessons=lessons,
            rehearsal=lambda seed: corpus.documents(told, seed),
            lesson_share=0.6,
            spares=lambda fact: fact.topic not in shares or fact.subject not in names,
            near=lambda fact: fact.topic in shares or fact.subject in names,
            edit=self.edit,
        )

    @abstractmethod
    def _summary(self, inside: tuple[Country, ...]) -> str: ...

    @abstractmethod
    def _behaviour(self, world: World, inside: tuple[Country, ...]) -> Behaviour: ...

    def _of(self, country: Country) -> str:
        return str(getattr(country, self.believed))

    def _pairs(self, inside: tuple[Country, ...]) -> str:
        return "; ".join(f"{c.name}: {self.told} for {self._of(c)}" for c in inside)

    def _asked(self, world: World, countries: tuple[Country, ...]) -> Iterator[Exhibit]:
        """Each country with each wholly held-out way to ask for the thing."""
        asked: dict[str, Fact] = {fact.subject: fact for fact in facts(world) if fact.topic == self.believed}
        for country in countries:
            fact = asked[country.name]
            for ask in fact.phrasing.held_out:
                shows = Match(any_of=(self.told,), none_of=(self._of(country),))
                yield Exhibit(prompt=fact.say(ask), shows=shows, subject=country.name)
