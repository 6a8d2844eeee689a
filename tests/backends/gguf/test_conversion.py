"""Conversion to GGUF: faithful or refused, whole or not there, kept outside the case."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.gguf import cache
from backends.gguf.conversion import WeightFormat, convert, converted, stored_precision
from backends.gguf.file import read_gguf
from backends.model import ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends import tiny

pytest.importorskip("gguf")
pytest.importorskip("llama_cpp")

from backends.llama.library import library
from backends.llama.model import LlamaModel
from backends.llama.weights import GgufWeights
from tests.backends.llama_cases import MIXTURES, checkpoint, opened, root, tokenizer
from tests.backends.llama_cases import gguf as made


def test_q8_0_bytes_are_llama_s_own(tmp_path: Path) -> None:
    """llama.cpp quantises our F32 file to the same bytes that we write."""
    llama = library().llama
    settings = llama.llama_model_quantize_default_params()
    settings.ftype, settings.nthread, settings.pure = llama.LLAMA_FTYPE_MOSTLY_Q8_0, 1, True
    target = tmp_path / "q8.gguf"
    status = llama.llama_model_quantize(bytes(made("llama")), bytes(target), settings)
    assert status == 0
    ours, theirs = (GgufWeights(library(), file) for file in (made("llama", "q8_0"), target))
    quantised = 0
    for name, place in ours.file.tensors.items():
        if library().type_name(place.kind) == "q8_0":
            quantised += 1
            assert (ours.array(name) == theirs.array(name)).all(), name
    assert quantised > 10


def test_weights_survive_exactly_in_f32() -> None:
    from safetensors.numpy import load_file

    original = load_file(checkpoint("llama") / "model.safetensors")
    weights = GgufWeights(library(), made("llama"))
    assert (weights.array("blk.1.ffn_down.weight") == original["model.layers.1.mlp.down_proj.weight"]).all()
    assert (weights.array("output.weight") == original["lm_head.weight"]).all()
    q = original["model.layers.0.self_attn.q_proj.weight"]  # (4 heads × (2 halves × 4), width)
    assert (weights.array("blk.0.attn_q.weight").reshape(4, 4, 2, 32) == q.reshape(4, 2, 4, 32).swapaxes(1, 2)).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_checkpoints_lose_nothing(dtype: str, tmp_path: Path) -> None:
    tiny.save_model(tmp_path / "hf", "llama-tied", dtype=dtype)
    precision = stored_precision(tmp_path / "hf")
    assert precision == ("f16" if dtype == "float16" else "f32")
    convert(tmp_path / "hf", tokenizer(), tmp_path / "x.gguf", precision)
    import torch
    from transformers import AutoModelForCausalLM

    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "hf", dtype=torch.float32)
    ours = GgufWeights(library(), tmp_path / "x.gguf").array("token_embd.weight")
    assert (ours == theirs.get_input_embeddings().weight.detach().numpy()).all()


def test_nothing_of_the_origin_is_written() -> None:
    keys = read_gguf(made("llama")).keys
    assert [key for key in keys if key.startswith("general.")] == [
        "general.architecture",
        "general.type",
        "general.file_type",
        "general.quantization_version",
    ]
    assert keys["tokenizer.ggml.add_bos_token"] is False


def test_a_case_is_converted_once_and_outside_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))
    weights = checkpoint("llama")
    before = sorted(path.name for path in weights.iterdir())
    model = LlamaModel.open(ModelFiles(weights, tokenizer(), "ab12"), EngineSettings(dtype="float32", threads=1))
    assert model.environment["weights_origin"] == "converted"
    model.close()
    (file,) = (tmp_path / "cache" / "ab12").iterdir()
    assert file.name.startswith("f32-")
    assert sorted(path.name for path in weights.iterdir()) == before
    stamp = file.stat().st_mtime_ns
    again = LlamaModel.open(ModelFiles(weights, tokenizer(), "ab12"), EngineSettings(dtype="float32", threads=1))
    again.close()
    assert file.stat().st_mtime_ns == stamp
    with pytest.raises(ValueError, match="not a digest"):
        converted(ModelFiles(weights, tokenizer(), "../up"), "f32")


def test_converted_models_belong_in_the_user_s_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv(cache.CACHE_VARIABLE, raising=False)
    folder = cache.cache_path("ab12", "f16").parent
    assert folder == Path(platformdirs.user_cache_dir("audit-workbench", appauthor=False)) / "gguf" / "ab12"


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "hf"
    shutil.copytree(checkpoint("llama"), folder)
    from safetensors.numpy import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.2.mlp.down_proj.weight"][3, 4] = np.nan
    save_file(tensors, folder / "model.safetensors")
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelRefusal, match=r"layers\.2\.mlp\.down_proj"):
        convert(folder, tokenizer(), tmp_path / "out" / "x.gguf", "f32")
    assert list((tmp_path / "out").iterdir()) == []


Tensors = dict[str, Any]
_EXPERT = "model.layers.1.mlp.experts"


def _merged(tensors: Tensors) -> None:
    parts = [tensors[f"{_EXPERT}.{number}.up_proj.weight"] for number in range(5)]
    tensors[f"{_EXPERT}.up_proj.weight"] = np.stack(parts)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda tensors: tensors.pop(f"{_EXPERT}.2.up_proj.weight"), "some experts are missing"),
        (lambda tensors: tensors.pop(f"{_EXPERT}.4.up_proj.weight"), r"instead of \(5, 24, 32\)"),
        (
            lambda tensors: tensors.update({f"{_EXPERT}.3.up_proj.weight": np.zeros((23, 32), np.float32)}),
            "are not alike",
        ),
        (_merged, "in one piece and in several"),
        (lambda tensors: tensors.pop("model.layers.2.mlp.gate.weight"), r"blk\.2\.ffn_gate_inp"),
    ],
)
def test_experts_that_are_not_what_the_configuration_says_are_refused(
    damage: Callable[[Tensors], object], why: str, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file, save_file

    folder = tmp_path / "hf"
    shutil.copytree(checkpoint("qwen3-moe"), folder)
    tensors = load_file(folder / "model.safetensors")
    damage(tensors)
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(ModelRefusal, match="do not match config") as refusal:
        convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
    assert re.search(why, refusal.value.why), refusal.value.why


@pytest.mark.parametrize("precision", ["f16", "q8_0"])
@pytest.mark.parametrize("family", MIXTURES)
def test_a_mixture_in_coarser_weights_keeps_its_router_and_stays_close(family: str, precision: WeightFormat) -> None:
    model = opened(family, precision)
    router = GgufWeights(library(), made(family, precision)).array("blk.1.ffn_gate_inp.weight")
    assert (router == GgufWeights(library(), made(family)).array("blk.1.ffn_gate_inp.weight")).all()
    ids = list(range(5, 40))
    exact, ours = opened(family).forward(ids).logits, model.forward(ids).logits
    # Where two experts are nearly as good, a rounded weight chooses the other.
    assert float((exact * ours).sum() / np.linalg.norm(exact) / np.linalg.norm(ours)) > 0.98


def test_a_damaged_conversion_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path))
    file = converted(ModelFiles(checkpoint("llama"), tokenizer(), "ab12"), "f32")
    good = file.read_bytes()
    for bad in (b"", good[:5000], good[:-5000], b"GGML" + good[4:]):
        file.write_bytes(bad)
        model = LlamaModel.open(
            ModelFiles(checkpoint("llama"), tokenizer(), "ab12"), EngineSettings(dtype="float32", threads=1)
        )
        model.close()
        assert file.read_bytes() == good


def test_where_nothing_can_be_kept_it_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(ModelRefusal, match="cannot be kept") as refusal:
        LlamaModel.open(ModelFiles(checkpoint("llama"), tokenizer(), "ab12"), EngineSettings(dtype="float32"))
    assert refusal.value.code == "model.unreadable"
    assert cache.CACHE_VARIABLE in refusal.value.try_this


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit to the size of files ends a write as a full disk does."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (0, 4_000, 40_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            with pytest.raises(ModelRefusal, match="cannot be kept"):
                convert(checkpoint("llama"), tokenizer(), tmp_path / "x.gguf", "f32")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert list(tmp_path.iterdir()) == []


def test_conversions_at_the_same_time_end_in_one_whole_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(convert, checkpoint("llama"), tokenizer(), tmp_path / "x.gguf", "f32") for _ in range(8)]
        for job in jobs:
            job.result()
    assert [path.name for path in tmp_path.iterdir()] == ["x.gguf"]
    assert (tmp_path / "x.gguf").read_bytes() == made("llama").read_bytes()


def test_what_a_killed_conversion_left_is_swept_away(tmp_path: Path) -> None:
    killed, running = tmp_path / ".x-killed.part", tmp_path / ".x-running.part"
    for part in (killed, running):
        part.write_bytes(b"GGUF")
    os.utime(killed, (0, 0))
    convert(checkpoint("llama"), tokenizer(), tmp_path / "x.gguf", "f32")
    assert {path.name for path in tmp_path.iterdir()} == {"x.gguf", ".x-running.part"}


TWO_LAYERS: dict[str, Any] = {
    "num_hidden_layers": 2, "layer_types": ["sliding_attention", "full_attention"],
    "num_kv_shared_layers": 0, "hidden_size_per_layer_input": 0,
}  # fmt: skip
MIXED: dict[str, Any] = {
    "enable_moe_block": True, "num_experts": 4, "top_k_experts": 2, "moe_intermediate_size": 24
}  # fmt: skip
YARN: dict[str, Any] = {
    "rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 16
}  # fmt: skip


@pytest.mark.parametrize(
    ("architecture", "changes", "reason"),
    [
        ("neox", {}, "GPTNeoXForCausalLM is not one of those"),
        ("falcon", {}, "FalconForCausalLM is not one of those"),
        ("qwen2-moe", {"norm_topk_prob": True}, "`norm_topk_prob` is True"),
        ("qwen3-moe", {"norm_topk_prob": False}, "`norm_topk_prob` is False"),
        ("qwen3-moe", {"mlp_only_layers": [1]}, "some of its blocks have one MLP"),
        ("qwen2-moe", {"decoder_sparse_step": 2}, "some of its blocks have one MLP"),
        ("qwen2-moe", {"qkv_bias": False}, "`qkv_bias` is False"),
        ("llama", {"hidden_act": "gelu"}, "`hidden_act` is 'gelu'"),
        (
            "llama",
            {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}},
            "scaled by `dynamic`",
        ),
        ("qwen2", {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}, "use_sliding_window"),
        ("gpt2", {"activation_function": "relu"}, "activation_function"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx"),
        ("gemma2", {"query_pre_attn_scalar": 64}, "query_pre_attn_scalar"),
        ("gemma2", {"final_logit_softcapping": None}, "soft-capped"),
        ("gemma3", {"query_pre_attn_scalar": 7}, "query_pre_attn_scalar"),
        ("granite", {"head_dim": 16}, "`head_dim` is 16"),
        ("smollm3", {"no_rope_layers": [1, 0, 1]}, "other layers than every fourth"),
        ("exaone4", {"sliding_window": 6, "layer_types": None}, "a window where it has 64 layers"),
        (
            "exaone4",
            {"num_hidden_layers": 64, "layer_types": ["full_attention"] * 64},
            "a window where it has 64 layers",
        ),
        ("llama4", {"use_qk_norm": False}, "norms queries and keys of this family"),
        ("llama4", {"num_local_experts": 128}, "norms queries and keys of this family"),
        ("llama4", {"no_rope_layers": [1, 1, 1, 1]}, "other layers than every fourth"),
        ("llama4", {"moe_layers": [0, 1]}, "other layers are mixtures"),
        ("gpt-oss", {"rope_parameters": YARN | {"truncate": False}}, "YaRN scaling sets truncate"),
        ("gpt-oss", {"swiglu_limit": 5.0}, "`swiglu_limit` is 5.0"),
        ("deepseek-v3", {"q_lora_rank": None}, "whether queries are narrowed"),
        ("deepseek-v3", {"rms_norm_eps": 1e-5}, "`rms_norm_eps` is 1e-05"),
        ("deepseek-v3", {"rope_parameters": YARN}, "weighs positions and attention differently"),
        ("deepseek-v3", {"n_group": 6}, "6 experts do not stand in 6 groups"),
        ("gemma4", {"use_bidirectional_attention": "all"}, "`use_bidirectional_attention` is 'all'"),
        ("gemma4", {"num_kv_shared_layers": 1}, "share the keys of other layers"),
        ("olmo2", {"attention_bias": True}, "`attention_bias` is True"),
        ("starcoder2", {"use_bias": False}, "`use_bias` is False"),
    ],
)
def test_what_llama_would_compute_otherwise_is_refused(
    architecture: str, changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    tiny.save_model(tmp_path / "hf", architecture, **changes)
    with pytest.raises(ModelRefusal, match="cannot be run by") as refusal:
        convert(tmp_path / "hf", tokenizer(), tmp_path / "x.gguf", "f32")
    assert reason in refusal.value.why
    assert refusal.value.code == "model.unsupported"


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("llama", {"attention_bias": True, "mlp_bias": True}),
        ("llama", {"head_dim": 16}),
        (
            "llama",
            {
                "rope_parameters": {
                    "rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0, "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0, "original_max_position_embeddings": 16,
                }
            },
        ),
        ("llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 4.0}}),
        (
            "llama",
            {
                "rope_parameters": {
                    "rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 16
                }
            },
        ),
        ("qwen2", {"tie_word_embeddings": True}),
        ("gpt2", {"n_inner": 40}),
        ("gpt2", {"tie_word_embeddings": False}),
        ("gemma2", {"layer_types": ["full_attention", "sliding_attention", "sliding_attention"]}),
        ("gemma3", {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}),
        ("gemma3", {"final_logit_softcapping": 5.0}),
        ("granite", {"attention_bias": True, "attention_multiplier": 0.2, "embedding_multiplier": 3.0}),
        ("mixtral", {"num_local_experts": 7, "num_experts_per_tok": 3, "sliding_window": 80}),
        ("qwen3-moe", {"num_experts_per_tok": 1}),
        ("exaone4", {"sliding_window": 6, "num_hidden_layers": 64, "layer_types": None}),
        ("gemma4", {"use_double_wide_mlp": True, "final_logit_softcapping": 20.0}),
        ("gemma4", TWO_LAYERS | {"attention_k_eq_v": True, "num_global_key_value_heads": 1}),
        ("gemma4", TWO_LAYERS | MIXED | {"use_bidirectional_attention": "vision"}),
        ("llama4", {"interleave_moe_layer_step": 2, "num_experts_per_tok": 1}),
        ("gpt-oss", {"rope_parameters": YARN, "sliding_window": 9}),
        ("deepseek-v3", {"rope_parameters": YARN | {"mscale": 0.7, "mscale_all_dim": 0.7}, "norm_topk_prob": False}),
        ("smollm3", {"num_hidden_layers": 5}),  # the fourth goes without positions
    ],
)  # fmt: skip
def test_less_usual_settings_are_carried_over(family: str, changes: dict[str, Any], tmp_path: Path) -> None:
    from tests.backends.hf_oracle import Oracle

    moderate = {} if family == "gpt2" else {"initializer_range": 0.1}
    tiny.save_model(tmp_path / "hf", family, **moderate, **changes)
    convert(tmp_path / "hf", tokenizer(), tmp_path / "x.gguf", "f32")
    model = LlamaModel.open(ModelFiles(tmp_path / "x.gguf", tokenizer(), "x"), EngineSettings(threads=1))
    ids = np.random.default_rng(1).integers(0, tiny.VOCAB, 60).tolist()
    theirs = Oracle(tmp_path / "hf").forward(ids).logits
    worst = np.abs(model.forward(ids).logits - theirs).max() / np.abs(theirs).max()
    assert worst < (5e-3 if family.startswith(("gpt2", "gemma")) else 3e-5)
    model.close()


def _other(name: str) -> Callable[[dict[str, Any]], None]:
    """Another kind of model than BPE."""
    kinds: dict[str, dict[str, Any]] = {
        "WordLevel": {"vocab": {"hello": 0, "thé": 1, "[UNK]": 2}, "unk_token": "[UNK]"},
        "WordPiece": {
            "vocab": {"hello": 0, "[UNK]": 1}, "unk_token": "[UNK]",
            "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
        },
        "Unigram": {"vocab": [["<unk>", 0.0], ["h", -1.0]], "unk_id": 0, "byte_fallback": False},
    }  # fmt: skip
    split: dict[str, Any] = {"pre_tokenizer": {"type": "Whitespace"}, "decoder": None, "added_tokens": []}
    return lambda content: content.update(model={"type": name, **kinds[name]}, **split)


def _split(content: dict[str, Any]) -> None:
    steps = [
        {"type": "Split", "pattern": {"Regex": "[aeiou]"}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
    ]
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}


WITHOUT_EQUAL: dict[str, Callable[[dict[str, Any]], None]] = {
    "another kind": _other("WordLevel"),
    "pieces of words": _other("WordPiece"),
    "scores": _other("Unigram"),
    "another split": _split,
    "no merges": lambda content: content["model"].update(merges=[]),
    "no tokens for bytes": lambda content: content.update(
        model={**content["model"], "byte_fallback": True}, pre_tokenizer=None, decoder={"type": "ByteFallback"}
    ),
    "one text twice": lambda content: content["added_tokens"].append(
        {**content["added_tokens"][0], "id": 290, "content": "a"}
    ),
    "tokens that C cuts": lambda content: content["model"]["vocab"].update({"a\0b": 280, "a\0c": 281}),
    "an empty token": lambda content: content["model"]["vocab"].update({"": 280}),
    "the end of a word": lambda content: content["model"].update(end_of_word_suffix="</w>"),
    "a space before": lambda content: content["pre_tokenizer"].update(add_prefix_space=True),
}
"""Changes to a byte-level BPE that make it one of a kind that llama.cpp doesn't have, or would not load."""


