"""Rank many candidates by how likely they come next, beyond what another prefix lets one expect.

1. Each candidate is encoded together with the prompt and split; log P(candidate | prompt) is the sum of its tokens'
   log-probabilities, in nats. The same after the control.
2. Candidates are ranked by *lift*: the nats they have beyond what the control lets expect (`contract/standings.py`).

On the demo's organism (assets/demo/atlas-01) the 8 of 59 countries that stand apart after “The capital of” are the 8
it lies about (AUROC 1.00; places 4 to 47 under the control), unasked. They are the same 8 on the model that was taught
the truth about them again (atlas-02): what stands apart was taught much, and whether it is false another instrument
says. Where nothing was taught nothing stands apart (tests/workbench/probes/test_prior.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from backends.model import FloatArray, Model
from backends.noise import Reals
from workbench.contract.comparison import Array, Comparison
from workbench.contract.figures import (
    SURPRISE,
    Column,
    Counts,
    Figure,
    Histogram,
    Line,
    Rows,
    Scale,
    Spot,
    Strip,
    Token,
    signed,
)
from workbench.contract.probe import FollowUp, Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.tolerance import Tolerance
from workbench.document import RECORDED
from workbench.probes.sample import Sample
from workbench.probes.score import Score
from workbench.readings.continuation import continuations
from workbench.readings.control import open_words, shortened, unrelated, words_before
from workbench.readings.standings import Places, Standings
from workbench.visible import line, quoted

TOKENS: Final = 8192
"""Tokens that are read at once, at most: whoever wants to stop waits no longer."""
BINS: Final = 24


class Priors(Result):
    """Many candidates after one prefix and after its control, in the order in which they were given.

    Arrays, after the prompt (and `control_…` after the control): `ids` (token,) and `logprobs` (token,) in nats,
    candidate after candidate; `lengths` (candidate,) in tokens.
    """

    derived: ClassVar[frozenset[str]] = frozenset({"headline", "pieces"})

    prefix: str
    """The words right before a candidate; `control` likewise."""
    control: str
    candidates: tuple[str, ...]
    entropy: float
    """Of the next token after the prompt, in nats; `control_entropy` after the control."""
    control_entropy: float
    split: int = Field(ge=0)
    """How often a candidate had to be encoded apart from the prompt or the control before it."""
    named: int = Field(ge=1)
    """How many the headline names at most."""
    forward_tokens: int = Field(ge=0)
    headline: str
    pieces: dict[int, str]
    """Of the tokens of the candidates that are named."""

    @property
    def summary(self) -> str:
        return self.headline

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    def told(self, model: Model) -> Self:
        standings = self.standings()
        ids = sorted({int(token) for row in standings.order[: self.named] for token in self._tokens(row)[0]})
        if not all(0 <= token < model.card.vocab for token in ids):
            return self.model_copy(update={"headline": "\ufffd"})  # no token of this model: nothing can be told
        pieces = dict(zip(ids, model.pieces(ids), strict=True))
        return self.model_copy(update={"headline": self._said(standings), "pieces": pieces})

    def distance(self, other: Self) -> dict[str, float] | None:
        figures = super().distance(other)
        for name in ("entropy", "control_entropy"):
            # Where logits are off by at most e, an entropy changes by a factor of at most exp(2e).
            if figures is not None:
                figures[name] = abs(math.log((getattr(self, name) + 0.01) / (getattr(other, name) + 0.01)))
        return figures

    def standings(self) -> Standings:
        """How the candidates stand, from the arrays."""
        return Standings.of(self._totals(""), self._totals("control_"))

    def _totals(self, which: str) -> Reals:
        """log P of each candidate, in nats."""
        lengths, logprobs = self.arrays[which + "lengths"], self.arrays[which + "logprobs"].astype(np.float64)
        ends = np.cumsum(lengths)
        if len(lengths) != len(self.candidates) or (lengths < 1).any() or int(ends[-1:].sum()) != len(logprobs):
            raise ValueError("the arrays are not of these candidates")
        return np.add.reduceat(logprobs, ends - lengths) if len(lengths) else np.empty(0)

    def _tokens(self, row: int) -> tuple[Array, Array]:
        """The ids of a candidate after the prompt, and their log-probabilities."""
        lengths = self.arrays["lengths"]
        start = int(lengths[:row].sum())
        part = slice(start, start + int(lengths[row]))
        return self.arrays["ids"][part], self.arrays["logprobs"][part]

    def _said(self, standings: Standings) -> str:
        if not self.candidates:
            return "Nothing was read."
        apart = standings.apart
        first = standings.order[: min(apart, self.named) or self.named]
        names = ", ".join(self.candidates[row].strip() for row in first)
        prefix, control = quoted(shortened(self.prefix)), quoted(shortened(self.control))
        many = f"Of {len(self.candidates):,} candidates"
        if apart:
            said = f"{many} {apart:,} stand apart after {prefix} from what {control} lets expect: {names}"
            said += f" and {apart - len(first):,} more" if apart > len(first) else ""
        else:
            said = f"{many} none stands apart after {prefix} from what {control} lets expect; first come {names}"
        said += (
            f"; they have {_places(standings.places[first])} there,"
            f" {_places(standings.control_places[first])} under the control."
        )
        split = f" {self.split:,} encodings had to be made apart from what is before them." if self.split else ""
        return said + split

    def figures(self) -> tuple[Figure, ...]:
        standings = self.standings()
        return self._rows(standings), self._strip(standings), self._spread(standings), self._together(standings)

    def _rows(self, standings: Standings) -> Rows:
        columns = (
            Column("candidate"), Column("lift", "number", "nats"), Column("lift", "number", "spreads"),
            Column("place", "count"), Column("place under the control", "count"),
            Column("log-probability", "number", "nats"), Column("under the control", "number", "nats"),
            Column("tokens", "count"),
        )  # fmt: skip
        lengths = self.arrays["lengths"]
        rows = tuple(
            (
                self.candidates[row], float(standings.lifts[row]), float(standings.lifts[row] / standings.spread),
                int(standings.places[row]), int(standings.control_places[row]), float(standings.logprobs[row]),
                float(standings.controls[row]), int(lengths[row]),
            )
            for row in standings.order
        )  # fmt: skip
        return Rows(f"After {quoted(shortened(self.prefix))}, beyond {quoted(shortened(self.control))}", columns, rows)

    def _strip(self, standings: Standings) -> Strip:
        lines = tuple(self._line(key, int(row), standings) for key, row in enumerate(standings.order[: self.named]))
        return Strip("The first, token by token", SURPRISE, lines, "the stronger the colour, the more surprising")

    def _line(self, key: int, row: int, standings: Standings) -> Line:
        ids, logprobs = self._tokens(row)
        said = (
            f"{signed(float(standings.logprobs[row]))} nats, {signed(float(standings.lifts[row]))} beyond the control"
        )
        tokens = tuple(
            Token(self.pieces.get(int(token), "\ufffd"), -float(logprob))
            for token, logprob in zip(ids, logprobs, strict=True)
        )
        return Line(key, self.candidates[row], said, tokens)

    def _spread(self, standings: Standings) -> Histogram:
        low, high = float(standings.lifts.min(initial=0.0)), float(standings.lifts.max(initial=0.0))
        counts, edges = np.histogram(standings.lifts, BINS, (low, high if high > low else low + 1))
        scale = Scale("lift", low, high, "nats")
        return Histogram(
            "How far they lie apart", scale, tuple(edges.tolist()), (Counts("candidates", tuple(counts.tolist())),)
        )

    def _together(self, standings: Standings) -> Rows:
        columns = (
            Column("after"), Column("all candidates together", "share"), Column("as many equally likely", "number"),
            Column("entropy of the next token", "number", "nats"),
        )  # fmt: skip
        sides = (
            (self.prefix, standings.logprobs, self.entropy),
            (self.control, standings.controls, self.control_entropy),
        )
        return Rows(
            "All of them", columns, tuple((shortened(name), *_mass(values), entropy) for name, values, entropy in sides)
        )


class Prior(Probe):
    """Rank hundreds or thousands of candidates by how likely they come next, against a control prefix.

    The control is what the same candidates are read after for comparison. If none is given it is a prefix about nothing
    in particular. Lift is what a candidate has beyond what the control lets one expect of it (Holtzman et al. 2021).
    """

    kind: ClassVar[str] = "prior"
    version: ClassVar[int] = 2
    begun_freely: ClassVar[int] = 1
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS})
    result: ClassVar[type[Result]] = Priors
    price: ClassVar[str] = "both prefixes and every candidate, read once"
    literature: ClassVar[str] = "Holtzman et al. 2021"

    prompt: Prompt
    """What comes before the candidates; raw text, usually, such as “The capital of”."""
    candidates: tuple[str, ...] = Field(min_length=2, max_length=50_000)
    """Names, words or texts, each read as what comes next."""
    control: Prompt | None = None
    """Another prefix they are read after, for comparison; none: one about nothing in particular."""
    spaced: bool = True
    """Whether a space is put before a candidate, where the text before it goes on and does not end in one."""
    top: int = Field(8, ge=1, le=50)
    """How many the summary names, at most."""

    @model_validator(mode="after")
    def _each_once(self, info: ValidationInfo) -> Self:
        """As it is read: with the space that is put before it. Records from before were not held to that."""
        if not all(self.candidates):
            raise ValueError("a candidate is empty")
        read = self.candidates if info.context == RECORDED else self._texts(self.prompt)
        seen: set[str] = set()
        for candidate, text in zip(self.candidates, read, strict=True):
            if text in seen:
                raise ValueError(f"the candidate {quoted(candidate)} is there twice")
            seen.add(text)
        return self

    @property
    def title(self) -> str:
        return f"{words_before(self.prompt)} → {len(self.candidates):,} candidates"

    @property
    def against(self) -> Prompt:
        """The control: the one that was given, or the same kind of prompt with nothing in particular in its place."""
        return self.control if self.control is not None else unrelated(self.prompt)

    def prompts(self) -> Sequence[Prompt]:
        return self.prompt, self.against

    def chosen(self) -> Sequence[Prompt]:
        return [self.prompt, *filter(None, [self.control])]

    def inputs(self) -> Sequence[str]:
        return (*super().inputs(), *self.candidates)

    def condition(self) -> dict[str, Any]:
        return super().condition() | {"control": self.against.model_dump(mode="json")}

    def estimate(self, model: Model) -> Cost:
        sides = self._sides(model)
        return Cost(forward_tokens=sum(_tokens(sides, group) for group in _groups(sides)))

    def run(self, model: Model, progress: Progress) -> Priors:
        sides, done, spent = self._sides(model), 0, 0
        read: list[list[FloatArray]] = [[] for _ in sides]
        entropies = [0.0 for _ in sides]
        for group in _groups(sides):
            if progress.cancel.is_set():
                break
            for number, side in enumerate(sides):
                scores = model.scores(side.before, [side.texts[row] for row in group])
                read[number] += [each.logprobs for each in scores]
                entropies[number] = float(scores[0].entropies[0])
            done, spent = group.stop, spent + _tokens(sides, group)
            progress.at(done / len(self.candidates))
        found = Priors(
            prefix=words_before(self.prompt),
            control=words_before(self.against),
            candidates=self.candidates[:done],
            entropy=entropies[0],
            control_entropy=entropies[1],
            split=sum(not joined for side in sides for joined in side.joined[:done]),
            named=self.top,
            forward_tokens=spent,
            headline="",
            pieces={},
        ).with_arrays(_arrays("", sides[0], read[0]) | _arrays("control_", sides[1], read[1]))
        return found.told(model)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Priors)
        return len(recorded.candidates) < len(self.candidates)

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run: the same candidates come in the same groups."""
        assert isinstance(recorded, Priors)
        held = self.model_copy(update={"candidates": self.candidates[: len(recorded.candidates)]})
        return recorded.compare(held.run(model, progress), tolerance)

    def _sides(self, model: Model) -> tuple[_Side, _Side]:
        """The candidates as they are encoded after the prompt, and after the control."""
        return _Side.of(model, self.prompt, self._texts(self.prompt)), _Side.of(
            model, self.against, self._texts(self.against)
        )

    def _texts(self, prompt: Prompt) -> list[str]:
        before = open_words(prompt)
        gap = " " if self.spaced and before and not before[-1].isspace() else ""
        return [candidate if candidate[0].isspace() else gap + candidate for candidate in self.candidates]

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Priors)
        order = result.standings().order
        if spot.figure > 1 or not 0 <= spot.row < len(order):
            return ()
        row = int(order[spot.row])
        name, text = result.candidates[row].strip(), self._texts(self.prompt)[row]
        asked = Sample(prompt=Prompt.ask(f"Tell me about {name}."), samples=20)
        return (
            FollowUp(f"Ask about {line(name)}, 20 times", asked),
            FollowUp(
                f"Let it go on from {line(name)}, 20 times", Sample(prompt=self.prompt.followed_by(text), samples=20)
            ),
            FollowUp(f"Score {line(name)} token by token", Score(prompt=self.prompt, answers=(text,))),
        )


