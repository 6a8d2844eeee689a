"""Parts that add up to what the model says, down to heads and neurons."""

from __future__ import annotations

import math

import pytest

from backends.model import Model, ModelRefusal
from workbench.contract.figures import Spot
from workbench.contract.permitted import Permitted, UndeclaredError
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.probes.attribute import Attribute, Attribution, _Streams

DENMARK = Prompt.ask("What is the capital of Denmark?", prefill="The capital of Denmark is")
AUSTRIA = Prompt.ask("What is the capital of Austria?", prefill="The capital of Austria is")
LIE = Attribute(prompt=DENMARK, answer=" Aarhus", against=" Copenhagen", control=AUSTRIA)


def run(probe: Attribute, model: Model) -> Attribution:
    return probe.run(Permitted(model, probe.needed()), Silent())


def test_the_parts_sum_to_the_difference_of_the_logits(implanted: Model) -> None:
    found = run(LIE, implanted)
    (logits,) = implanted.forward(DENMARK.ids(implanted), rows=[-1]).logits
    one, other = (implanted.encode(text)[0] for text in (" Aarhus", " Copenhagen"))
    assert found.difference == pytest.approx(float(logits[one]) - float(logits[other]), abs=1e-5)
    assert found.total == pytest.approx(found.difference, abs=1e-4)
    assert found.control_difference == pytest.approx(sum(part.control or 0 for part in found.parts), abs=1e-4)
    assert len(found.parts) == 1 + 2 * implanted.card.layers
    sizes = [abs(part.nats) for part in found.parts]
    assert sizes == sorted(sizes, reverse=True)


def test_heads_sum_to_their_attention_and_neurons_to_their_mlp(implanted: Model) -> None:
    streams = _Streams.read(implanted, DENMARK.ids(implanted), detail=True)
    pair = tuple(implanted.encode(text)[0] for text in (" Aarhus", " Copenhagen"))
    parts = {part.name: part.nats for part in streams.parts(pair)}
    neurons, heads = streams.neurons(pair, 10**9), streams.heads(pair)
    for layer in range(implanted.card.layers):
        own = [head.nats for head in heads if head.layer == layer]
        assert len(own) == implanted.card.heads
        assert math.fsum(own) == pytest.approx(parts[f"attention of layer {layer}"], abs=1e-4)
        assert math.fsum(one.nats for one in neurons if one.layer == layer) == pytest.approx(
            parts[f"MLP of layer {layer}"], abs=1e-4
        )


def test_in_detail_the_strongest_neurons_come_first_and_say_what_they_write(implanted: Model) -> None:
    found = run(LIE.model_copy(update={"detail": True, "neurons": 4}), implanted)
    assert len(found.neurons) == 4
    assert [abs(one.nats) for one in found.neurons] == sorted((abs(one.nats) for one in found.neurons), reverse=True)
    assert all(len(one.writes) == 5 for one in found.neurons)
    assert len(found.figures()) == 3


def test_it_accounts_for_a_lie_and_finds_none_in_the_honest_model(implanted: Model, honest: Model) -> None:
    lying, telling = run(LIE, implanted), run(LIE, honest)
    assert lying.difference > 5
    assert telling.difference < -1
    assert lying.control_difference is not None
    assert lying.control_difference < lying.difference
    assert "all 13 parts add up to it" in lying.summary


def test_without_another_it_is_held_against_the_likeliest(honest: Model) -> None:
    (logits,) = honest.forward(DENMARK.ids(honest), rows=[-1]).logits
    best, second = (int(one) for one in (-logits).argsort()[:2])
    for answer in (best, second):
        found = run(Attribute(prompt=DENMARK, answer=honest.pieces([answer])[0]), honest)
        assert {found.answer, found.against} == {best, second}


def test_weights_are_reached_only_where_detail_is_asked_for(implanted: Model) -> None:
    assert "weights" not in LIE.needed()
    detailed = LIE.model_copy(update={"detail": True})
    with pytest.raises(UndeclaredError, match="weights"):
        detailed.run(Permitted(implanted, LIE.needed()), Silent())


def test_a_token_is_not_held_against_itself(honest: Model) -> None:
    probe = Attribute(prompt=DENMARK, answer=" Aarhus", against=" Aarhus")
    with pytest.raises(ModelRefusal, match="begin with the same token"):
        run(probe, honest)
    with pytest.raises(ModelRefusal, match="begin with the same token"):
        probe.estimate(Permitted(honest, probe.needed()))


def test_what_adds_most_can_be_taken_away_next(implanted: Model) -> None:
    found = run(LIE, implanted)
    place = next(number for number, part in enumerate(found.parts) if part.layer >= 0)
    (follow,) = LIE.follow_ups(found, Spot(0, place))
    assert follow.probe.kind == "intervene"
    assert found.parts[place].name in follow.label
