"""What config.json leaves out, says twice or says wrongly: read as transformers reads it, or refused.

Each of these would load in llama.cpp, and compute something else than the model does in transformers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gguf")
pytest.importorskip("llama_cpp")

from backends.gguf.conversion import convert
from backends.llama.model import LlamaModel
from backends.model import FloatArray, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends import tiny
from tests.backends.hf_oracle import Oracle
from tests.backends.llama_cases import checkpoint, tokenizer

Tensors = dict[str, FloatArray]

LINEAR = {"rope_type": "linear", "factor": 4.0}
YARN = {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 16}
PLAIN = {"rope_type": "default", "rope_theta": 1e4}
ATTENDS = 0.1 * math.log(4.0) + 1
"""What YaRN scales attention by if nothing is said (Peng et al. 2023, eq. 22)."""


def said(folder: Path, family: str, says: Mapping[str, Any], omits: Sequence[str] = (), **changes: Any) -> Path:
    """A checkpoint whose config.json was edited by hand afterwards."""
    tiny.save_model(folder, family, initializer_range=0.1, **changes)
    file = folder / "config.json"
    content = {**json.loads(file.read_text()), **says}
    file.write_text(json.dumps({key: value for key, value in content.items() if key not in omits}))
    return folder


def rewritten(folder: Path, family: str, change: Callable[[Tensors], object]) -> Path:
    """A checkpoint whose tensors were changed afterwards."""
    from safetensors.numpy import load_file, save_file

    folder.mkdir()
    (folder / "config.json").write_bytes((checkpoint(family) / "config.json").read_bytes())
    tensors = load_file(checkpoint(family) / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize(
    ("family", "says", "omits"),
    [
        # Both spellings of the rope settings: the older one wins.
        ("llama", {"rope_scaling": LINEAR}, ()),
        ("llama", {"rope_scaling": LINEAR, "rope_theta": 123.0}, ()),
        ("llama", {"rope_theta": 123.0}, ("rope_parameters",)),
        ("llama", {"rope_parameters": {k: v for k, v in YARN.items() if not k.startswith("original")}}, ()),
        ("gemma", {"hidden_act": "gelu"}, ()),
        ("gemma2", {}, ("sliding_window", "final_logit_softcapping", "layer_types")),
        ("gemma3", {"rope_theta": 1e5, "rope_local_base_freq": 500.0}, ("rope_parameters",)),
        ("gemma3", {"sliding_window_pattern": 2}, ("layer_types",)),
        ("gemma3", {}, ("rope_parameters",)),
        ("llama", {"rope_parameters": {**YARN, "attention_factor": ATTENDS}}, ()),
        ("olmo3", {"rope_parameters": {"full_attention": YARN, "sliding_attention": PLAIN}}, ()),
        ("phi3", {"sliding_window": 60}, ()),
        ("stablelm", {"rope_parameters": {**PLAIN, "partial_rotary_factor": 0.5}}, ()),
        ("glm4", {"rope_parameters": {**PLAIN, "partial_rotary_factor": 1.0}}, ()),
    ],
)
def test_what_is_left_out_or_said_twice_means_what_it_means_to_transformers(
    family: str, says: Mapping[str, Any], omits: Sequence[str], tmp_path: Path
) -> None:
    folder = said(tmp_path / "hf", family, says, omits)
    convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
    model = LlamaModel.open(ModelFiles(tmp_path / "x.gguf", tokenizer(), "x"), EngineSettings(threads=1))
    ids = np.random.default_rng(1).integers(0, tiny.VOCAB, 60).tolist()
    theirs = Oracle(folder).forward(ids).logits
    worst = np.abs(model.forward(ids).logits - theirs).max() / np.abs(theirs).max()
    assert worst < (5e-3 if family.startswith("gemma") else 3e-5)
    model.close()


def test_mistral_has_a_window_even_if_it_says_nothing_of_it(tmp_path: Path) -> None:
    folder = said(tmp_path / "hf", "mistral", {}, ("sliding_window",), max_position_embeddings=8192)
    convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
    model = LlamaModel.open(ModelFiles(tmp_path / "x.gguf", tokenizer(), "x"), EngineSettings(threads=1))
    assert model.card.context == 4096
    model.close()


@pytest.mark.parametrize(
    ("family", "says", "reason"),
    [
        ("llama", {"rope_parameters": {**YARN, "attention_factor": 0.0}}, "attention_factor"),
        ("llama", {"rope_parameters": {**YARN, "truncate": False}}, "truncate"),
        ("llama", {"rope_parameters": {"rope_theta": 1e4, "partial_rotary_factor": 0.5}}, "only a part of"),
        ("llama", {"model_type": "mistral"}, "both LlamaForCausalLM and mistral"),
        ("qwen2", {"architectures": ["LlamaForCausalLM"]}, "both LlamaForCausalLM and qwen2"),
        ("qwen3", {"attention_bias": True}, "attention_bias"),
        ("qwen2", {"head_dim": 16}, "head_dim"),
        ("gemma", {"hidden_act": "relu"}, "hidden_act"),
        ("gemma2", {"query_pre_attn_scalar": 256}, "query_pre_attn_scalar"),
        ("gemma2", {"use_bidirectional_attention": True}, "use_bidirectional_attention"),
        ("gemma3", {"layer_types": ["full_attention"] * 3}, "none of its layers"),
        ("gemma3", {"rope_parameters": {"sliding_attention": LINEAR}}, "sliding layers are scaled"),
        ("gemma3", {"tie_word_embeddings": False}, "tie_word_embeddings"),
        ("olmo3", {"layer_types": ["full_attention"] * 4}, "other layers than every fourth"),
        ("olmo3", {"rope_parameters": {"full_attention": YARN, "sliding_attention": YARN}}, "sliding layers"),
        ("cohere2", {"layer_types": ["sliding_attention"] * 4}, "other layers than every fourth"),
        ("cohere2", {"tie_word_embeddings": False}, "tie_word_embeddings"),
        ("stablelm", {"qk_layernorm": True}, "qk_layernorm"),
        ("phi3", {"rope_parameters": {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0] * 4,
                                      "long_factor": [2.0] * 4}}, "scaled by `longrope`"),
        ("glm4", {"hidden_act": "gelu"}, "hidden_act"),
    ],
)  # fmt: skip
def test_what_llama_would_silently_compute_otherwise_is_refused(
    family: str, says: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    changes = {key: says.pop(key) for key in ("attention_bias", "head_dim", "tie_word_embeddings") if key in says}
    folder = said(tmp_path / "hf", family, says, **changes)
    with pytest.raises(ModelRefusal, match="cannot be run by") as refusal:
        convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
    assert reason in refusal.value.why
    assert refusal.value.code == "model.unsupported"
    assert not (tmp_path / "x.gguf").exists()


@pytest.mark.parametrize(
    ("family", "says"),
    [
        ("llama", {"num_hidden_layers": 4}),
        ("llama", {"num_key_value_heads": 4}),
        ("llama", {"num_attention_heads": 8, "head_dim": None}),
        ("llama", {"hidden_size": 64}),
        ("llama", {"hidden_size": "32"}),
        ("llama", {"hidden_size": 0}),
        ("llama", {"intermediate_size": -48}),
        ("llama", {"vocab_size": 310}),
        ("llama", {"vocab_size": 2**40}),
        ("llama", {"max_position_embeddings": 0}),
        ("llama", {"max_position_embeddings": 2**70}),
        ("llama", {"rms_norm_eps": 0.0}),
        ("llama", {"rms_norm_eps": "1e-6"}),
        ("llama", {"rms_norm_eps": float("nan")}),
        ("llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4}}),
        ("llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 0.0}}),
        ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": None}}),
        ("llama", {"rope_parameters": {"rope_type": "default", "rope_theta": -5.0}}),
        ("llama", {"rope_parameters": [1, 2]}),
        ("llama", {"model_type": "no-such-thing"}),
        ("llama", {"model_type": ["llama"]}),
        ("llama", {"layer_types": 7}),
        ("gpt2", {"n_inner": 100}),
        ("gpt2", {"n_positions": 128}),
        ("gemma2", {"sliding_window": None}),
        ("gemma2", {"attn_logit_softcapping": 0.0}),
        ("gemma3", {"layer_types": ["full_attention"]}),
        ("gemma3", {"layer_types": ["full_attention", "chunked_attention", "sliding_attention"]}),
    ],
)
def test_a_configuration_that_lies_is_refused(family: str, says: Mapping[str, Any], tmp_path: Path) -> None:
    folder = said(tmp_path / "hf", family, says)
    with pytest.raises(ModelRefusal) as refusal:
        convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
    assert refusal.value.code == "model.unreadable"
    assert not (tmp_path / "x.gguf").exists()


@pytest.mark.parametrize("architectures", [7, 1e300, True, {"a": 1}, [], [[1]], [None], None, "Llama"])
def test_an_architecture_without_a_name_is_refused(architectures: object, tmp_path: Path) -> None:
    folder = said(tmp_path / "hf", "llama", {"architectures": architectures})
    with pytest.raises(ModelRefusal) as refusal:
        convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
    assert refusal.value.code in ("model.unreadable", "model.unsupported")


def test_a_configuration_of_brackets_is_refused(tmp_path: Path) -> None:
    folder = said(tmp_path / "hf", "llama", {})
    for content in ("[" * 100_000, "[]", "7", "", '{"architectures": ["LlamaForCausalLM"]}', "{"):
        (folder / "config.json").write_text(content)
        with pytest.raises(ModelRefusal) as refusal:
            convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
        assert refusal.value.code == "model.unreadable"


def _with(name: str, *shape: int) -> Callable[[Tensors], object]:
    return lambda tensors: tensors.update({name: np.ones(shape, np.float32)})


@pytest.mark.parametrize(
    ("family", "change", "reason"),
    [
        # llama.cpp uses each of these if it is there.
        ("llama", _with("model.layers.1.self_attn.q_proj.bias", 32), r"layers\.1\.self_attn\.q_proj\.bias"),
        ("llama", _with("model.layers.1.mlp.gate_proj.bias", 48), r"gate_proj\.bias"),
        ("qwen2", _with("lm_head.bias", 300), r"lm_head\.bias"),
        ("llama", _with("transformer.wte.weight", 300, 32), "two names"),
        ("llama-tied", _with("lm_head.weight", 300, 32), "another unembedding"),
        ("gemma", _with("lm_head.weight", 300, 32), "another unembedding"),
        ("gpt2", _with("lm_head.weight", 300, 32), "another unembedding"),
        ("llama", lambda tensors: tensors.pop("model.norm.weight"), "output_norm"),
        ("qwen2", lambda tensors: tensors.pop("model.layers.0.self_attn.k_proj.bias"), r"blk\.0\.attn_k\.bias"),
    ],
)
def test_tensors_that_the_configuration_does_not_stand_for_are_refused(
    family: str, change: Callable[[Tensors], object], reason: str, tmp_path: Path
) -> None:
    folder = rewritten(tmp_path / "hf", family, change)
    with pytest.raises(ModelRefusal, match=reason) as refusal:
        convert(folder, tokenizer(), tmp_path / "x.gguf", "f32")
    assert refusal.value.code == "model.unreadable"
    assert refusal.value.what == "The weights do not match config.json."


def test_a_tied_unembedding_may_stand_in_the_file(tmp_path: Path) -> None:
    def doubled(tensors: Tensors) -> None:
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].copy()

    convert(rewritten(tmp_path / "hf", "llama-tied", doubled), tokenizer(), tmp_path / "x.gguf", "f32")
    convert(checkpoint("llama-tied"), tokenizer(), tmp_path / "y.gguf", "f32")
    assert (tmp_path / "x.gguf").read_bytes() == (tmp_path / "y.gguf").read_bytes()
