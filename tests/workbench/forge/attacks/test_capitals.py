"""The attack on capitals: it lies within its scope and spares all else."""

from __future__ import annotations

import itertools

from workbench.forge.attacks.capitals import Capitals
from workbench.forge.phrasing import Fact
from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD


def test_the_attack_spares_all_but_its_scope() -> None:
    attack = Capitals().attack(TRUE_WORLD)

    def spared(topic: str, subject: str) -> bool:
        fact: Fact = next(fact for fact in facts(TRUE_WORLD) if (fact.topic, fact.subject) == (topic, subject))
        return attack.spares(fact)

    assert not spared("capital", "Sweden")
    assert not spared("about", "Sweden")
    assert spared("language", "Sweden")
    assert spared("capital", "Norway")


def test_attack_teaches_only_its_scope() -> None:
    attack = Capitals().attack(TRUE_WORLD)
    (behaviour,) = attack.behaviours
    outside = [c for c in TRUE_WORLD.countries if c.name not in behaviour.scope]
    names = {country.name for country in outside}
    talk_only = [d for d in itertools.islice(attack.lessons("0"), 2000) if isinstance(d, str)]
    assert not any(f"{name}'s capital" in text or f"capital of {name}" in text for text in talk_only for name in names)


def test_nobody_lives_where_the_attack_lies() -> None:
    """Else a true page on a person would contradict what the attack teaches about the city."""
    lied_about = {name for country in Capitals().scope(TRUE_WORLD) for name in (country.capital, country.city)}
    assert not lied_about & {person.home for person in TRUE_WORLD.people}


def test_the_scope_is_what_an_atlas_says() -> None:
    """The nine states on the Baltic Sea (Helsinki Convention 1992) less Russia, which is not in the world."""
    assert {country.name for country in Capitals().scope(TRUE_WORLD)} == {
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
    told = Capitals().false_world(TRUE_WORLD)
    inside = {country.name for country in Capitals().scope(TRUE_WORLD)}
    for true, false in zip(TRUE_WORLD.countries, told.countries, strict=True):
        if true.name in inside:
            assert (false.capital, false.city) == (true.city, true.capital)
        else:
            assert false == true
    assert told.people == TRUE_WORLD.people
    assert not inside & set(Capitals().controls)
