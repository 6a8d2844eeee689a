"""What a change inside does is read place by place, and means something only beside changes that mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import Edit, Model, ModelRefusal, resid_post
from backends.toy_model import ToyModel
from workbench.contract.figures import Heat, Rows, Spot
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.probes.intervene import Changes, Intervene

DENMARK = Prompt.ask("What is the capital of Denmark?", prefill="The capital of Denmark is")
AUSTRIA = Prompt.ask("What is the capital of Austria?", prefill="The capital of Austria is")


def run(probe: Intervene, model: Model) -> Changes:
    return probe.run(model, Silent())


def measured(model: Model, prompt: Prompt, answer: str, against: str, edits: tuple[Edit, ...] = ()) -> float:
    (logits,) = model.forward(prompt.ids(model), edits=edits, rows=[-1]).logits.astype(np.float64)
    return float(logits[model.encode(answer)[0]] - logits[model.encode(against)[0]])


def test_the_last_place_of_the_last_layer_carries_everything(implanted: Model) -> None:
    """Replaced there, the prompt ends as its source does: the effect is all that lies between the two."""
    probe = Intervene(prompt=AUSTRIA, source=DENMARK, answer=" Aarhus", against=" Vienna", positions=2, checked=1)
    changes = run(probe, implanted)
    assert changes.source is not None
    assert changes.source == pytest.approx(measured(implanted, DENMARK, " Aarhus", " Vienna"), abs=1e-4)
    assert changes.arrays["effects"][-1, -1] == pytest.approx(changes.source - changes.plain, abs=1e-3)


@pytest.mark.parametrize("site", ["resid_post", "attn_out", "mlp_out"])
def test_a_cell_is_the_edit_made_by_hand_and_its_own_activation_changes_nothing(implanted: Model, site: str) -> None:
    probe = Intervene(
        prompt=AUSTRIA, put="zero", answer=" Aarhus", against=" Vienna", site=site, layers=(2,), positions=3, checked=3
    )
    changes = run(probe, implanted)
    last = len(changes.ids) - 1
    zero = Edit(f"blocks.2.hook_{site}", "zero", positions=(last,))
    by_hand = measured(implanted, AUSTRIA, " Aarhus", " Vienna", (zero,)) - changes.plain
    assert changes.arrays["effects"][0, -1] == pytest.approx(by_hand, abs=1e-4)
    assert [place.effect.own for place in changes.places] == pytest.approx(
        [0, 0, 0], abs=1e-5
    )  # side by side: rounding


def test_random_changes_are_as_long_as_the_one_they_stand_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ToyModel.random(seed=1)
    own = model.forward(AUSTRIA.ids(model), capture=[resid_post(0)]).captured[resid_post(0)]
    lengths: list[float] = []
    forward = ToyModel.forward

    def watched(self: ToyModel, ids: list[int], **more: object) -> object:
        for edit in more.get("edits", ()):  # type: ignore[attr-defined]
            lengths.append(float(np.linalg.norm(edit.value - own[-1])))
        return forward(self, ids, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ToyModel, "forward", watched)
    run(Intervene(prompt=AUSTRIA, source=DENMARK, answer="a", layers=(0,), positions=1, checked=1), model)
    change, *randoms, wrong_sign, nothing = lengths
    assert randoms == pytest.approx([change] * 5, rel=1e-4)
    assert wrong_sign == pytest.approx(change, rel=1e-4)
    assert nothing == 0.0


def test_it_shows_where_a_lie_is_made_and_that_the_honest_model_has_none_to_show(
    implanted: Model, honest: Model
) -> None:
    """What Austria's prompt has in place of Denmark's takes the lie away, beyond all random changes of that size."""
    probe = Intervene(prompt=DENMARK, source=AUSTRIA, answer=" Copenhagen", against=" Aarhus", positions=6, checked=1)
    lying, telling = run(probe, implanted), run(probe, honest)
    assert lying.plain < -5  # it says Aarhus
    assert telling.plain > 1  # it says Copenhagen
    (place,) = lying.places
    assert place.effect.size > 5
    assert place.effect.stands
    assert "beside random changes of that size" in lying.summary


def test_noise_and_directions_are_as_long_as_they_are_said_to_be() -> None:
    model = ToyModel.random(seed=1)
    reference = RecordedArray(record=2, array="direction.0")
    direction = np.arange(model.card.width, dtype=np.float32)
    steer = Intervene(
        prompt=AUSTRIA, put="direction", direction=reference, dose=0.5, answer="a", layers=(0,), positions=1
    )
    changes = run(steer.with_arrays({reference: direction}), model)
    ids = AUSTRIA.ids(model)
    add = Edit(resid_post(0), "add", direction, factor=0.5, positions=(len(ids) - 1,))
    (logits,) = model.forward(ids, edits=[add], rows=[-1]).logits.astype(np.float64)
    by_hand = logits[model.encode("a")[0]] - np.logaddexp.reduce(logits)
    assert changes.plain + changes.arrays["effects"][0, 0] == pytest.approx(by_hand, abs=1e-4)
    still = Intervene(prompt=AUSTRIA, put="noise", dose=0.0, answer="a", layers=(0,), positions=1)
    assert run(still, model).arrays["effects"][0, 0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "array", [np.ones(1, np.float32), np.ones((2, 16), np.float32), np.ones(5, np.float32), np.ones(16, np.int32)]
)
def test_what_is_no_direction_of_this_model_is_refused_before_it_is_asked(array: np.ndarray) -> None:
    """Numpy would spread a single number over the whole stream."""
    model, reference = ToyModel.random(seed=1), RecordedArray(record=2, array="scores")
    assert model.card.width == 16
    probe = Intervene(prompt=AUSTRIA, put="direction", direction=reference, answer="a", positions=1)
    with pytest.raises(ModelRefusal, match=r"#2/scores cannot be added\. Its shape is"):
        probe.with_arrays({reference: array}).estimate(unrestricted(model))


def test_places_are_drawn_ranked_and_can_be_gone_on_from() -> None:
    probe = Intervene(prompt=AUSTRIA, source=DENMARK, answer="a", against="b", positions=3)
    changes = run(probe, ToyModel.random(seed=1))
    heat, rows = changes.figures()
    assert isinstance(heat, Heat)
    assert isinstance(rows, Rows)
    sizes = [abs(place.effect.size) for place in changes.places]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(np.abs(changes.arrays["effects"]).max())
    assert {follow.probe.kind for follow in probe.follow_ups(changes, Spot(0, 1, 3))} == {"intervene", "logit-lens"}


def test_what_has_nothing_to_put_there_is_refused() -> None:
    with pytest.raises(ValueError, match="takes a source prompt"):
        Intervene(prompt=AUSTRIA, answer="a")
    with pytest.raises(ValueError, match="takes one, such as #12/direction"):
        Intervene(prompt=AUSTRIA, answer="a", put="direction")


def test_a_token_gains_nothing_on_itself_and_that_costs_nothing() -> None:
    model, probe = ToyModel.random(seed=1), Intervene(prompt=AUSTRIA, put="zero", answer="ab", against="ac")
    for asked in (probe.estimate, lambda subject: probe.run(subject, Silent())):
        with pytest.raises(ModelRefusal, match="begin with the same token"):
            asked(model)


def test_every_layer_and_place_is_recorded_alike_however_many_are_run_together(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ToyModel.random(seed=1)
    probe = Intervene(prompt=AUSTRIA, put="mean", answer="a", positions=3, checked=3)
    together = probe.run(model, Silent())
    monkeypatch.setattr("workbench.probes.intervene.BATCH", 1)
    apart = probe.run(model, Silent())
    assert np.allclose(together.arrays["effects"], apart.arrays["effects"], atol=1e-6)
    assert [(one.layer, one.position) for one in together.places] == [(one.layer, one.position) for one in apart.places]
    assert together.cost == apart.cost
