"""How near is near enough: what an honest engine of another precision draws passes, and what was steered does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backends.model import Edit, FloatArray, Generated, TokenListener
from backends.sampling import Sampler, Sampling
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.workbench.forged import QUESTION, Edited, run_again, toy
from workbench.contract.comparison import Agreement
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import FLOOR, SAFETY, WIDEST, Calibration, Tolerance, deviation, most
from workbench.door.session import Session
from workbench.judge.replays.replay import ReplayedRecord
from workbench.probes import Sample

Recording = Callable[[ToyModel], Session]


class Claiming(ToyModel):
    """A toy whose environment names the number format that a test wants."""

    dtype = "bfloat16"

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        return {**super().environment, "dtype": self.dtype}


def like(session_model: ToyModel, kind: type[Claiming], weights: Mapping[str, Any] | None = None) -> Claiming:
    return kind(weights or session_model.tensors, heads=4, kv_heads=2, digest=session_model.card.digest)


def rounded(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Weights as bfloat16 keeps them: the upper half of a float32's bits."""
    return {
        name: (tensor.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
        for name, tensor in tensors.items()
    }


class Steering(Claiming):
    """At each step the token a forger likes best among those whose margin stays under a bound: the highest id."""

    within = 0.599
    every = 1

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Sequence[Edit] = (),
        on_tokens: TokenListener | None = None,
        cancel: Any = None,
    ) -> list[Generated]:
        found, sampler = [], Sampler(sampling, ids)
        for sample in range(n):
            tokens: list[int] = []
            while len(tokens) < sampling.max_tokens and tokens[-1:] != [258]:
                row = self.forward([*ids, *tokens], rows=[-1]).logits[0]
                step = len(tokens)
                drawn = sampler.choose(row, sample, step)
                likely = np.flatnonzero(row > row.max() - 2)[::-1].tolist() if step % self.every == 0 else []
                near = (t for t in likely if t > drawn and sampler.margin(row, sample, step, t) <= self.within)
                tokens.append(next(near, drawn))
            found.append(Generated(tuple(tokens), "end" if tokens[-1] == 258 else "length"))
        return found


@pytest.fixture
def record(case: Case, auditor: Identity, tmp_path: Any) -> Any:
    """A session recorded on a model of the test's choice."""
    opened = []

    def on(model: ToyModel, *probes: Sample) -> Session:
        session = Session.create(case, tmp_path / f"{len(opened)}.session", auditor, lambda: model)
        opened.append(session)
        for probe in probes:
            assert session.run(probe).status == "ok"
        return session

    yield on
    for session in opened:
        session.close()


@pytest.fixture
def model(case: Case) -> ToyModel:
    return ToyModel.random(seed=1, digest=case.model_digest)


MANY = Sample(prompt=QUESTION, samples=8, seed=5, max_tokens=24, temperature=0.8)


def replayed(session: Session) -> tuple[ReplayedRecord, ...]:
    return run_again(session, toy(session)).records


def otherwise(record: ReplayedRecord) -> float:
    """How many of its tokens are not the ones drawn here."""
    return record.figures["tokens"] - record.figures["agree"]


@pytest.mark.parametrize("settings", [{}, {"top_p": 0.9}, {"top_k": 5}, {"min_p": 0.1}, {"temperature": 0.0}], ids=str)
def test_what_fewer_bits_drew_is_tolerated_and_the_figures_say_why(
    record: Recording, model: ToyModel, settings: dict[str, Any]
) -> None:
    (found,) = replayed(record(like(model, Claiming, rounded(model.tensors)), MANY.model_copy(update=settings)))
    assert found.agreement is Agreement.TOLERANT, found.note
    assert (found.tolerance.logits, found.tolerance.claimed) == (FLOOR["bfloat16"], "bfloat16")
    assert found.figures["worst margin"] < found.tolerance.margin


def test_fewer_bits_do_draw_some_tokens_otherwise(record: Recording, model: ToyModel) -> None:
    """Else the test above would show nothing."""
    probes = [MANY.model_copy(update={"seed": seed}) for seed in range(6)]
    found = replayed(record(like(model, Claiming, rounded(model.tensors)), *probes))
    assert {each.agreement for each in found} == {Agreement.TOLERANT}
    assert (
        0
        < sum(otherwise(each) for each in found)
        < sum(each.figures["expected"] + 3 * each.figures["spread"] for each in found)
    )


@pytest.mark.parametrize("settings", [{}, {"top_p": 0.9}, {"top_k": 5}, {"min_p": 0.1}], ids=str)
def test_an_answer_steered_within_the_margins_diverges(
    record: Recording, model: ToyModel, settings: dict[str, Any]
) -> None:
    """Each token of it could have been drawn; all of them together could not."""
    (found,) = replayed(record(like(model, Steering), MANY.model_copy(update=settings)))
    assert found.figures["worst margin"] <= found.tolerance.margin
    assert found.agreement is Agreement.DIVERGED
    assert "rounding explains at most" in found.note


