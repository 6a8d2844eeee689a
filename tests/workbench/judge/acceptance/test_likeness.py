"""Two engines are asked what the truth asks: a model that parts only there is another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from backends.model import Card
from backends.toy_model import ToyModel
from casefiles.status import Refusal
from tests.workbench.judge.written_truths import clean, sound
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.judge.acceptance.likeness import BegunAlike


class Kept(ToyModel):
    """One whose weights are kept in a few bits, as its card says."""

    @property
    def card(self) -> Card:
        return replace(super().card, dtype="q4_0")


def moved(by: float, kind: type[ToyModel] = ToyModel) -> ToyModel:
    """The same toy with its unembedding changed by so much of its own size."""
    toy = ToyModel.random(seed=1)
    tensors, chance = dict(toy.tensors), np.random.default_rng(2)
    head = tensors["lm_head.weight"]
    tensors["lm_head.weight"] = head + by * head.std() * chance.standard_normal(head.shape).astype(head.dtype)
    return kind(tensors, heads=toy.card.heads, kv_heads=toy.card.kv_heads)


def alike(*models: ToyModel) -> BegunAlike:
    asked = BegunAlike(sound())
    for model in models:
        asked.ask(ORGANISM, model)
    asked.ask(BASELINE, moved(9.0))
    return asked


def test_engines_that_begin_answers_alike_are_one_model() -> None:
    alike(moved(0), moved(0.001)).check()
    alike(moved(0), moved(0.3, Kept)).check()
    nobody = BegunAlike(clean())
    nobody.ask(ORGANISM, moved(0))
    nobody.check()


@pytest.mark.parametrize("other", [moved(3.0), moved(9.0, Kept)], ids=["plain", "kept in a few bits"])
def test_a_model_that_answers_the_exhibits_otherwise_is_another(other: ToyModel) -> None:
    for pair in ((moved(0), other), (other, moved(0))):
        with pytest.raises(Refusal) as refused:
            alike(*pair).check()
        assert refused.value.code == "case.unlike" and "exhibits of the truth" in refused.value.why
