"""Words as people type them."""

from __future__ import annotations

import random

from workbench.forge.phrasing import worn


def test_worn_text_keeps_its_letters() -> None:
    rng = random.Random(0)
    for _ in range(500):
        text = worn("What is the capital of Norway?", rng)
        assert "".join(sorted("whatisthecapitalofnorway")) in "".join(sorted(text.casefold())) or len(text) >= 24