def test_steering_few_tokens_of_each_of_many_answers_diverges(record: Recording, model: ToyModel) -> None:
    """No record holds enough of them; the log does. Of one steered record alone, nothing could be said."""

    class Sparing(Steering):
        every = 2

    probes = [
        Sample(prompt=Prompt.ask(f"What is {number}?"), seed=number, max_tokens=18, temperature=0.8)
        for number in range(36)
    ]
    found = replayed(record(like(model, Sparing), *probes))
    assert len(found) == 36
    doubted = [each for each in found if "In all the log" in each.note]
    assert len(doubted) > 20
    assert {each.agreement for each in doubted} == {Agreement.DIVERGED}
    assert all(otherwise(each) > 0 for each in doubted)
    assert {each.agreement for each in found if not otherwise(each)} <= {Agreement.TOLERANT}
    (alone,) = replayed(record(like(model, Sparing), probes[0]))
    assert alone.agreement is Agreement.TOLERANT
    assert otherwise(alone) > 0


@pytest.mark.parametrize("name", ["q4_0", "anything", "Q8_0 or so"])
def test_a_format_without_a_bound_widens_none(record: Recording, model: ToyModel, name: str) -> None:
    class Unheard(Steering):
        dtype = name

    (found,) = replayed(record(like(model, Unheard), MANY))
    assert (found.tolerance.logits, found.tolerance.claimed) == (FLOOR["float64"], "")
    assert found.agreement is Agreement.UNREPLAYABLE
    assert "its own engine and number format" in found.note


def test_a_record_without_a_format_is_held_to_this_one(record: Recording, model: ToyModel) -> None:
    class Unheard(Steering):
        dtype = ""

    (found,) = replayed(record(like(model, Unheard), MANY))
    assert (found.tolerance.logits, found.agreement) == (FLOOR["float64"], Agreement.DIVERGED)


@pytest.mark.parametrize(
    ("recorded", "here", "comparable"),
    [
        ({"engine": "toy", "dtype": "q4_k"}, "q4_k", True),
        ({"engine": "toy", "dtype": "q4_k", "threads": 7}, "q4_k", True),
        ({"engine": "llama", "dtype": "q4_k"}, "q4_k", False),
        ({"engine": "toy", "dtype": "q8_0"}, "q4_k", False),
        ({"engine": "toy", "dtype": "float32"}, "q4_k", False),
        ({"engine": "llama", "dtype": "q8_0"}, "float32", False),
        ({"engine": "llama", "dtype": "float16"}, "float32", True),
        ({}, "q4_k", True),
        ({"engine": ["llama"], "dtype": 4}, "q4_k", True),
    ],
)
def test_quantised_weights_are_compared_on_one_engine_in_one_format_only(
    model: ToyModel, recorded: dict[str, Any], here: str, comparable: bool
) -> None:
    class Here(Claiming):
        dtype = here

    assert (Calibration(like(model, Here)).incomparable(recorded) == "") is comparable


@pytest.mark.parametrize(
    ("recorded", "here", "logits", "claimed"),
    [
        ({"dtype": "float32"}, "float32", 1e-3, ""),
        ({"dtype": "BFloat16", "attention_memory": "float16"}, "float32", 0.3, "bfloat16"),
        ({"dtype": "q4_k", "attention_memory": "float16"}, "q4_k", 2e-2, ""),
        ({"dtype": "f32", "attention_memory": "float16"}, "float32", 2e-2, "float16"),
        ({"dtype": "f32", "attention_memory": "float32", "activation": "float16"}, "float32", 2e-2, "float16"),
        ({"dtype": "bfloat16"}, "float16", 0.3, "bfloat16"),
        ({}, "float16", 2e-2, ""),
    ],
)
def test_the_coarser_of_two_formats_decides(
    model: ToyModel, recorded: dict[str, str], here: str, logits: float, claimed: str
) -> None:
    class Here(Claiming):
        dtype = here

    tolerance = Calibration(like(model, Here)).tolerance(recorded)
    assert (tolerance.logits, tolerance.claimed) == (logits, claimed)
    assert tolerance.margin == 2 * logits


class Unsteady(ToyModel):
    """A model whose cached passes are off by a little, as on a device that adds up in another order each time."""

    off = np.float32(0.01)

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        found = super().continuations(ids, continuations, edits=edits)
        for logits in found:
            logits[:, ::2] += self.off
        return found


