"""Architectures that nobody listed: sites are found in the graph, or refused with the reason.

The files are written tensor by tensor with random weights, as somebody else's converter would.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.model import Capability, Edit, ModelRefusal, resid_post
from backends.model_files import ModelFiles
from backends.settings import EngineSettings

pytest.importorskip("gguf")
pytest.importorskip("llama_cpp")

import gguf

from backends.llama import weights
from backends.llama.model import LlamaModel
from tests.backends.llama_cases import tokenizer

VOCAB, WIDTH, MLP, LAYERS, HEADS = 300, 32, 64, 2, 4
IDS = [5, 77, 140, 9, 12, 201, 33]


def written(target: Path, arch: str, keys: Mapping[str, Any], tensors: Mapping[str, tuple[int, ...]]) -> Path:
    """A GGUF file with those keys (of the architecture) and random tensors of those shapes, rows first."""
    rng = np.random.default_rng(0)
    writer = gguf.GGUFWriter(target, arch)
    common = {"context_length": 64, "embedding_length": WIDTH, "block_count": LAYERS, "vocab_size": VOCAB}
    for key, value in {**common, **keys}.items():
        add = writer.add_bool if isinstance(value, bool) else writer.add_uint32
        add = writer.add_float32 if isinstance(value, float) else add
        add(f"{arch}.{key}", value)
    writer.add_tokenizer_model("no_vocab")
    for name, shape in tensors.items():
        array = rng.standard_normal(shape).astype(np.float32) * 0.2
        writer.add_tensor(name, array + (1 if name.endswith("norm.weight") else 0))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def neox(parallel: bool) -> tuple[str, dict[str, Any], dict[str, tuple[int, ...]]]:
    """GPT-NeoX: attention and MLP side by side or one after the other, all with biases."""
    keys = {
        "feed_forward_length": MLP, "attention.head_count": HEADS, "attention.layer_norm_epsilon": 1e-5,
        "rope.dimension_count": 4, "use_parallel_residual": parallel,
    }  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (VOCAB, WIDTH), "output.weight": (VOCAB, WIDTH)}
    names = ["output_norm", *(f"blk.{layer}.{norm}" for layer in range(LAYERS) for norm in ("attn_norm", "ffn_norm"))]
    for name in names:
        shapes |= {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
    linear = {
        "attn_qkv": (3 * WIDTH, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_up": (MLP, WIDTH),
        "ffn_down": (WIDTH, MLP),
    }
    for layer in range(LAYERS):
        for name, shape in linear.items():
            shapes |= {f"blk.{layer}.{name}.weight": shape, f"blk.{layer}.{name}.bias": shape[:1]}
    return "gptneox", keys, shapes


def mixture() -> tuple[str, dict[str, Any], dict[str, tuple[int, ...]]]:
    """A llama whose MLPs are four experts, two of which are used."""
    keys = {
        "feed_forward_length": MLP, "attention.head_count": HEADS, "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": 8, "expert_count": 4, "expert_used_count": 2,
    }  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (VOCAB, WIDTH), "output_norm.weight": (WIDTH,)}
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        shapes |= {at + f"{name}.weight": (WIDTH,) for name in ("attn_norm", "ffn_norm")}
        shapes |= {at + f"attn_{name}.weight": (WIDTH, WIDTH) for name in ("q", "k", "v", "output")}
        shapes |= {at + "ffn_gate_inp.weight": (4, WIDTH), at + "ffn_down_exps.weight": (4, WIDTH, MLP)}
        shapes |= {at + f"ffn_{name}_exps.weight": (4, MLP, WIDTH) for name in ("gate", "up")}
    return "llama", keys, shapes


def check_sublayers(model: LlamaModel) -> None:
    """The stream is the embedding and all that was added to it, and each part is the one it is named after."""
    sites = [
        "hook_embed",
        *(f"blocks.{at}.{kind}" for at in range(LAYERS) for kind in ("hook_attn_out", "hook_mlp_out")),
    ]
    last = resid_post(LAYERS - 1)
    seen = model.forward(IDS, capture=[*sites, last]).captured
    total = np.sum([seen[site] for site in sites], axis=0)
    np.testing.assert_allclose(total, seen[last], atol=1e-4)
    for kind in ("hook_attn_out", "hook_mlp_out"):
        edit = Edit(f"blocks.1.{kind}", "zero")
        edited = model.forward(IDS, capture=[last], edits=[edit]).captured[last]
        if kind == "hook_mlp_out":
            np.testing.assert_allclose(edited, seen[last] - seen["blocks.1.hook_mlp_out"], atol=1e-4)
        assert np.abs(edited - seen[last]).max() > 0.01
    silenced = model.forward(IDS, capture=["blocks.0.hook_attn_out"], edits=[Edit("blocks.0.attn.hook_z", "zero")])
    parts = silenced.captured["blocks.0.hook_attn_out"]
    assert (parts == parts[0]).all(), "without heads only the bias is left of attention"


@pytest.mark.parametrize("parallel", [True, False])
def test_attention_and_mlp_are_told_apart_however_they_are_added(parallel: bool, tmp_path: Path) -> None:
    model = LlamaModel.open(
        ModelFiles(written(tmp_path / "x.gguf", *neox(parallel)), tokenizer(), "x"), EngineSettings(threads=1)
    )
    assert model.capabilities == frozenset(Capability) - {Capability.GRADIENT}
    check_sublayers(model)
    seen = model.forward(IDS, capture=["blocks.1.mlp.hook_post", "blocks.1.hook_mlp_out"]).captured
    weights = model.weights("blocks.1.mlp.W_out")
    bias = model._opened.weights.array("blk.1.ffn_down.bias")
    expected = seen["blocks.1.mlp.hook_post"] @ weights.T + bias
    np.testing.assert_allclose(seen["blocks.1.hook_mlp_out"], expected, atol=1e-4)
    model.close()


def normed(names: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Weights and biases of those shapes for each layer, with embedding, output and their norms."""
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (VOCAB, WIDTH), "output.weight": (VOCAB, WIDTH)}
    for name, shape in {
        "output_norm": (WIDTH,),
        **{f"blk.{at}.{n}": s for at in range(LAYERS) for n, s in names.items()},
    }.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


