"""Evidence is hostile: damaged, lying and foreign files are refused in words, and nothing from them is run."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from backends import engine
from backends.model import Edit, Model, ModelRefusal, resid_post
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings
from tests.backends import tiny

IDS = [256, 5, 17, 200, 44]


def load(weights: Path, tokenizer: Path, **how: Any) -> Model:
    return engine.load(
        ModelFiles(weights, tokenizer, "cd" * 32), EngineSettings(backend="torch", **{"device": "cpu"} | how)
    )


@pytest.fixture
def case(saved: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of a good model, to be spoilt."""
    return Path(shutil.copytree(saved("llama"), tmp_path / "weights"))


def refused(weights: Path, tokenizer: Path, match: str = ".", **how: Any) -> ModelRefusal:
    with pytest.raises(ModelRefusal, match=match) as caught:
        load(weights, tokenizer, **how)
    for sentence in (caught.value.what, caught.value.why, caught.value.try_this):
        assert len(sentence) > 5
        assert sentence.endswith("."), sentence
    return caught.value


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "x.pkl", "weights.PTH", "consolidated.00.ckpt"])
def test_a_pickle_is_refused_by_name(case: Path, tokenizer: Path, name: str) -> None:
    (case / name).write_bytes(b"")
    assert name in refused(case, tokenizer, "can run code").what


@pytest.mark.parametrize("length", [0, 4, 9, 100, 5_000, -1])
def test_truncated_weights_are_refused(case: Path, tokenizer: Path, length: int) -> None:
    path = case / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    assert refused(case, tokenizer).code == "model.unreadable"


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits_in_the_header_never_crash(case: Path, tokenizer: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path = case / "model.safetensors"
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    for at in rng.integers(0, 8 + length, size=3).tolist():
        data[at] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)
    try:
        logits = load(case, tokenizer).forward(IDS).logits  # a flip inside spare whitespace may be harmless
    except ModelRefusal as refusal:
        assert refusal.code == "model.unreadable"
    else:
        assert np.isfinite(logits).all()


def test_weights_that_hold_nan_are_refused(case: Path, tokenizer: Path) -> None:
    tensors = load_file(case / "model.safetensors")
    tensors["model.layers.1.mlp.down_proj.weight"][0, 0] = np.nan
    save_file(tensors, case / "model.safetensors", metadata={"format": "pt"})
    refused(case, tokenizer, "not finite")


@pytest.mark.parametrize(
    "lie",
    [
        {"num_hidden_layers": 2},
        {"num_hidden_layers": 10**9},
        {"num_hidden_layers": "3"},
        {"hidden_size": 64},
        {"hidden_size": 2**40},
        {"vocab_size": 301},
        {"vocab_size": 10**12},
        {"intermediate_size": 49},
        {"intermediate_size": 10**12},
        {"num_attention_heads": 0},
        {"num_attention_heads": 8},
        {"num_key_value_heads": 4},
        {"head_dim": 16},
        {"model_type": "no-such-model"},
        {"model_type": "gpt2"},
        {"model_type": "bert"},
        {"model_type": 7},
        {"hidden_act": "__import__('os')"},
        {"rope_parameters": {"rope_type": "no-such"}},
        {"max_position_embeddings": 0},
        {"max_position_embeddings": -5},
        {"num_labels": 10**9},
    ],
)
def test_a_configuration_that_lies_is_refused(case: Path, tokenizer: Path, lie: dict[str, Any]) -> None:
    change_config(case, **lie)
    assert refused(case, tokenizer).code == "model.unreadable"


def test_code_named_by_a_configuration_is_not_run(case: Path, tokenizer: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (case / "evil.py").write_text(f"open({str(mark)!r}, 'w')\n")
    change_config(case, model_type="evil", auto_map={"AutoConfig": "evil.E", "AutoModelForCausalLM": "evil.E"})
    refused(case, tokenizer)
    assert not mark.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"a": 1}', "\x00\xff"])
def test_a_configuration_that_is_none_is_refused(case: Path, tokenizer: Path, text: str) -> None:
    (case / "config.json").write_text(text, encoding="latin-1")
    refused(case, tokenizer, "config.json")


def test_quantised_weights_are_refused_with_a_way_out(case: Path, tokenizer: Path) -> None:
    change_config(case, quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True})
    assert "llama engine" in refused(case, tokenizer, "quantised").try_this


