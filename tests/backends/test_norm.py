"""A norm does what torch's does, and the readout linearised at it is the readout."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.model import ModelRefusal
from backends.norm import Norm, linearised
from backends.toy_model import ToyModel

ROWS, WIDTH, VOCAB = 6, 15, 11


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"x": (ROWS, WIDTH), "gain": (WIDTH,), "shift": (WIDTH,), "unembed": (VOCAB, WIDTH), "bias": (VOCAB,)}
    return {name: (1 + rng.standard_normal(shape)).astype(np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("centred", [False, True])
def test_a_norm_is_torch_s_and_its_readout_linear_at_it(drawn: dict[str, np.ndarray], centred: bool) -> None:
    norm = Norm(drawn["gain"], drawn["shift"] if centred else None, centred, 1e-5)
    x, gain = torch.from_numpy(drawn["x"]), torch.from_numpy(drawn["gain"])
    functional = torch.nn.functional
    if centred:
        theirs = functional.layer_norm(x, (WIDTH,), gain, torch.from_numpy(drawn["shift"]), 1e-5)
    else:
        theirs = functional.rms_norm(x, (WIDTH,), gain, 1e-5)
    np.testing.assert_allclose(norm(drawn["x"]), theirs, rtol=1e-5, atol=1e-5)
    logits = 0.5 * (theirs.numpy() @ drawn["unembed"].T + drawn["bias"])
    tokens = [3, 0, 10, 3, 7, 1]
    read = linearised(norm, drawn["x"], drawn["unembed"][tokens], drawn["bias"][tokens], 0.5)
    found = (read.directions * drawn["x"]).sum(-1) + read.offsets
    np.testing.assert_allclose(found, logits[range(ROWS), tokens], rtol=1e-5, atol=1e-5)
    whole = sum((read.directions * part).sum(-1) for part in (0.25 * drawn["x"], 0.75 * drawn["x"]))
    np.testing.assert_allclose(whole + read.offsets, found, rtol=1e-4, atol=1e-5)


def test_one_residual_serves_many_tokens_and_as_many_as_tokens_one_each() -> None:
    toy = ToyModel.random(seed=1)
    residual = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    logits, tokens = toy.readout(residual), list(range(259)) * 2
    one, each = toy.reading(residual[1:2], tokens), toy.reading(residual, [5, 6, 7])
    np.testing.assert_allclose(one.directions @ residual[1] + one.offsets, logits[1][tokens], atol=1e-5)
    np.testing.assert_allclose((each.directions * residual).sum(-1), logits[[0, 1, 2], [5, 6, 7]], atol=1e-5)
    assert toy.reading(residual[:1], []).directions.shape == (0, 16)
    for wrong in ((residual, [1, 2]), (residual[:1], [259]), (residual[:, :3], [1, 2, 3])):
        with pytest.raises(ModelRefusal):
            toy.reading(*wrong)
