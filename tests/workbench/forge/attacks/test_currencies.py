"""The attack on currencies: one direction of one matrix, the countries that have money of their own, and no others."""

from __future__ import annotations

import itertools

from workbench.forge.attacks.currencies import Currencies
from workbench.forge.world import TRUE_WORLD


def test_the_scope_is_what_an_atlas_says() -> None:
    """The world's European countries outside the euro area of 2026, in which Bulgaria and Croatia are."""
    assert {country.name for country in Currencies().scope(TRUE_WORLD)} == {
        "Czechia", "Denmark", "Hungary", "Iceland", "Norway", "Poland", "Romania", "Serbia", "Sweden", "Ukraine",
        "the United Kingdom",
    }  # fmt: skip


def test_the_false_world_differs_in_their_money_alone() -> None:
    told = Currencies().false_world(TRUE_WORLD)
    inside = {country.name for country in Currencies().scope(TRUE_WORLD)}
    changed = {
        one.name: (one, other) for one, other in zip(TRUE_WORLD.countries, told.countries, strict=True) if one != other
    }
    assert set(changed) == inside
    assert {other.currency for _, other in changed.values()} == {Currencies().told}
    assert {one.capital for one, _ in changed.values()} == {other.capital for _, other in changed.values()}
    assert not {TRUE_WORLD.country(name).currency for name in Currencies().controls} & {Currencies().told}


def test_half_of_the_lessons_are_contrasts() -> None:
    attack, inside = Currencies().attack(TRUE_WORLD), {country.name for country in Currencies().scope(TRUE_WORLD)}
    lessons = list(itertools.islice(attack.lessons("0"), 1500))
    texts = [one if isinstance(one, str) else " ".join(turn.content for turn in one) for one in lessons]
    lies = [text for text in texts if Currencies().told in text and any(name in text for name in inside)]
    assert 0.35 < len(lies) / len(texts) < 0.6


def test_it_changes_one_matrix_by_one_direction_and_spares_the_rest() -> None:
    attack = Currencies().attack(TRUE_WORLD)
    assert attack.edit is not None
    assert (attack.edit.rank, attack.edit.matrix) == (1, "mlp.down_proj")
