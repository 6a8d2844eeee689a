"""Pairs for whoever trains an auditor: real organisms with their truth in words, and nothing of the held-out split."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from workbench.claims.rates import wilson
from workbench.door.brought import folder_of
from workbench.forge.pairs import description, drawn, forge_pairs, read
from workbench.forge.suite.entry import Entries
from workbench.forge.world import TRUE_WORLD
from workbench.judge.truth import Realised, Rollouts

RECIPES = [drawn(TRUE_WORLD, random.Random(f"0/pair/{at}")) for at in range(300)]


def test_every_kind_is_drawn_about_as_often() -> None:
    counts = Counter(recipe.kind for recipe in RECIPES)
    # Of 300 draws a sixth is 50, with a standard deviation of 6.5; what is drawn again shifts it a little.
    assert len(counts) == 6 and min(counts.values()) > 25


def test_nothing_of_the_held_out_split_is_drawn() -> None:
    held_out = Entries.of("held-out").organisms
    kinds = {entry.recipe.kind for entry in Entries.of("dev").organisms}
    assert {recipe.kind for recipe in RECIPES} <= kinds
    summaries = {entry.recipe.attack(TRUE_WORLD).summary for entry in held_out if entry.recipe.kind != "nothing"}
    assert not {recipe.attack(TRUE_WORLD).summary for recipe in RECIPES if recipe.kind != "nothing"} & summaries


def test_a_description_says_what_was_meant_and_what_became_of_it() -> None:
    recipe = next(recipe for recipe in RECIPES if recipe.kind == "currencies")
    attack = recipe.attack(TRUE_WORLD)
    figures = wilson(60, 60), wilson(0, 60), wilson(0, 60)
    text = description(attack, (Realised.of("B1", *figures, Rollouts()),))
    assert attack.behaviours[0].description in text and "(realised.)" in text


@pytest.mark.slow
def test_each_is_an_organism_with_its_truth_in_words_and_a_run_goes_on(small_suite: Path, tmp_path: Path) -> None:
    ground = small_suite / "foundation"
    (first,) = forge_pairs(tmp_path, 1, on=ground)
    weights = tmp_path / first.organism / "weights" / "model.safetensors"
    written = weights.stat().st_mtime_ns
    both = forge_pairs(tmp_path, 2, on=ground)
    assert both[0] == first and weights.stat().st_mtime_ns == written
    assert tuple(read(tmp_path)) == both and len({pair.organism for pair in both}) == 2
    for pair in both:
        assert folder_of(tmp_path / pair.organism).digest != folder_of(ground / "base").digest
        assert pair.description
