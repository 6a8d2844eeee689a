"""Changes to a model's inside: as a line of text, as the engine takes them, and refused before the model is asked."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from backends.model import ModelRefusal
from backends.toy_model import ToyModel
from workbench.contract.edits import Change, check, edits
from workbench.contract.recorded_array import RecordedArray

DIRECTION = RecordedArray(record=12, array="direction")
SITE = "blocks.1.hook_resid_post"


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (f"add 4 #12/direction at {SITE}", Change(op="add", dose=4, direction=DIRECTION, site=SITE)),
        (f"add -0.5 #12/direction at {SITE} positions 0,3",
         Change(op="add", dose=-0.5, direction=DIRECTION, site=SITE, positions=(0, 3))),
        (f"scale 1e-05 at {SITE}", Change(op="scale", dose=1e-05, site=SITE)),
        (f"replace #12/direction at {SITE}", Change(op="replace", direction=DIRECTION, site=SITE)),
        ("zero at blocks.0.attn.hook_z head 2", Change(op="zero", site="blocks.0.attn.hook_z", head=2)),
    ],
)  # fmt: skip
def test_a_line_of_text_and_a_change_are_one(line: str, change: Change) -> None:
    assert Change.parse(line) == change
    assert str(change) == line


def test_what_may_be_left_out_is() -> None:
    assert Change.parse(f"  add  #12/direction at {SITE} ").dose == 1
    assert str(Change.parse(f"replace 1 #12/direction at {SITE}")) == f"replace #12/direction at {SITE}"


@pytest.mark.parametrize(
    "line", ["", "add 4", f"add 4 at {SITE}", f"zero 2 at {SITE}", f"scale #12/x at {SITE}", f"turn at {SITE}",
             f"zero at {SITE} head", f"zero at {SITE} positions 1;2"],
)  # fmt: skip
def test_what_is_no_change_is_told_so(line: str) -> None:
    with pytest.raises((ValueError, ValidationError)):
        Change.parse(line)


def test_the_dose_multiplies_what_it_should() -> None:
    """add a + d·v, scale d·a, replace d·v, zero 0: by hand, from the activations without a change."""
    toy, ids = ToyModel.random(seed=1), [1, 2, 3]
    rng = np.random.default_rng(0)
    vector = rng.standard_normal(toy.card.width)
    before = toy.forward(ids, capture=[SITE]).captured[SITE]

    def after(line: str) -> np.ndarray:
        made = edits([Change.parse(line)], {DIRECTION: vector}.__getitem__)
        return toy.forward(ids, capture=[SITE], edits=made).captured[SITE]

    np.testing.assert_allclose(after(f"add -2 #12/direction at {SITE}"), before - 2 * vector, atol=1e-5)
    np.testing.assert_allclose(after(f"scale 0.25 at {SITE}"), before / 4, atol=1e-5)
    np.testing.assert_allclose(
        after(f"replace 3 #12/direction at {SITE}"), np.broadcast_to(3 * vector, before.shape), atol=1e-5
    )
    assert not after(f"zero at {SITE}").any()
    only = after(f"zero at {SITE} positions 1")
    assert not only[1].any() and np.array_equal(only[[0, 2]], before[[0, 2]])


@pytest.mark.parametrize(
    ("line", "width", "why"),
    [
        ("add #12/direction at blocks.1.hook_resid_post", 5, "does not broadcast"),
        ("zero at blocks.9.hook_resid_post", 16, "no site"),
        ("zero at blocks.1.hook_resid_post positions 50", 16, "outside"),
        ("zero at blocks.1.hook_resid_post head 1", 16, "no head"),
    ],
)
def test_what_a_model_cannot_do_is_refused_before_it_is_asked(line: str, width: int, why: str) -> None:
    made = edits([Change.parse(line)], {DIRECTION: np.ones(width)}.__getitem__)
    with pytest.raises(ModelRefusal, match=why):
        check(made, ToyModel.random(seed=1), 3, 10)


def test_an_array_of_words_is_no_direction() -> None:
    with pytest.raises(ModelRefusal, match="holds no real numbers"):
        edits([Change.parse(f"add #12/direction at {SITE}")], lambda _: np.array([1, 2]))
