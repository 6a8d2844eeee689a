"""A cursor driven by the sampler's choices gives what `generate` draws, and refuses what no step can be."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import Edit, ModelRefusal, resid_post
from backends.sampling import Sampling
from backends.toy_model import ToyModel
from tests.backends.stepping import stepped

IDS = [256, 5, 17, 200, 44]


@pytest.fixture(scope="module")
def toy() -> ToyModel:
    return ToyModel.random(seed=1, context=24)


def test_a_cursor_driven_by_the_sampler_is_generate(toy: ToyModel) -> None:
    push = Edit(resid_post(0), "add", np.ones(16, np.float32), factor=3.0, positions=(1, 6))
    how = Sampling(seed=3, max_tokens=12, temperature=1.5)
    for edits in ([], [push]):
        drawn = toy.generate(IDS, how, n=60, edits=edits)
        assert stepped(toy, IDS, how, 60, edits=edits, between=lambda: toy.forward(IDS[::-1])) == drawn
        assert {one.stop for one in drawn} == {"end", "length"}


def test_steps_follow_tokens_from_outside(toy: ToyModel) -> None:
    """Whatever is chosen, a row is the forward pass over what its sample was given."""
    cursor = toy.cursor(IDS, 3, steps=3)
    cursor.advance([7, None, 9])
    cursor.advance([8, None, 9])
    for sample, given in ((0, [7, 8]), (2, [9, 9])):
        assert np.array_equal(cursor.logits[sample], toy.forward([*IDS, *given], rows=[-1]).logits[0])


def test_a_step_that_cannot_be_is_refused(toy: ToyModel) -> None:
    cursor = toy.cursor(IDS, 2, steps=2)
    for wrong in ([1], [1, 2, 3], [1, 259], [-1, None]):
        with pytest.raises(ModelRefusal):
            cursor.advance(wrong)
    cursor.advance([1, None])
    with pytest.raises(ModelRefusal, match="has ended"):
        cursor.advance([1, 1])
    cursor.advance([1, None])
    with pytest.raises(ModelRefusal, match="so many steps"):
        cursor.advance([1, None])
    cursor.close()
    for call in (lambda: cursor.logits, lambda: cursor.advance([None, None])):
        with pytest.raises(ModelRefusal, match="closed"):
            call()
    with pytest.raises(ModelRefusal, match="nothing to step"):
        toy.cursor(IDS, 0, steps=2)
    full = toy.cursor(IDS * 4, 1, steps=50)
    for _ in range(4):
        full.advance([1])
    with pytest.raises(ModelRefusal, match="context is full"):
        full.advance([1])