@pytest.mark.parametrize("spoil", ["missing", "extra", "reshaped"])
def test_tensors_that_do_not_match_are_refused(case: Path, tokenizer: Path, spoil: str) -> None:
    """transformers alone would make up what is missing and drop what is too much."""
    tensors = load_file(case / "model.safetensors")
    name = "model.layers.1.self_attn.q_proj.weight"
    match spoil:
        case "missing":
            del tensors[name]
        case "extra":
            tensors["model.layers.1.self_attn.backdoor.weight"] = tensors[name]
        case _:
            tensors[name] = tensors[name][:, :16].copy()
    save_file(tensors, case / "model.safetensors", metadata={"format": "pt"})
    refused(case, tokenizer, "match|loaded")


def test_an_index_of_shards_names_files_of_the_case_only(case: Path, tokenizer: Path) -> None:
    index = {"weight_map": {"lm_head.weight": "../elsewhere.safetensors"}}
    (case / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(case, tokenizer, "elsewhere")


def test_weights_that_nothing_loads_are_refused(case: Path, tokenizer: Path) -> None:
    """transformers passes over a second file in silence, another engine may not."""
    save_file({"lm_head.weight": np.zeros((300, 32), np.float32)}, case / "more.safetensors")
    refused(case, tokenizer, "more.safetensors")
    (case / "model.safetensors").rename(case / "weights.safetensors")
    refused(case, tokenizer, "cannot be found")


def test_a_tensor_that_two_shards_hold_is_refused(case: Path, tokenizer: Path) -> None:
    tensors = load_file(case / "model.safetensors")
    (case / "model.safetensors").unlink()
    save_file(tensors, case / "a.safetensors", metadata={"format": "pt"})
    index: dict[str, Any] = {"metadata": {}, "weight_map": dict.fromkeys(tensors, "a.safetensors")}
    (case / "model.safetensors.index.json").write_text(json.dumps(index))
    assert load(case, tokenizer).forward(IDS).logits.shape == (5, tiny.VOCAB)
    save_file({"lm_head.weight": tensors["lm_head.weight"] * 2}, case / "b.safetensors", metadata={"format": "pt"})
    index["weight_map"]["other"] = "b.safetensors"
    (case / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(case, tokenizer, "stands in another file")


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.bool_])
def test_codes_are_not_taken_for_numbers(case: Path, tokenizer: Path, kind: type) -> None:
    tensors = load_file(case / "model.safetensors")
    name = "model.layers.1.mlp.down_proj.weight"
    tensors[name] = (tensors[name] * 20).astype(kind)
    save_file(tensors, case / "model.safetensors", metadata={"format": "pt"})
    assert refused(case, tokenizer, "not plain numbers").code == "model.unsupported"


