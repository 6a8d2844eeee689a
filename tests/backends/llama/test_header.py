"""Shipped files that llama.cpp computes otherwise than transformers are refused, cut short, or told of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("llama_cpp")

from backends.gguf.file import GgufFile, read_gguf
from backends.llama import loading
from backends.llama.header import Understanding, understood
from backends.llama.model import LlamaModel
from backends.model import FloatArray, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends.hf_oracle import Oracle
from tests.backends.llama_cases import FAMILIES, gguf, tokenizer
from tests.backends.parity import error
from tests.backends.shipped import DIFFERENCES, TOKENS, Difference, made
from tests.backends.tiny import save_model

EQUAL = 2e-5


def open_file(path: Path) -> LlamaModel:
    return LlamaModel.open(ModelFiles(path, tokenizer(), "x"), EngineSettings(threads=1))


def computed(path: Path, monkeypatch: pytest.MonkeyPatch) -> FloatArray:
    """What llama.cpp makes of a file if nobody looks at its header."""
    with monkeypatch.context() as patched:
        patched.setattr(loading, "understood", lambda file: Understanding())
        with closing(open_file(path)) as model:
            return model.forward(TOKENS).logits


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda one: one.name)
def test_what_llama_computes_otherwise_is_not_taken_for_the_model(
    difference: Difference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, path = made(difference, tmp_path)
    right = Oracle(checkpoint).forward(TOKENS).logits
    assert error(computed(path, monkeypatch), right) > 10 * EQUAL, "they do not differ"
    if difference.done == "refused":
        with pytest.raises(ModelRefusal, match="another model than this file says") as refusal:
            open_file(path)
        assert refusal.value.code == "model.unsupported"
        return
    with closing(open_file(path)) as model:
        told = str(model.environment.get("taken_for_granted", ""))
        if difference.done == "told":
            assert told.endswith(".")
            assert model.card.context == 64
            return
        tokens = int(difference.done.removesuffix(" tokens"))
        assert model.card.context == tokens
        assert error(model.forward(TOKENS[:tokens]).logits, right[:tokens]) < EQUAL
        with pytest.raises(ModelRefusal):
            model.forward(TOKENS)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_the_workbench_wrote_itself_is_read_in_full(family: str) -> None:
    """Nothing that a conversion lets through is refused or cut short afterwards."""
    assert understood(read_gguf(gguf(family))).context is None


def header(architecture: str, keys: Mapping[str, Any]) -> GgufFile:
    named = {f"{architecture}.{key}": value for key, value in keys.items()}
    return GgufFile(Path("x.gguf"), 0, {"general.architecture": architecture, **named}, {})


MISTRAL = {"block_count": 32, "feed_forward_length": 14_336, "attention.head_count_kv": 8, "rope.freq_base": 10_000.0}


@pytest.mark.parametrize(
    ("architecture", "keys", "context"),
    [
        ("llama", MISTRAL, 4096),
        ("llama", MISTRAL | {"rope.freq_base": 1e6}, None),  # from its second version on there is no window
        ("llama", {"block_count": 32, "feed_forward_length": 11_008, "attention.head_count_kv": 32}, None),
        ("llama", {"attention.sliding_window": 4096}, 4096),
        ("starcoder2", {"attention.sliding_window": 4096}, 4096),
        ("phi3", {"attention.sliding_window": 2047}, 2047),
        ("phi3", {"attention.sliding_window": 0}, None),
        ("gemma3", {"attention.sliding_window": 512}, None),  # and where no number says that logits are capped
        ("llama4", {"attention.sliding_window": 8192}, None),
        ("llama4", {"attention.sliding_window": 32_768}, 8192),
        ("exaone4", {"attention.sliding_window": 4096, "block_count": 64}, None),
        ("gpt-oss", {"attention.sliding_window": 128, "rope.scaling.type": "yarn"}, None),
    ],
)
def test_no_more_tokens_than_llama_computes_as_the_header_says(
    architecture: str, keys: dict[str, Any], context: int | None
) -> None:
    assert understood(header(architecture, keys)).context == context


def test_what_a_conversion_has_seen_in_the_settings_is_not_taken_for_granted(tmp_path: Path) -> None:
    checkpoint = save_model(tmp_path, "qwen3-moe", norm_topk_prob=True)
    with closing(LlamaModel.open(ModelFiles(checkpoint, tokenizer(), "granted"), EngineSettings(threads=1))) as model:
        assert model.environment["weights_origin"] == "converted"
        assert "taken_for_granted" not in model.environment


def test_groups_that_are_chosen_by_the_best_expert_are_refused() -> None:
    keys = {"expert_group_count": 8, "expert_gating_func": 1, "attention.layer_norm_rms_epsilon": 1e-6}
    with pytest.raises(ModelRefusal, match="as DeepSeek V2, and llama"):
        understood(header("deepseek2", keys))
    assert understood(header("deepseek2", keys | {"expert_gating_func": 2})) == Understanding()


def test_a_llama_4_without_chunks_is_refused_before_llama_ends_the_process() -> None:
    with pytest.raises(ModelRefusal, match="all its layers see everything"):
        understood(header("llama4", {"attention.sliding_window": 0}))


@pytest.mark.parametrize("cap", [{}, {"final_logit_softcapping": 20.0}])
def test_gemma_3n_is_capped_at_one_number_alone(cap: dict[str, float]) -> None:
    with pytest.raises(ModelRefusal, match="not capped at 30"):
        understood(header("gemma3n", cap))
    assert understood(header("gemma3n", {"final_logit_softcapping": 30.0})) == Understanding()


def test_a_file_without_a_number_that_matters_is_no_division_by_zero() -> None:
    assert understood(header("deepseek2", {})).context is None
