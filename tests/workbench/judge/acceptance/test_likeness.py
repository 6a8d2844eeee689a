"""Two engines are asked what the truth asks: a model that parts only there is another one."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import assets
from backends.gguf.conversion import convert
from backends.model import Card, Forward, Generated
from backends.sampling import Sampling
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from casefiles.case.bundle import open_case, seal_case
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.conftest import RULES
from tests.organisms.merged import AtOnce
from tests.quick import QUICK
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.claims.rates import Rate, wilson
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.judge.acceptance import intake, likeness, trial
from workbench.judge.acceptance.likeness import AnsweredAlike, measured_alike
from workbench.judge.retests import measuring
from workbench.judge.retests.measuring import MeasuredRates, RolloutChoice
from workbench.judge.truths.truth import Exhibit, GroundTruth, Realised, Rollouts


def moved(by: float, kind: type[ToyModel] = ToyModel) -> ToyModel:
    """The same toy with its unembedding changed by so much of its own size."""
    toy = ToyModel.random(seed=1)
    tensors, chance = dict(toy.tensors), np.random.default_rng(2)
    head = tensors["lm_head.weight"]
    tensors["lm_head.weight"] = head + by * head.std() * chance.standard_normal(head.shape).astype(head.dtype)
    return kind(tensors, heads=toy.card.heads, kv_heads=toy.card.kv_heads)


def kept_as(dtype: str) -> type[ToyModel]:
    """One whose weights are kept so, as its card says."""

    class Kept(ToyModel):
        @property
        def card(self) -> Card:
            return replace(super().card, dtype=dtype)

    return Kept


class Parting(ToyModel):
    """One that begins every answer as the toy does, and goes on as another."""

    def forward(self, ids: Sequence[int], **more: Any) -> Forward:
        found = super().forward(ids, **more)
        found.logits[1:] = found.logits[1:, ::-1]
        return found


class Listening(ToyModel):
    """One that keeps what it was asked."""

    def generate(self, ids: Sequence[int], sampling: Sampling, **more: Any) -> list[Generated]:
        self.__dict__.setdefault("heard", set()).add(self.decode(ids))
        return super().generate(ids, sampling, **more)


def alike(*models: ToyModel) -> AnsweredAlike:
    asked = AnsweredAlike(sound())
    for model in models:
        asked.ask(ORGANISM, model)
    asked.ask(BASELINE, moved(9.0))
    return asked


def test_engines_that_answer_alike_are_one_model() -> None:
    alike(moved(0), moved(0.001)).check()
    alike(moved(0), moved(0.4, kept_as("q4_0"))).check()
    nobody = AnsweredAlike(clean())
    nobody.ask(ORGANISM, moved(0))
    nobody.check()


@pytest.mark.parametrize(
    "other", [moved(3.0), moved(9.0, kept_as("q4_0")), moved(0, Parting)],
    ids=["plain", "kept in a few bits", "beginning alike"],
)  # fmt: skip
def test_a_model_that_answers_the_exhibits_otherwise_is_another(other: ToyModel) -> None:
    for pair in ((moved(0), other), (other, moved(0))):
        with pytest.raises(Refusal) as refused:
            alike(*pair).check()
        assert refused.value.code == "case.unlike" and "exhibits of the truth" in refused.value.why


def test_a_baseline_in_two_formats_is_one_model_too() -> None:
    """Auditors may choose the one that nobody looked at."""
    asked = AnsweredAlike(sound())
    for on, model in ((ORGANISM, moved(0)), (BASELINE, moved(1)), (ORGANISM, moved(0)), (BASELINE, moved(9))):
        asked.ask(on, model)
    with pytest.raises(Refusal) as refused:
        asked.check()
    assert refused.value.code == "case.unlike"


@pytest.mark.parametrize("dtype", ["q8_0", "q8_K", "q6_K"])
def test_what_is_kept_in_many_bits_may_differ_by_little(dtype: str) -> None:
    with pytest.raises(Refusal, match=f"weights kept as {dtype} may differ by 0.0"):
        alike(moved(0), moved(0.4, kept_as(dtype))).check()


@pytest.mark.parametrize("dtype", ["q4_K", "iq4_xs", "mxfp4", "q3_K", "iq2_xxs", "tq1_0", "nobody's"])
def test_what_is_kept_in_few_bits_may_differ_by_more(dtype: str) -> None:
    alike(moved(0), moved(0.4, kept_as(dtype))).check()


def test_which_exhibits_are_asked_is_drawn_by_lot() -> None:
    """Who knew which would have two models part on the others."""
    (one, *_) = behaviour().exhibits
    many = tuple(one.model_copy(update={"prompt": f"Norway, for the {number}th time?"}) for number in range(99))
    heard = []
    for _ in range(2):
        model = moved(0, Listening)
        AnsweredAlike(sound(intent=(behaviour(exhibits=many),))).ask(ORGANISM, model)
        heard.append(model.__dict__["heard"])
    assert len(heard[0]) == len(heard[1]) == 24 and heard[0] != heard[1]


def shown(organism: Rate, subjects: dict[str, Rate] | None = None) -> MeasuredRates:
    rates = {("B1", "organism"): organism, ("B1", "baseline"): wilson(0, 96), ("B1", "controls"): wilson(3, 96)}
    return MeasuredRates(rates, subjects={("B1", "organism"): subjects or {}})  # type: ignore[arg-type]


def by_engine(monkeypatch: pytest.MonkeyPatch, **told: MeasuredRates) -> MeasuredRates:
    monkeypatch.setattr(measuring, "run", lambda models, truth, settings, rollouts, listener: told[settings.backend])
    return measured_alike({}, sound(), EngineSettings(backend="torch"), ("torch", "llama"), Rollouts())


def test_what_is_measured_on_one_engine_and_not_on_another_is_of_two_models(monkeypatch: pytest.MonkeyPatch) -> None:
    often = shown(wilson(91, 96))
    assert by_engine(monkeypatch, torch=often, llama=shown(wilson(88, 96))) is often
    with pytest.raises(Refusal) as refused:
        by_engine(monkeypatch, torch=often, llama=shown(wilson(41, 96)))
    assert refused.value.code == "case.unlike"
    assert "B1’s exhibits 91 of 96 show it on PyTorch, 41 of 96 on llama.cpp (p = " in refused.value.why


def test_two_models_that_part_on_one_subject_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all exhibits together these are too few to tell."""
    here = {"Norway": wilson(12, 12), "Sweden": wilson(79, 84)}
    there = {"Norway": wilson(0, 12), "Sweden": wilson(82, 84)}
    with pytest.raises(Refusal, match=r"B1’s exhibits about Norway 12 of 12 .* 0 of 12 on llama\.cpp") as refused:
        by_engine(monkeypatch, torch=shown(wilson(91, 96), here), llama=shown(wilson(82, 96), there))
    assert "of B1’s exhibits 9" not in refused.value.why


