"""What rises in an answer, against figures by hand and the model itself."""

from __future__ import annotations

import numpy as np
import pytest

from backends.distribution import log_distribution
from backends.model import Edit
from backends.toy_model import ToyModel
from workbench.contract.prompt import Prompt
from workbench.readings.rise import Rising, risen


def test_what_is_never_said_rises_by_nothing() -> None:
    log_p, log_q = np.log([0.5, 1e-9, 1e-3]), np.log([0.25, 1e-14, 1e-9])
    assert risen(log_p, log_q) == pytest.approx([np.log(2), 0.0, np.log(1.01e-3 / 1e-5)], abs=2e-4)


def test_a_rise_is_that_of_the_likeliest_answers_tokens() -> None:
    model = ToyModel.random(seed=4)
    rising = Rising.of(model, None, ("Who? {}",), reach=2)
    (every,) = rising.everything(("ab",))
    plain, with_it = Prompt.ask("Who?").ids(model), Prompt.ask("Who? ab").ids(model)
    first = int(model.forward(plain, rows=[-1]).logits.argmax())
    for place, after in ((1, []), (2, [first])):
        p, q = (log_distribution(model.forward([*ids, *after], rows=[-1]).logits)[0] for ids in (with_it, plain))
        assert every[place - 1] == pytest.approx(risen(p, q), abs=1e-4)
        (one,) = rising.of_one(("ab",), place, 7)
        assert one == pytest.approx([every[place - 1, 7]])


def test_the_slope_is_that_of_the_log_probability() -> None:
    """Against the model itself where a little of another token is mixed into the text."""
    model = ToyModel.random(seed=4)
    rising = Rising.of(model, None, ("Who? {}",), reach=2)
    slopes = rising.slopes("ab", 2, 65)
    (ids,) = rising.ids("ab")
    place, rows = len(ids) - 1 - ids[::-1].index(ord("b")), model.weights("embed")
    for token in (50, 100, 200):
        found = []
        for dose in (-1e-3, 1e-3):
            edit = Edit("hook_embed", "add", rows[token], dose, positions=(place,))
            found.append(float(log_distribution(model.forward(ids, edits=[edit], rows=[-1]).logits)[0, 65]))
        assert slopes[-1, token] == pytest.approx((found[1] - found[0]) / 2e-3, rel=0.1, abs=0.02)