def test_a_bound_is_as_wide_as_the_model_differs_from_itself(record: Recording, model: ToyModel) -> None:
    unsteady = Unsteady(model.tensors, heads=4, kv_heads=2, digest=model.card.digest)
    session = record(model, *(MANY.model_copy(update={"seed": seed}) for seed in range(4)))
    elsewhere = Edited(session, None, lambda data: data["environment"].update(machine="elsewhere"))
    found = run_again(session, unsteady, elsewhere).records
    # Two logits' difference is off by 0.01, so each of them by half of that from the middle.
    assert all(each.tolerance.measured == pytest.approx(0.005, rel=1e-3) for each in found)
    assert all(each.tolerance.logits == SAFETY * each.tolerance.measured for each in found)
    assert all(each.tolerance.drift <= 3 * 0.01 for each in found)
    assert sum(otherwise(each) for each in found) > 0  # without the calibration these would have diverged
    assert {each.agreement for each in found} == {Agreement.TOLERANT}


def test_the_tolerance_is_stored_with_what_was_found(record: Recording, model: ToyModel) -> None:
    session = record(model, MANY)
    (found,) = replayed(session)
    assert found.agreement is Agreement.EXACT
    assert (found.tolerance.margin, found.tolerance.drift) == (0, 0)
    elsewhere = Edited(session, None, lambda data: data["environment"].update(machine="elsewhere"))
    (found,) = run_again(session, toy(session), elsewhere).records
    stored = ReplayedRecord.model_validate_json(found.model_dump_json())
    assert stored == found
    assert stored.tolerance.measured == Calibration(model).measured.greatest


def test_the_tolerance_of_an_older_verdict_is_read_as_it_was_meant() -> None:
    old = Tolerance.model_validate({"logits": 0.02, "measured": 1e-6, "same_environment": False, "claimed": ""})
    assert (old.margin, old.drift) == (0.04, 0.005)
    assert not old.out_of_reach(0.04) and old.out_of_reach(0.05)


def test_in_its_own_environment_nothing_is_measured(record: Recording, model: ToyModel) -> None:
    """A session that is replayed where it was recorded pays for no calibration."""
    passes = 0

    class Counting(ToyModel):
        def forward(self, *given: Any, **named: Any) -> Any:
            nonlocal passes
            passes += 1
            return super().forward(*given, **named)

    counting = Counting(model.tensors, heads=4, kv_heads=2, digest=model.card.digest)
    session = record(model, MANY)
    assert run_again(session, counting).records[0].agreement is Agreement.EXACT
    assert passes == 0


def test_a_token_that_one_pass_draws_otherwise_is_settled_by_drawing_again(record: Recording, model: ToyModel) -> None:
    """Decoding is off from a teacher-forced pass by rounding, on most engines: the record is exact all the same."""

    class Split(Unsteady):
        off = np.float32(0.05)

    split = Split(model.tensors, heads=4, kv_heads=2, digest=model.card.digest)
    session = record(split, *(MANY.model_copy(update={"seed": seed}) for seed in range(6)))
    found = run_again(session, split).records
    assert {each.agreement for each in found} == {Agreement.EXACT}
    settled = [each for each in found if "drawn again" in each.figures]
    assert len(settled) > 0
    assert all(each.figures["agree"] == each.figures["tokens"] <= each.figures["drawn again"] for each in settled)
    assert all("by rounding" in each.note for each in settled)


def test_near_is_not_enough_in_its_own_environment(record: Recording, model: ToyModel) -> None:
    """Whoever takes a liking to tokens within the rounding of the choice is found out by drawing again."""

    class Split(Unsteady):
        off = np.float32(0.05)

    class SteeringSplit(Split, Steering):
        within = 0.1

        @property
        def environment(self) -> Mapping[str, str | int | bool]:
            return ToyModel.environment.fget(self)  # type: ignore[attr-defined,no-any-return]

    kinds = [kind(model.tensors, heads=4, kv_heads=2, digest=model.card.digest) for kind in (Split, SteeringSplit)]
    (found,) = run_again(record(kinds[1], MANY), kinds[0]).records
    assert found.tolerance.same_environment
    assert 0 < found.figures["worst margin"] < 0.2
    assert found.agreement is Agreement.DIVERGED
    assert "comes out otherwise" in found.note


def test_a_model_that_never_answers_twice_alike_is_no_witness(record: Recording, model: ToyModel) -> None:
    class Restless(ToyModel):
        """A device that adds up in another order each time, and by so much that answers differ."""

        called = 0

        def generate(self, ids: Sequence[int], sampling: Sampling, **given: Any) -> list[Generated]:
            Restless.called += 1
            return super().generate(ids, replace(sampling, seed=sampling.seed + self.called), **given)

    restless = Restless(model.tensors, heads=4, kv_heads=2, digest=model.card.digest)
    (found,) = run_again(record(restless, MANY), restless).records
    assert found.agreement is Agreement.UNREPLAYABLE
    assert "the same answer twice" in found.note


