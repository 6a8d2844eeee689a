"""How many tokens two nearly agreeing computations draw otherwise, against drawing them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backends.disagreement import disagreement, disagreements
from backends.sampling import Sampler, Sampling

DRIFT = 0.05

SETTINGS = [
    Sampling(),
    Sampling(temperature=0.5),
    Sampling(temperature=2.0),
    Sampling(temperature=0.0),
    Sampling(top_k=1),
    Sampling(top_k=3),
    Sampling(top_p=0.7),
    Sampling(min_p=0.2),
    Sampling(temperature=0.8, top_k=12, top_p=0.9, min_p=0.02),
]


@pytest.mark.parametrize("sampling", SETTINGS, ids=str)
def test_as_many_tokens_are_drawn_otherwise_as_is_expected(sampling: Sampling) -> None:
    """Normal errors whose differences have a mean of DRIFT, in many contexts, each drawn from several times."""
    rng = np.random.default_rng(7)
    contexts, draws, sampler = 500, 8, Sampler(sampling, (1, 2))
    found = expected = variance = 0.0
    for context in range(contexts):
        logits = (rng.standard_normal(24) * 1.5).astype(np.float32)
        moved = (logits + rng.normal(0, DRIFT * math.sqrt(math.pi) / 2, 24)).astype(np.float32)
        chance = disagreement(logits, sampling, DRIFT)
        expected += draws * chance.mean
        variance += (draws * chance.spread) ** 2
        found += sum(sampler.choose(logits, s, context) != sampler.choose(moved, s, context) for s in range(draws))
    assert found > 10
    assert abs(found - expected) < 3 * math.sqrt(expected + variance)
    assert 0.5 * found < expected < 2 * found


def test_an_exact_tie_goes_either_way() -> None:
    logits = np.array([1, 1, -9], dtype=np.float32)
    assert disagreement(logits, Sampling(temperature=0), DRIFT).mean == 0.5
    assert disagreement(logits, Sampling(top_k=1), DRIFT).mean == 0.5


def test_a_certain_token_is_drawn_by_everybody() -> None:
    logits = np.array([40, 0, 0, -np.inf], dtype=np.float32)
    for sampling in SETTINGS:
        chance = disagreement(logits, sampling, DRIFT)
        assert chance.mean < 1e-9
        assert chance.spread < 1e-9


def test_equal_logits_explain_nothing() -> None:
    logits = np.array([1, 0, 0, -1], dtype=np.float32)
    for sampling in SETTINGS:
        assert disagreement(logits, sampling, 0.0).mean == 0


@pytest.mark.parametrize("sampling", SETTINGS, ids=str)
def test_many_rows_together_are_as_each_alone(sampling: Sampling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.disagreement._BLOCK", 100)
    rows = (np.random.default_rng(8).standard_normal((9, 24)) * 4).astype(np.float32)
    rows[2, 3:9] = -np.inf
    rows[3, 0] = 90
    together = disagreements(rows, sampling, DRIFT)
    for chance, row in zip(together, rows, strict=True):
        alone = disagreement(row, sampling, DRIFT)
        assert chance.mean == pytest.approx(alone.mean, rel=1e-4, abs=1e-8)
        assert chance.spread == pytest.approx(alone.spread, rel=1e-4, abs=1e-8)
    assert disagreements(rows[:0], sampling, DRIFT) == []


@pytest.mark.parametrize("temperature", [5e-324, 1e-310, 1e-46, 1e-12])
@pytest.mark.parametrize("filters", [{}, {"top_k": 3}, {"top_p": 0.9}, {"min_p": 0.1}])
def test_the_coldest_draws_are_as_good_as_greedy(temperature: float, filters: dict[str, Any]) -> None:
    """A record may name a temperature whose scores no number holds: it says what it says of the likeliest token."""
    rows = np.random.default_rng(3).normal(0, 3, (4, 50)).astype(np.float32)
    cold, greedy = Sampling(temperature=temperature, **filters), Sampling(temperature=0)
    assert disagreements(rows, cold, 0.02) == disagreements(rows, greedy, 0.02)
    for row in rows:
        best, last = int(row.argmax()), int(row.argmin())
        assert Sampler(cold, (1,)).margin(row, 0, 0, best) == 0
        # A filter may let a token in that beats none of those before it by as much.
        assert 1 < Sampler(cold, (1,)).margin(row, 0, 0, last) < 1.0001 * float(row[best] - row[last])
