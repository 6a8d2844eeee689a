"""The gradient names exchanges that move an answer more than chance does."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from backends.distribution import divergence, log_distribution
from backends.model import Edit, Model
from backends.toy_model import ToyModel
from workbench.contract.figures import Rows, Spot
from workbench.contract.movement import middle
from workbench.contract.permitted import Permitted
from workbench.contract.progress import Silent
from workbench.contract.rules import Elicitation
from workbench.probes.exchange import Exchange, _Side

ASKED = ("What is the capital of Norway? {}", "What is the capital of Japan? {}")


def test_the_slope_is_that_of_the_movement() -> None:
    """Against the movement itself where a little of another token is mixed into the text."""
    model, probe = ToyModel.random(seed=4), Exchange(texts=("Who? {}",), inserted="ab", reach=2)
    side = _Side.of(probe, model)
    inserted, slopes = side.slopes()
    (ids,), (plain,) = side.read, side.plain
    place = len(ids) - 1 - next(at for at, one in enumerate(ids[::-1]) if one == inserted[-1])
    rows = model.weights("embed")
    for token in (50, 100, 200):
        moved = []
        for dose in (-1e-3, 1e-3):
            edit = Edit("hook_embed", "add", rows[token], dose, positions=(place,))
            logits = model.forward(ids, edits=[edit], rows=range(-2, 0)).logits
            moved.append(float(divergence(log_distribution(logits), plain.logprobs).sum()))
        assert slopes[-1, token] == pytest.approx((moved[1] - moved[0]) / 2e-3, rel=0.1, abs=0.02)
    assert [chr(one) for one in inserted][-2:] == ["a", "b"]


def test_what_the_gradient_names_moves_more_than_chance(honest: Model) -> None:
    probe = Exchange(texts=ASKED, inserted="quick Monday", tried=8, best=16)
    held = Permitted(honest, probe.needed())
    result = probe.run(held, Silent())
    named, chance = middle(result.arrays["moved"]), middle(result.arrays["random"])
    assert len(named) == len(chance) == 8
    assert np.median(named) > np.median(chance)
    text, moves = result.found
    assert moves == named.max() > max(1.0, result.start)
    assert f"“{text}” moves it by" in result.summary
    assert result.cost.backward_tokens == held.took.backward_tokens > 0
    rows, _ = result.figures()
    assert isinstance(rows, Rows)
    assert rows.rows[0][0] in (text, *result.random)
    again, ask = probe.follow_ups(result, Spot(0, 0))
    assert isinstance(again.probe, Exchange)
    assert again.probe.inserted in ask.probe.prompts()[0].title


def test_what_moves_the_baseline_as_well_is_taken_off(honest: Model) -> None:
    """Beside itself nothing moves any model further, whatever is exchanged."""
    probe = Exchange(texts=ASKED, inserted="quick Monday", tried=3, best=16, baseline=True)
    held = Permitted(honest, probe.needed(), honest)
    result = probe.run(held, Silent())
    assert result.start == 0
    assert not result.moves(named=True).any()
    assert result.found == ("quick Monday", 0.0)
    assert np.array_equal(result.arrays["moved"], result.arrays["baseline"])
    assert "beyond the baseline" in result.summary
    assert probe.estimate(held).forward_tokens >= result.cost.forward_tokens == held.took.forward_tokens


def test_it_looks_inside_and_says_nothing_of_behaviour() -> None:
    assert Exchange(texts=("Who?",), inserted="a").elicitation() is Elicitation.INTERNAL
    with pytest.raises(ValidationError, match="no words"):
        Exchange(texts=("Who?",), inserted=" ")
