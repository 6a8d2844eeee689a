"""The toy: exact, the same everywhere, and the whole contract. (That its arithmetic is right, torch says elsewhere.)"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from backends import engine
from backends.byte_vocabulary import BEGIN, END, TURN
from backends.model import Aim, Capability, Edit, ModelRefusal, Pass, resid_post
from backends.model_files import ModelFiles
from backends.sampling import Sampler, Sampling
from backends.settings import EngineSettings
from backends.toy_model import ToyModel

IDS = [BEGIN, TURN, *b"user\nhi", END]


@pytest.fixture(scope="module")
def toy() -> ToyModel:
    return ToyModel.random(seed=1)


def test_a_seed_names_a_toy_for_ever(toy: ToyModel) -> None:
    """The weights come from Philox's documented stream; these figures were fixed when the toy was made."""
    again = ToyModel.random(seed=1)
    assert np.array_equal(again.forward(IDS).logits, toy.forward(IDS).logits)
    assert not np.array_equal(ToyModel.random(seed=2).forward(IDS).logits, toy.forward(IDS).logits)
    first = np.random.Generator(np.random.Philox(1)).standard_normal((259, 16))
    assert np.array_equal(toy.weights("embed"), first.astype(np.float32))


def test_every_capability_is_served_and_adds_up(toy: ToyModel) -> None:
    assert toy.capabilities == frozenset(Capability)
    kinds = ["hook_attn_out", "hook_mlp_out", "hook_resid_post", "attn.hook_pattern", "attn.hook_z", "mlp.hook_post"]
    sites = ["hook_embed", *(f"blocks.{layer}.{kind}" for layer in range(2) for kind in kinds)]
    run = toy.forward(IDS, capture=sites)
    total = sum(run.captured[s].astype(np.float64) for s in sites if s.endswith(("embed", "attn_out", "mlp_out")))
    np.testing.assert_allclose(total, run.captured[resid_post(1)], atol=1e-5)
    np.testing.assert_allclose(toy.readout(run.captured[resid_post(1)]), run.logits, atol=1e-5)
    np.testing.assert_allclose(run.captured["blocks.1.attn.hook_pattern"].sum(-1), 1, atol=1e-6)
    written = run.captured["blocks.0.mlp.hook_post"] @ toy.weights("blocks.0.mlp.W_out").T
    np.testing.assert_allclose(written, run.captured["blocks.0.hook_mlp_out"], atol=1e-5)
    assert np.array_equal(run.captured["hook_embed"], toy.weights("embed")[IDS])
    assert toy.weights("blocks.1.mlp.W_in").shape == (24, 16)


def test_a_row_depends_on_its_prefix_alone(toy: ToyModel) -> None:
    whole = toy.forward(IDS).logits
    for stop in range(1, len(IDS)):
        np.testing.assert_allclose(toy.forward(IDS[:stop]).logits[-1], whole[stop - 1], rtol=0, atol=1e-6)
    assert np.array_equal(toy.forward(IDS, rows=[-1, 0]).logits, whole[[-1, 0]])


def test_samples_are_what_the_sampler_chooses_from_whole_passes(toy: ToyModel) -> None:
    s = Sampling(seed=9, max_tokens=6, top_p=0.9)
    heard: list[tuple[int, tuple[int, ...], str]] = []
    samples = toy.generate(IDS, s, n=3, on_tokens=lambda n, new, text: heard.append((n, tuple(new), text)))
    for number, sample in enumerate(samples):
        rows = toy.forward([*IDS, *sample.tokens]).logits[len(IDS) - 1 : -1]
        assert [Sampler(s, IDS).choose(row, number, t) for t, row in enumerate(rows)] == list(sample.tokens)
        assert tuple(t for n, new, _ in heard if n == number for t in new) == sample.tokens
    for rows, sample in zip(toy.continuations(IDS, [g.tokens for g in samples]), samples, strict=True):
        np.testing.assert_allclose(rows, toy.forward([*IDS, *sample.tokens]).logits[len(IDS) - 1 : -1], atol=1e-6)


def test_samples_end_by_the_end_token_the_context_and_the_user(toy: ToyModel) -> None:
    short = ToyModel.random(seed=1, context=len(IDS) + 2)
    assert [len(g.tokens) for g in short.generate(IDS, Sampling(max_tokens=9), n=2)] == [2, 2]
    steer = Edit(resid_post(1), "replace", 50 * toy.weights("unembed")[END], positions=(len(IDS),))
    [ended] = toy.generate(IDS, Sampling(temperature=0), edits=[steer])
    assert (ended.stop, ended.tokens[-1], len(ended.tokens)) == ("end", END, 2)
    cancel = threading.Event()
    cancel.set()
    assert toy.generate(IDS, Sampling(), n=2, cancel=cancel) == [
        type(ended)((), "cancelled"),
        type(ended)((), "cancelled"),
    ]


def test_what_is_not_a_toy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"num_attention_heads": 2}')
    with pytest.raises(ModelRefusal, match="toy engine cannot load") as caught:
        engine.load(ModelFiles(tmp_path, tmp_path, ""), EngineSettings(backend="toy"))
    assert caught.value.code == "model.unreadable"
    with pytest.raises(ModelRefusal, match="There is no matrix"):
        ToyModel.random().weights("W_E")


def test_importing_the_opener_loads_no_engine() -> None:
    import subprocess
    import sys

    heavy = {"torch", "transformers", "llama_cpp", "jinja2"}
    program = f"import sys, backends.engine; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"


def test_a_gradient_tells_to_first_order_what_a_change_does(toy: ToyModel) -> None:
    """The slope along a change against the change itself; one-hot slopes are the embedding's, told token by token."""
    aims, site = [Aim(-1, 7), Aim(2, 9, -2.0)], resid_post(0)
    found = toy.gradient(IDS, aims, at=site)

    def total(*edits: Edit) -> float:
        logits = toy.forward(IDS, edits=edits, rows=[-1, 2]).logits.astype(np.float64)
        logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        return float(logs[0, 7] - 2 * logs[1, 9])

    assert found.total == pytest.approx(total(), abs=1e-4)
    push = np.random.default_rng(0).standard_normal(found.slopes.shape).astype(np.float32)
    ends = [total(Edit(site, "add", push, factor=sign * 1e-3)) for sign in (-1, 1)]
    assert float((found.slopes * push).sum()) == pytest.approx((ends[1] - ends[0]) / 2e-3, rel=1e-3)
    tokens, stream = (toy.gradient(IDS, aims, at=at, keep=[3]).slopes for at in ("tokens", "hook_embed"))
    np.testing.assert_allclose(tokens, stream @ toy.weights("embed").T, rtol=1e-4, atol=1e-5)


def test_what_is_kept_of_a_site_are_the_positions_named(toy: ToyModel) -> None:
    sites = [resid_post(0), "blocks.1.attn.hook_pattern", "blocks.1.attn.hook_z"]
    whole = toy.forward(IDS, capture=sites).captured
    one = Pass(IDS, sites, rows=[-1], keep=[4, -1, 4])
    for found in (toy.forward(**vars(one)), *toy.forwards([one])):
        for site, seen in whole.items():
            axis = 1 if "pattern" in site else 0
            assert np.array_equal(found.captured[site], np.take(seen, [4, len(IDS) - 1, 4], axis=axis))
    with pytest.raises(ModelRefusal, match="kept at a position outside"):
        toy.forward(IDS, capture=sites, keep=[len(IDS)])
