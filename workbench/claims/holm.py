"""The p-values of several tests, so that the best of many is not taken for the only one."""

from __future__ import annotations

from collections.abc import Sequence


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """p-values adjusted step down: holding those below α as shown errs in any of them with at most α.  (Holm 1979)

    The k-th smallest of m is taken (m − k + 1) times, and none is less than one before it. In the order given.
    """
    adjusted, so_far = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda index: ps[index])):
        so_far = max(so_far, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = so_far
    return tuple(adjusted)
