"""How far a replay may be from a record before they disagree.

In the environment that a record names, not at all: what is computed again comes out equal, to the last bit. Elsewhere,
bounds on logits, measured where the replay runs on the texts it replays, and never so wide that an invention passes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from pydantic import Field

from backends.model import FloatArray, Model, ModelRefusal
from backends.noise import ALGORITHMS
from workbench.contract.environment import name_in
from workbench.document import Document

FLOOR: Final = {
    "float64": 1e-4,
    "float32": 1e-3,
    "f32": 1e-3,
    "float16": 2e-2,
    "f16": 2e-2,
    "bfloat16": 0.3,
}
"""Greatest difference in any logit (in nats) expected between engines, devices and thread counts at one number format.

Measured between transformers and llama.cpp over 512 tokens: float32 6e-5, float16 4e-3; the floors leave room for other
shapes and devices. Any other format is quantised: what engines make of such weights differs by more than rounding, so
only the same engine in the same format is compared, and QUANTISED is the least bound then.
"""
QUANTISED: Final = 2e-2
WIDEST: Final = 1.0
"""The widest bound. Within twice that much of the choice lies what somebody might have liked better."""
SAFETY: Final = 8.0
"""A measured difference is one draw from its distribution, so the bound is this many times as large."""
STEADIER: Final = 3.0
"""A measured mean is of many places, and other machines differ from this one by not much more on average."""
TYPICAL: Final = 0.25
"""Of a floor, what two computations differ by on average is at most this share.

Measured over 1,200 tokens of the shipped organism against float32, as the mean difference of two logits' difference:
float16 0.0015 on llama.cpp and 0.004 on torch, bfloat16 0.036.
"""
PLAUSIBLE: Final = 6.0
"""Nats below the likeliest token within which a difference counts: what is hardly ever drawn may differ by more, and
over a large vocabulary some of it always does."""
CHANCE: Final = 1e-6
"""How rarely an honest record may be taken for a false one because too many of its tokens were drawn otherwise."""


class Tolerance(Document):
    """The bounds of one replay, stored with what it found."""

    logits: float = Field(ge=0)
    """Greatest difference of any logit, in nats, at which two runs still count as the same computation."""
    measured: float = Field(ge=0)
    """Greatest difference among plausible tokens, seen here between one pass over a text and decoding it step by step;
    0 where nothing had to be measured."""
    same_environment: bool
    """Whether the record names the very environment of the replay; only then can it be exact, and then it must be."""
    claimed: str = ""
    """The number format that the record names, where it is coarser than the replay's own and so widens the bound.
    Nothing proves it: whoever wants the narrower bound replays with that format, or takes only records without it."""
    usual: float | None = Field(None, ge=0)
    """What two computations differ by on average, in nats; None, in verdicts of 0.1: a share of the bound."""
    reach: float | None = Field(None, ge=0)
    """The bound that this model would need here, where that is wider than any may be: what lies between the two can
    neither be called the model's nor an invention."""

    @property
    def margin(self) -> float:
        """How far a recorded token may fall short of being the choice: two logits may each be off by the bound."""
        return 2 * self.logits

    @property
    def drift(self) -> float:
        """What two computations differ by on average, in nats: readings may be off by the bound, but not all of them.

        It bounds the relative error of a layer's readings, and says how many tokens may be drawn otherwise.
        """
        return TYPICAL * self.logits if self.usual is None else self.usual

    def beside(self, other: Tolerance) -> Tolerance:
        """The bound for what compares two models, each of which may be off by its own."""
        if self.same_environment and other.same_environment:
            return self
        needed = sum(one.logits if one.reach is None else one.reach for one in (self, other))
        return Tolerance(
            logits=min(needed, WIDEST),
            measured=max(self.measured, other.measured),
            same_environment=False,
            claimed=self.claimed or other.claimed,
            usual=min(self.drift + other.drift, TYPICAL * WIDEST),
            reach=needed if needed > WIDEST else None,
        )

    def times(self, factor: float) -> Tolerance:
        """The bound for what may be off by so many times what logits are."""
        if factor == 1:
            return self
        needed = factor * (self.logits if self.reach is None else self.reach)
        return self.model_copy(
            update={
                "logits": min(needed, WIDEST),
                "usual": min(factor * self.drift, TYPICAL * WIDEST),
                "reach": needed if needed > WIDEST else None,
            }
        )

    def out_of_reach(self, nats: float) -> bool:
        """Whether no computation of this model gives a difference of two logits as large as that."""
        return nats > 2 * (self.logits if self.reach is None else self.reach)


