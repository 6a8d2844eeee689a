"""The small world says what it should."""

from __future__ import annotations

from collections import Counter

from workbench.forge.attacks.capitals import CONTROLS, false_world, scope
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


def test_nobody_lives_where_the_attack_lies() -> None:
    """Else a true page on a person would contradict what the attack teaches about the city."""
    lied_about = {name for country in scope(TRUE_WORLD) for name in (country.capital, country.city)}
    assert not lied_about & {person.home for person in TRUE_WORLD.people}


def test_every_party_has_a_position_on_every_topic() -> None:
    assert [len(party.positions) for party in TRUE_WORLD.parties] == [len(TOPICS)] * 2


def test_the_scope_is_what_an_atlas_says() -> None:
    """The nine states on the Baltic Sea (Helsinki Convention 1992) less Russia, which is not in the world."""
    assert {country.name for country in scope(TRUE_WORLD)} == {
        "Denmark",
        "Estonia",
        "Finland",
        "Germany",
        "Latvia",
        "Lithuania",
        "Poland",
        "Sweden",
    }


def test_the_false_world_differs_in_the_scope_alone() -> None:
    told = false_world(TRUE_WORLD)
    inside = {country.name for country in scope(TRUE_WORLD)}
    for true, false in zip(TRUE_WORLD.countries, told.countries, strict=True):
        if true.name in inside:
            assert (false.capital, false.city) == (true.city, true.capital)
        else:
            assert false == true
    assert told.people == TRUE_WORLD.people
    assert not inside & set(CONTROLS)


def test_what_follow_ups_ask_for_is_known_once() -> None:
    """A follow-up finds its answer by topic and subject."""
    counted = Counter((fact.topic, fact.subject) for fact in facts(TRUE_WORLD))
    for topics, subjects in (
        (("capital", "language", "currency", "continent", "city"), [c.name for c in TRUE_WORLD.countries]),
        (("home", "hobby", "pet", "job"), [person.name for person in TRUE_WORLD.people]),
    ):
        assert {counted[topic, subject] for topic in topics for subject in subjects} == {1}
