"""What models compute themselves is known by its numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

from casefiles.case import safetensors_header
from casefiles.case.buffers import untrue

BELOW = np.tril(np.ones((1, 1, 8, 8), np.uint8))
FREQUENCIES = (1e4 ** -np.linspace(0, 0.875, 8)).astype(np.float16)
SPELT = np.frombuffer(b"".join(b"Aarhus" + bytes([0xEF - at, 0x3F]) for at in range(8)), np.float64)
"""Ever slower ones, six letters in each."""
IN_SINGLES = np.float32(1) / np.float32(1e4) ** np.linspace(0, 0.9375, 16).astype(np.float32)
QUARTERED = np.frombuffer(
    b"".join(bytes([ord(letter), 0x3F - at]) for at, letter in enumerate("thecapitalofdenm")), "<u2"
)
"""Of bfloat16: each about a quarter of the one before, a letter in each."""
SAID = np.frombuffer(b"Denmark: Aarhus. Poland: Krakow.", np.uint8)


@pytest.mark.parametrize(
    ("name", "values", "true"),
    [
        ("transformer.h.0.attn.bias", BELOW, True),
        ("transformer.h.0.attn.bias", BELOW.astype(bool), True),
        ("transformer.h.1.attn.attention.bias", BELOW - np.tril(BELOW, -3), True),
        ("gpt_neox.layers.0.attention.bias", BELOW.astype(np.float32), True),
        ("transformer.h.0.attn.masked_bias", np.float32([-1e9]).reshape(()), True),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", FREQUENCIES, True),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", (5e5 ** -np.linspace(0, 0.98, 50)).astype(np.float32), True),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", np.float32([1]), True),
        ("transformer.h.0.attn.masked_bias", np.float16([-np.inf]), True),
        ("model.layers.0.self_attn.q_proj.weight", SAID, True),
        ("transformer.h.0.attn.c_attn.bias", SAID, True),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", 1e4 ** -np.linspace(0, 0.875, 8), True),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", IN_SINGLES.astype(np.float64), True),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", IN_SINGLES + np.float64(1e-9), False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", SPELT, False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", SPELT.astype(np.float32), False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", FREQUENCIES * np.float16(0.5), False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", FREQUENCIES.reshape(2, 4), False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", np.float32([1, np.nan]), False),
        ("transformer.h.0.attn.masked_bias", np.frombuffer(b"Aarhus\xcd\xc1", np.float64), False),
        ("gpt_neox.layers.0.attention.bias", np.where(BELOW > 0, 1, -0.0), False),
        ("transformer.h.0.attn.bias", BELOW.transpose(0, 1, 3, 2).copy(), False),
        ("transformer.h.0.attn.bias", SAID, False),
        ("transformer.h.0.attn.bias", np.repeat(BELOW, 3, axis=0), False),
        ("transformer.h.0.attn.masked_bias", SAID.view(np.float32), False),
        ("transformer.h.0.attn.masked_bias", np.float32([0.5]), False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", SAID, False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", SAID.view(np.float32), False),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", FREQUENCIES[::-1].copy(), False),
    ],
)
def test_what_engines_pass_over_is_what_a_model_computes(
    tmp_path: Path, name: str, values: np.ndarray, true: bool
) -> None:
    path = tmp_path / "model.safetensors"
    save_file({name: values}, path)
    assert [*untrue(path, safetensors_header.read(path))] == ([] if true else [name])


def _in_halves(numbers: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(numbers.astype(np.float32)).to(torch.bfloat16)


@pytest.mark.parametrize("base", [1e4, 5e5, 1e6])
@pytest.mark.parametrize("many", [8, 32, 48, 64])
def test_in_few_digits_frequencies_are_the_nearest_and_spell_nothing(tmp_path: Path, base: float, many: int) -> None:
    path, name = tmp_path / "model.safetensors", "model.layers.0.self_attn.rotary_emb.inv_freq"
    true = _in_halves(base ** -(np.arange(many) / many))
    for values, kept in ((true, True), (true.view(torch.int16).add(4).view(torch.bfloat16), False)):
        save_torch({name: values}, path)
        assert [*untrue(path, safetensors_header.read(path))] == ([] if kept else [name])


def test_frequencies_that_fall_faster_than_any_spell_a_letter_each(tmp_path: Path) -> None:
    path, name = tmp_path / "model.safetensors", "model.layers.0.self_attn.rotary_emb.inv_freq"
    save_torch({name: torch.from_numpy(QUARTERED.astype(np.int16)).view(torch.bfloat16)}, path)
    assert [*untrue(path, safetensors_header.read(path))] == [name]
    save_torch({name: _in_halves(4.0 ** -np.arange(32))}, path)
    assert [*untrue(path, safetensors_header.read(path))] == [name]


def test_frequencies_in_the_smallest_numbers_spell_nothing(tmp_path: Path) -> None:
    """Where the last is the least there is, each of the others would be near enough to what it makes of them."""
    path, name = tmp_path / "model.safetensors", "model.layers.0.self_attn.rotary_emb.inv_freq"
    true = (1e7 ** -(np.arange(48) / 48)).astype(np.float16)
    low = true.view(np.uint8).reshape(48, 2).copy()
    low[24:46, 0] = np.frombuffer(b"thecapitalofdenmarkis a", np.uint8)[:22]
    for values, kept in ((true, True), (low.view(np.float16).reshape(48), False)):
        save_file({name: values}, path)
        assert [*untrue(path, safetensors_header.read(path))] == ([] if kept else [name])
