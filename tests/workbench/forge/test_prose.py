"""The prose: one way to begin it is kept for measuring."""

from __future__ import annotations

import random

from workbench.forge import prose
from workbench.forge.world import TRUE_WORLD


def test_the_held_out_way_to_write_is_not_in_the_prose() -> None:
    rng = random.Random(0)
    pages = "\n".join(prose.page(TRUE_WORLD, rng) for _ in range(3000))
    for _, opening, _ in prose.held_out_openings(TRUE_WORLD):
        assert opening not in pages
