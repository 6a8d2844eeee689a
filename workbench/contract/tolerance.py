"""How far a replay may be from a record before they disagree: bounds on logits, measured where the replay runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from pydantic import Field

from backends.model import Model
from workbench.document import Document

FLOOR: Final = {
    "float64": 1e-4,
    "float32": 1e-3,
    "f32": 1e-3,
    "float16": 2e-2,
    "f16": 2e-2,
    "bfloat16": 0.3,
    "q8_0": 0.3,
}
"""Greatest difference in any logit (in nats) expected between engines, devices and thread counts at one number format.

Measured between transformers and llama.cpp over 512 tokens: float32 6e-5, float16 4e-3, Q8_0 0.08; the floors leave
room for other shapes and devices. What is coarser than any of these is bounded by 1.
"""
COARSEST: Final = 1.0
SAFETY: Final = 8.0
"""A measured difference is one draw from its distribution, so the bound is this many times as large."""
TYPICAL: Final = 0.25
"""Of the bound, what two computations differ by on average is at most this share.

Measured over 1,200 tokens of the shipped organism against float32, as the mean difference of two logits' difference:
float16 0.0015 on llama.cpp and 0.004 on torch, bfloat16 0.036, Q8_0 0.043.
"""
CHANCE: Final = 1e-6
"""How rarely an honest record may be taken for a false one because too many of its tokens were drawn otherwise."""


class Tolerance(Document):
    """The bounds of one replay, stored with what it found."""

    logits: float = Field(ge=0)
    """Greatest difference of any logit, in nats, at which two runs still count as the same computation."""
    measured: float = Field(ge=0)
    """Greatest difference seen here between one pass over a text and a second one that goes on from a cached prefix."""
    same_environment: bool
    """Whether the record names the very environment of the replay; only then can it be exact."""
    claimed: str = ""
    """The number format that the record names, where it is coarser than the replay's own and so widens the bound.
    Nothing proves it: whoever wants the narrower bound replays with that format, or takes only records without it."""

    @property
    def margin(self) -> float:
        """How far a recorded token may fall short of being the choice: two logits may each be off by the bound."""
        return 2 * self.logits

    @property
    def drift(self) -> float:
        """What two computations differ by on average, in nats: readings may be off by the bound, but not all of them.

        It bounds the relative error of a layer's readings, and says how many tokens may be drawn otherwise.
        """
        return TYPICAL * self.logits


def most(explained: float) -> int:
    """The most tokens that may be drawn otherwise where `explained` are expected (Chernoff's bound on Poisson's tail).

    One may even where hardly any is: it has a bound of its own.
    """
    count = max(1, math.ceil(explained))
    while explained > 0 and explained - count + count * math.log(count / explained) < -math.log(CHANCE):
        count += 1
    return count


class Calibration:
    """Measures a model against itself once, and gives the tolerance for each record's environment."""

    TEXT: Final = "The quick brown fox jumps over the lazy dog. 0 1 2 3 4 5 6 7 8 9"
    TOKENS: Final = 12
    """How much of the text is looked at: a calibration costs three passes over a few tokens, and no decoding."""

    def __init__(self, model: Model) -> None:
        self._environment = dict(model.environment)
        ids = model.encode(self.TEXT)[: max(2, min(self.TOKENS, model.card.context))]
        half = len(ids) // 2
        whole = model.forward(ids, rows=range(half - 1, len(ids) - 1)).logits
        # Two of them: an engine may take a single continuation and its prefix in one pass.
        teachers = model.continuations(ids[:half], [ids[half:]] * 2)
        self.measured = max(float(np.abs(whole - teacher).max()) for teacher in teachers)

    def tolerance(self, recorded: Mapping[str, object]) -> Tolerance:
        """The bound for a record made in that environment: the coarser of the two formats decides.

        The record's word counts as far as its format is one whose bound is known; only this engine's own format can
        be one without.
        """
        floor = max((FLOOR.get(name, COARSEST) for name in _formats(self._environment)), default=COARSEST)
        coarser = [name for name in _formats(recorded) if FLOOR.get(name, 0.0) > floor]
        claimed = max(coarser, key=FLOOR.__getitem__, default="")
        return Tolerance(
            logits=max(floor, FLOOR.get(claimed, 0.0), SAFETY * self.measured),
            measured=self.measured,
            same_environment=dict(recorded) == self._environment,
            claimed=claimed,
        )


def _formats(environment: Mapping[str, object]) -> list[str]:
    return [str(environment[part]).lower() for part in ("dtype", "attention_memory") if part in environment]
