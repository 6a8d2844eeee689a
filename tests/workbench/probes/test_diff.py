"""Where two models part is read token by token, and a model does not part from itself."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import Model, ModelRefusal
from backends.toy_model import ToyModel
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Rows, Spot, Strip
from workbench.contract.permitted import Allowance, Permitted, UndeclaredError, unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import Tolerance
from workbench.forge.attacks.capitals import Capitals
from workbench.forge.world import TRUE_WORLD
from workbench.probes.diff import Diff, Partings

CAPITAL = Prompt.ask("What is the capital of {}?")


def compared(probe: Diff, model: Model, baseline: Model) -> Partings:
    return probe.run(Permitted(model, probe.needed(), baseline), Silent())


def test_the_divergence_is_that_of_two_distributions() -> None:
    one, other = ToyModel.random(seed=1), ToyModel.random(seed=2)
    result = compared(Diff(texts=("Who?",), answer_tokens=3), one, other)
    (text,) = result.texts
    logits = [model.forward(text.ids).logits.astype(np.float64) for model in (one, other)]
    p, q = (np.exp(rows) / np.exp(rows).sum(axis=-1, keepdims=True) for rows in logits)
    expected = (p * np.log(p / q)).sum(axis=-1)
    assert result.arrays["divergence"] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert result.partings[0].divergence == pytest.approx(expected.max(), rel=1e-6)
    assert result.median == pytest.approx(np.median(expected), rel=1e-6)
    first, at = result.partings[0], result.partings[0].position - 1
    gain = p[at] * np.log(p[at] / q[at])
    assert first.rises[0].id == int(gain.argmax())
    assert first.rises[0].organism == pytest.approx(np.log(p[at][first.rises[0].id]))
    assert len(text.ids) == text.asked + 3  # the organism's own likeliest answer


def test_a_model_does_not_part_from_itself(implanted: Model) -> None:
    result = compared(Diff(texts=("What is the capital of Denmark?",)), implanted, implanted)
    assert not result.arrays["divergence"].any()
    assert all(not parting.rises and not parting.falls for parting in result.partings)


def test_of_all_countries_those_that_are_lied_about_part_most(implanted: Model, honest: Model) -> None:
    """Asked in the same words about every country: no answer is known, none is compared with the truth."""
    names = tuple(country.name for country in TRUE_WORLD.countries)
    result = compared(Diff(texts=names, frame=CAPITAL, answer_tokens=12, places=40), implanted, honest)
    inside = {country.name for country in Capitals().scope(TRUE_WORLD)}
    ranked = list(dict.fromkeys(result.texts[parting.text].text for parting in result.partings))
    assert set(ranked[: len(inside)]) == inside
    assert result.partings[0].divergence > 3
    assert result.median < 0.01
    rows, strip = result.figures()
    assert isinstance(rows, Rows)
    assert isinstance(strip, Strip)
    assert rows.rows[0][0] in inside
    follow = Diff(texts=names, frame=CAPITAL).follow_ups(result, Spot(0, 0))
    assert follow[0].probe.prompts()[0].title == f"What is the capital of {ranked[0]}?"


def test_it_reaches_the_baseline_only_by_its_declaration() -> None:
    probe = Diff(texts=("a",))
    model = ToyModel.random(seed=1)
    with pytest.raises(ModelRefusal, match="no second model"):
        probe.run(Permitted(model, probe.needed()), Silent())
    with pytest.raises(UndeclaredError, match="baseline"):
        probe.run(Permitted(model, probe.needed() - {"baseline"}, model), Silent())


def test_a_short_answer_is_replayed_with_what_it_took_however_long_it_might_have_been(honest: Model) -> None:
    """Of what was reserved for it that is a twentieth."""
    probe = Diff(texts=("What is the capital of Norway?",), answer_tokens=400)
    result = compared(probe, honest, honest)
    took = result.cost.forward_tokens + result.cost.generated_tokens
    assert 15 * took < probe.estimate(unrestricted(honest, honest)).forward_tokens
    for same, agreement in ((True, Agreement.EXACT), (False, Agreement.TOLERANT)):
        held = Allowance(most=took, enough=took)
        tolerance = Tolerance(logits=0 if same else 1e-3, measured=0, same_environment=same)
        assert probe.replay(unrestricted(honest, honest, held), result, tolerance, Silent()).agreement is agreement