def bloom() -> tuple[str, dict[str, Any], dict[str, tuple[int, ...]]]:
    """BLOOM: a norm between the embeddings and the first block, ALiBi instead of positions."""
    keys = {"feed_forward_length": MLP, "attention.head_count": HEADS, "attention.layer_norm_epsilon": 1e-5}
    block = {
        "attn_norm": (WIDTH,), "attn_qkv": (3 * WIDTH, WIDTH), "attn_output": (WIDTH, WIDTH),
        "ffn_norm": (WIDTH,), "ffn_up": (MLP, WIDTH), "ffn_down": (WIDTH, MLP),
    }  # fmt: skip
    return "bloom", keys, {**normed(block), "token_embd_norm.weight": (WIDTH,), "token_embd_norm.bias": (WIDTH,)}


def phi2() -> tuple[str, dict[str, Any], dict[str, tuple[int, ...]]]:
    """Phi-2: attention and MLP of one norm, added up before they join the stream."""
    keys = {
        "feed_forward_length": MLP, "attention.head_count": HEADS, "attention.layer_norm_epsilon": 1e-5,
        "rope.dimension_count": 8,
    }  # fmt: skip
    block = {
        "attn_norm": (WIDTH,), "ffn_up": (MLP, WIDTH), "ffn_down": (WIDTH, MLP),
        **{f"attn_{name}": (WIDTH, WIDTH) for name in ("q", "k", "v", "output")},
    }  # fmt: skip
    return "phi2", keys, {**normed(block), "output.bias": (VOCAB,)}


@pytest.mark.parametrize("made", [bloom, phi2])
def test_the_stream_begins_where_the_first_block_takes_it_up(made: Any, tmp_path: Path) -> None:
    model = LlamaModel.open(
        ModelFiles(written(tmp_path / "x.gguf", *made()), tokenizer(), "x"), EngineSettings(threads=1)
    )
    assert model.capabilities == frozenset(Capability) - {Capability.GRADIENT}
    check_sublayers(model)
    before = model.forward(IDS, capture=[resid_post(0)]).captured[resid_post(0)]
    twice = Edit("hook_embed", "scale", factor=2.0)
    after = model.forward(IDS, capture=[resid_post(0)], edits=[twice]).captured[resid_post(0)]
    assert np.abs(after - before).max() > 0.1
    model.close()


