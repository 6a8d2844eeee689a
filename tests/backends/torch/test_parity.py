"""torch's plain hooks and TransformerBridge, each against hooks written for the tests: every site, every kind of edit.

Together with `test_parity` (llama.cpp against the same hooks) this closes the triangle: three ways to reach an
activation, on the same files, with the same names.
"""

from __future__ import annotations

import functools
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.model import Capability
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends.hf_oracle import Oracle
from tests.backends.parity import ARCHITECTURES, IDS, error, every_edit, every_site
from tests.backends.tiny import save_model, save_tokenizer

if find_spec("transformer_lens") is None:  # it takes seconds to import, and only here
    pytest.skip("patterns need the extra `lens`", allow_module_level=True)

SAME = 5e-6
"""Relative error: the same arithmetic in another order."""


@pytest.fixture(scope="module")
def folder() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
        opened.cache_clear()
        oracle.cache_clear()


@functools.cache
def checkpoint(folder: Path, family: str) -> Path:
    # From 0.1: every site of these widths then has a say in the logits. GPT-2's own scale is for its depth.
    return save_model(folder / family, family, **({} if family == "gpt2" else {"initializer_range": 0.1}))


@functools.cache
def oracle(folder: Path, family: str) -> Oracle:
    return Oracle(checkpoint(folder, family))


@functools.cache
def opened(folder: Path, family: str, through: str) -> Any:
    from backends.torch.bridge import Bridge
    from backends.torch.model import TorchModel

    tokenizer = folder / "tokenizer"
    if not tokenizer.exists():
        save_tokenizer(tokenizer)
    weights = checkpoint(folder, family)
    model: Any = TorchModel.open(
        ModelFiles(weights, tokenizer, "0" * 64), EngineSettings(device="cpu", dtype="float32", threads=1)
    )
    if through == "bridge":
        model._bridge, model._bridged = Bridge(model._model), frozenset(Capability)
    else:
        assert model.environment["bridged"] == "none"
    return model


@pytest.mark.parametrize("through", ["hooks", "bridge"])
@pytest.mark.parametrize("family", ARCHITECTURES)
def test_logits_and_every_site_agree(folder: Path, family: str, through: str, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = oracle(folder, family).forward(IDS, every_site())
    asked = 0
    model = opened(folder, family, through)
    if through == "bridge":
        asked_of = model._bridge.logits

        def counted(ids: Any) -> Any:
            nonlocal asked
            asked += 1
            return asked_of(ids)

        monkeypatch.setattr(model._bridge, "logits", counted)
    ours = model.forward(IDS, capture=every_site())
    assert asked == (through == "bridge")
    assert error(ours.logits, theirs.logits) < SAME
    for site in every_site():
        assert error(ours.captured[site], theirs.captured[site]) < SAME, site
        others = [name for name in every_site() if theirs.captured[name].shape == theirs.captured[site].shape]
        assert all(error(ours.captured[site], theirs.captured[name]) > 0.01 for name in others if name != site), site


@pytest.mark.parametrize("through", ["hooks", "bridge"])
@pytest.mark.parametrize("family", ARCHITECTURES)
def test_every_kind_of_edit_agrees_at_every_site(folder: Path, family: str, through: str) -> None:
    model = opened(folder, family, through)
    for edit in every_edit(np.random.default_rng(5), model.card.mlp_width, model._head_width):
        theirs = oracle(folder, family).forward(IDS, [edit.site], [edit])
        ours = model.forward(IDS, capture=[edit.site], edits=[edit])
        what = f"{edit.op} at {edit.site}, positions {edit.positions}, head {edit.head}"
        assert error(ours.logits, theirs.logits) < SAME, what
        assert error(ours.captured[edit.site], theirs.captured[edit.site]) < SAME, what
        plain = model.forward(IDS, capture=[edit.site])
        assert error(plain.captured[edit.site], theirs.captured[edit.site]) > 0.01, f"no effect: {what}"
        assert error(plain.logits, theirs.logits) > 2 * SAME, f"no effect on what follows: {what}"