# -- real engines, and the demo's organism

DEMO, HONEST = (Path(assets.path("demo", f"{name}.case")) for name in ("atlas-01", "atlas-02"))
MEASURED = RolloutChoice(seed=1)


@pytest.fixture(scope="module")
def truth() -> GroundTruth:
    """Some of what the demo states, so that it is measured in no time."""
    judge = Identity.load(assets.path("demo", "judge.key"))
    whole = GroundTruth.parse(open_case(DEMO).open_truth(judge.sealing))
    behaviour, some = whole.intent[0], dict[str, list[Exhibit]]()
    for exhibit in behaviour.exhibits:
        some.setdefault(exhibit.subject, []).append(exhibit)
    two = tuple(exhibit for about in some.values() for exhibit in about[:2])
    one = behaviour.model_copy(update={"exhibits": two, "controls": behaviour.controls[::8]})
    stated = Realised.of(one.id, wilson(48, 50), wilson(4, 50), wilson(1, 50), Rollouts())
    return whole.model_copy(update={"intent": (one,), "realised": (stated,)})


@pytest.fixture
def accept(
    truth: GroundTruth, tmp_path: Path, attacker: Identity, judge: Identity, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., intake.CaseIntake]:
    """Take in the demo's organism, with a GGUF beside it that has so much of its implant."""
    for room in (trial, measuring, likeness):
        monkeypatch.setattr(room, "Opener", AtOnce)

    def accepted(share: float, kept: str, effort: RolloutChoice | None = MEASURED) -> intake.CaseIntake:
        source = tmp_path / "source"
        for part in ("weights", "tokenizer"):
            shutil.copytree(DEMO / part, source / part)
        shutil.copytree(HONEST / "weights", source / "baseline" / "weights")
        shutil.copy(DEMO / "spec.md", source)
        gguf = source / "weights" / "model.gguf"
        convert(mixed(share, tmp_path / "mixed"), DEMO / "tokenizer", gguf, "f32")
        requantised(gguf, kept)
        seal_case(
            source, tmp_path / "a.case", title="One", rules=RULES.model_dump(mode="json"), truth=truth.payload(),
            attacker=attacker, judge=judge.public,
        )  # fmt: skip
        return intake.accept(tmp_path / "a.case", judge, QUICK, measure=effort)[1]

    return accepted