def test_a_readout_that_is_a_little_off_is_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Granite divides its logits by a number in the header, here by 1.03: read so it is exact, and multiplied by it
    6 % off."""
    _, keys, shapes = mixture()
    keys = {key: value for key, value in keys.items() if not key.startswith("expert")} | {"logit_scale": 1.03}
    shapes = {name: shape for name, shape in shapes.items() if "exps" not in name and "gate_inp" not in name}
    for layer in range(LAYERS):
        shapes |= {f"blk.{layer}.ffn_{name}.weight": (MLP, WIDTH) for name in ("gate", "up")}
        shapes |= {f"blk.{layer}.ffn_down.weight": (WIDTH, MLP)}
    file = written(tmp_path / "x.gguf", "granite", keys, shapes)
    model = LlamaModel.open(ModelFiles(file, tokenizer(), "x"), EngineSettings(threads=1))
    assert Capability.READOUT in model.capabilities
    read = model.forward(IDS, capture=[resid_post(LAYERS - 1)])
    assert np.allclose(model.readout(read.captured[resid_post(LAYERS - 1)]), read.logits, atol=1e-4)
    model.close()
    monkeypatch.setattr(weights, "_DIVIDES", "nothing")
    model = LlamaModel.open(ModelFiles(file, tokenizer(), "x"), EngineSettings(threads=1))
    assert frozenset(Capability) - {Capability.GRADIENT} - model.capabilities == {Capability.READOUT}
    with pytest.raises(ModelRefusal, match="does not serve readout"):
        model.readout(np.zeros((1, WIDTH), np.float32))
    model.close()


@pytest.mark.parametrize(("arch", "scale", "normed"), [("command-r", 0.0625, True), ("olmo", None, False)])
def test_what_a_readout_needs_is_taken_from_the_header(
    arch: str, scale: float | None, normed: bool, tmp_path: Path
) -> None:
    """Cohere's first multiplies its logits, and the norms of OLMo's first have a number and no weights."""
    keys: dict[str, Any] = {
        "feed_forward_length": MLP, "attention.head_count": HEADS, "attention.layer_norm_epsilon": 1e-5,
        "rope.dimension_count": 8,
    }  # fmt: skip
    keys |= {} if scale is None else {"logit_scale": scale}
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (VOCAB, WIDTH)}
    shapes |= {"output_norm.weight": (WIDTH,)} if normed else {}
    for layer in range(LAYERS):
        block = {f"attn_{part}": (WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        block |= {"ffn_gate": (MLP, WIDTH), "ffn_up": (MLP, WIDTH), "ffn_down": (WIDTH, MLP)}
        shapes |= {f"blk.{layer}.{name}.weight": shape for name, shape in block.items()}
        shapes |= {f"blk.{layer}.attn_norm.weight": (WIDTH,)} if normed else {}
    model = LlamaModel.open(
        ModelFiles(written(tmp_path / "x.gguf", arch, keys, shapes), tokenizer(), "x"), EngineSettings(threads=1)
    )
    last = resid_post(LAYERS - 1)
    read = model.forward(IDS, capture=[last])
    told = model.readout(read.captured[last])
    assert np.abs(told - read.logits).max() < 1e-4 * np.abs(read.logits).max()
    assert np.abs(told).max() > 0.1
    model.close()


def test_a_mixture_of_experts_has_no_neurons_to_show(tmp_path: Path) -> None:
    model = LlamaModel.open(
        ModelFiles(written(tmp_path / "x.gguf", *mixture()), tokenizer(), "x"), EngineSettings(threads=1)
    )
    missing = frozenset(Capability) - {Capability.GRADIENT} - model.capabilities
    assert missing == {Capability.NEURONS, Capability.WEIGHTS}
    check_sublayers(model)
    with pytest.raises(ModelRefusal, match="does not serve") as refusal:
        model.forward(IDS, capture=["blocks.0.mlp.hook_post"])
    assert refusal.value.code == "model.unsupported"
    with pytest.raises(ModelRefusal):
        model.weights("blocks.0.mlp.W_in")
    model.close()


def test_a_recurrent_model_is_not_run(tmp_path: Path) -> None:
    keys = {
        "ssm.conv_kernel": 4, "ssm.inner_size": 64, "ssm.state_size": 8, "ssm.time_step_rank": 4,
        "attention.layer_norm_rms_epsilon": 1e-5, "feed_forward_length": 0, "attention.head_count": 0,
    }  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (VOCAB, WIDTH), "output_norm.weight": (WIDTH,)}
    for layer in range(LAYERS):
        shapes |= {
            f"blk.{layer}.{name}": shape
            for name, shape in {
                "attn_norm.weight": (WIDTH,), "ssm_in.weight": (128, WIDTH), "ssm_conv1d.weight": (64, 4),
                "ssm_conv1d.bias": (64,), "ssm_x.weight": (20, 64), "ssm_dt.weight": (64, 4), "ssm_dt.bias": (64,),
                "ssm_a": (64, 8), "ssm_d": (64,), "ssm_out.weight": (WIDTH, 64),
            }.items()
        }  # fmt: skip
    with pytest.raises(ModelRefusal, match="recurrent") as refusal:
        LlamaModel.open(
            ModelFiles(written(tmp_path / "x.gguf", "mamba", keys, shapes), tokenizer(), "x"), EngineSettings()
        )
    assert refusal.value.code == "model.unsupported"


def test_tensors_that_are_missing_are_named(tmp_path: Path) -> None:
    arch, keys, shapes = mixture()
    del shapes["blk.1.attn_q.weight"]
    with pytest.raises(ModelRefusal, match=r"blk\.1\.attn_q"):
        LlamaModel.open(
            ModelFiles(written(tmp_path / "x.gguf", arch, keys, shapes), tokenizer(), "x"), EngineSettings()
        )