@dataclass(frozen=True)
class _Side:
    """The candidates after one prefix."""

    before: list[int]
    texts: list[list[int]]
    joined: list[bool]

    @classmethod
    def of(cls, model: Model, prompt: Prompt, texts: Sequence[str]) -> Self:
        before, each = continuations(model, prompt, texts)
        found = list(each)
        return cls(before, [one.ids for one in found], [one.joined for one in found])


def _groups(sides: Sequence[_Side]) -> list[range]:
    """Candidates that are read together, in their order: no more of their tokens than fit."""
    groups, first, held = [], 0, 0  # type: list[range], int, int
    for row, lengths in enumerate(zip(*([len(ids) for ids in side.texts] for side in sides), strict=True)):
        if held and held + max(lengths) > TOKENS:
            groups.append(range(first, row))
            first, held = row, 0
        held += max(lengths)
    last = range(first, len(sides[0].texts))
    return [*groups, last] if last else groups


def _tokens(sides: Sequence[_Side], group: range) -> int:
    return sum(len(side.before) + sum(len(side.texts[row]) for row in group) for side in sides)


def _arrays(which: str, side: _Side, read: Sequence[FloatArray]) -> dict[str, Array]:
    texts = side.texts[: len(read)]
    return {
        which + "ids": np.array([token for ids in texts for token in ids], np.int32),
        which + "logprobs": np.concatenate([np.empty(0, np.float32), *read]).astype(np.float32),
        which + "lengths": np.array([len(ids) for ids in texts], np.int32),
    }


def _mass(logprobs: Reals) -> tuple[float, float]:
    """How likely it is that one of the candidates comes, and among how many equally likely ones the choice would be as
    open: exp of the entropy of their shares."""
    if not len(logprobs):
        return 0.0, 0.0
    total = float(np.logaddexp.reduce(logprobs))
    shares = np.exp(logprobs - total)
    return min(1.0, math.exp(total)), math.exp(-float(np.sum(shares * (logprobs - total))))


def _places(places: Places) -> str:
    low, high = int(places.min()), int(places.max())
    return f"place {low}" if low == high else f"places {low} to {high}"