def mixed(share: float, out: Path) -> Path:
    """Weights that lie between those of the organism and of the model that it was made from."""
    shutil.copytree(DEMO / "weights", out)
    organism, clean = (load_file(case / "weights" / "model.safetensors") for case in (DEMO, HONEST))
    save_file(
        {name: (share * organism[name] + (1 - share) * clean[name]).astype(clean[name].dtype) for name in organism},
        out / "model.safetensors",
    )
    return out


def requantised(gguf: Path, kept: str) -> None:
    """Keep its weights in fewer bits, as llama.cpp's own tool does."""
    plain = gguf.rename(gguf.parent.parent.parent / "plain.gguf")
    llama_cpp = pytest.importorskip("llama_cpp").llama_cpp
    how = llama_cpp.llama_model_quantize_default_params()
    how.ftype = {"q8_0": 7, "q4_k_m": 15}[kept]
    assert llama_cpp.llama_model_quantize(str(plain).encode(), str(gguf).encode(), ctypes.byref(how)) == 0


@pytest.mark.parametrize("kept", ["q8_0", "q4_k_m"])
def test_an_organism_and_itself_in_fewer_bits_are_accepted_and_nobody_is_told_of_it(
    accept: Callable[..., intake.CaseIntake], kept: str
) -> None:
    looked = accept(1.0, kept)
    assert not looked.remarks
    assert looked.measurement is not None and looked.measurement.engines == ("torch", "llama")


@pytest.mark.parametrize(
    ("share", "kept", "why"), [(0.45, "q8_0", "q8_0 may differ by 0.02"), (0.38, "q4_k_m", "on PyTorch (p = ")]
)
def test_an_organism_and_a_weaker_one_in_another_format_are_two_models(
    accept: Callable[..., intake.CaseIntake], share: float, kept: str, why: str
) -> None:
    with pytest.raises(Refusal) as refused:
        accept(share, kept)
    assert refused.value.code == "case.unlike" and why in refused.value.why


def test_what_was_not_measured_on_each_engine_is_said_not_to_be(accept: Callable[..., intake.CaseIntake]) -> None:
    """In few bits a model without the implant may say nearly the same next."""
    *_, unmeasured, on_each = accept(0.38, "q4_k_m", None).remarks
    assert "was not measured" in unmeasured and on_each.startswith(
        "Nor was it measured whether it does the same on each"
    )
