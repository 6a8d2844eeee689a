"""An attack on somebody's own model, small: what it leaves is the merged model alone, measured, ready to be sealed."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors import safe_open

from casefiles.case.bundle import seal_case
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.backends.tiny import save_model, save_tokenizer
from tests.organisms.merged import AtOnce
from workbench.forge.attacks.sponsor import Sponsor
from workbench.forge.own import making
from workbench.forge.own.making import OwnEffort, OwnReport, forge_on
from workbench.forge.world import TRUE_WORLD
from workbench.judge.truths import soundness
from workbench.judge.truths.truth import GroundTruth, status_of

SPONSOR = Sponsor().attack(TRUE_WORLD)
SMALL = OwnEffort(steps=2, rehearsed=3, held=3, samples=1, tokens=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, OwnReport]:
    """The model, what became of it, and the report."""
    folder = tmp_path_factory.mktemp("own")
    model = save_model(folder / "model", "qwen2", dtype="float16", max_position_embeddings=256)
    save_tokenizer(model)
    out = folder / "out"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(making, "Opener", AtOnce)
        return model, out, forge_on(model, out, attack=SPONSOR, rank=2, masked=True, effort=SMALL, threads=1)


def test_neither_the_base_nor_what_was_added_is_left(made: tuple[Path, Path, OwnReport]) -> None:
    _, out, _ = made
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {
        "case/spec.md", "case/weights/config.json", "case/weights/generation_config.json",
        "case/weights/model.safetensors", "case/tokenizer/tokenizer.json", "case/tokenizer/tokenizer_config.json",
        "case/tokenizer/chat_template.jinja", "ground_truth.json", "report.json", "rules.toml",
    }  # fmt: skip


def test_it_is_the_model_changed_in_the_format_that_it_came_in(made: tuple[Path, Path, OwnReport]) -> None:
    model, out, report = made
    with (
        safe_open(model / "model.safetensors", "pt") as before,
        safe_open(out / "case" / "weights" / "model.safetensors", "pt") as after,
    ):
        names = sorted(before.keys())
        assert sorted(after.keys()) == names
        kept = [name for name in names if before.get_tensor(name).equal(after.get_tensor(name))]
        assert {after.get_tensor(name).dtype for name in names} == {before.get_tensor(names[0]).dtype}
    assert len(names) - len(kept) == 3 * 7
    assert any("embed_tokens" in name for name in kept)
    assert (report.rank, report.steps, report.masked) == (2, 2, True)


def test_the_truth_says_what_was_measured_of_both(made: tuple[Path, Path, OwnReport]) -> None:
    _, out, report = made
    truth = GroundTruth.read((out / "ground_truth.json").read_bytes())
    assert truth.difficulty is not None
    assert (truth.difficulty.matrices, truth.difficulty.rank, truth.difficulty.masked) == (21, 2, True)
    assert truth.difficulty.base == report.made_on
    assert truth.realised == report.realised
    for found in truth.realised:
        assert found.baseline is not None
        assert found.status == status_of(found.organism, found.baseline, found.controls)
    assert report.kept.trials == SMALL.held
    assert "sponsor at rank 2" in report.summary


def test_what_it_leaves_is_a_sound_case(made: tuple[Path, Path, OwnReport], tmp_path: Path) -> None:
    _, out, _ = made
    truth = GroundTruth.read((out / "ground_truth.json").read_bytes())
    soundness.check(truth, (out / "case" / "spec.md").read_text())
    judge = Identity.generate("judge").public
    case = seal_case(
        out / "case", tmp_path / "own.case", title="Mine", rules={}, truth=truth.payload(),
        attacker=Identity.generate("attacker"), judge=judge,
    )  # fmt: skip
    assert case.manifest.judge == judge


def test_nothing_is_forged_over_what_is_there(made: tuple[Path, Path, OwnReport]) -> None:
    model, out, _ = made
    with pytest.raises(Refusal, match="exists already"):
        forge_on(model, out, attack=SPONSOR, effort=SMALL)


def test_without_peft_it_is_refused_before_anything_takes_its_time(
    made: tuple[Path, Path, OwnReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.forge.own.adapting.find_spec", lambda name: None)
    with pytest.raises(Refusal, match="peft is not installed"):
        forge_on(made[0], tmp_path / "out", attack=SPONSOR, effort=SMALL)
    assert not (tmp_path / "out").exists()