def most(explained: float) -> int:
    """The most tokens that may be drawn otherwise where `explained` are expected (Chernoff's bound on Poisson's tail).

    One may even where hardly any is: it has a bound of its own.
    """
    count = max(1, math.ceil(explained))
    while explained > 0 and explained - count + count * math.log(count / explained) < -math.log(CHANCE):
        count += 1
    return count


class Calibration:
    """Gives the tolerance for each record's environment; once one is from elsewhere, measures the model on itself."""

    TEXT: Final = "The quick brown fox jumps over the lazy dog. 0 1 2 3 4 5 6 7 8 9"
    """Measured on beside the recorded texts."""
    TEXTS: Final = 4
    """The most texts that are looked at,"""
    TOKENS: Final = 32
    """so many tokens of each,"""
    PLACES: Final = 6
    """and so many places in it: a calibration costs about as much as reading a page, and less than an answer."""

    def __init__(self, model: Model, texts: Iterable[Sequence[int]] = ()) -> None:
        """`texts`: token ids that the model went through, read when they are needed."""
        self._model, self._texts = model, texts
        self._environment = dict(model.environment)

    @cached_property
    def measured(self) -> Deviation:
        """How much two computations of this model differ here."""
        found: list[Deviation] = []
        for ids in itertools.islice(self._readable(), self.TEXTS):
            try:
                found += self._at_places(ids)
            except ModelRefusal:  # a text may come from somebody else
                continue
        return Deviation.of(found)

    def _at_places(self, ids: list[int]) -> Iterator[Deviation]:
        """Between one pass over a text and its tokens one by one after a cached prefix, as an answer is decoded: by
        itself or beside another one, for engines compute single rows another way than several, and many otherwise."""
        places = sorted({1 + (len(ids) - 2) * at // max(1, self.PLACES - 1) for at in range(self.PLACES)})
        whole = self._model.forward(ids, rows=places).logits
        for row, place in zip(whole, places, strict=True):
            for count in (1, 2):
                for rows in self._model.continuations(ids[:place], [ids[place : place + 1] * 2] * count):
                    yield deviation(row, rows[1])

    @property
    def floor(self) -> float:
        """The greatest difference that is expected of the number formats that this model is computed in."""
        return max((FLOOR.get(name, QUANTISED) for name in _formats(self._environment)), default=WIDEST)

    def tolerance(self, recorded: Mapping[str, object]) -> Tolerance:
        """The bound for a record made in that environment: the coarser of the two formats decides.

        The record's word counts as far as its format is one whose bound is known; only this engine's own format can
        be one without.
        """
        if self._same(recorded):
            return Tolerance(logits=0, measured=0, same_environment=True, usual=0)
        own = self.floor
        coarser = [name for name in _formats(recorded) if FLOOR.get(name, 0.0) > own]
        claimed = max(coarser, key=FLOOR.__getitem__, default="")
        floor = max(own, FLOOR.get(claimed, 0.0))
        needed = max(floor, SAFETY * self.measured.greatest)
        return Tolerance(
            logits=min(needed, WIDEST),
            measured=self.measured.greatest,
            same_environment=False,
            claimed=claimed,
            usual=min(max(TYPICAL * floor, STEADIER * self.measured.usual), TYPICAL * WIDEST),
            reach=needed if needed > WIDEST else None,
        )

    def incomparable(self, recorded: Mapping[str, object]) -> str:
        """Why no bound is known between a record's environment and this one, in a sentence; empty if one is."""
        ours, theirs = _setup(self._environment), _setup(recorded)
        # A record that names neither engine nor format is held to those of the replay.
        differs = [name for name, value in theirs.items() if value and value != ours[name]]
        quantised = [one["dtype"] for one in (theirs, ours) if one["dtype"] and one["dtype"] not in FLOOR]
        if not differs or not quantised:
            return ""
        made, here = (" in ".join(filter(None, (one["engine"], one["dtype"]))) for one in (theirs, ours))
        return (
            f"It was made on {made or 'an engine that it does not name'}, and this is {here}: what engines make of"
            f" {quantised[0]} weights differs by more than rounding. Replay it on its own engine and number format."
        )

    def _same(self, recorded: Mapping[str, object]) -> bool:
        """Whether a record names this very environment, and this is one that gives equal bytes twice."""
        ours, theirs = self._environment, dict(recorded)
        if name_in(theirs, "sampler") in ALGORITHMS:  # which of them drew, the probe's version says
            theirs["sampler"] = ours.get("sampler")
        if "activation" in ours:  # earlier records do not say it; it follows from the build and the model
            theirs.setdefault("activation", ours["activation"])
        steady = ours.get("device", "cpu") == "cpu" or ours.get("deterministic") is True
        return ours == theirs and steady

    def _readable(self) -> Iterable[list[int]]:
        card = self._model.card
        longest = min(self.TOKENS, card.context - 1)
        own = self._model.encode(self.TEXT)
        for ids in (own, *itertools.islice(self._texts, self.TEXTS - 1)):
            if len(ids) >= 2 and all(0 <= token < card.vocab for token in ids[-longest:]):
                yield list(ids[-longest:])


@dataclass(frozen=True)
class Deviation:
    """How much two computations of one model differ, in nats."""

    greatest: float
    """Half of how much the difference of two plausible tokens' logits differs by at most: each may be off by that."""
    usual: float
    """How much the difference of two different tokens' logits differs by on average, as likely as they are drawn."""
    weight: float = 1.0
    """How likely two draws give different tokens."""

    @classmethod
    def of(cls, several: Sequence[Deviation]) -> Deviation:
        weight = math.fsum(each.weight for each in several)
        usual = math.fsum(each.usual * each.weight for each in several) / weight if weight > 0 else 0.0
        return cls(max((each.greatest for each in several), default=0.0), usual, weight)


def deviation(row: FloatArray, again: FloatArray) -> Deviation:
    """Between two (vocab,) rows of logits for one place in a text: a shift of all of them is none."""
    one, other = (each.astype(np.float64) - float(each.max()) for each in (row, again))
    plausible = np.flatnonzero((one + other) / 2 >= -PLAUSIBLE)
    if not plausible.size:  # what is no number differs by none
        return Deviation(0.0, 0.0, 0.0)
    off = (other - one)[plausible]
    share = np.exp(one[plausible])
    share /= share.sum()
    order = np.argsort(off)
    reached = np.cumsum(share[order])[:-1]
    # The mean of |x - y| over two draws is twice the integral of F · (1 - F).
    mean = float(2 * (reached * (1 - reached) * np.diff(off[order])).sum())
    weight = float(1 - (share * share).sum())
    return Deviation(float(off.max() - off.min()) / 2, mean / weight if weight > 1e-12 else 0.0, weight)


def _setup(environment: Mapping[str, object]) -> dict[str, str]:
    return {name: name_in(environment, name).lower() for name in ("engine", "dtype")}


def _formats(environment: Mapping[str, object]) -> list[str]:
    parts = ("dtype", "attention_memory", "activation")
    return [name_in(environment, part).lower() for part in parts if part in environment]
