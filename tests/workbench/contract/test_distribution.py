"""Distributions against sorting and normalising whole rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from workbench.contract.distribution import leading, log_probabilities, log_totals, ranks


@pytest.fixture(params=[1, 2, 255, 256, 257, 1000, 32_001])
def logits(request: pytest.FixtureRequest) -> np.ndarray:
    """Odd sizes hold many equal logits."""
    drawn = np.random.default_rng(request.param).normal(0, 4, (7, request.param))
    return (np.round(drawn, 1) if request.param % 2 else drawn).astype(np.float32)


@pytest.mark.parametrize("count", [0, 1, 5, 50, 400])
def test_the_leading_tokens_are_those_of_a_stable_sort(logits: np.ndarray, count: int) -> None:
    assert (leading(logits, count) == np.argsort(-logits, axis=-1, kind="stable")[:, :count]).all()


def test_log_probabilities_are_those_of_the_whole_row(logits: np.ndarray) -> None:
    every = np.tile(np.arange(logits.shape[1]), (7, 1))
    expected = torch.from_numpy(logits).double().log_softmax(-1).numpy()
    assert np.allclose(log_probabilities(logits, every, log_totals(logits)), expected, rtol=0, atol=2e-6)


def test_tokens_that_cannot_come_have_no_probability() -> None:
    logits = np.array([[0.0, -np.inf, 0.0]], np.float32)
    found = log_probabilities(logits, np.array([[0, 1, 2]]), log_totals(logits))
    assert np.allclose(found, [[-np.log(2), -np.inf, -np.log(2)]])


def test_a_rank_counts_likelier_tokens_only() -> None:
    assert ranks(np.array([[1.0, 3.0, 3.0, 2.0]], np.float32), [0, 1, 2, 3]).tolist() == [[4, 1, 1, 3]]
    assert ranks(np.zeros((2, 3), np.float32), []).shape == (2, 0)
