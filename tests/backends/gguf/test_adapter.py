"""LoRA adapters over a converted base: as PEFT applies them, or refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llama_cpp")
if find_spec("peft") is None:  # it takes seconds to import, and only here
    pytest.skip("adapters need the extra `adapters`", allow_module_level=True)

from backends.gguf import cache as gguf_cache
from backends.gguf.adapter import convert_adapter
from backends.llama.model import LlamaModel
from backends.model import Capability, Edit, FloatArray, ModelRefusal, resid_post
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends.llama_cases import checkpoint, opened, tokenizer

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # between peft and transformers

IDS = [256, 17, 88, 201, 5, 64, 64, 140, 33, 9, 271, 12, 99, 180]
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(gguf_cache.CACHE_VARIABLE, str(tmp_path / "cache"))
    yield tmp_path / "cache"


def adapted(folder: Path, family: str = "llama", **settings: Any) -> Any:
    """A random adapter over one of the tiny models, saved as a case ships it; returns the model in torch."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(checkpoint(family), dtype=torch.float32)
    torch.manual_seed(1)
    plain = {"r": 4, "lora_alpha": 8, "init_lora_weights": False, "target_modules": LINEAR}
    model = peft.get_peft_model(base, peft.LoraConfig(**{**plain, **settings})).eval()
    model.save_pretrained(folder, save_embedding_layers=False)
    shutil.copytree(checkpoint(family), folder / "base")
    return model


def expected(model: Any) -> FloatArray:
    import torch

    with torch.no_grad():
        logits: FloatArray = model(torch.tensor([IDS])).logits[0].numpy()
    return logits


def test_one_that_is_applied_changes_the_model_as_one_of_its_own_would(tmp_path: Path) -> None:
    adapted(tmp_path / "case")
    settings = EngineSettings(dtype="float32", threads=1)
    own = LlamaModel.open(ModelFiles(tmp_path / "case", tokenizer(), "own"), settings)
    files = ModelFiles(tmp_path / "case" / "base", tokenizer(), "other", tmp_path / "case")
    assert ModelFiles.from_json(files.to_json()) == files
    applied = LlamaModel.open(files, settings)
    np.testing.assert_array_equal(applied.forward(IDS).logits, own.forward(IDS).logits)
    assert applied.environment["adapters"] == 1


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        (
            "llama",
            {
                "use_rslora": True,
                "alpha_pattern": {r"layers\.1\.self_attn\.k_proj": 3},
                "rank_pattern": {"up_proj": 2},
            },
        ),
        ("llama", {"target_modules": ["q_proj", "lm_head"]}),
        ("llama", {"target_modules": r".*layers\.[12]\..*\.(q|k)_proj"}),
        ("llama", {"layers_to_transform": [0, 2], "exclude_modules": ["v_proj"]}),
        ("qwen3", {}),
        ("gpt2", {"target_modules": ["c_attn", "c_proj", "c_fc"], "fan_in_fan_out": True}),
        ("gemma2", {}),
    ],
)
def test_they_change_the_model_as_peft_says(family: str, settings: dict[str, Any], tmp_path: Path) -> None:
    theirs = adapted(tmp_path / "case", family, **settings)
    model = LlamaModel.open(
        ModelFiles(tmp_path / "case", tokenizer(), "adapted"), EngineSettings(dtype="float32", threads=1)
    )
    assert model.environment["adapters"] == 1
    logits = expected(theirs)
    ours = model.forward(IDS, capture=[resid_post(2), "blocks.0.hook_attn_out"])
    assert np.abs(ours.logits - opened(family).forward(IDS).logits).max() > 0.1
    worst = np.abs(ours.logits - logits).max() / np.abs(logits).max()
    assert worst < (5e-3 if family in ("gpt2", "gemma2") else 3e-5)
    edited = model.forward(IDS, edits=[Edit("blocks.0.hook_attn_out", "zero")]).logits
    assert np.abs(edited - ours.logits).max() > 0.01
    # The readout and the matrices are those of the adapted model.
    assert {Capability.READOUT, Capability.WEIGHTS} <= model.capabilities
    read = model.readout(ours.captured[resid_post(2)])
    np.testing.assert_allclose(read, ours.logits, atol=1e-4 * float(np.abs(logits).max()))
    merged = theirs.merge_and_unload()
    np.testing.assert_allclose(
        model.weights("unembed"), merged.get_output_embeddings().weight.detach().numpy(), atol=1e-5
    )
    if family != "gpt2":
        mlp = merged.model.layers[1].mlp
        for name, theirs_ in (("W_in", mlp.up_proj), ("W_out", mlp.down_proj)):
            np.testing.assert_allclose(
                model.weights(f"blocks.1.mlp.{name}"), theirs_.weight.detach().numpy(), atol=1e-5
            )
    model.close()


