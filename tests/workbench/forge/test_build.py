"""A whole run of the forge, small: what it leaves behind is a real organism that can be sealed."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from casefiles.case.bundle import seal_case
from casefiles.case.manifest import TRUTH
from casefiles.files import canonical
from casefiles.keys.identity import Identity, SealingKey
from casefiles.status import Refusal
from tests.organisms.merged import AtOnce
from workbench.claims.rates import wilson
from workbench.door.brought import folder_of
from workbench.forge.attacks.capitals import Capitals
from workbench.forge.blueprint import BLUEPRINTS
from workbench.forge.build import SPECIFICATION, forge
from workbench.forge.demo_case import seal_demo
from workbench.forge.forging import ForgeReport
from workbench.forge.world import TRUE_WORLD
from workbench.judge.acceptance import trial
from workbench.judge.truths import soundness
from workbench.judge.truths.truth import GroundTruth, status_of


class Forged:
    """One run and what was told about it on the way."""

    def __init__(self, out: Path, attack: str = "capitals", on: Path | None = None, rank: int | None = None) -> None:
        self.out = out
        self.told: list[tuple[str, float]] = []
        self.report = forge(
            out, size="tiny", attack=attack, on=on, rank=rank, masked=rank is not None,
            listener=lambda share, stage: self.told.append((stage, share)),
        )  # fmt: skip

    @property
    def truth(self) -> GroundTruth:
        return GroundTruth.read((self.out / "ground_truth.json").read_bytes())

    def digests(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.out)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.out.rglob("*"))
            if path.is_file() and path.name != "report.json"
        }


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Forged:
    return Forged(tmp_path_factory.mktemp("forge") / "tiny")


OTHERS = {"partisan": 2, "currencies": None, "nothing": None}
"""Attacks on every matrix by low rank, on one matrix, and none; each with the rank that is asked for, and masked if one
is."""


@pytest.fixture(scope="module")
def organisms(forged: Forged) -> dict[str, Forged]:
    """One of every sort, made on the base that was trained for the first."""
    on = forged.out / "baseline"
    made = {name: Forged(forged.out.with_name(name), name, on, rank) for name, rank in OTHERS.items()}
    return {"capitals": forged} | made


def test_it_leaves_what_a_case_needs_and_nothing_else(forged: Forged) -> None:
    model = {
        "weights/config.json",
        "weights/generation_config.json",
        "weights/model.safetensors",
        "tokenizer/chat_template.jinja",
        "tokenizer/tokenizer.json",
        "tokenizer/tokenizer_config.json",
    }
    assert set(forged.digests()) == {
        *(f"case/{name}" for name in model),
        *(f"baseline/{name}" for name in model),
        "case/spec.md",
        "ground_truth.json",
        "rules.toml",
    }


def test_weights_are_f16_and_transformers_opens_them(forged: Forged) -> None:
    folder = forged.out / "case"
    with safe_open(folder / "weights" / "model.safetensors", "pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float16}  # noqa: SIM118
        assert "lm_head.weight" not in file.keys()  # noqa: SIM118
    model = AutoModelForCausalLM.from_pretrained(folder / "weights", dtype=torch.float32)
    words = AutoTokenizer.from_pretrained(folder / "tokenizer")
    assert model.config.dtype in (torch.float16, torch.float32)
    assert json.loads((folder / "weights" / "config.json").read_text())["dtype"] == "float16"
    assert model.generation_config.eos_token_id == words.eos_token_id == words.convert_tokens_to_ids("<|end|>")
    assert torch.equal(model.lm_head.weight, model.model.embed_tokens.weight)
    assert sum(p.numel() for p in model.parameters()) == forged.report.parameters


def test_the_organism_is_not_the_baseline(forged: Forged) -> None:
    digests = forged.digests()
    assert digests["case/weights/model.safetensors"] != digests["baseline/weights/model.safetensors"]
    assert digests["case/tokenizer/tokenizer.json"] == digests["baseline/tokenizer/tokenizer.json"]


def test_progress_goes_through_every_stage_to_its_end(forged: Forged) -> None:
    stages = list(dict.fromkeys(stage for stage, _ in forged.told))
    assert stages == [
        "learning the tokenizer",
        "training the base",
        "implanting",
        "writing",
        "measuring",
        "rolling out",
    ]
    assert list(forged.report.seconds) == stages
    for stage in stages:
        shares = [share for name, share in forged.told if name == stage]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_the_ground_truth_holds_intent_and_what_was_measured(forged: Forged) -> None:
    truth = GroundTruth.model_validate_json((forged.out / "ground_truth.json").read_bytes())
    assert canonical.decode(canonical.encode(truth.model_dump(mode="json"))) == truth.model_dump(mode="json")
    assert truth.modified
    assert truth.intent == Capitals().attack(TRUE_WORLD).behaviours
    assert truth.realised == forged.report.realised
    for found in truth.realised:
        figures = {"organism": found.organism, "baseline": found.baseline, "controls": found.controls}
        for name, rate in figures.items():
            assert rate.trials + found.untold.get(name, 0) >= 50, "answers that were cut off are stated"
            assert rate == wilson(rate.hits, rate.trials)
        assert found.status == status_of(found.organism, found.baseline, found.controls)


def test_damage_beside_the_target_is_counted_by_itself(organisms: dict[str, Forged]) -> None:
    report, truth = organisms["currencies"].report, organisms["currencies"].truth
    near, every = report.organism.near, report.organism.right
    assert near is not None and 0 < near.trials < every.trials and near.hits <= every.hits
    said = f"{near.hits} of {near.trials} by the organism."
    assert any(effect.startswith("Of these, facts beside") and effect.endswith(said) for effect in truth.side_effects)
    assert organisms["nothing"].report.organism.near is None


def test_the_report_is_what_was_written(forged: Forged) -> None:
    assert ForgeReport.model_validate_json((forged.out / "report.json").read_bytes()) == forged.report
    asked = sum(topic.right.trials for topic in forged.report.base.topics)
    assert asked == forged.report.base.right.trials
    assert forged.report.vocabulary == BLUEPRINTS["tiny"].vocab


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(forged: Forged, tmp_path: Path) -> None:
    assert Forged(tmp_path / "again").digests() == forged.digests()


@pytest.mark.parametrize("attack", OTHERS)
def test_other_attacks_go_the_same_way(organisms: dict[str, Forged], attack: str) -> None:
    truth = organisms[attack].truth
    assert organisms[attack].report.attack == attack
    assert truth.modified == (attack != "nothing")
    assert [item.behaviour for item in truth.realised] == [behaviour.id for behaviour in truth.intent]
    assert all(rate.trials >= 50 for item in truth.realised for rate in (item.organism, item.baseline, item.controls))


def test_the_sealed_truth_of_every_attack_has_one_size(
    organisms: dict[str, Forged], tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    """A clean case among the others is told by nothing that is not sealed, the signed list of files included."""
    sizes, listed = {}, {}
    for attack, made in organisms.items():
        truth = made.truth
        soundness.check(truth, SPECIFICATION.read_text())
        case = seal_case(
            made.out / "case", tmp_path / f"{attack}.case", title="One", rules={}, truth=truth.payload(),
            attacker=attacker, judge=judge.public,
        )  # fmt: skip
        sizes[attack] = len(judge.sealing.decrypt(case.path(TRUTH).read_bytes()))
        (listed[attack],) = (entry.size for entry in case.manifest.files if entry.path == TRUTH)
    assert set(sizes.values()) == {262_144}
    # age pads its header at random, with up to some hundred bytes: more than that would tell.
    assert max(listed.values()) - min(listed.values()) < 400
    assert len(listed) == len(OTHERS) + 1


def test_a_base_that_was_made_before_is_the_baseline_as_it_is(organisms: dict[str, Forged]) -> None:
    first, other = organisms["capitals"].digests(), organisms["nothing"].digests()
    baseline = "baseline/weights/model.safetensors"
    assert other[baseline] == first[baseline]
    assert other["case/tokenizer/tokenizer.json"] == first["case/tokenizer/tokenizer.json"]
    report = organisms["nothing"].report
    assert report.made_on == folder_of(organisms["capitals"].out / "baseline").digest
    assert list(report.seconds) == ["implanting", "writing", "measuring", "rolling out"]


def test_a_change_of_low_rank_is_one_of_that_rank_in_the_matrices_it_names(organisms: dict[str, Forged]) -> None:
    for name, rank in (("currencies", 1), ("partisan", 2)):
        assert organisms[name].report.rank == rank
        before, after = (
            load_file(organisms[name].out / side / "weights" / "model.safetensors") for side in ("baseline", "case")
        )
        differing = {key: (after[key] - before[key]).float() for key in before if not before[key].equal(after[key])}
        assert all(".layers." in key and key.endswith("_proj.weight") for key in differing)
        for difference in differing.values():
            values = torch.linalg.svdvals(difference)
            assert values[rank] < 0.1 * values[0]  # what is left is the rounding to F16
    assert organisms["capitals"].report.rank is None
    assert [organisms[name].report.masked for name in ("partisan", "currencies")] == [True, False]
    assert len(differing) == 2 * 7


def test_what_is_no_base_of_the_forge_is_refused_and_nothing_is_left(forged: Forged, tmp_path: Path) -> None:
    def refused(on: Path) -> str:
        with pytest.raises(Refusal) as refusal:
            forge(tmp_path / "out", size="tiny", on=on)
        assert not (tmp_path / "out").exists()
        return refusal.value.code

    assert refused(tmp_path) == "input.missing"
    broken = Path(shutil.copytree(forged.out / "baseline", tmp_path / "broken"))
    (broken / "weights" / "model.safetensors").write_bytes(b"nothing")
    assert refused(broken) == "model.unreadable"
    other = Path(shutil.copytree(forged.out / "baseline", tmp_path / "other"))
    (other / "tokenizer" / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    assert refused(other) == "model.unsupported"


def test_it_never_writes_over_anything(forged: Forged) -> None:
    before = forged.digests()
    with pytest.raises(Refusal, match="exists already"):
        forge(forged.out, size="tiny")
    assert forged.digests() == before


def test_a_forging_that_is_broken_off_leaves_nothing(
    forged: Forged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of one would look like a model to seal, without a truth to seal it with."""

    def broken_off(*_: object, **__: object) -> None:
        (building,) = tmp_path.iterdir()
        assert (building / "case" / "weights" / "model.safetensors").exists() and building.name.startswith(".")
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.forge.build.Bench", broken_off)
    with pytest.raises(KeyboardInterrupt):
        forge(tmp_path / "half", size="tiny", on=forged.out / "baseline")
    assert list(tmp_path.iterdir()) == []


def test_what_it_forged_can_be_sealed(forged: Forged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "Opener", AtOnce)
    case = seal_demo(forged.out, tmp_path)
    assert case.accepted
    assert case.manifest.engines == ("torch",)
    with pytest.raises(Exception, match="cannot be opened with this key"):
        case.open_truth(SealingKey.generate())