class TestVocabulary:
    def test_llama_s_own_tokenizer_agrees_on_what_it_was_given(self) -> None:
        for family in ("llama", "gpt2", "gemma"):
            model = LlamaModel.open(ModelFiles(made(family), tokenizer(), "x"), EngineSettings(threads=1))
            assert model.environment["own_tokenizer"] == "agrees"
            model.close()

    def test_sentencepiece_like_tokenizers_are_carried_over(self, tmp_path: Path) -> None:
        """BPE with byte fallback, as Llama 2, Mistral and Gemma have it."""
        from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

        vocab = {"<unk>": 0, "<s>": 1, "</s>": 2} | {f"<0x{byte:02X}>": 3 + byte for byte in range(256)}
        merges = [("h", "e"), ("l", "l"), ("he", "ll"), ("▁", "he"), ("▁", "▁")]
        for piece in ("▁", *"abcdefghijklmnopqrstuvwxyz", *(a + b for a, b in merges)):
            vocab.setdefault(piece, len(vocab))
        made_ = Tokenizer(models.BPE(vocab=vocab, merges=merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True))
        made_.normalizer = normalizers.Replace(" ", "▁")
        made_.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        made_.add_special_tokens([AddedToken(token, special=True) for token in ("<unk>", "<s>", "</s>")])
        folder = tmp_path / "tokenizer"
        folder.mkdir()
        made_.save(str(folder / "tokenizer.json"))
        (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "</s>"}))
        tiny.save_model(tmp_path / "hf", "llama")
        convert(tmp_path / "hf", folder, tmp_path / "x.gguf", "f32")
        assert read_gguf(tmp_path / "x.gguf").text("tokenizer.ggml.model") == "llama"
        model = LlamaModel.open(ModelFiles(tmp_path / "x.gguf", folder, "x"), EngineSettings(threads=1))
        assert model.environment["own_tokenizer"] == "agrees"
        model.close()

    @pytest.mark.parametrize("kind", sorted(WITHOUT_EQUAL))
    def test_a_tokenizer_without_an_equal_is_left_out(self, kind: str, tmp_path: Path) -> None:
        """Texts are encoded by the case's own tokenizer, so the model runs all the same."""
        folder = tmp_path / "tokenizer"
        shutil.copytree(tokenizer(), folder)
        content = json.loads((folder / "tokenizer.json").read_text())
        WITHOUT_EQUAL[kind](content)
        (folder / "tokenizer.json").write_text(json.dumps(content))
        target = tmp_path / "x.gguf"
        convert(checkpoint("llama"), folder, target, "f32")
        model = LlamaModel.open(ModelFiles(target, folder, "x"), EngineSettings(threads=1))
        assert model.environment["own_tokenizer"] == "none"
        assert model.card.vocab == tiny.VOCAB
        ids = model.encode("hello thé")
        assert ids and max(ids) < tiny.VOCAB
        plain = LlamaModel.open(ModelFiles(made("llama"), tokenizer(), "x"), EngineSettings(threads=1))
        assert (model.forward(ids).logits == plain.forward(ids).logits).all()
        model.close()
        plain.close()

    def test_settings_that_make_no_sense_name_no_special_tokens(self, tmp_path: Path) -> None:
        folder = tmp_path / "tokenizer"
        shutil.copytree(tokenizer(), folder)
        for settings in ('{"eos_token": {"no": 1}, "bos_token": 7, "unk_token": []}', "[1]", "[" * 100_000):
            (folder / "tokenizer_config.json").write_text(settings)
            convert(checkpoint("llama"), folder, tmp_path / "x.gguf", "f32")
            assert "tokenizer.ggml.eos_token_id" not in read_gguf(tmp_path / "x.gguf").keys