def _without(name: str) -> Callable[[dict[str, Any], dict[str, FloatArray]], object]:
    return lambda settings, tensors: tensors.pop(next(key for key in tensors if name in key))


def _says(**changes: Any) -> Callable[[dict[str, Any], dict[str, FloatArray]], object]:
    return lambda settings, tensors: settings.update(changes)


def _stray(settings: dict[str, Any], tensors: dict[str, FloatArray]) -> None:
    for letter in "AB":
        name = next(key for key in tensors if f"layers.1.mlp.up_proj.lora_{letter}" in key)
        tensors[name.replace("model.model.model.", "model.model.")] = tensors.pop(name)


def _undefined(settings: dict[str, Any], tensors: dict[str, FloatArray]) -> None:
    next(iter(tensors.values()))[0, 0] = np.nan


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_says(use_dora=True), "use_dora"),
        (_says(bias="all"), "bias"),
        (_says(init_lora_weights="pissa"), "init_lora_weights"),
        (_says(modules_to_save=["lm_head"]), "modules_to_save"),
        (_says(alora_invocation_tokens=[1, 2]), "alora_invocation_tokens"),
        (_says(something_of_tomorrow={"x": 1}), "something_of_tomorrow"),
        (_says(peft_type="IA3"), "IA3"),
        # PEFT passes over factors that the settings don't name; llama.cpp uses them.
        (_says(target_modules=["q_proj"]), "do not name"),
        (_says(target_modules=None), "makes no sense"),
        (_says(exclude_modules=["up_proj"]), "do not name"),
        (_says(layers_to_transform=[0]), "do not name"),
        (_stray, "not a factor of a linear layer known here"),
        (_says(r=8), "does not fit"),
        (_says(r=0), "makes no sense"),
        (_says(lora_alpha="much"), "makes no sense"),
        (_says(alpha_pattern={"[": 1}), "makes no sense"),
        (_says(alpha_pattern=[1]), "makes no sense"),
        (_without("layers.1.mlp.up_proj.lora_B"), "no partner"),
        (_undefined, "infinite or undefined"),
    ],
)
def test_what_is_more_than_plain_lora_or_less_is_refused(
    change: Callable[[dict[str, Any], dict[str, FloatArray]], object], reason: str, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    adapted(tmp_path / "case")
    settings_file, tensors_file = (tmp_path / "case" / f"adapter_{n}" for n in ("config.json", "model.safetensors"))
    settings, tensors = json.loads(settings_file.read_text()), load_file(tensors_file)
    change(settings, tensors)
    settings_file.write_text(json.dumps(settings))
    save_file(tensors, tensors_file)
    with pytest.raises(ModelRefusal, match="LoRA adapter cannot be used") as refusal:
        convert_adapter(tmp_path / "case", tmp_path / "case" / "base", tmp_path / "x.gguf")
    assert reason in refusal.value.why
    assert not (tmp_path / "x.gguf").exists()


def test_a_second_file_of_tensors_is_refused(tmp_path: Path) -> None:
    adapted(tmp_path / "case")
    shutil.copy(tmp_path / "case" / "base" / "model.safetensors", tmp_path / "case" / "extra.safetensors")
    with pytest.raises(ModelRefusal, match=r"extra\.safetensors"):
        convert_adapter(tmp_path / "case", tmp_path / "case" / "base", tmp_path / "x.gguf")
