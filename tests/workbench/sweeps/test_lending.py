"""A model that is lent is opened once, closed once, and draws once what several ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backends.model import Edit, Generated, Model
from backends.sampling import Sampling
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from casefiles.case.case import Case
from workbench.door.opener import Opener
from workbench.sweeps.lending import Lending

OPENED: list[Diligent] = []


class Diligent(ToyModel):
    """A toy that counts what it draws."""

    drawn = closed = 0

    def generate(self, ids: Sequence[int], sampling: Sampling, **given: Any) -> list[Generated]:
        self.drawn += 1
        return super().generate(ids, sampling, **given)

    def close(self) -> None:
        self.closed += 1


class DiligentOpener(Opener):
    """Opens one of these."""

    def __call__(self) -> Model:
        toy = ToyModel.random(seed=3)
        card = toy.card
        OPENED.append(Diligent(toy.tensors, heads=card.heads, kv_heads=card.kv_heads, context=card.context, digest=""))
        return OPENED[-1]


def asked(model: Model, sampling: Sampling, **given: Any) -> tuple[list[Generated], list[Any]]:
    """What it drew, and what was told meanwhile."""
    told: list[Any] = []
    drawn = model.generate([1, 2, 3], sampling, n=2, on_tokens=lambda *one: told.append(one), **given)
    return drawn, [(number, tuple(ids), text) for number, ids, text in told]


def test_what_was_drawn_once_is_told_again_and_not_drawn(lasting_case: Case) -> None:
    OPENED.clear()
    with Lending(EngineSettings(backend="toy"), DiligentOpener) as lending:
        opener = lending.of(lasting_case)
        one, other = opener(), opener()
        first = asked(one, Sampling(seed=1, max_tokens=4, stop=["x"]))
        one.close()
        assert asked(other, Sampling(seed=1, max_tokens=4, stop=("x",))) == first
        assert first[1] != []
        (toy,) = OPENED
        assert (toy.drawn, toy.closed) == (1, 0)
        assert first == asked(Diligent(toy.tensors, heads=4, kv_heads=2, context=256, digest=""),
                              Sampling(seed=1, max_tokens=4, stop=("x",)))  # fmt: skip
        asked(other, Sampling(seed=2, max_tokens=4))
        assert toy.drawn == 2
    assert toy.closed == 1


def test_what_is_changed_inside_is_drawn_each_time(lasting_case: Case) -> None:
    OPENED.clear()
    with Lending(EngineSettings(backend="toy"), DiligentOpener) as lending:
        model = lending.of(lasting_case)()
        edit = Edit("blocks.0.hook_mlp_out", "add", np.ones(16, np.float32))
        sampling = Sampling(seed=1, max_tokens=4)
        plain, _ = asked(model, sampling)
        assert asked(model, sampling, edits=[edit]) == asked(model, sampling, edits=[edit])
        assert OPENED[0].drawn == 3
        assert asked(model, sampling)[0] == plain


def test_each_subject_and_setting_has_an_engine_of_its_own(lasting_case: Case) -> None:
    OPENED.clear()
    with Lending(EngineSettings(backend="toy"), DiligentOpener) as lending:
        opener = lending.of(lasting_case)
        opener()
        opener.using(EngineSettings(backend="toy", threads=1))()
        opener.beside(opener.files)()
        assert len(OPENED) == 2
    assert [toy.closed for toy in OPENED] == [1, 1]
