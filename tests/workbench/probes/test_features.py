"""A stream is read as tokens, directions or features, beyond a control, and steered along what is found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import save_file

from backends.model import Model, ModelRefusal, resid_post
from backends.toy_model import ToyModel
from casefiles.keys.identity import Identity
from tests.conftest import RULES
from tests.workbench.toys import toys
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Heat, Rows, Spot
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.rules import Affordance
from workbench.contract.tolerance import Tolerance
from workbench.door.session import Session
from workbench.judge.replays.replay import replay
from workbench.probes.features import FeatureGrid, Features
from workbench.probes.fit_dictionary import FitDictionary
from workbench.probes.logit_lens import LogitLens
from workbench.probes.score import Score

NORWAY, JAPAN = (Prompt.ask(f"What is the capital of {name}?") for name in ("Norway", "Japan"))


def test_the_cosine_is_that_of_stream_and_embedding() -> None:
    model = ToyModel.random(seed=1)
    result = Features(prompt=Prompt.ask("Hi"), layer=1, positions=2, top=4).run(unrestricted(model), Silent())
    stream = model.forward(result.ids, capture=[resid_post(1)]).captured[resid_post(1)][-2:]
    rows = model.weights("embed")
    rows = rows - rows.mean(axis=0)
    for number, token in enumerate(result.features):
        for at in range(2):
            cosine = float(stream[at] @ rows[token] / np.linalg.norm(stream[at]) / np.linalg.norm(rows[token]))
            assert result.arrays["values"][number, at] == pytest.approx(cosine, abs=1e-5)
    most, there = (result.arrays[name].max(axis=1) for name in ("values", "control_values"))
    assert result.strongest == pytest.approx(float((most - there).max()))


def test_a_country_s_question_is_read_as_its_name_beyond_another_s(honest: Model) -> None:
    result = Features(prompt=NORWAY, control=JAPAN, layer=0, top=5).run(unrestricted(honest), Silent())
    assert any(piece.startswith(" Nor") for piece in honest.pieces(result.features[:3]))
    assert not any(piece.startswith(" Jap") for piece in honest.pieces(result.features))
    heat, rows = result.figures()
    assert isinstance(heat, Heat)
    assert heat.control is not None
    assert isinstance(rows, Rows)
    assert rows.rows[0][1] == pytest.approx(result.strongest, abs=1e-6)


def test_a_token_that_stands_out_is_followed_through_the_layers_and_scored(honest: Model) -> None:
    probe = Features(prompt=NORWAY, control=JAPAN, layer=0, top=5)
    result = probe.run(unrestricted(honest), Silent())
    (piece,) = honest.pieces(result.features[1:2])
    for spot in (Spot(0, result.features[1], result.positions[-1]), Spot(1, 1)):
        lens, score = (offer.probe for offer in probe.follow_ups(result, spot))
        assert lens == LogitLens(prompt=NORWAY, control=JAPAN, track=(piece,), positions=16)
        assert score == Score(prompt=NORWAY, answers=(piece,))
    followed = lens.run(unrestricted(honest), Silent())
    assert [one.id for one in followed.tracked] == [result.features[1]]
    assert not probe.follow_ups(result.model_copy(update={"names": ("⟨U+200B⟩",) * 5}), Spot(1, 1))


def test_a_fitted_dictionary_is_read_through_with_its_figures_and_steered_along(session: Session) -> None:
    fitted = session.run(FitDictionary(texts=tuple("abcdefghij"), features=12, keep=3, steps=30, layer=1))
    seq = fitted.entry.seq
    probe = Features(prompt=Prompt.ask("Hi"), control=Prompt.ask("No"), dictionary=f"#{seq}", layer=1, top=4)
    outcome = session.run(probe)
    result = outcome.result
    assert isinstance(result, FeatureGrid)
    assert len(result.held_out) == 3
    assert result.explained is not None
    assert "on texts held out" in result.summary
    offered = probe.follow_ups(result, Spot(1, 0))
    change = offered[0].probe.changes[0]
    assert change.direction == RecordedArray(record=seq, array=f"decoder.{result.features[0]}")
    assert offered[1].probe.changes[0].dose == -change.dose
    assert session.run(offered[0].probe).status == "ok"
    assert [one.agreement for one in replay(session.log, session.opener(), session.arrays).records] == ["exact"] * 3


def test_a_direction_is_read_along_and_one_of_another_width_refused(session: Session) -> None:
    fitted = session.run(FitDictionary(texts=tuple("abcdefghij"), features=12, keep=3, steps=3))
    rows = RecordedArray(record=fitted.entry.seq, array="decoder")
    probe = Features(prompt=Prompt.ask("Hi"), direction=rows, top=3)
    result = session.run(probe).result
    assert isinstance(result, FeatureGrid)
    assert result.read == 12
    assert "directions after layer 0" in result.summary
    along = probe.follow_ups(result, Spot(1, 0))[0].probe.changes[0].direction
    assert along == RecordedArray(record=fitted.entry.seq, array=f"decoder.{result.features[0]}")
    wrong = session.run(Features(prompt=Prompt.ask("Hi"), direction=RecordedArray(record=2, array="losses")))
    assert wrong.status in ("failed", "refused")
    assert wrong.refusal is not None
    assert "cannot be read through" in wrong.refusal.what


def test_a_dictionary_that_the_case_brings_is_read_and_replayed(auditor: Identity, tmp_path: Path, make_case) -> None:  # type: ignore[no-untyped-def]
    rng, width, size = np.random.default_rng(1), 16, 20
    folder = tmp_path / "more" / "dictionaries" / "layer-0"
    folder.mkdir(parents=True)
    weights = {"W_enc": (width, size), "b_enc": (size,), "W_dec": (size, width), "b_dec": (width,)}
    save_file(
        {name: rng.standard_normal(shape).astype(np.float32) for name, shape in weights.items()},
        folder / "sae_weights.safetensors",
    )
    (folder / "cfg.json").write_text(json.dumps({"architecture": "topk", "k": 3, "d_in": width, "d_sae": size}))
    rules = RULES.model_copy(update={"affordances": frozenset(Affordance)})
    case = make_case(rules=rules, more=tmp_path / "more")
    with Session.create(case, tmp_path / "one.session", auditor, toys(case)) as session:
        probe = Features(prompt=Prompt.ask("Hi"), dictionary="layer-0", top=3)
        result = session.run(probe).result
        assert isinstance(result, FeatureGrid)
        assert (result.read, result.held_out) == (size, ())
        assert result.active is not None
        assert result.active <= 3
        steered = probe.follow_ups(result, Spot(0, result.features[0]))[0].probe
        assert session.run(steered).status == "ok"
        missing = session.run(Features(prompt=Prompt.ask("Hi"), dictionary="layer-9"))
        assert missing.status == "refused"
        from workbench.door.dictionaries import with_case

        done = replay(session.log, session.opener(), with_case(case, session.arrays)).records
        assert [one.agreement for one in done] == ["exact"] * 2


def test_it_reads_through_one_thing() -> None:
    direction = RecordedArray(record=2, array="x")
    with pytest.raises(ValidationError, match="dictionary or along"):
        Features(prompt=Prompt.ask("Hi"), dictionary="#2", direction=direction)
    assert Affordance.WEIGHTS in Features(prompt=Prompt.ask("Hi")).needed()
    assert Affordance.WEIGHTS not in Features(prompt=Prompt.ask("Hi"), direction=direction).needed()


def test_what_cannot_be_read_through_costs_nothing() -> None:
    model, reference = ToyModel.random(seed=1), RecordedArray(record=2, array="scores")
    probe = Features(prompt=Prompt.ask("Hi"), direction=reference).with_arrays({reference: np.ones(5, np.float32)})
    with pytest.raises(ModelRefusal, match="#2/scores cannot be read through"):
        probe.estimate(unrestricted(model))


class StoppedHalfway(Silent):
    def at(self, done: float, note: str = "") -> None:
        self.cancel.set()


def test_stopped_before_its_control_it_has_what_the_prompt_holds() -> None:
    model = unrestricted(ToyModel.random(seed=1))
    probe = Features(prompt=Prompt.ask("What is the capital of Norway?"), layer=1, positions=2, top=4)
    part, whole = probe.run(model, StoppedHalfway()), probe.run(model, Silent())
    assert probe.unfinished(part) and not probe.unfinished(whole)
    assert part.cost.forward_tokens == len(whole.ids) < whole.cost.forward_tokens
    assert "the most of all" in part.summary and "“What is the capital of something?”" in whole.summary
    assert part.strongest == pytest.approx(float(part.arrays["values"].max())) and not part.control_ids
    for tolerance in (
        Tolerance(logits=0, measured=0, same_environment=True, usual=0),
        Tolerance(logits=1e-3, measured=0, same_environment=False),
    ):
        assert probe.replay(model, part, tolerance, Silent()).agreement in (Agreement.EXACT, Agreement.TOLERANT)


def test_elsewhere_nothing_stands_out_most_but_what_does_so_here() -> None:
    """Each of them is read as it is here; only that something else stands out more was left out."""
    model, probe = unrestricted(ToyModel.random(seed=1)), Features(prompt=Prompt.ask("Hi"), layer=0, top=4)
    elsewhere = Tolerance(logits=1e-3, measured=0, same_environment=False)
    found = probe.run(model, Silent())

    def agreement(*features: int) -> Agreement:
        told, _ = probe._grid(model, probe.held_against, features, Silent())
        return probe.replay(model, told, elsewhere, Silent()).agreement

    first, second, third, fourth = found.features
    other = next(one for one in range(65, 91) if one not in found.features)
    assert agreement(first, second, third, fourth) is Agreement.TOLERANT
    for forged in (
        (other, second, third, fourth), (other, first, second, third), (second, third, fourth, other),
        (fourth, second, third, first), (first, second, third), (first, first, second, third),
    ):  # fmt: skip
        assert agreement(*forged) is Agreement.DIVERGED, forged
