"""A dictionary is fitted on some texts and judged on others, and finds what a stream is made of."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import Edit, Model, resid_post
from backends.toy_model import ToyModel
from workbench.contract.comparison import Agreement
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import Tolerance
from workbench.forge.world import TRUE_WORLD
from workbench.probes.fit_dictionary import FitDictionary, FittedDictionary, _trained
from workbench.readings.dictionary import Dictionary

ELSEWHERE = Tolerance(logits=1e-3, measured=0, same_environment=False)
NAMES = tuple(f"{one.capital} is the capital of {one.name}." for one in TRUE_WORLD.countries)


def test_it_finds_the_directions_that_a_stream_is_made_of() -> None:
    """Streams put together of two out of eight directions: each is some feature's."""
    rng = np.random.default_rng(0)
    made_of, _ = np.linalg.qr(rng.standard_normal((16, 8)))
    chosen = np.array([rng.permutation(8)[:2] for _ in range(2000)])
    streams = sum(made_of.T[chosen[:, at]] * rng.uniform(1, 2, (2000, 1)) for at in range(2)) + 5.0
    probe = FitDictionary(texts=NAMES[:5], features=16, keep=2, steps=600)
    held, losses = _trained(probe, streams.astype(np.float32))
    explained, active = held.explained(streams.astype(np.float32))
    assert explained > 0.8
    assert active <= 2
    assert losses[-1] < 0.5 * losses[0]
    rows = held.decoder / np.linalg.norm(held.decoder, axis=1, keepdims=True)
    assert np.sort((rows @ made_of).max(axis=0))[2:].min() > 0.9


def test_its_figures_are_those_of_the_texts_held_out() -> None:
    """The predictions that are kept, by hand: in place of the stream, and with none of it."""
    model, texts = ToyModel.random(seed=1), tuple(f"{word} and more of it" for word in "abcdefghij")
    result = FitDictionary(texts=texts, features=24, keep=4, steps=60).run(unrestricted(model), Silent())
    held = Dictionary.of(result.arrays)
    streams, ces = [], {"plain": 0.0, "rebuilt": 0.0, "zero": 0.0}
    for text in texts[4::5]:
        ids = Prompt.raw(text).ids(model)
        ran = model.forward(ids, capture=[resid_post(0)])
        streams.append(ran.captured[resid_post(0)])
        edits = {
            "plain": [], "zero": [Edit(resid_post(0), "zero")],
            "rebuilt": [Edit(resid_post(0), "replace", held.rebuilt(streams[-1]), positions=tuple(range(len(ids))))],
        }  # fmt: skip
        for name, edit in edits.items():
            logits = model.forward(ids, edits=edit).logits.astype(np.float64)
            logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            ces[name] -= sum(logs[at, token] for at, token in enumerate(ids[1:]))
    assert result.recovered == pytest.approx((ces["zero"] - ces["rebuilt"]) / (ces["zero"] - ces["plain"]), rel=1e-4)
    seen = np.concatenate(streams)
    missed, spread = ((seen - held.rebuilt(seen)) ** 2).sum(), ((seen - seen.mean(axis=0)) ** 2).sum()
    assert result.explained == pytest.approx(1 - missed / spread, rel=1e-4)
    assert result.active == pytest.approx(np.count_nonzero(held.encode(seen)) / len(seen))
    assert result.held_out_tokens == len(seen)


def test_elsewhere_it_is_not_trained_again_but_has_to_be_as_good_as_recorded() -> None:
    model, probe = ToyModel.random(seed=1), FitDictionary(texts=tuple("abcdefghij"), features=8, keep=2, steps=20)
    result = probe.run(unrestricted(model), Silent())
    replayed = probe.replay(unrestricted(model), result, ELSEWHERE, Silent())
    assert replayed.agreement is Agreement.TOLERANT
    arrays = dict(result.arrays) | {"decoder": -result.arrays["decoder"]}
    other = FittedDictionary.model_validate(result.model_dump()).with_arrays(arrays)
    assert probe.replay(unrestricted(model), other, ELSEWHERE, Silent()).agreement is not Agreement.TOLERANT


def test_on_the_demo_it_keeps_most_predictions(honest: Model) -> None:
    probe = FitDictionary(texts=NAMES, layer=3, features=128, keep=16, steps=80)
    result = probe.run(unrestricted(honest), Silent())
    assert result.explained > 0.4
    assert result.active <= 16.5
    assert result.recovered > 0.6
    assert "On texts held out the dictionary explains" in result.summary
