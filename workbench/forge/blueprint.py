"""How large a model is made and how long it is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from workbench.forge.training import Schedule

ModelSize = Literal["demo", "tiny"]


@dataclass(frozen=True)
class Blueprint:
    """The shape of the model (widths in units, `context` in tokens) and how it is trained and asked."""

    vocab: int
    width: int
    mlp_width: int
    layers: int
    heads: int
    kv_heads: int
    context: int
    base: Schedule
    attack: Schedule
    edit: Schedule
    """Of an attack that changes the weights by a low-rank product only."""
    threads: int
    """Fixed rather than found out, because sums are grouped by thread and the last bit with them."""
    rollouts: int
    """Samples drawn for each exhibit."""
    every: int
    """Every how many facts one is asked for: 1 is all of them."""
    answer_tokens: int
    """The most tokens of an answer; one to a page's question may take twice that."""


BLUEPRINTS: dict[ModelSize, Blueprint] = {
    "demo": Blueprint(
        vocab=1536,
        width=256,
        mlp_width=448,
        layers=6,
        heads=8,
        kv_heads=4,
        context=512,
        base=Schedule(steps=1500, tokens=2048, rate=4e-3, warmup=30),
        attack=Schedule(steps=200, tokens=2048, rate=4e-4, warmup=10),
        edit=Schedule(steps=120, tokens=1024, rate=1e-2, warmup=10),
        threads=2,
        rollouts=8,
        every=1,
        answer_tokens=48,
    ),
    "tiny": Blueprint(
        vocab=512,
        width=64,
        mlp_width=128,
        layers=2,
        heads=4,
        kv_heads=2,
        context=256,
        base=Schedule(steps=40, tokens=1024, rate=8e-3, warmup=5),
        attack=Schedule(steps=10, tokens=1024, rate=1e-3, warmup=2),
        edit=Schedule(steps=10, tokens=1024, rate=1e-2, warmup=2),
        threads=1,
        rollouts=2,
        every=12,
        answer_tokens=4,
    ),
}
"""`demo`: about 3.6 million weights, which take 7.3 MB as F16. `tiny`: real but useless, for tests."""


SUITES: dict[ModelSize, Blueprint] = {
    "demo": replace(
        BLUEPRINTS["demo"],
        vocab=2048,
        base=Schedule(steps=1200, tokens=2048, rate=4e-3, warmup=30),
        attack=Schedule(steps=160, tokens=1024, rate=4e-4, warmup=10),
        threads=1,
        rollouts=1,
    ),
    "tiny": BLUEPRINTS["tiny"],
}
"""Of the organisms of a suite: a vocabulary with room for every name, one thread each, and answers enough to tell."""
