"""llama.cpp against transformers: logits, every site, every kind of edit, on every family that can be converted.

The oracle is transformers with hooks of its own (`hf_oracle`), so these bounds are what the engine promises.
Errors are relative to the largest number of the array: activations have no natural unit.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from backends.gguf.conversion import WeightFormat
from backends.model import Edit, FloatArray, Message, ModelRefusal, resid_post
from backends.model_files import ModelFiles
from backends.sampling import Sampler, Sampling
from backends.settings import EngineSettings
from tests.backends.hf_oracle import Oracle
from tests.backends.parity import ARCHITECTURES, IDS, error, every_edit, every_site
from tests.backends.tiny import HEADS, LAYERS, WIDTH

pytest.importorskip("llama_cpp")

from tests.backends.llama_cases import FAMILIES, MIXTURES, checkpoint, opened, tokenizer

EXACT, TABLED = 2e-5, 5e-3
"""Relative error with float32 weights. GELU comes from a float16 table in llama.cpp."""

COARSE: dict[WeightFormat, float] = {"f16": 5e-3, "q8_0": 0.15}
"""Relative error of logits and activations, against float32, with float16 weights (and activations rounded to float16
before each product) and with Q8_0 on models this narrow; see `test_quantised_...` for what is left of it."""


def bound(family: str) -> float:
    return TABLED if family.startswith(("gpt2", "gemma", "starcoder2")) else EXACT


def cosine(ours: FloatArray, theirs: FloatArray) -> float:
    return float((ours * theirs).sum() / np.linalg.norm(ours) / np.linalg.norm(theirs))


def sites_of(family: str) -> list[str]:
    return [site for site in every_site() if family not in MIXTURES or not site.endswith("mlp.hook_post")]


@functools.cache
def oracle(family: str) -> Oracle:
    return Oracle(checkpoint(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_and_every_site_agree(family: str) -> None:
    sites = sites_of(family)
    theirs = oracle(family).forward(IDS, sites)
    ours = opened(family).forward(IDS, capture=sites)
    assert error(ours.logits, theirs.logits) < bound(family)
    assert (ours.logits.argmax(-1) == theirs.logits.argmax(-1)).mean() >= (1 if bound(family) == EXACT else 0.9)
    for site in sites:
        assert error(ours.captured[site], theirs.captured[site]) < bound(family), site


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_of_edit_agrees_at_every_site(family: str) -> None:
    model, sites = opened(family), sites_of(family)
    for edit in every_edit(np.random.default_rng(5), model.card.mlp_width, model._head_width):
        if edit.site not in sites:
            continue
        theirs = oracle(family).forward(IDS, [edit.site], [edit])
        ours = model.forward(IDS, capture=[edit.site], edits=[edit])
        what = f"{edit.op} at {edit.site}, positions {edit.positions}, head {edit.head}"
        assert error(ours.logits, theirs.logits) < 2 * bound(family), what
        assert error(ours.captured[edit.site], theirs.captured[edit.site]) < 2 * bound(family), what
        plain = model.forward(IDS, capture=[edit.site]).captured[edit.site]
        assert error(plain, theirs.captured[edit.site]) > 0.01, f"no effect: {what}"


def test_a_stream_that_is_scaled_after_every_block_is_served_and_its_parts_are_not() -> None:
    """Gemma 4: what comes out of a block is more than the sum of stream, attention and MLP."""
    model, last = opened("gemma4"), resid_post(5)
    sites = ["hook_embed", *map(resid_post, range(6))]
    theirs, ours = oracle("gemma4").forward(IDS, sites), model.forward(IDS, capture=sites)
    assert error(ours.logits, theirs.logits) < TABLED
    for site in sites:
        assert error(ours.captured[site], theirs.captured[site]) < TABLED, site
    assert error(model.readout(ours.captured[last]), ours.logits) < 1e-5
    edit = Edit(resid_post(2), "add", np.linspace(-1, 1, WIDTH, dtype=np.float32))
    edited = model.forward(IDS, edits=[edit]).logits
    assert error(edited, oracle("gemma4").forward(IDS, edits=[edit]).logits) < TABLED
    assert error(edited, ours.logits) > 0.01
    with pytest.raises(ModelRefusal, match="sublayers"):
        model.forward(IDS, capture=["blocks.0.hook_attn_out"])


def test_several_edits_at_one_site_are_made_in_order() -> None:
    vector = np.linspace(-1, 1, WIDTH, dtype=np.float32)
    edits = [
        Edit("blocks.0.hook_resid_post", "add", vector),
        Edit("blocks.0.hook_resid_post", "scale", factor=2.0, positions=(3, 4)),
        Edit("blocks.2.hook_resid_post", "add", vector, factor=0.5),
    ]
    theirs = oracle("llama").forward(IDS, edits=edits)
    assert error(opened("llama").forward(IDS, edits=edits).logits, theirs.logits) < EXACT


@pytest.mark.parametrize("precision", ["f16", "q8_0"])
@pytest.mark.parametrize("family", ARCHITECTURES)
def test_coarser_weights_stay_close_at_every_site(family: str, precision: WeightFormat) -> None:
    theirs = oracle(family).forward(IDS, every_site())
    ours = opened(family, precision).forward(IDS, capture=every_site())
    assert error(ours.logits, theirs.logits) < COARSE[precision]
    for site in every_site():
        one, other = ours.captured[site], theirs.captured[site]
        assert error(one, other) < COARSE[precision], site
        assert cosine(one, other) > 1 - COARSE[precision] / 20, site


@pytest.mark.parametrize("precision", ["f16", "q8_0"])
@pytest.mark.parametrize("family", ARCHITECTURES)
def test_every_kind_of_edit_agrees_on_coarser_weights(family: str, precision: WeightFormat) -> None:
    model = opened(family, precision)
    for edit in every_edit(np.random.default_rng(5), model.card.mlp_width, model._head_width):
        theirs = oracle(family).forward(IDS, [edit.site], [edit])
        ours = model.forward(IDS, capture=[edit.site], edits=[edit])
        what = f"{edit.op} at {edit.site}, positions {edit.positions}, head {edit.head}"
        assert error(ours.logits, theirs.logits) < COARSE[precision], what
        assert error(ours.captured[edit.site], theirs.captured[edit.site]) < COARSE[precision], what
        done, due = (
            run.captured[edit.site] - runner.forward(IDS, capture=[edit.site]).captured[edit.site]
            for run, runner in ((ours, model), (theirs, oracle(family)))
        )
        assert error(done, due) < 0.3, f"no such effect: {what}"


@pytest.mark.parametrize("family", ["llama", "qwen3"])
def test_quantised_weights_are_the_ones_that_are_computed_with(family: str) -> None:
    """Against transformers with the dequantised weights, only the rounding of activations is left."""
    model = opened(family, "q8_0")
    weights = checkpoint(family)
    exact = Oracle(weights)
    dequantised = Oracle(weights, _as_hugging_face(model, exact, family))
    ours = model.forward(IDS).logits
    to_own, to_original = (error(ours, each.forward(IDS).logits) for each in (dequantised, exact))
    assert to_own < 0.03
    assert to_original < COARSE["q8_0"]
    assert to_own < to_original


def _as_hugging_face(model: Any, exact: Oracle, family: str) -> Mapping[str, FloatArray]:
    """The file's weights under transformers' names, q and k in transformers' order."""
    import gguf

    arch = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen3": gguf.MODEL_ARCH.QWEN3}[family]
    names = gguf.get_tensor_name_map(arch, LAYERS)
    found = {}
    for name, parameter in exact.model.named_parameters():
        array = model._opened.weights.array(names.get_name(name, try_suffixes=(".weight", ".bias")))
        if family == "llama" and (".q_proj" in name or ".k_proj" in name):
            heads = HEADS if ".q_proj" in name else 2
            pairs = array.reshape(heads, array.shape[0] // heads // 2, 2, *array.shape[1:])
            array = pairs.swapaxes(1, 2).reshape(array.shape)
        assert array.shape == tuple(parameter.shape), name
        found[name] = array
    return found


@pytest.mark.parametrize("precision", ["f32", "f16", "q8_0"])
def test_the_readout_is_the_model_s_own(precision: WeightFormat) -> None:
    for family in ("llama", "llama-tied", "gpt2", "gemma2"):
        model = opened(family, precision)
        ours = model.forward(IDS, capture=[f"blocks.{LAYERS - 1}.hook_resid_post"])
        read = model.readout(ours.captured[f"blocks.{LAYERS - 1}.hook_resid_post"])
        assert error(read, ours.logits) < {"f32": 2e-6, "f16": 2e-3, "q8_0": 3e-2}[precision], family


@pytest.mark.parametrize("family", FAMILIES)
def test_matrices_are_the_checkpoint_s(family: str) -> None:
    model, theirs = opened(family), oracle(family)
    if family in MIXTURES:
        with pytest.raises(ModelRefusal, match="in a form that is known here"):
            model.weights("blocks.1.mlp.W_in")
        return
    embed = theirs.model.get_input_embeddings().weight.detach().numpy()
    unembed = theirs.model.get_output_embeddings().weight.detach().numpy()
    assert (model.weights("embed") == embed).all()
    assert (model.weights("unembed") == unembed).all()
    mlp = theirs.layers[1].mlp
    if hasattr(mlp, "c_fc"):
        inward, outward = mlp.c_fc.weight.detach().numpy(), mlp.c_proj.weight.detach().numpy()
        inward, outward = (inward.T, outward.T) if family == "gpt2" else (inward, outward)
    elif hasattr(mlp, "gate_up_proj"):
        gate, inward = mlp.gate_up_proj.weight.detach().numpy().reshape(2, -1, WIDTH)
        outward = mlp.down_proj.weight.detach().numpy()
        assert (model.weights("blocks.1.mlp.W_gate") == gate).all()
    else:
        inward, outward = mlp.up_proj.weight.detach().numpy(), mlp.down_proj.weight.detach().numpy()
    assert (model.weights("blocks.1.mlp.W_in") == inward).all()
    assert (model.weights("blocks.1.mlp.W_out") == outward).all()


def test_texts_and_chats_become_the_tokenizer_s_ids() -> None:
    from transformers import AutoTokenizer

    model, theirs = opened("llama"), AutoTokenizer.from_pretrained(tokenizer())
    for text in ("hello thé", "", "<|end|> is text here", "  \n\u200b👍🏽"):
        plain = theirs(text, add_special_tokens=False, split_special_tokens=True).input_ids
        assert model.encode(text) == plain
        assert model.decode(plain) == text
        assert model.encode(text, special=True) == theirs(text, add_special_tokens=False).input_ids
    chat = [Message("user", "hello"), Message("assistant", "the")]
    turns = [{"role": m.role, "content": m.content} for m in chat]
    expected = theirs.apply_chat_template(turns[:1], add_generation_prompt=True, tokenize=False) + "the"
    assert model.render(chat) == model.encode(expected, special=True)
    assert model.environment["own_tokenizer"] == "agrees"


def test_equal_seeds_draw_equal_texts_whatever_computed_the_logits() -> None:
    """Sampled with llama.cpp in float32, checked with transformers' logits: each token is the one it would draw."""
    model, how = opened("llama"), Sampling(seed=11, max_tokens=24, temperature=0.8, top_p=0.95)
    samples = model.generate(IDS, how, n=6)
    assert len({sample.tokens for sample in samples}) == 6
    for number, sample in enumerate(samples):
        logits = oracle("llama").forward(IDS + list(sample.tokens)).logits[len(IDS) - 1 : -1]
        for step, token in enumerate(sample.tokens):
            assert Sampler(how, IDS).margin(logits[step], number, step, token) < 1e-3


def test_the_bounds_hold_over_several_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt longer than one pass: pieces are joined, and edits and patterns reach across them."""
    model = opened("llama")
    from dataclasses import replace

    monkeypatch.setattr(model, "_plan", replace(model._plan, batch=4))
    rng = np.random.default_rng(2)
    edits = [
        Edit(
            "blocks.0.hook_resid_post", "add", rng.standard_normal((3, WIDTH)).astype(np.float32), positions=(1, 6, 13)
        ),
        Edit("blocks.2.attn.hook_z", "scale", factor=0.5, positions=(4, 5)),
    ]
    sites = ["blocks.1.attn.hook_pattern", "blocks.2.hook_resid_post"]
    theirs = oracle("llama").forward(IDS, sites, edits)
    ours = model.forward(IDS, capture=sites, edits=edits)
    assert error(ours.logits, theirs.logits) < EXACT
    for site in sites:
        assert error(ours.captured[site], theirs.captured[site]) < EXACT


@functools.cache
def torch_model(family: str) -> Any:
    from backends.torch.model import TorchModel

    return TorchModel.open(
        ModelFiles(checkpoint(family), tokenizer(), "0" * 64), EngineSettings(device="cpu", dtype="float32", threads=1)
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_both_engines_serve_the_contract_alike(family: str) -> None:
    ours, theirs = opened(family), torch_model(family)
    sites = sites_of(family)
    edits = [
        Edit("blocks.0.hook_resid_post", "add", np.linspace(-1, 1, WIDTH, dtype=np.float32), positions=(1, 4)),
        Edit("blocks.1.attn.hook_z", "zero", head=2),
        Edit("blocks.2.hook_mlp_out" if family in MIXTURES else "blocks.2.mlp.hook_post", "scale", factor=0.5),
    ]
    one, other = (model.forward(IDS, capture=sites, edits=edits, rows=[-1, 3]) for model in (ours, theirs))
    assert error(one.logits, other.logits) < bound(family)
    for site in sites:
        assert error(one.captured[site], other.captured[site]) < bound(family), site
    for name in () if family in MIXTURES else ("embed", "unembed", "blocks.1.mlp.W_in", "blocks.1.mlp.W_out"):
        assert (ours.weights(name) == theirs.weights(name)).all(), name
    residual = one.captured["blocks.1.hook_resid_post"]
    assert error(ours.readout(residual), theirs.readout(residual)) < 1e-5
    texts = [[5, 6, 7], [8], [9, 10, 11, 12, 13]]
    for a, b in zip(ours.continuations(IDS, texts), theirs.continuations(IDS, texts), strict=True):
        assert error(a, b) < bound(family)
    assert ours.card.end_tokens == theirs.card.end_tokens
    chat = [Message("user", "hello")]
    assert ours.render(chat) == theirs.render(chat)


@pytest.mark.parametrize(("family", "least"), [("llama", 30), ("qwen3", 30), ("gpt2", 28), ("gemma2", 25)])
def test_the_engines_draw_the_same_texts(family: str, least: int) -> None:
    """Of 30 samples of 20 tokens, in float32."""
    how = Sampling(seed=4, max_tokens=20, temperature=0.9, top_p=0.98)
    ours, theirs = (model.generate(IDS, how, n=30) for model in (opened(family), torch_model(family)))
    assert len({sample.tokens for sample in ours}) > 20
    assert sum(a == b for a, b in zip(ours, theirs, strict=True)) >= least


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2"])
def test_transformer_lens_names_the_same_activations(family: str) -> None:
    """The third leg: TransformerBridge's own hook points, under the names that the sites were given after."""
    pytest.importorskip("transformer_lens")
    import torch

    from backends.torch.bridge import Bridge

    seen: dict[str, FloatArray] = {}
    sites = [f"blocks.1.{kind}" for kind in ("hook_resid_post", "attn.hook_pattern", "attn.hook_z", "mlp.hook_post")]

    def keep(site: str) -> Any:
        def tap(value: Any) -> Any:
            seen[site] = value[0].detach().float().numpy().copy()
            return value

        return tap

    bridge = Bridge(oracle(family).model)
    with bridge.tapped({site: keep(site) for site in sites}), torch.no_grad():
        logits = bridge.logits(torch.tensor([IDS]))[0].numpy()
    ours = opened(family).forward(IDS, capture=sites)
    assert error(ours.logits, logits) < bound(family)
    assert seen.keys() == set(sites)
    for site in sites:
        theirs = seen[site].reshape(ours.captured[site].shape)
        assert error(ours.captured[site], theirs) < bound(family), site
