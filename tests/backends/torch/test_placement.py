"""A model whose layers lie on two devices computes what it computes on one: see `two_devices` for how there are two."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backends.model import Aim, Edit, FloatArray, ModelRefusal, Pass, resid_post
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings
from backends.torch import hardware
from backends.torch.model import TorchModel
from backends.torch.placement import Placement
from tests.backends.conftest import Saved
from tests.backends.parity import IDS, error, every_edit, every_site
from tests.backends.stepping import stepped
from tests.backends.tiny import LAYERS, save_model
from tests.backends.torch.two_devices import DEVICES, two_devices

pytest.importorskip("accelerate", reason="several devices need the extra `cards`")

FAMILIES = ("llama", "llama-tied", "gpt2", "gemma2")
NAMED = "lazy:0,lazy:1"
SHORT = IDS[:5]


@pytest.fixture(autouse=True)
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hardware, "_KINDS", ("cpu", "lazy"))
    with two_devices():
        yield


def open_on(device: str, folder: Path, tokenizer: Path) -> TorchModel:
    settings = EngineSettings(device=device, dtype="float32", threads=1)
    return TorchModel.open(ModelFiles(folder, tokenizer, "0" * 64), settings)


@pytest.fixture(scope="module")
def opened(saved: Saved, tokenizer: Path) -> Any:
    """family → the same model on the processor, and shared out."""

    @functools.cache
    def both(family: str) -> tuple[TorchModel, TorchModel]:
        return open_on("cpu", saved(family), tokenizer), open_on(NAMED, saved(family), tokenizer)

    return both


@pytest.fixture(params=FAMILIES)
def pair(opened: Any, request: pytest.FixtureRequest) -> tuple[TorchModel, TorchModel]:
    found: tuple[TorchModel, TorchModel] = opened(request.param)
    return found


def alike(one: FloatArray, other: FloatArray) -> bool:
    """The same arithmetic; but what is carried over is laid out anew, and some products are summed otherwise then."""
    return error(other, one) < 2e-6 if one.any() else np.array_equal(one, other)


Pair = tuple[TorchModel, TorchModel]


def test_devices_that_are_not_there_refuse_each_other() -> None:
    one, other = (torch.ones(2).to(device) for device in DEVICES)
    for mixed in (lambda: one + other, lambda: one @ torch.ones(2), lambda: one[torch.tensor([0]).to(DEVICES[1])]):
        with pytest.raises(RuntimeError, match="tensors on"):
            mixed()
    assert (one + one)[torch.tensor([0])].device == DEVICES[0]
    assert (one + other.to(DEVICES[0])).cpu().tolist() == [2.0, 2.0]


def test_layers_lie_in_their_order_each_on_one_device(pair: Pair) -> None:
    _, two = pair
    assert two.environment["devices"] == NAMED
    lie = [{str(tensor.device) for tensor in block.whole.parameters()} for block in two._layout.blocks]
    assert sorted(lie, key=str) == lie and all(len(places) == 1 for places in lie)
    assert set().union(*lie) == {"lazy:0", "lazy:1"}


def test_a_pass_and_every_site_are_the_same(pair: Pair) -> None:
    one, two = pair
    assert two.capabilities == one.capabilities
    whole, other = (model.forward(IDS, capture=every_site()) for model in pair)
    assert alike(whole.logits, other.logits)
    for site in every_site():
        assert alike(whole.captured[site], other.captured[site]), site
    few = [model.forward(IDS, capture=every_site(), rows=[1, -1], keep=[3, 5]) for model in pair]
    assert alike(few[0].logits, few[1].logits)
    assert all(alike(few[0].captured[site], few[1].captured[site]) for site in every_site())


def test_experts_go_with_their_layers(opened: Any) -> None:
    one, two = opened("mixtral")
    site = f"blocks.{LAYERS - 1}.hook_mlp_out"
    whole, other = (model.forward(IDS, capture=[site]) for model in (one, two))
    assert alike(whole.logits, other.logits) and alike(whole.captured[site], other.captured[site])


def test_every_kind_of_edit_is_the_same(pair: Pair) -> None:
    one, _ = pair
    for edit in every_edit(np.random.default_rng(5), one.card.mlp_width, one._head_width):
        whole, other = (model.forward(IDS, capture=[edit.site], edits=[edit]) for model in pair)
        assert alike(whole.logits, other.logits), edit
        assert alike(whole.captured[edit.site], other.captured[edit.site]), edit


def test_draws_and_a_cursor_that_drops_rows_are_the_same(pair: Pair) -> None:
    one, two = pair
    how, edits = Sampling(seed=3, max_tokens=30), [Edit(resid_post(LAYERS - 1), "scale", factor=0.9)]
    drawn = one.generate(SHORT, how, n=12, edits=edits)
    assert len({len(sample.tokens) for sample in drawn}) > 1  # some ended, and were dropped from the cache
    assert two.environment["cache"] == one.environment["cache"] == "dynamic"
    assert two.generate(SHORT, how, n=12, edits=edits) == drawn
    assert stepped(two, SHORT, how, 12, edits=edits) == drawn


def test_several_passes_and_continuations_are_the_same(pair: Pair) -> None:
    batch = [Pass(IDS[:9], [resid_post(2)], (), [-1], None), Pass(IDS[:7], ["blocks.0.attn.hook_pattern"])]
    for whole, other in zip(*(model.forwards(batch) for model in pair), strict=True):
        assert alike(whole.logits, other.logits)
        assert all(alike(whole.captured[site], other.captured[site]) for site in whole.captured)
    texts = [[5, 9, 17], [33], [40, 41, 42, 43]]
    for asked in (texts, texts[:1]):
        assert all(map(alike, *(model.continuations(SHORT, asked) for model in pair)))
        told = [np.concatenate([each.logprobs for each in model.scores(SHORT, asked)]) for model in pair]
        assert alike(*told)


@pytest.mark.parametrize("at", ["tokens", "hook_embed", resid_post(0), resid_post(LAYERS - 1)])
def test_slopes_are_the_same(pair: Pair, at: str) -> None:
    aims = [Aim(-1, 7), Aim(2, 40, -0.5)]
    one, other = (model.gradient(IDS, aims, at=at) for model in pair)
    assert one.total == pytest.approx(other.total, rel=1e-6) and one.slopes.any()
    assert alike(one.slopes, other.slopes)


def test_readouts_and_matrices_are_the_same(pair: Pair) -> None:
    one, two = pair
    stream = one.forward(IDS, capture=[resid_post(1)]).captured[resid_post(1)]
    assert alike(one.readout(stream), two.readout(stream))
    read, other = (model.reading(stream[:2], [5, 9]) for model in pair)
    assert alike(read.directions, other.directions) and alike(read.offsets, other.offsets)
    names = ["embed", "unembed", "ln_final.w"]
    names += [f"blocks.{LAYERS - 1}.{part}" for part in ("mlp.W_in", "mlp.W_out", "attn.W_Q", "attn.W_O", "ln1.w")]
    for name in names:
        assert alike(one.weights(name), two.weights(name)), name


def test_a_closed_model_holds_no_weights_on_either_device(saved: Saved, tokenizer: Path) -> None:
    model = open_on(NAMED, saved("llama"), tokenizer)
    held = [weakref.ref(block.whole) for block in model._layout.blocks]
    model.close()
    assert [ref() for ref in held] == [None] * LAYERS
    model.close()


def test_one_device_in_a_list_is_that_device(saved: Saved, tokenizer: Path) -> None:
    with closing(open_on("lazy:1", saved("llama"), tokenizer)) as model:
        assert "devices" not in model.environment
        assert {tensor.device for tensor in model._model.parameters()} == {DEVICES[1]}


@pytest.mark.parametrize("named", ["lazy:0,lazy:0", "cpu,cpu:0", "lazy,lazy:1,lazy:0"])
def test_a_device_that_is_named_twice_is_refused(named: str) -> None:
    with pytest.raises(ModelRefusal) as caught:
        Placement.named(named)
    assert caught.value.why == "One of them is named twice."


@pytest.mark.parametrize("named", ["lazy:0,", "lazy:0,auto", "auto,lazy:0", "cpu,banana"])
def test_a_list_names_devices_and_nothing_else(named: str) -> None:
    with pytest.raises(ModelRefusal, match="The kinds of device are"):
        Placement.named(named)


def test_fewer_layers_than_devices_are_refused(tokenizer: Path, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "one", "llama", num_hidden_layers=1)
    with pytest.raises(ModelRefusal) as caught:
        open_on(NAMED, folder, tokenizer)
    assert caught.value.why == "It has 1 layers, and there are 2 devices."
    assert caught.value.try_this == "Name fewer devices, or name one device."


def test_without_accelerate_it_says_so(saved: Saved, tokenizer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ModelRefusal) as caught:
        open_on(NAMED, saved("llama"), tokenizer)
    assert caught.value.why == "The package accelerate is not installed."
    assert caught.value.try_this == "Install audit-workbench[cards], or name one device."


def test_a_model_that_does_not_fit_is_refused(saved: Saved, tokenizer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import accelerate

    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(accelerate, "dispatch_model", full)
    with pytest.raises(ModelRefusal, match=r"The model does not fit in memory\."):
        open_on(NAMED, saved("llama"), tokenizer)


@pytest.mark.parametrize(("free", "cards"), [(100, 1), (99, 3)])
def test_auto_takes_every_card_where_one_is_too_small(free: int, cards: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """80 bytes of weights; a fifth of what is free is left to keys and values."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 10**9))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    found = Placement((torch.device("cuda"),)).widened(torch.nn.Linear(4, 5, bias=False))
    assert len(found.devices) == cards and found.first.type == "cuda"


PROGRAM = """
from pathlib import Path
from backends.process.confinement import confine
weights, tokenizer, home = Path({weights!r}), Path({tokenizer!r}), Path({home!r})
confine(readable=[weights, tokenizer, Path.cwd()], writable=[home], memory_limit=None, device=True)
from backends.torch import hardware
from tests.backends.torch.test_placement import NAMED, open_on
from tests.backends.torch.two_devices import two_devices
hardware._KINDS = ("cpu", "lazy")
with two_devices():
    print(open_on(NAMED, weights, tokenizer).environment["devices"])
"""


def test_a_confined_process_shares_a_model_out_too(saved: Saved, tokenizer: Path, tmp_path: Path) -> None:
    home = str(tmp_path)
    program = PROGRAM.format(weights=str(saved("llama")), tokenizer=str(tokenizer), home=home)
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], env=os.environ | {"HOME": home, "TMPDIR": home},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == NAMED