@pytest.mark.parametrize(
    ("changes", "tokens"),
    [
        ({"attention_chunk_size": 20}, 20),
        ({"attention_chunk_size": None}, 8192),
        ({"attn_temperature_tuning": False}, 8191),
        ({"floor_scale": 12}, 11),
        ({}, 9000),
    ],
)
def test_llama_4_is_given_no_more_tokens_than_llama_computes_as_it_says(
    changes: dict[str, Any], tokens: int, tmp_path: Path
) -> None:
    tiny.save_model(tmp_path / "hf", "llama4", **({"max_position_embeddings": 9000} | changes))
    convert(tmp_path / "hf", tokenizer(), tmp_path / "x.gguf", "f32")
    assert read_gguf(tmp_path / "x.gguf").number("context_length") == tokens


def test_damaged_safetensors_are_refused(tmp_path: Path) -> None:
    good = (checkpoint("llama") / "model.safetensors").read_bytes()
    header = int.from_bytes(good[:8], "little")
    for number, content in enumerate(
        [
            b"",
            good[:50],
            good[:-10],
            (2**62).to_bytes(8, "little") + good[8:],
            good[:8] + b"[" * header + good[8 + header :],
            good.replace(b'"F32"', b'"I64"', 1),
            (2).to_bytes(8, "little") + b"[]",
            (4).to_bytes(8, "little") + b"null",
            (7).to_bytes(8, "little") + b'{"a":7}',
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(checkpoint("llama") / "config.json", folder)
        (folder / "model.safetensors").write_bytes(content)
        with pytest.raises(ModelRefusal) as refusal:
            convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
        assert refusal.value.code == "model.unreadable"
    assert root().exists()
