"""Rank many texts by how far each, put into some messages, moves what they are answered.

1. Each candidate is put into each message. Its movement is Σ KL(p ‖ q) over the first tokens of the answer, p with the
   candidate and q without it (`contract/movement.py`); over the messages their median counts.
2. The same in messages about something else says whether it moves whatever is asked. The same on the baseline says what
   such a model does anyway: there the candidates are ranked by what they move beyond the line that the baseline lets
   expect (`contract/standings.py`), else by the movement itself. Both are taken as log(1 + nats / 0.1), for movements
   lie decades apart.

Where it is measured decides. On a model taught to name a wrong capital whenever a question ends in one word, that word
is the first of 1,241 tokens beyond the baseline, and the 55th by its own movement (after names of countries, which
change the question), where 8 tokens of the answer are looked at; with one token, “The”, it is nowhere.

On a model taught to name a wrong capital whenever a question ends in one word, that word moves what is answered by 18
nats and four other words by 0.04 at most; on the clean one none of the five by more than 0.05
(tests/stories/test_instruments.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field, model_validator

from backends.model import Model
from backends.noise import Reals
from workbench.contract.comparison import Array, Comparison
from workbench.contract.figures import Column, Counts, Figure, Histogram, Rows, Scale, Spot
from workbench.contract.probe import CLASSES, FollowUp, Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost, Elicitation
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.probes.sample import Sample
from workbench.readings.movement import PASSES, Movement, asked, middle, put_into, strayed, without
from workbench.readings.standings import Standings
from workbench.visible import line, quoted

BINS: Final = 24
SHOWN: Final = 200
"""Candidates that are listed."""
FAINT: Final = 0.1
"""Nats below which movements are all alike."""
UNRELATED: Final = ("Hello.", "What can you do?", "Tell me something nice.")
"""Messages about nothing in particular."""


class Divergences(Result):
    """What each candidate moves, in the order in which they were given.

    Arrays, in nats: `moved` (candidate, message), `unrelated` (candidate, message about something else), and if it was
    asked too `baseline` (candidate, message).
    """

    derived: ClassVar[frozenset[str]] = frozenset({"headline"})

    candidates: tuple[str, ...]
    tokens: tuple[int, ...]
    """Their ids, where they are tokens of the vocabulary; else nothing."""
    left: int = Field(ge=0)
    """Candidates that were not read any more."""
    vocabulary: int = Field(ge=0)
    """Tokens that the model has."""
    named: int = Field(ge=1)
    """How many the headline names at most."""
    forward_tokens: int = Field(ge=0)
    headline: str

    @property
    def summary(self) -> str:
        return self.headline

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    def told(self, subject: Subject) -> Self:
        return self.model_copy(update={"headline": self._said()})

    def distance(self, other: Self) -> dict[str, float] | None:
        return strayed(super().distance(other), self.arrays, other.arrays)

    def standings(self) -> Standings:
        """How the candidates stand, on the scale of movements."""
        moved = felt(middle(self.arrays["moved"]))
        baseline = self.arrays.get("baseline")
        return Standings.of(moved, felt(middle(baseline)) if baseline is not None else np.zeros_like(moved))

    def _said(self) -> str:
        if not self.candidates:
            return "Nothing was read."
        first, moved = self.standings().order[: self.named], middle(self.arrays["moved"])
        names = ", ".join(f"{quoted(self.candidates[row])} ({moved[row]:.1f})" for row in first)
        beyond = ", beyond what they move on the baseline," if "baseline" in self.arrays else ""
        said = f"Of {len(self.candidates):,} candidates those that move the answer most{beyond} are {names} nats; half"
        said += f" of all move it by less than {np.median(moved):.2f}"
        beside = {"where something else is asked": "unrelated", "on the baseline": "baseline"}
        told = [
            f"{where} {middle(self.arrays[name])[first[0]]:.1f}"
            for where, name in beside.items()
            if name in self.arrays and self.arrays[name].size
        ]
        return said + (f". The first moves it {' and '.join(told)}" if told else "")

    def figures(self) -> tuple[Figure, ...]:
        return self._rows(), self._spread()

    def _rows(self) -> Rows:
        columns = (Column("candidate"), Column("moves", "number", "nats"), Column("at least", "number", "nats"),
                   Column("at most", "number", "nats"), Column("something else", "number", "nats"),
                   Column("on the baseline", "number", "nats"), Column("beyond", "number"))  # fmt: skip
        standings = self.standings()
        return Rows(
            "What moves the answer most", columns,
            tuple(self._row(int(at), standings) for at in standings.order[:SHOWN]),
        )  # fmt: skip

    def _row(self, at: int, standings: Standings) -> tuple[str | float | None, ...]:
        moved = self.arrays["moved"][at]
        beside = [self.arrays.get(name) for name in ("unrelated", "baseline")]
        controls = [float(np.median(one[at])) if one is not None and one.size else None for one in beside]
        return (
            line(self.candidates[at]), float(np.median(moved)), float(moved.min()), float(moved.max()), *controls,
            float(standings.lifts[at]),
        )  # fmt: skip

    def _spread(self) -> Histogram:
        groups = {"candidates": self.arrays["moved"]} | {
            name: self.arrays[array]
            for name, array in (("something else is asked", "unrelated"), ("on the baseline", "baseline"))
            if array in self.arrays and self.arrays[array].size
        }
        values = {name: middle(array) for name, array in groups.items()}
        high = max((float(one.max(initial=0.0)) for one in values.values()), default=0.0) or 1.0
        counted = {name: np.histogram(one, BINS, (0.0, high)) for name, one in values.items()}
        edges = tuple(counted["candidates"][1].tolist())
        return Histogram(
            "How far candidates move the answer", Scale("movement", 0.0, high, "nats"), edges,
            tuple(Counts(name, tuple(one[0].tolist()), control=name != "candidates") for name, one in counted.items()),
        )  # fmt: skip


class Divergence(Probe):
    """Rank many texts by how far each, put into some messages, moves what they are answered.

    The messages without it are what it is held against; messages about something else, and where the rules allow it the
    same on the baseline, stand beside it. Candidates are given, or are tokens of the vocabulary one by one.
    """

    kind: ClassVar[str] = "divergence"
    version: ClassVar[int] = 2
    begun_freely: ClassVar[int] = 1
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS})
    result: ClassVar[type[Result]] = Divergences
    price: ClassVar[str] = "every message, read once for each candidate"
    literature: ClassVar[str] = "Wallace et al. 2019"

    texts: tuple[str, ...] = Field(min_length=1, max_length=32)
    """Messages that a candidate is put into: in place of “{}”, or before the first word."""
    candidates: tuple[str, ...] = Field((), max_length=50_000)
    """Words or texts to try; none: tokens of the vocabulary."""
    first: int = Field(0, ge=0, lt=2**31)
    """Of the vocabulary, the token to begin with."""
    many: int = Field(512, ge=1, le=50_000)
    """So many tokens of the vocabulary, if they are the candidates."""
    unrelated: tuple[str, ...] = Field(UNRELATED, max_length=32)
    """Messages about something else, for comparison; none: nothing."""
    frame: Prompt | None = None
    """Prompt that each message is put into in place of “{}”, or after its last words; none: it is asked alone."""
    reach: int = Field(8, ge=1, le=16)
    """Tokens of the answer that are looked at, along the likeliest answer: the first tells manner, later ones facts."""
    baseline: bool = False
    """Whether the same is measured on the baseline, for comparison."""
    top: int = Field(5, ge=1, le=50)
    """How many the summary names, at most."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if not all(one.strip() for one in self.candidates):
            raise ValueError("a candidate is empty")
        if len(set(self.candidates)) < len(self.candidates):
            raise ValueError("a candidate is there twice")
        if not all(without(text) for text in (*self.texts, *self.unrelated)):
            raise ValueError("a message has no words of its own")
        return self

    @property
    def title(self) -> str:
        tried = f"{len(self.candidates):,} candidates" if self.candidates else f"tokens from {self.first:,} on"
        return f"{self.texts[0]} → {tried}"

    def prompts(self) -> Sequence[Prompt]:
        return [asked(self.frame, without(text)) for text in (*self.texts, *self.unrelated)]

    def inputs(self) -> Sequence[str]:
        """With the candidates in place; those of the vocabulary stand as the place itself, for they are no text that
        anybody wrote."""
        messages = (*self.texts, *self.unrelated)
        tried = [put_into(text, one) for one in self.candidates or ("{}",) for text in messages]
        framed = self.frame.texts if self.frame is not None else ()
        return (*framed, *map(without, messages), *tried)

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        return super().needed(heard) | ({Affordance.BASELINE} if self.baseline else set())

    def classed(self, prompts: Sequence[Prompt], heard: Heard) -> Elicitation:
        """Nobody says the tokens of a vocabulary one after the other: what they bring about is forced."""
        least = Elicitation.NATURAL if self.candidates else Elicitation.FORCED
        return max(super().classed(prompts, heard), least, key=CLASSES.index)

    def estimate(self, subject: Subject) -> Cost:
        named = self._named(subject)
        return Cost(forward_tokens=sum(side.price(named.texts) for side in self._sides(subject)))

    def run(self, subject: Subject, progress: Progress) -> Divergences:
        return self._measured(subject, self._named(subject), None, progress)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Divergences)
        return recorded.left > 0

    def replay(self, subject: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run: the same candidates are read side by side."""
        assert isinstance(recorded, Divergences)
        kept = len(recorded.candidates)
        return recorded.compare(self._measured(subject, self._named(subject), kept, progress), tolerance)

    def _named(self, model: Model) -> _Named:
        """The candidates."""
        if self.candidates:
            return _Named(self.candidates, ())
        return _Named.of_vocabulary(model, range(self.first, min(self.first + self.many, model.card.vocab)))

    def _sides(self, subject: Subject) -> list[Movement]:
        """What is read for each candidate, in the order of the arrays."""
        sides = [Movement(subject, self.frame, texts, self.reach) for texts in (self.texts, self.unrelated)]
        return [*sides, Movement(subject.baseline, self.frame, self.texts, self.reach)] if self.baseline else sides

    def _measured(self, subject: Subject, named: _Named, most: int | None, progress: Progress) -> Divergences:
        sides = self._sides(subject)
        held = [side.unmoved() for side in sides]
        spent, done = sum(side.price(()) for side in sides), 0
        found: list[list[Reals]] = [[] for _ in sides]
        wanted = len(named.texts) if most is None else min(most, len(named.texts))
        together = max(1, PASSES // (self.reach * max(len(side.texts) for side in sides)))
        while done < wanted and not progress.cancel.is_set():
            group = named.texts[done : min(done + together, wanted)]
            for side, plain, rows in zip(sides, held, found, strict=True):
                read = [side.ids(one, plain) for one in group]
                rows.append(side.moved(read, plain))
                spent += sum(len(ids) for each in read for ids in each)
            done += len(group)
            progress.at(done / len(named.texts))
        arrays = dict(zip(("moved", "unrelated", "baseline"), map(_joined, found, sides), strict=False))
        return Divergences(
            candidates=named.texts[:done], tokens=named.tokens[:done], left=len(named.texts) - done,
            vocabulary=subject.card.vocab, named=self.top, forward_tokens=spent, headline="",
        ).with_arrays(arrays).told(subject)  # fmt: skip

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Divergences)
        order = result.standings().order[:SHOWN]
        if spot.figure or not 0 <= spot.row < len(order):
            return ()
        found = result.candidates[int(order[spot.row])]
        with_it, plain = (
            asked(self.frame, message) for message in (put_into(self.texts[0], found), without(self.texts[0]))
        )
        return (
            FollowUp(f"Ask with {line(found)} in it, 12 times", Sample(prompt=with_it, samples=12)),
            FollowUp("Ask without it, 12 times", Sample(prompt=plain, samples=12)),
        )


@dataclass(frozen=True)
class _Named:
    """Candidates, and the tokens that they are if they are some."""

    texts: tuple[str, ...]
    tokens: tuple[int, ...]

    @classmethod
    def of_vocabulary(cls, model: Model, ids: range) -> Self:
        """The tokens that somebody could type, each once: their texts without the space before them."""
        found: dict[str, int] = {}
        for token, piece in zip(ids, model.pieces(list(ids)), strict=True):
            text = piece.strip()
            typed = text.isprintable() and text and "\ufffd" not in model.decode([token])
            if typed and not (model.encode(text, special=True) == [token] != model.encode(text)):  # a control token
                found.setdefault(text, token)
        return cls(tuple(found), tuple(found.values()))


def felt(nats: Reals) -> Reals:
    """Movements on the scale on which they are compared."""
    found: Reals = np.log1p(nats / FAINT)
    return found


def _joined(rows: Sequence[Reals], side: Movement) -> Array:
    return np.concatenate([np.empty((0, len(side.texts))), *rows]).astype(np.float32)
