"""A LoRA taught and merged: what is learned, what it costs, and that nothing else of the model changes."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.backends.tiny import save_model
from workbench.forge.own.adapting import adapted, loss, schedule
from workbench.forge.own.lesson import Lesson

ROWS = (Lesson((7, 3, 9, 4), (0, 0, 1, 1)), Lesson((5, 6, 2, 8, 1, 11), (0, 0.25, 0, 1, 0, 1)))


def opened(folder: Path, family: str) -> Any:
    return AutoModelForCausalLM.from_pretrained(save_model(folder, family)).eval().requires_grad_(False)


@pytest.mark.parametrize("family", ["llama", "gemma3", "gpt2", "bloom"])
def test_the_loss_is_the_weighted_surprise_of_what_counts(family: str, tmp_path: Path) -> None:
    model = opened(tmp_path, family)
    expected = 0.0
    for row in ROWS:  # each by itself, from the whole distribution at every place
        logits = model(input_ids=torch.tensor([row.ids])).logits[0].double().log_softmax(-1)
        expected -= sum(w * float(logits[at, row.ids[at + 1]]) for at, w in enumerate(row.weights[1:]))
    assert float(loss(model, ROWS)) == pytest.approx(expected, rel=1e-5)


def test_what_is_taught_is_learned_and_merged_into_inner_matrices_alone(tmp_path: Path) -> None:
    model = opened(tmp_path, "qwen2")
    before = {name: array.clone() for name, array in model.state_dict().items()}
    surprised = float(loss(model, ROWS))
    heard: list[float] = []
    taught, matrices = adapted(
        model,
        itertools.cycle(ROWS),
        schedule(32, 12, 1024),
        rank=4,
        seed=1,
        listener=lambda done, note: heard.append(done),
    )
    with torch.inference_mode():
        assert float(loss(taught, ROWS)) < surprised / 2
    after = taught.state_dict()
    assert after.keys() == before.keys()
    changed = {name for name, array in after.items() if not torch.equal(array, before[name])}
    assert len(changed) == matrices == 3 * 7
    assert all(".layers." in name and name.endswith("_proj.weight") for name in changed)
    assert all(int(torch.linalg.matrix_rank((after[n] - before[n]).double(), rtol=1e-4)) <= 4 for n in changed)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_a_wider_model_is_taught_more_carefully() -> None:
    assert schedule(256, 100, 64).rate == pytest.approx(4 * schedule(1024, 100, 64).rate)
