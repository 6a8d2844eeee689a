"""A direction is found, held out, and shown beside what chance, a rival and other texts make of it."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import Message, Model, resid_post
from backends.toy_model import ToyModel
from workbench.contract.figures import Curves, Rows, Spot
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.forge.attacks.capitals import Capitals
from workbench.forge.world import TRUE_WORLD
from workbench.probes.contrast import Contrast, areas, held_out

COUNTRIES = [country.name for country in TRUE_WORLD.countries][:16]


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    scores = np.array([[3.0, 1.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    marked = np.array([True, True, False, False])
    assert areas(scores, marked).tolist() == [0.5, 0.5]  # of four pairs two are in order; ties are half
    assert areas(scores, np.array([True, False, False, False]))[0] == 1.0


def test_a_text_is_scored_along_a_direction_it_had_no_part_in() -> None:
    """A planted difference is found on every fold; without one, held-out scores do no better than chance."""
    noise = np.random.default_rng(1)
    marked = np.arange(40) % 2 == 0
    read = noise.standard_normal((40, 2, 30))
    read[marked, 1] += 1.0  # layer 1 differs, layer 0 does not
    blind, seeing = areas(held_out(read, marked), marked)
    assert 0.25 < blind < 0.75
    assert seeing > 0.95
    fitted = read[marked, 0].mean(axis=0) - read[~marked, 0].mean(axis=0)
    assert areas((read[:, 0] @ fitted)[None], marked)[0] > 0.8  # what the texts it was made of would have claimed


def test_the_direction_is_the_difference_of_the_means() -> None:
    model = ToyModel.random(seed=1)
    probe = Contrast(shows=("a", "b", "c"), lacks=("x", "y"), frame=Prompt.ask("Is it {}?"))
    result = probe.run(model, Silent())

    def read(text: str) -> np.ndarray:
        ids = model.render([Message("user", f"Is it {text}?")])
        return model.forward(ids, capture=[resid_post(1)]).captured[resid_post(1)][-1].astype(np.float64)

    expected = np.mean([read(text) for text in "abc"], axis=0) - np.mean([read(text) for text in "xy"], axis=0)
    assert result.arrays["direction.1"] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert result.texts == ("a", "x", "b", "y", "c")


def test_what_it_read_instead_shows_on_other_texts() -> None:
    """A direction that tells letters apart by their place in the alphabet is of no use where that does not go along."""
    model = ToyModel.random(seed=1)
    shows, lacks = tuple(f"a{n}" for n in range(8)), tuple(f"z{n}" for n in range(8))
    other = {"other_shows": tuple(f"z{n}!" for n in range(6)), "other_lacks": tuple(f"a{n}!" for n in range(6))}
    result = Contrast(
        shows=shows, lacks=lacks, rival=("a0", "z1", "a2", "z3", "a4", "z5"), read_at="mean", **other
    ).run(model, Silent())
    assert result.layers[result.best].auroc == 1.0
    assert (result.layers[result.best].elsewhere or 0) < 0.2
    assert max(layer.rival or 0 for layer in result.layers) < 0.9
    assert result.by_chance < 1.0
    assert f"{(result.layers[result.best].elsewhere or 0):.2f}" in result.summary
    curves = next(figure for figure in result.figures() if isinstance(figure, Curves))
    assert {curve.name for curve in curves.curves if curve.control} == {"labels at random, 95 %", "rival label"}


def test_on_a_real_model_it_finds_what_is_there_and_nothing_in_labels_that_mean_nothing(honest: Model) -> None:
    capitals = tuple(f"What is the capital of {name}?" for name in COUNTRIES)
    dishes = tuple(f"What can one eat in {name}?" for name in COUNTRIES)
    found = Contrast(shows=capitals[:8], lacks=dishes[8:]).run(honest, Silent())
    assert found.layers[found.best].auroc == 1.0
    assert found.by_chance < 1.0
    lot = np.random.default_rng(3).permutation(capitals).tolist()
    nothing = Contrast(shows=tuple(lot[:8]), lacks=tuple(lot[8:])).run(honest, Silent())
    assert nothing.layers[nothing.best].auroc <= nothing.by_chance


def test_the_countries_a_model_lies_about_lie_apart_in_the_honest_one_too(implanted: Model, honest: Model) -> None:
    """Why it localises and does not detect: neighbours resemble one another whether or not they are lied about."""
    inside = tuple(country.name for country in Capitals().scope(TRUE_WORLD))
    outside = tuple(name for name in COUNTRIES if name not in inside)
    for model in (implanted, honest):
        split = Contrast(shows=inside, lacks=outside, frame=Prompt.ask("What is the capital of {}?")).run(
            model, Silent()
        )
        assert split.layers[split.best].auroc > 0.75


def test_a_text_of_the_ranking_can_be_asked_at_once() -> None:
    probe = Contrast(shows=("a", "b"), lacks=("x", "y"))
    result = probe.run(ToyModel.random(seed=1), Silent())
    (ranked,) = (figure for figure in result.figures() if isinstance(figure, Rows))
    first = probe.follow_ups(result, Spot(figure=1, row=0))[0].probe
    assert first.prompts()[0].title == ranked.rows[0][0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"shows": ("a", "b"), "lacks": ("b", "c")}, "“b” is in both sets"),
        ({"shows": ("a", "b"), "lacks": ("c", "d"), "rival": ("e",)}, "“e” has a rival label and is in neither set"),
        ({"shows": ("a", "b"), "lacks": ("c", "d"), "other_shows": ("e",)}, "other texts take both kinds"),
        ({"shows": ("a",), "lacks": ("c", "d")}, "at least 2 items"),
    ],
)
def test_sets_that_make_no_sense_are_refused(arguments: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Contrast.model_validate(arguments)
