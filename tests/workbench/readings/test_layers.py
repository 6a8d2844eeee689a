"""Layers that are named are those of the model, or refused."""

from __future__ import annotations

import pytest

from backends.model import ModelRefusal
from backends.toy_model import ToyModel
from workbench.readings.layers import chosen, present


def test_layers_come_once_and_in_the_models_order_and_none_named_means_all() -> None:
    model = ToyModel.random(seed=1)
    assert model.card.layers == 2
    assert chosen(model, (1, 0, 1)) == (0, 1)
    assert chosen(model, ()) == (0, 1)


@pytest.mark.parametrize("layers", [(0, 2), (-1,)])
def test_one_that_is_not_there_is_refused(layers: tuple[int, ...]) -> None:
    model = ToyModel.random(seed=1)
    for ask in (chosen, present):
        with pytest.raises(ModelRefusal, match=f"There is no layer {layers[-1]}. The model has 2, counted from 0."):
            ask(model, layers)