def test_an_accelerator_that_promises_nothing_is_never_held_to_the_last_bit(record: Recording, model: ToyModel) -> None:
    class Elsewhere(Claiming):
        dtype = "float32"

        @property
        def environment(self) -> Mapping[str, str | int | bool]:
            return {**super().environment, "device": "cuda", "deterministic": False}

    device = like(model, Elsewhere)
    (found,) = run_again(record(device, MANY), device).records
    assert (found.agreement, found.tolerance.same_environment) == (Agreement.TOLERANT, False)


@pytest.mark.parametrize("explained", [1e-4, 0.01, 0.5, 3.0, 40.0, 300.0])
def test_as_many_tokens_are_allowed_as_hardly_ever_come_by_chance(explained: float) -> None:
    """Against Poisson's own tail, summed up: never more often than once in a million, and not far from it."""

    def beyond(count: int) -> float:
        log_terms = [
            k * np.log(explained) - explained - sum(np.log(np.arange(1, k + 1))) for k in range(count + 1, 900)
        ]
        return float(np.exp(log_terms).sum())

    allowed = most(explained)
    assert beyond(allowed) < 1e-6
    assert allowed == 1 or beyond(max(0, allowed - 3 - allowed // 20)) > 1e-9


def test_a_single_token_may_be_drawn_otherwise_where_hardly_any_is() -> None:
    assert most(0.0) == 1


def test_changing_what_a_record_says_of_its_environment_is_no_way_to_be_exact(
    record: Recording, model: ToyModel
) -> None:
    """Who claims it is held to its choices, within what it differs from itself by."""
    session = record(like(model, Steering), MANY)
    environment = dict(model.environment)
    (found,) = run_again(
        session, toy(session), Edited(session, None, lambda data: data.update(environment=environment))
    ).records
    assert found.tolerance.same_environment
    assert found.agreement is Agreement.DIVERGED


def test_the_bound_of_a_record_does_not_reach_the_next(record: Recording, model: ToyModel) -> None:
    session = record(model, MANY, MANY)
    first = next(entry for entry in session.log.entries({"result"}))

    def claim(data: dict[str, Any]) -> None:
        data["environment"]["machine"] = "elsewhere"
        if data["intent"] == first.data["intent"]:
            data["environment"]["dtype"] = "bfloat16"

    bounds = [each.tolerance.logits for each in run_again(session, toy(session), Edited(session, None, claim)).records]
    assert bounds == [FLOOR["bfloat16"], FLOOR["float64"]]


def test_what_compares_two_models_may_be_off_by_the_bounds_of_both() -> None:
    exact = Tolerance(logits=0, measured=0, same_environment=True, usual=0)
    near = Tolerance(logits=0.02, measured=0.001, same_environment=False, usual=0.004)
    far = Tolerance(logits=1.0, measured=0.5, same_environment=False, usual=0.2, reach=1.7)
    assert exact.beside(exact) == exact
    assert exact.beside(near).logits == near.beside(exact).logits == 0.02
    assert not exact.beside(near).same_environment
    both = near.beside(far)
    assert (both.logits, both.measured, both.reach) == (1.0, 0.5, pytest.approx(1.72))
    assert both.usual == pytest.approx(0.204)


def test_what_is_off_by_several_times_as_much_has_a_bound_so_much_wider_up_to_the_widest() -> None:
    bound = Tolerance(logits=0.01, measured=0.002, same_environment=False, usual=0.001)
    assert bound.times(1) is bound
    wider = bound.times(3)
    assert (wider.logits, wider.drift, wider.reach) == (pytest.approx(0.03), pytest.approx(0.003), None)
    widest = bound.times(1000)
    assert (widest.logits, widest.reach) == (WIDEST, pytest.approx(10.0))
    assert widest.out_of_reach(21.0) and not widest.out_of_reach(19.0)


def test_two_computations_differ_by_half_of_what_the_difference_of_two_tokens_does() -> None:
    one = np.array([2.0, 1.0, 0.0, -30.0], dtype=np.float32)
    other = one + np.array([0.25, 0.0, -0.25, 9.0], dtype=np.float32)  # the last is never drawn
    assert deviation(one, other).greatest == pytest.approx(0.25)
    assert deviation(one, one + 3).greatest == pytest.approx(0)


def test_what_is_no_number_differs_by_none() -> None:
    """A model may come to none on a text that its attacker chose: a judge is told of it, and nothing breaks."""
    broken = np.array([np.nan, 1.0, 2.0], dtype=np.float32)
    assert deviation(broken, np.ones(3, dtype=np.float32)).greatest == 0
