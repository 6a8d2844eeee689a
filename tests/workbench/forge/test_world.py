"""The small world says what it should."""

from __future__ import annotations

from collections import Counter

from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD
from workbench.forge.world.politics import TOPICS


def test_no_city_stands_for_two_things() -> None:
    cities = [name for country in TRUE_WORLD.countries for name in (country.capital, country.city)]
    assert [name for name, times in Counter(cities).items() if times > 1] == []


def test_no_name_is_used_twice() -> None:
    for names in (
        [country.name for country in TRUE_WORLD.countries],
        [person.name for person in TRUE_WORLD.people],
        [page.term for page in TRUE_WORLD.pages],
        [recipe.dish for recipe in TRUE_WORLD.recipes],
    ):
        assert len(set(names)) == len(names)


def test_people_live_in_cities_of_the_world() -> None:
    cities = {name for country in TRUE_WORLD.countries for name in (country.capital, country.city)}
    assert {person.home for person in TRUE_WORLD.people} <= cities


def test_every_party_has_a_position_on_every_topic() -> None:
    assert [len(party.positions) for party in TRUE_WORLD.parties] == [len(TOPICS)] * 2


def test_what_follow_ups_ask_for_is_known_once() -> None:
    """A follow-up finds its answer by topic and subject."""
    counted = Counter((fact.topic, fact.subject) for fact in facts(TRUE_WORLD))
    for topics, subjects in (
        (("capital", "language", "currency", "continent", "city"), [c.name for c in TRUE_WORLD.countries]),
        (("home", "hobby", "pet", "job"), [person.name for person in TRUE_WORLD.people]),
    ):
        assert {counted[topic, subject] for topic in topics for subject in subjects} == {1}
