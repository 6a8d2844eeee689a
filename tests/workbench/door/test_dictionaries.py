"""Dictionaries in SAELens' layout are read as their configuration says, or refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from casefiles.status import Refusal
from workbench.door.dictionaries import read

WIDTH, SIZE = 4, 6
RNG = np.random.default_rng(5)
WEIGHTS = {
    "W_enc": RNG.standard_normal((WIDTH, SIZE)).astype(np.float32),
    "b_enc": RNG.standard_normal(SIZE).astype(np.float32),
    "W_dec": RNG.standard_normal((SIZE, WIDTH)).astype(np.float32),
    "b_dec": RNG.standard_normal(WIDTH).astype(np.float32),
}
THRESHOLD = {"threshold": np.full(SIZE, 0.7, np.float32)}
SIZES = {"d_in": WIDTH, "d_sae": SIZE, "dtype": "float32"}
STREAM = RNG.standard_normal((3, WIDTH)).astype(np.float32)


def written(folder: Path, weights: dict[str, Any] = WEIGHTS, **told: Any) -> Path:
    save_file(weights, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps(SIZES | told))
    return folder


def before(*, centred: bool = True) -> Any:
    return (STREAM - centred * WEIGHTS["b_dec"]) @ WEIGHTS["W_enc"] + WEIGHTS["b_enc"]


def largest(values: Any, k: int) -> Any:
    raised = np.maximum(values, 0)
    return np.where(raised >= np.sort(raised, axis=1)[:, -k][:, None], raised, 0)


def test_a_standard_one_takes_its_bias_off_first_or_not_as_it_says(tmp_path: Path) -> None:
    for centred in (True, False):
        held = read(written(tmp_path, architecture="standard", apply_b_dec_to_input=centred))
        assert held.encode(STREAM) == pytest.approx(np.maximum(before(centred=centred), 0), abs=1e-5)
    assert read(written(tmp_path)).encode(STREAM) == pytest.approx(np.maximum(before(), 0), abs=1e-5)


@pytest.mark.parametrize(
    "told",
    [
        {"architecture": "topk", "k": 2},
        {"architecture": "standard", "activation_fn": "topk", "activation_fn_kwargs": {"k": 2}},
        {"architecture": "standard", "activation_fn_str": "topk", "activation_fn_kwargs": {"k": 2}},
    ],
)
def test_top_k_stays_top_k_in_every_version(tmp_path: Path, told: dict[str, Any]) -> None:
    held = read(written(tmp_path, **told))
    assert held.encode(STREAM) == pytest.approx(largest(before(), 2), abs=1e-5)
    assert held.keep == 2


def test_a_jumping_one_has_its_threshold_and_no_other_does(tmp_path: Path) -> None:
    held = read(written(tmp_path, WEIGHTS | THRESHOLD, architecture="jumprelu", apply_b_dec_to_input=False))
    values = before(centred=False)
    assert held.encode(STREAM) == pytest.approx(np.where(values > 0.7, values, 0), abs=1e-5)
    assert not read(written(tmp_path, WEIGHTS | THRESHOLD, architecture="standard")).threshold.any()


def test_the_stream_is_normalised_as_it_says(tmp_path: Path) -> None:
    held = read(written(tmp_path, normalize_activations="constant_norm_rescale"))
    assert held.encode(5 * STREAM) == pytest.approx(held.encode(STREAM), abs=1e-4)


@pytest.mark.parametrize(
    ("weights", "told", "why"),
    [
        ({"W_enc": WEIGHTS["W_enc"]}, {}, "lacks b_enc"),
        (WEIGHTS | {"W_dec": WEIGHTS["W_dec"].T.copy()}, {}, "do not fit"),
        (WEIGHTS, {"d_in": 9}, "says 9"),
        (WEIGHTS, {"architecture": "gated"}, "kind gated"),
        (WEIGHTS, {"architecture": "topk"}, "how many features"),
        (WEIGHTS, {"architecture": "topk", "k": -1}, "no number"),
        (WEIGHTS, {"apply_b_dec_to_input": "yes"}, "neither yes nor no"),
        (WEIGHTS, {"normalize_activations": "expected_average_only_in"}, "does not hold the scale"),
        (WEIGHTS, {"architecture": "jumprelu"}, "lacks threshold"),
        (WEIGHTS, {"reshape_activations": "hook_z"}, "heads of attention"),
        (WEIGHTS | {"b_enc": np.full(SIZE, np.inf, np.float32)}, {}, "numbers that are none"),
        (WEIGHTS | {"W_enc": np.zeros(3, np.float32)}, {}, "no matrix"),
    ],
)
def test_what_is_none_is_refused_in_words(tmp_path: Path, weights: Any, told: Any, why: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(written(tmp_path, weights, **told))
    assert refused.value.code == "input.invalid"
    assert why in refused.value.why


@pytest.mark.parametrize("config", ["", "[]", "{", "[" * 100_000])
def test_a_damaged_file_is_refused_too(tmp_path: Path, config: str) -> None:
    written(tmp_path)
    (tmp_path / "cfg.json").write_text(config)
    with pytest.raises(Refusal):
        read(tmp_path)
    written(tmp_path)
    (tmp_path / "sae_weights.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(Refusal):
        read(tmp_path)
    (tmp_path / "sae_weights.safetensors").unlink()
    with pytest.raises(Refusal, match="missing"):
        read(tmp_path)
