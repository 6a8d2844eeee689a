"""A block computed again from its weights and what was captured of it, in numpy; and the engines' weights against each
other and against the checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends import engine
from backends.model import Capability, FloatArray, Model, ModelRefusal, resid_post
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from tests.backends import tiny
from tests.backends.parity import IDS, every_site

NAMES = [
    "embed", "unembed", "ln_final.w", "ln_final.b", *(f"blocks.1.{norm}.{part}" for norm in ("ln1", "ln2", "ln1_post",
    "ln2_post") for part in "wb"), *(f"blocks.1.mlp.{part}" for part in ("W_in", "W_out", "W_gate", "b_in", "b_out")),
    *(f"blocks.1.attn.{kind}_{which}" for kind in "Wb" for which in "QKVO"), "blocks.1.attn.q_norm.w",
    "blocks.1.attn.k_norm.w",
]  # fmt: skip

Opened = Callable[[str], Model]


@pytest.fixture(scope="module")
def torch_model(saved: Callable[[str], Path], tokenizer: Path) -> Opened:
    models: dict[str, Model] = {}

    def opened(family: str) -> Model:
        if family not in models:
            files = ModelFiles(saved(family), tokenizer, "0" * 64)
            models[family] = engine.load(files, EngineSettings(backend="torch", device="cpu", dtype="float32"))
        return models[family]

    return opened


class Block:
    """Block 1 of a model, from its weights."""

    def __init__(self, model: Model, family: str) -> None:
        from transformers.activations import ACT2FN

        config = tiny.config(family)
        names = ("rms_norm_eps", "layer_norm_epsilon", "layer_norm_eps")
        self.epsilon = next((getattr(config, name) for name in names if hasattr(config, name)), 1e-5)
        acts = ("hidden_activation", "activation_function", "hidden_act")
        act = next((getattr(config, name) for name in acts if getattr(config, name, None)), "gelu_pytorch_tanh")
        self._act, self._model = ACT2FN[act], model
        self.parallel = getattr(config, "use_parallel_residual", False) or family == "gptj"

    def __getitem__(self, name: str) -> FloatArray:
        """Zeros for biases, and ones for norms, that the model has not."""
        try:
            return self._model.weights(f"blocks.1.{name}")
        except ModelRefusal:
            return np.float32(name.endswith(".w"))  # type: ignore[return-value]

    def has(self, name: str) -> bool:
        return np.ndim(self[name]) > 0

    def act(self, x: FloatArray) -> FloatArray:
        import torch

        found: FloatArray = self._act(torch.from_numpy(np.ascontiguousarray(x, np.float32))).numpy()
        return found

    def normed(self, x: FloatArray, name: str) -> FloatArray:
        if not self.has(f"{name}.w"):
            return x
        centred = x - x.mean(-1, keepdims=True) if self.has(f"{name}.b") else x
        return (
            centred / np.sqrt((centred**2).mean(-1, keepdims=True) + self.epsilon) * self[f"{name}.w"]
            + self[f"{name}.b"]
        )


@pytest.mark.parametrize(
    "family",
    ["llama", "qwen2", "qwen3", "gpt2", "gemma", "gemma2", "gemma3", "phi3", "olmo2", "opt", "neox", "bloom", "gptj"],
)
def test_a_block_s_outputs_follow_from_its_weights(torch_model: Opened, family: str) -> None:
    model = torch_model(family)
    block, seen = Block(model, family), model.forward(IDS, capture=every_site()).captured
    before, attention = seen[resid_post(0)], seen["blocks.1.hook_attn_out"]
    # The attention: values of the normed stream, mixed by the pattern, and each head's through its part of W_O.
    x = block.normed(before, "ln1")
    values = np.einsum("td,hdv->htv", x, block["attn.W_V"]) + np.atleast_2d(block["attn.b_V"])[:, None]
    z = seen["blocks.1.attn.hook_z"]
    close(np.einsum("hqk,hkv->qhv", seen["blocks.1.attn.hook_pattern"], values), z, "hook_z")
    out = np.einsum("qhv,hvd->qd", z, block["attn.W_O"]) + block["attn.b_O"]
    close(block.normed(out, "ln1_post"), attention, "attn_out")
    # The MLP: what the gate lets through of what W_in reads, written by W_out.
    stream = block.normed(before if block.parallel else before + attention, "ln2")
    stream = x if family == "gptj" else stream  # which has one norm for both parts
    read = stream @ block["mlp.W_in"].T + block["mlp.b_in"]
    post = block.act(stream @ block["mlp.W_gate"].T) * read if block.has("mlp.W_gate") else block.act(read)
    close(post, seen["blocks.1.mlp.hook_post"], "hook_post")
    wrote = seen["blocks.1.mlp.hook_post"] @ block["mlp.W_out"].T + block["mlp.b_out"]
    close(block.normed(wrote, "ln2_post"), seen["blocks.1.hook_mlp_out"], "mlp_out")


@pytest.mark.parametrize("family", ["llama", "qwen2", "gpt2"])
def test_a_pattern_follows_from_queries_and_keys(torch_model: Opened, family: str) -> None:
    model = torch_model(family)
    block, seen = Block(model, family), model.forward(IDS, capture=every_site()).captured
    x = block.normed(seen[resid_post(0)], "ln1")
    q, k = (
        np.einsum("td,hdv->htv", x, block[f"attn.W_{which}"]) + np.atleast_2d(block[f"attn.b_{which}"])[:, None]
        for which in "QK"
    )
    if family != "gpt2":
        q, k = rotated(q), rotated(k)
    scores = np.einsum("hqv,hkv->hqk", q, k) / math.sqrt(q.shape[-1])
    scores[:, np.triu(np.ones((len(IDS), len(IDS)), bool), 1)] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    close(weights / weights.sum(-1, keepdims=True), seen["blocks.1.attn.hook_pattern"], "pattern")


def rotated(x: FloatArray) -> FloatArray:
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[1])[:, None] * 10_000.0 ** (-np.arange(half) / half)
    first, second = x[..., :half], x[..., half:]
    return np.concatenate(
        [first * np.cos(angles) - second * np.sin(angles), second * np.cos(angles) + first * np.sin(angles)], -1
    )


def close(ours: Any, theirs: FloatArray, what: str) -> None:
    assert np.shape(ours) == theirs.shape, what
    assert np.abs(ours - theirs).max() <= 2e-5 * max(1.0, float(np.abs(theirs).max())), what


def named(model: Model) -> dict[str, FloatArray]:
    found = {}
    for name in NAMES:
        try:
            found[name] = model.weights(name)
        except ModelRefusal as refusal:
            assert refusal.code == "model.unsupported", name
    return found


def test_the_toy_s_weights_are_the_checkpoint_s(
    torch_model: Opened, saved: Callable[[str], Path], tokenizer: Path
) -> None:
    ours, theirs = named(ToyModel.open(ModelFiles(saved("llama"), tokenizer, "0" * 64))), named(torch_model("llama"))
    assert ours.keys() == theirs.keys()
    assert len(ours) == 12
    for name, array in ours.items():
        assert np.array_equal(array, theirs[name]), name
    assert ours["blocks.1.attn.W_K"].shape == (tiny.HEADS, tiny.WIDTH, tiny.WIDTH // tiny.HEADS)


def test_names_that_are_none_and_weights_that_are_not_there(torch_model: Opened) -> None:
    model = torch_model("llama")
    for name in ("W_E", f"blocks.{tiny.LAYERS}.mlp.W_in", "blocks.0.attn.W_X", "blocks.0.ln3.w"):
        with pytest.raises(ModelRefusal, match="no matrix"):
            model.weights(name)
    with pytest.raises(ModelRefusal, match="has no blocks"):
        model.weights("blocks.0.mlp.b_in")
    assert Capability.WEIGHTS not in torch_model("mixtral").capabilities
    with pytest.raises(ModelRefusal, match="does not serve the weights"):
        torch_model("mixtral").weights("embed")


class TestGguf:
    @pytest.mark.parametrize(
        "family", ["llama", "llama-tied", "mistral", "qwen2", "qwen3", "gpt2", "gemma", "gemma2", "gemma3"]
    )
    def test_weights_from_a_gguf_file_are_the_checkpoint_s(self, family: str) -> None:
        pytest.importorskip("llama_cpp")
        from tests.backends.llama_cases import checkpoint, opened, tokenizer

        files = ModelFiles(checkpoint(family), tokenizer(), "0" * 64)
        theirs = engine.load(files, EngineSettings(backend="torch", device="cpu", dtype="float32"))
        ours, expected = named(opened(family)), named(theirs)
        assert ours.keys() == expected.keys()
        for name, array in ours.items():
            assert np.allclose(array, expected[name], rtol=0, atol=1e-6), name
        last = resid_post(tiny.LAYERS - 1)
        residual = theirs.forward(IDS, capture=[last]).captured[last]
        one, other = (model.reading(residual, IDS) for model in (opened(family), theirs))
        np.testing.assert_allclose(one.directions, other.directions, atol=1e-5)
        np.testing.assert_allclose(one.offsets, other.offsets, atol=1e-5)
        theirs.close()
