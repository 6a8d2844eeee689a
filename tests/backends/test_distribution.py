"""Distributions against sorting and normalising whole rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.distribution import (
    apart,
    divergence,
    joined,
    leading,
    log_distribution,
    log_probabilities,
    log_totals,
    ranks,
    token_scores,
)


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


def test_scores_are_what_the_whole_rows_say(logits: np.ndarray) -> None:
    """Against torch: log-softmax, its entropy, and places in a descending sort (of equal ones the best)."""
    vocab = logits.shape[1]
    tokens = [(5 * row) % vocab for row in range(7)]
    found = token_scores(logits, tokens, top=3)
    log_p = torch.from_numpy(logits).double().log_softmax(-1)
    expected = log_p[torch.arange(7), torch.tensor(tokens)].numpy()
    assert np.allclose(found.logprobs, expected, rtol=0, atol=2e-6)
    assert np.allclose(found.entropies, torch.distributions.Categorical(logits=log_p).entropy(), rtol=0, atol=1e-5)
    places = [
        1 + sorted(row.tolist(), reverse=True).index(row[token]) for row, token in zip(logits, tokens, strict=True)
    ]
    assert found.ranks.tolist() == places
    assert np.array_equal(found.best, np.argsort(-logits, axis=-1, kind="stable")[:, :3])
    assert np.allclose(found.best_logprobs, np.take_along_axis(log_p.numpy(), found.best.astype(int), -1), atol=2e-6)


def test_many_tokens_under_one_row_are_as_each_alone(logits: np.ndarray) -> None:
    tokens = list(range(0, logits.shape[1], 7)) * 2
    together = token_scores(logits[:1], tokens, top=2)
    alone = joined([token_scores(logits[:1], [token], top=2) for token in tokens])
    for name, value in vars(alone).items():
        assert np.array_equal(vars(together)[name], value), name


def test_a_certain_token_leaves_nothing_open() -> None:
    """exp(-1000) is no number of float32; -Σ p log p is 0 all the same, and log 4 where four are alike."""
    logits = np.array([[0.0, -1000.0, -2000.0, -3000.0], [5.0, 5.0, 5.0, 5.0]], np.float32)
    found = token_scores(logits, [1, 3])
    assert found.logprobs.tolist() == [-1000.0, np.float32(-np.log(4))]
    assert found.ranks.tolist() == [2, 1]
    assert np.allclose(found.entropies, [0, np.log(4)], atol=1e-7)


def test_what_was_joined_comes_apart() -> None:
    logits = np.random.default_rng(0).standard_normal((6, 9)).astype(np.float32)
    parts = apart(token_scores(logits, [0, 1, 2, 3, 4, 5], top=2), [2, 0, 3, 1])
    assert [part.best.shape for part in parts] == [(2, 2), (0, 2), (3, 2), (1, 2)]
    for start, part in zip((0, 2, 2, 5), parts, strict=True):
        again = token_scores(logits[start:], range(start, 6), top=2)
        assert np.array_equal(part.logprobs, again.logprobs[: len(part.ranks)])


def test_the_divergence_is_that_of_another_program_and_none_from_itself(logits: np.ndarray) -> None:
    other = logits[::-1].copy()
    p, q = (torch.log_softmax(torch.from_numpy(rows).double(), dim=-1) for rows in (logits, other))
    expected = torch.nn.functional.kl_div(q, p, log_target=True, reduction="none").sum(dim=-1).numpy()
    one, two = log_distribution(logits), log_distribution(other)
    assert one == pytest.approx(p.numpy(), abs=1e-5)
    assert divergence(one, two) == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert not divergence(one, one).any()
