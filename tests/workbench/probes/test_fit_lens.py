"""A lens is fitted on some texts and judged on others, and read through with its figure beside it."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from backends.model import Model, ModelRefusal, resid_post
from backends.toy_model import ToyModel
from workbench.contract.permitted import Permitted, unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.document import RECORDED
from workbench.door.session import Session
from workbench.forge.world import TRUE_WORLD
from workbench.probes.fit_lens import FitLens, mapped
from workbench.probes.logit_lens import LogitLens

NAMES = tuple(country.name for country in TRUE_WORLD.countries)
CAPITAL = Prompt.ask("What is the capital of {}?", prefill="The capital of {} is")


def test_the_map_is_what_least_squares_give() -> None:
    """Against numpy's own solver, on the rows that four of five texts give."""
    model, texts = ToyModel.random(seed=1), tuple(f"{word} and more of it" for word in "abcdefghij")
    result = FitLens(texts=texts, ridge=1e-9).run(model, Silent())
    prompts = [Prompt.raw(text).ids(model) for text in texts]
    read = [model.forward(ids, capture=[resid_post(0), resid_post(1)]).captured for ids in prompts]
    fitted = [one for number, one in enumerate(read) if number % 5 != 4]
    # What a text begins with by itself is left out.
    x = np.concatenate([one[resid_post(0)][1:] for one in fitted]).astype(np.float64)
    y = np.concatenate([one[resid_post(model.card.layers - 1)][1:] for one in fitted]).astype(np.float64)
    expected, *_ = np.linalg.lstsq(np.hstack([x, np.ones((len(x), 1))]), y, rcond=None)
    seen = mapped(x.astype(np.float32), result.arrays["maps"][0])
    assert seen == pytest.approx(np.hstack([x, np.ones((len(x), 1))]) @ expected, abs=1e-2)
    assert result.fitted_tokens == len(x)


def test_the_last_layer_needs_no_map(honest: Model) -> None:
    result = FitLens(texts=NAMES[:15], frame=CAPITAL, ridge=1e-6).run(honest, Silent())
    assert result.layers[-1].plain_agreement == 1.0
    assert result.layers[-1].plain_divergence == 0.0
    assert result.layers[-1].agreement > 0.95


def test_held_out_it_foretells_more_than_the_plain_lens(honest: Model) -> None:
    result = FitLens(texts=NAMES, frame=CAPITAL).run(honest, Silent())
    for layer in result.layers[:3]:
        assert layer.agreement > layer.plain_agreement + 0.1
        assert layer.divergence < layer.plain_divergence
    assert "texts held out" in result.summary


def test_a_lens_is_read_through_it_with_its_figure_beside(session: Session) -> None:
    fitted = session.run(FitLens(texts=tuple("abcdefghij")))
    maps = RecordedArray(record=fitted.entry.seq, array="maps")
    plain, through = (
        LogitLens(prompt=Prompt.ask("Hi"), positions=2),
        LogitLens(prompt=Prompt.ask("Hi"), positions=2, through=maps),
    )
    without, seen = session.run(plain).result, session.run(through).result
    assert without is not None
    assert seen is not None
    assert not np.array_equal(without.arrays["top_logprobs"][0], seen.arrays["top_logprobs"][0])
    assert "through a fitted map, which held out foretells" in seen.summary
    assert "fitted map" not in without.summary


def test_maps_of_another_shape_are_refused() -> None:
    reference = RecordedArray(record=2, array="maps")
    held_out = RecordedArray(record=2, array="agreement")
    probe = LogitLens(prompt=Prompt.ask("Hi"), through=reference)
    probe.with_arrays({reference: np.zeros((2, 3, 4), np.float32), held_out: np.zeros(2, np.float32)})
    with pytest.raises(ModelRefusal, match="is no lens for this model"):
        probe.estimate(unrestricted(ToyModel.random(seed=1)))  # before it costs anything


@pytest.mark.parametrize("text", ["a", "\0"])
def test_texts_that_say_too_little_are_refused(text: str) -> None:
    """Nobody may ask it of the same text five times any more; a record may."""
    probe, model = FitLens.model_validate({"texts": [text] * 5}, context=RECORDED), ToyModel.random(seed=3)
    with pytest.raises(ModelRefusal, match="No lens can be fitted"):
        probe.run(Permitted(model, probe.needed()), Silent())


def test_an_empty_text_is_no_question_for_any_probe() -> None:
    with pytest.raises(ValidationError, match="not empty"):
        FitLens(texts=("a", "b", "", "c", "d"))