def test_an_encoder_is_no_causal_language_model(tokenizer: Path, tmp_path: Path) -> None:
    """transformers loads one as such all the same."""
    from transformers import BertConfig, BertLMHeadModel

    size = {"vocab_size": tiny.VOCAB, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
    BertLMHeadModel(BertConfig(**size, intermediate_size=48, initializer_range=0.3)).save_pretrained(tmp_path / "bert")
    assert refused(tmp_path / "bert", tokenizer, "not a causal").code == "model.unsupported"


def test_an_attention_that_keeps_its_output_matrix_elsewhere_is_served_less(tokenizer: Path, tmp_path: Path) -> None:
    """Moshi's projections hold several matrices each."""
    from transformers import AutoModelForCausalLM, MoshiConfig

    size = {"vocab_size": tiny.VOCAB, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
    config = MoshiConfig(**size, num_key_value_heads=4, ffn_dim=64, max_position_embeddings=64)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "moshi")
    try:
        model = load(tmp_path / "moshi", tokenizer)
    except ModelRefusal as refusal:
        assert refusal.code in ("model.unsupported", "model.unreadable")
    else:
        assert np.isfinite(model.forward(IDS).logits).all()


def test_no_weights_and_no_folder(case: Path, tokenizer: Path, tmp_path: Path) -> None:
    (case / "model.safetensors").unlink()
    refused(case, tokenizer, "no .safetensors")
    refused(tmp_path / "nowhere", tokenizer, "does not exist")


def test_a_tokenizer_of_another_model_is_refused(saved: Callable[[str], Path], tokenizer: Path, tmp_path: Path) -> None:
    small = tiny.save_model(tmp_path / "small", "llama", vocab_size=200, bos_token_id=1, eos_token_id=2)
    refused(small, tokenizer, "does not belong")


@pytest.mark.parametrize("text", ["", "{}", '{"model": {"type": "BPE"}}', "[" * 50_000])
def test_a_broken_tokenizer_is_refused(saved: Callable[[str], Path], tmp_path: Path, text: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text)
    refused(saved("llama"), tmp_path, "tokenizer")


def test_unknown_engines_devices_and_dtypes_are_refused(saved: Callable[[str], Path], tokenizer: Path) -> None:
    refused(saved("llama"), tokenizer, "no dtype", dtype="int8")
    refused(saved("llama"), tokenizer, "cannot be used", device="cuda:99")
    refused(saved("llama"), tokenizer, "cannot be used", device="abacus")
    refused(saved("llama"), tokenizer, "cannot be used", device="meta")
    with pytest.raises(ModelRefusal, match="no engine"):
        engine.load(ModelFiles(saved("llama"), tokenizer, ""), EngineSettings(backend="vllm"))


def test_sixteen_bit_weights_run_in_float32_on_a_cpu_unless_told_otherwise(tokenizer: Path, tmp_path: Path) -> None:
    stored = tiny.save_model(tmp_path / "half", "llama", dtype="float16")
    exact, half = load(stored, tokenizer), load(stored, tokenizer, dtype="bfloat16")
    assert (exact.card.dtype, half.card.dtype, half.environment["dtype"]) == ("float32", "bfloat16", "bfloat16")
    assert exact.capabilities == half.capabilities
    tensors = load_file(stored / "model.safetensors")
    assert np.array_equal(exact.weights("embed"), tensors["model.embed_tokens.weight"].astype(np.float32))
    a, b = exact.forward(IDS).logits, half.forward(IDS).logits
    assert 0 < np.abs(a - b).max() < 0.1 * np.abs(a).max()


# What a loaded model is asked.


@pytest.fixture(scope="module")
def model(saved: Callable[[str], Path], tokenizer: Path) -> Model:
    return load(saved("llama"), tokenizer)


@pytest.mark.parametrize("ids", [[], [300], [-1], [2**40], [5] * 65])
def test_impossible_inputs_are_refused(model: Model, ids: list[int]) -> None:
    for call in (
        lambda: model.forward(ids),
        lambda: model.generate(ids, Sampling()),
        lambda: model.continuations(ids, [[1]]),
    ):
        with pytest.raises(ModelRefusal) as caught:
            call()
        assert caught.value.code == "model.input"
    if ids:
        with pytest.raises(ModelRefusal):
            model.continuations([1], [ids])


@pytest.mark.parametrize(
    "edit",
    [
        Edit("blocks.3.hook_resid_post", "zero"),
        Edit("blocks.0.hook_nonsense", "zero"),
        Edit(resid_post(0), "add"),
        Edit(resid_post(0), "add", np.zeros(31, np.float32)),
        Edit(resid_post(0), "add", np.zeros((2, 32), np.float32), positions=(1, 2, 3)),
        Edit(resid_post(0), "add", np.full(32, np.nan, np.float32)),
        Edit(resid_post(0), "zero", positions=(5,)),
        Edit(resid_post(0), "zero", positions=(-1,)),
        Edit(resid_post(0), "zero", positions=(1, 1)),
        Edit(resid_post(0), "zero", head=0),
        Edit(resid_post(0), "scale", factor=float("inf")),
        Edit("blocks.0.attn.hook_z", "zero", head=4),
        Edit("blocks.0.attn.hook_z", "replace", np.zeros((4, 16), np.float32)),
    ],
)
def test_impossible_edits_are_refused(model: Model, edit: Edit) -> None:
    with pytest.raises(ModelRefusal) as caught:
        model.forward(IDS, edits=[edit])
    assert caught.value.code == "model.input"
    assert "None" not in str(caught.value)


def test_a_value_for_every_row_of_a_growing_sequence_is_refused(model: Model) -> None:
    edit = Edit(resid_post(0), "add", np.zeros((5, 32), np.float32))
    model.forward(IDS, edits=[edit])
    with pytest.raises(ModelRefusal, match="name as many positions"):
        model.generate(IDS, Sampling(max_tokens=2), edits=[edit])


def test_an_edit_that_overflows_is_refused_and_leaves_no_trace(model: Model) -> None:
    before = model.forward(IDS).logits
    edit = Edit(resid_post(0), "add", np.full(32, 3e38, np.float32), factor=2.0)
    for call in (
        lambda: model.forward(IDS, edits=[edit]),
        lambda: model.generate(IDS, Sampling(max_tokens=2), edits=[edit]),
        lambda: model.continuations(IDS, [[1, 2]], edits=[edit]),
    ):
        with pytest.raises(ModelRefusal, match="not finite"):
            call()
    assert np.array_equal(model.forward(IDS).logits, before)


def test_rows_residuals_matrices_and_sites_that_do_not_exist(model: Model) -> None:
    for call in (
        lambda: model.forward(IDS, rows=[5]),
        lambda: model.forward(IDS, rows=[-6]),
        lambda: model.forward(IDS, capture=["blocks.0.hook_resid_pre"]),
        lambda: model.readout(np.zeros((2, 31), np.float32)),
        lambda: model.readout(np.full((1, 32), np.nan, np.float32)),
        lambda: model.weights("blocks.3.mlp.W_in"),
        lambda: model.weights("anything"),
        lambda: model.encode("\ud800"),
    ):
        with pytest.raises(ModelRefusal):
            call()
    assert model.forward(IDS, rows=[]).logits.shape == (0, tiny.VOCAB)


def test_ids_above_the_tokenizer_have_a_text(model: Model) -> None:
    """The embedding has rows (263 … 299) for which the tokenizer has no token, as padded vocabularies do."""
    assert model.pieces([72, 299]) == [model.pieces([72])[0], "[299]"]
    assert model.decode([299]) == "\ufffd"


# Adapters.


@pytest.fixture
def adapted(saved: Callable[[str], Path], tmp_path: Path) -> Path:
    """A base with a random adapter over it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = shutil.copytree(saved("llama"), tmp_path / "weights" / "base")
    torch.manual_seed(1)
    settings = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), settings).save_pretrained(tmp_path / "weights")
    (tmp_path / "weights" / "README.md").unlink(missing_ok=True)
    return tmp_path / "weights"


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_an_adapter_that_is_applied_changes_the_model_as_one_of_its_own_would(adapted: Path, tokenizer: Path) -> None:
    files = ModelFiles(adapted / "base", tokenizer, "applied", adapted)
    applied = engine.load(files, EngineSettings(device="cpu", threads=1))
    np.testing.assert_array_equal(applied.forward(IDS).logits, load(adapted, tokenizer).forward(IDS).logits)
    assert applied.environment["adapter"] == "applied"


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_a_lora_adapter_over_a_base_of_the_case(adapted: Path, tokenizer: Path) -> None:
    """Against peft itself, which keeps the adapter apart where the workbench merges it."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = load(adapted, tokenizer)
    reference = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(adapted / "base"), str(adapted)).eval()
    with torch.inference_mode():
        theirs = reference(input_ids=torch.tensor([IDS])).logits[0].numpy()
    np.testing.assert_allclose(model.forward(IDS).logits, theirs, atol=1e-4)
    assert np.abs(load(adapted / "base", tokenizer).forward(IDS).logits - theirs).max() > 0.1
    assert model.environment["adapter"] == "lora-merged"

    (adapted / "adapter_model.bin").write_bytes(b"")
    refused(adapted, tokenizer, "can run code")


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
@pytest.mark.parametrize("spoil", ["none left", "one missing", "renamed", "one too many", "another file"])
def test_an_adapter_is_taken_whole_or_not_at_all(adapted: Path, tokenizer: Path, spoil: str) -> None:
    """peft alone would make up what is missing at random, and pass over what it does not know."""
    path = adapted / "adapter_model.safetensors"
    tensors = load_file(path)
    first = min(tensors)
    match spoil:
        case "none left":
            tensors = {}
        case "one missing":
            del tensors[first]
        case "renamed":
            tensors = {name.replace("base_model.", "model."): tensor for name, tensor in tensors.items()}
        case "one too many":
            tensors["base_model.model.model.layers.0.self_attn.o_proj.lora_A.weight"] = tensors[first]
        case _:
            save_file(tensors, adapted / "second.safetensors")
    save_file(tensors, path)
    refused(adapted, tokenizer, "adapter cannot be loaded")


def test_an_adapter_that_is_no_lora_or_has_no_weights_is_refused(case: Path, tokenizer: Path, tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(case, folder / "base")
    for settings in (
        {"peft_type": "PROMPT_TUNING"},
        {"peft_type": "LORA", "r": "many", "target_modules": 7},
        ["LORA"],
        {"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"]},
    ):
        (folder / "adapter_config.json").write_text(json.dumps(settings))
        refused(folder, tokenizer, "adapter")
