"""One prompt's activation in another prompt: what comes next is the source's where nothing is left of the prompt."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import Model, ModelRefusal
from backends.toy_model import ToyModel
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Spot
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Elicitation
from workbench.contract.tolerance import Tolerance
from workbench.probes.patchscope import Inspections, Patchscope

HERE, THERE = Prompt.ask("Who is it?"), Prompt.ask("Why so?")
ELSEWHERE = Tolerance(logits=1e-3, measured=0, same_environment=False)


def test_after_the_last_layer_the_source_s_own_prediction_comes_next() -> None:
    model = ToyModel.random(seed=1)
    result = Patchscope(prompt=HERE, source=THERE, top=3).run(unrestricted(model), Silent())
    logits = model.forward(THERE.ids(model), rows=[-1]).logits[0].astype(np.float64)
    logs = logits - np.log(np.exp(logits).sum())
    best = np.argsort(-logs)[:3]
    assert list(result.arrays["top_ids"][-1]) == list(best)
    assert result.arrays["top_logprobs"][-1] == pytest.approx(logs[best], abs=1e-5)
    plain = model.forward(HERE.ids(model), rows=[-1]).logits[0].astype(np.float64)
    plain = plain - np.log(np.exp(plain).sum())
    last = result.readings[-1]
    assert last.gain == pytest.approx(logs[best[0]] - plain[best[0]], abs=1e-5)
    assert last.first == best[0]


def test_the_prompt_s_own_activation_does_nothing_wherever_it_is_put() -> None:
    model = ToyModel.random(seed=2)
    result = Patchscope(prompt=HERE, source=THERE, position=-3, source_position=2).run(unrestricted(model), Silent())
    assert all(abs(one.own) < 1e-6 for one in result.readings)
    itself = Patchscope(prompt=HERE, source=HERE, position=-3, source_position=-3).run(unrestricted(model), Silent())
    assert all(abs(one.gain) < 1e-6 for one in itself.readings)


def test_an_answer_that_is_ready_is_said_in_another_prompt_and_a_random_one_is_none(honest: Model) -> None:
    """At the last token the source's answer is ready; where a random activation stands none is."""
    norway, japan = (
        Prompt.ask(f"What is the capital of {name}?", prefill="The capital is") for name in ("Norway", "Japan")
    )
    probe = Patchscope(prompt=japan, source=norway, max_tokens=2)
    result = probe.run(unrestricted(honest), Silent())
    assert result.plain is not None
    assert "Tokyo" in result.plain.text
    assert "Oslo" in result.readings[-1].text
    assert not any("Oslo" in one.random_text for one in result.readings)
    best = result.effects[0]
    assert best.size > 3
    assert best.stands
    assert "comes next" in result.summary
    assert probe.follow_ups(result, Spot(0, 0))[0].probe.prompts()


def test_elsewhere_the_recorded_tokens_have_to_be_as_likely_as_any() -> None:
    model, probe = ToyModel.random(seed=1), Patchscope(prompt=HERE, source=THERE, max_tokens=3, top=2)
    result = probe.run(unrestricted(model), Silent())
    assert probe.replay(unrestricted(model), result, ELSEWHERE, Silent()).agreement is Agreement.TOLERANT
    first = result.readings[0]
    worst = int(np.argmin(model.forward(HERE.ids(model), rows=[-1]).logits[0]))
    other = result.model_copy(
        update={"readings": (first.model_copy(update={"said": (worst, *first.said[1:])}), *result.readings[1:])}
    )
    invented = Inspections.model_validate(other.model_dump()).with_arrays(result.arrays)
    assert probe.replay(unrestricted(model), invented, ELSEWHERE, Silent()).agreement is not Agreement.TOLERANT


def test_places_that_are_not_there_are_refused_before_they_cost_anything() -> None:
    model = unrestricted(ToyModel.random(seed=1))
    for wrong in ({"position": 4000}, {"source_position": -4000}, {"into": 2}):
        probe = Patchscope.model_validate({"prompt": HERE, "source": THERE} | wrong)
        for asked in (probe.estimate, lambda subject, probe=probe: probe.run(subject, Silent())):
            with pytest.raises(ModelRefusal, match=r"There is no layer|has no token"):
                asked(model)


def test_going_on_takes_sampling_and_reading_alone_does_not() -> None:
    assert Affordance.SAMPLE in Patchscope(prompt=HERE, source=THERE, max_tokens=3).needed()
    assert Affordance.SAMPLE not in Patchscope(prompt=HERE, source=THERE).needed()
    assert Patchscope(prompt=HERE, source=THERE).elicitation() is Elicitation.INTERNAL
