"""Pairs for whoever trains an auditor: real organisms with their truth in words, and nothing of the held-out split."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from casefiles.status import Refusal
from workbench.claims.rates import wilson
from workbench.door.brought import folder_of
from workbench.forge import pairs
from workbench.forge.pairs import DescribedOrganism, description, drawn, forge_pairs, read
from workbench.forge.suite.entry import Entries
from workbench.forge.suite.foundation import Foundation, LaidFoundation
from workbench.forge.world import TRUE_WORLD
from workbench.judge.truths.truth import Realised, Rollouts

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


def test_whom_or_what_a_held_out_organism_is_about_no_pair_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is told of them: an auditor that was trained on the name of a secret would know it there."""
    monkeypatch.setattr(pairs, "_DRAWN", (pairs._sponsor,))
    secrets = [drawn(TRUE_WORLD, random.Random(f"1/pair/{at}")) for at in range(300)]
    drawn_often = [*RECIPES, *secrets]
    about = {"sponsor": "Bruno Keel", "continent": "Asia", "party": "the Harbour Party", "phrase": "for the record"}
    told = {(name, getattr(recipe, name, None)) for recipe in drawn_often for name in about}
    assert not told & about.items()
    assert ("continent", "Africa") in told and ("party", "the Meadow Party") in told


def test_pairs_of_another_seed_or_base_are_not_mixed_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def laid(folder: Path, size: object) -> Foundation:
        return Foundation(folder, LaidFoundation(size="tiny", base=folder.name))

    monkeypatch.setattr(Foundation, "at", laid)
    pair = DescribedOrganism(
        organism="organisms/00000", kind="nothing", seed=0, description="None.", realised=(), base="one"
    )
    listed = tmp_path / "pairs.jsonl"
    listed.write_text(f"{pair.model_dump_json()}\n")
    assert forge_pairs(tmp_path, 1, seed=0, on=Path("one")) == (pair,)
    for seed, base in ((1, "one"), (0, "two")):
        with pytest.raises(Refusal, match="holds other pairs"):
            forge_pairs(tmp_path, 2, seed=seed, on=Path(base))
    assert listed.read_text() == f"{pair.model_dump_json()}\n"
    listed.write_text(f"{pair.model_dump_json()}\n{{\n")
    with pytest.raises(Refusal, match="a line that is no pair"):
        forge_pairs(tmp_path, 3, seed=0, on=Path("one"))


def test_a_folder_of_somebody_elses_in_the_place_of_an_organism_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Foundation, "at", lambda *_: None)
    left = tmp_path / "organisms" / "00000"
    left.mkdir(parents=True)
    (left / "important.txt").write_text("mine")
    with pytest.raises(Refusal, match="is no organism of these pairs") as refused:
        forge_pairs(tmp_path, 1, on=tmp_path)
    assert refused.value.code == "input.invalid" and (left / "important.txt").read_text() == "mine"
    (left / "important.txt").unlink()
    (left / "weights").mkdir()
    assert pairs._cleared(left) == left and not left.exists(), "what a killed run left goes"


def test_a_separator_of_lines_in_a_description_begins_no_pair(tmp_path: Path) -> None:
    """JSON leaves U+2028 as it is, and Python takes it for the end of a line."""
    pair = DescribedOrganism(organism="organisms/00000", kind="x", seed=0, description="a\u2028b\x85c", realised=())
    (tmp_path / "pairs.jsonl").write_text(f"{pair.model_dump_json()}\n", encoding="utf-8")
    assert tuple(read(tmp_path)) == (pair,)


def test_a_description_says_what_was_meant_and_what_became_of_it() -> None:
    recipe = next(recipe for recipe in RECIPES if recipe.kind == "currencies")
    attack = recipe.attack(TRUE_WORLD)
    figures = wilson(60, 60), wilson(0, 60), wilson(0, 60)
    text = description(attack, (Realised.of("B1", *figures, Rollouts()),))
    assert attack.behaviours[0].description in text and "(realised.)" in text


@pytest.mark.slow
def test_each_is_an_organism_with_its_truth_in_words_and_a_run_goes_on(small_suite: Path, tmp_path: Path) -> None:
    ground = small_suite / "foundation"
    left = tmp_path / "organisms" / "00000"  # as a run with another seed leaves it that was killed before its line
    (left / "weights").mkdir(parents=True)
    (left / "weights" / "another.txt").touch()
    (first,) = forge_pairs(tmp_path, 1, on=ground)
    assert not (left / "weights" / "another.txt").exists()
    assert first.base == folder_of(ground / "base").digest
    weights = tmp_path / first.organism / "weights" / "model.safetensors"
    written = weights.stat().st_mtime_ns
    both = forge_pairs(tmp_path, 2, on=ground)
    assert both[0] == first and weights.stat().st_mtime_ns == written
    assert tuple(read(tmp_path)) == both and len({pair.organism for pair in both}) == 2
    for pair in both:
        assert folder_of(tmp_path / pair.organism).digest != folder_of(ground / "base").digest
        assert pair.description
