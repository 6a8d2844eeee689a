"""Holm's correction, against the definition."""

from __future__ import annotations

import itertools

import pytest

from workbench.claims.holm import holm


def test_a_published_example() -> None:
    """R's `p.adjust(c(.01, .04, .03, .005), "holm")`."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_it_never_falls_below_what_came_before_nor_above_one() -> None:
    assert holm([0.5, 0.6, 0.7]) == (1.0, 1.0, 1.0)
    assert holm([0.01, 0.011]) == pytest.approx((0.02, 0.02))
    assert holm([]) == ()


def test_it_rejects_what_the_step_down_rejects() -> None:
    """Reject from the smallest on as long as p ≤ α / (m − k + 1)."""
    grid = (0.004, 0.012, 0.02, 0.03, 0.2)
    for ps in itertools.product(grid, repeat=4):
        ordered, rejected = sorted(range(4), key=lambda index: ps[index]), set()
        for k, index in enumerate(ordered):
            if ps[index] > 0.05 / (4 - k):
                break
            rejected.add(index)
        assert {index for index, p in enumerate(holm(ps)) if p <= 0.05 + 1e-12} == rejected
