"""Exchange one token of a text for others that, by the gradient, move what is answered more.

1. With the text in its place, the movement of a message's answer is Σ KL(p ‖ q) over its first tokens
   (`contract/movement.py`). Its slope is Σ w · ∂log p(token), w = p (log p − log q), so the tokens of the greatest |w|
   are the aims of one gradient, which says to first order what any token in any place of the text would add (HotFlip:
   Ebrahimi et al. 2018, §3).
   With a baseline beside it the movement there is taken off, and its slope: what moves any such model is left alone.
2. Exchanges are drawn from the likeliest of each place, and as many from all tokens at random, as a control; each is
   spelled, put into the messages as text and measured (greedy coordinate gradient: Zou et al. 2023, algorithm 1). So
   what is found can be typed, however it is encoded then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field, model_validator

from backends.distribution import log_distribution
from backends.model import Aim, Capability, Model, ModelRefusal
from backends.noise import Reals
from workbench.contract.beginning import common
from workbench.contract.comparison import Array, Comparison
from workbench.contract.figures import Column, Counts, Figure, Histogram, Rows, Scale, Spot
from workbench.contract.movement import Movement, Unmoved, asked, middle, put_into, strayed, without
from workbench.contract.probe import SEED, FollowUp, Probe, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.probes.sample import Sample
from workbench.visible import line

AIMS: Final = 64
"""Tokens of each place of the answer that a slope is taken of."""
LONGER: Final = 8
"""Tokens by which a text may become longer when it is spelled and read again."""
BINS: Final = 20


class Exchanges(Result):
    """What exchanges of one token move, those that the gradient named and those drawn at random.

    Arrays, in nats: `moved` (exchange, message), `random` (exchange, message), and where the baseline was asked too
    `baseline` and `random_baseline`, what it is moved by.
    """

    derived: ClassVar[frozenset[str]] = frozenset({"headline"})

    inserted: str
    start: float
    """What the text moves as it is, in nats; less what it moves on the baseline, if that was asked."""
    exchanged: tuple[str, ...]
    """The texts after an exchange that the gradient named; `random`: after one drawn at random."""
    random: tuple[str, ...]
    left: int = Field(ge=0)
    """Exchanges that were not measured any more."""
    forward_tokens: int = Field(ge=0)
    backward_tokens: int = Field(ge=0)
    headline: str

    @property
    def summary(self) -> str:
        return self.headline

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens, backward_tokens=self.backward_tokens)

    def told(self, subject: Model) -> Self:
        return self.model_copy(update={"headline": self._said()})

    def distance(self, other: Self) -> dict[str, float] | None:
        figures = strayed(super().distance(other), self.arrays, other.arrays)
        if figures is not None:
            figures["start"] /= 1 + max(abs(self.start), abs(other.start))
        return figures

    @property
    def found(self) -> tuple[str, float]:
        """The text that moves most, of those that the gradient led to, and by how much."""
        moved = self.moves(named=True)
        at = int(moved.argmax()) if len(moved) else -1
        return (self.exchanged[at], float(moved[at])) if at >= 0 and moved[at] > self.start else (
            self.inserted, self.start
        )  # fmt: skip

    @property
    def chance(self) -> tuple[str, ...]:
        """The best of those drawn at random, if there is one."""
        moved = self.moves(named=False)
        return (self.random[int(moved.argmax())],) if len(moved) else ()

    def moves(self, *, named: bool) -> Reals:
        """What each exchange moves, in nats, less what it moves on the baseline if that was asked; `named`: those that
        the gradient did, or those drawn at random."""
        moved, beside = self._sides(named)
        return middle(moved) - middle(beside) if beside is not None else middle(moved)

    def _sides(self, named: bool) -> tuple[Array, Array | None]:
        """(exchange, message) nats, and the same on the baseline."""
        mine, beside = ("moved", "baseline") if named else ("random", "random_baseline")
        return self.arrays[mine], self.arrays.get(beside)

    def _said(self) -> str:
        if not self.exchanged:
            return f"Nothing was exchanged: “{line(self.inserted)}” moves the answer by {self.start:.2f} nats"
        text, moves = self.found
        chance = float(self.moves(named=False).max(initial=0.0))
        beyond = " beyond the baseline" if "baseline" in self.arrays else ""
        return (
            f"“{line(self.inserted)}” moves the answer by {self.start:.2f} nats{beyond}; with one token exchanged as"
            f" the gradient says “{line(text)}” moves it by {moves:.2f}, the best of as many at random by {chance:.2f}"
        )

    def ranked(self) -> list[tuple[bool, int]]:
        """All exchanges by what they move: whether the gradient named it, and its row."""
        every = [(named, row) for named in (True, False) for row in range(len(self._texts(named)))]
        moved = {named: self.moves(named=named) for named in (True, False)}
        return sorted(every, key=lambda one: -moved[one[0]][one[1]])

    def _texts(self, named: bool) -> tuple[str, ...]:
        return self.exchanged if named else self.random

    def figures(self) -> tuple[Figure, ...]:
        columns = (Column("text"), Column("named by"), Column("moves", "number", "nats"),
                   Column("at least", "number", "nats"), Column("at most", "number", "nats"),
                   Column("on the baseline", "number", "nats"))  # fmt: skip
        rows = []
        for named, row in self.ranked():
            moved, beside = self._sides(named)
            told = (float(np.median(moved[row])), float(moved[row].min()), float(moved[row].max()))
            there = float(np.median(beside[row])) if beside is not None else None
            rows.append((line(self._texts(named)[row]), "the gradient" if named else "chance", *told, there))
        both = {named: middle(self._sides(named)[0]) for named in (True, False)}
        high = max(float(one.max(initial=0.0)) for one in both.values()) or 1.0
        (mine, edges), (chance, _) = (np.histogram(both[named], BINS, (0.0, high)) for named in (True, False))
        groups = (
            Counts("by the gradient", tuple(mine.tolist())), Counts("at random", tuple(chance.tolist()), control=True)
        )  # fmt: skip
        scale = Scale("movement", 0.0, high, "nats")
        return (
            Rows("Exchanges by what they move", columns, tuple(rows)),
            Histogram("How far exchanges move the answer", scale, tuple(edges.tolist()), groups),
        )


class Exchange(Probe):
    """Exchange one token of a text for those that, by the gradient, move what is answered more, beside random ones."""

    kind: ClassVar[str] = "exchange"
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS, Affordance.ACTIVATIONS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.GRADIENT})
    result: ClassVar[type[Result]] = Exchanges
    price: ClassVar[str] = "one gradient a message; every message, read once for each exchange"
    literature: ClassVar[str] = "Zou et al. 2023"

    texts: tuple[str, ...] = Field(min_length=1, max_length=32)
    """Messages that the text is put into: in place of “{}”, or before the first word."""
    inserted: str = Field(min_length=1, max_length=1000)
    """The text whose tokens are exchanged, one at a time."""
    tried: int = Field(32, ge=1, le=1024)
    """Exchanges that the gradient names, and as many at random."""
    best: int = Field(64, ge=1, le=4096)
    """Tokens of each place that the gradient names first, of which exchanges are drawn."""
    frame: Prompt | None = None
    """Prompt that each message is put into in place of “{}”, or after its last words; none: it is asked alone."""
    reach: int = Field(8, ge=1, le=16)
    """Tokens of the answer that are looked at, along the likeliest answer."""
    baseline: bool = False
    """Whether what it moves on the baseline is taken off."""
    seed: int = SEED
    """Chooses among what the gradient names, and what is drawn at random."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.inserted.strip():
            raise ValueError("the text has no words")
        if not all(map(without, self.texts)):
            raise ValueError("a message has no words of its own")
        return self

    @property
    def title(self) -> str:
        return f"{self.texts[0]} ← {line(self.inserted)}"

    def prompts(self) -> Sequence[Prompt]:
        every = [message for text in self.texts for message in (put_into(text, self.inserted), without(text))]
        return [asked(self.frame, message) for message in every]

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        return super().needed(heard) | ({Affordance.BASELINE} if self.baseline else set())

    def estimate(self, subject: Subject) -> Cost:
        forward = backward = 0
        for model in (subject, subject.baseline) if self.baseline else (subject,):
            moving = Movement(model, self.frame, self.texts, self.reach)
            plain, once = moving.price(()), moving.price((self.inserted,)) - moving.price(())
            forward += plain + 3 * once + 2 * self.tried * (once + LONGER * len(self.texts))
            backward += once
        return Cost(forward_tokens=forward, backward_tokens=backward)

    def run(self, subject: Subject, progress: Progress) -> Exchanges:
        bench = _Bench.of(self, subject)
        return bench.measured(*bench.drawn(), None, progress)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Exchanges)
        return recorded.left > 0

    def replay(self, subject: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run; elsewhere, where the gradient may name others first, the recorded exchanges
        have to move what they are recorded to move."""
        assert isinstance(recorded, Exchanges)
        bench = _Bench.of(self, subject)
        drawn = bench.drawn()
        kept = len(recorded.exchanged), len(recorded.random)
        if not tolerance.same_environment:
            left = recorded.left
            drawn = (recorded.exchanged + ("",) * left, recorded.random)
        return recorded.compare(bench.measured(*drawn, kept, progress), tolerance)

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Exchanges)
        ranked = result.ranked()
        if spot.figure or not 0 <= spot.row < len(ranked):
            return ()
        named, row = ranked[spot.row]
        text = (result.exchanged if named else result.random)[row]
        again = self.model_copy(update={"inserted": text, "seed": self.seed + 1})
        ask = Sample(prompt=asked(self.frame, put_into(self.texts[0], text)), samples=12)
        return (
            FollowUp(f"Exchange a token of {line(text)}", again),
            FollowUp(f"Ask with {line(text)} in it, 12 times", ask),
        )


@dataclass
class _Side:
    """One model: the messages as it answers them, and with the text in them."""

    model: Model
    moving: Movement
    plain: list[Unmoved]
    read: list[list[int]]
    """The ids of each message with the text in it."""
    start: float
    forward: int
    backward: int = 0

    @classmethod
    def of(cls, probe: Exchange, model: Model) -> Self:
        moving = Movement(model, probe.frame, probe.texts, probe.reach)
        plain = moving.unmoved()
        read = moving.ids(probe.inserted, plain)
        start = float(middle(moving.moved([read], plain))[0])
        return cls(model, moving, plain, read, start, moving.price(()) + sum(map(len, read)))

    def fits(self, text: str) -> bool:
        """Whether a text becomes little longer by being read as text."""
        try:
            again = self.moving.ids(text, self.plain)
        except ModelRefusal:
            return False
        return all(len(one) <= len(read) + LONGER for one, read in zip(again, self.read, strict=True))

    def moved(self, text: str) -> Reals:
        """(1, message) nats."""
        read = self.moving.ids(text, self.plain)
        self.forward += sum(map(len, read))
        return self.moving.moved([read], self.plain)

    def slopes(self) -> tuple[list[int], Reals]:
        """The tokens of the text where it stands, and (place, vocab) slopes of what it moves in all messages that have
        it as the same tokens."""
        inserted: list[int] = []
        total: Reals = np.zeros((0, 0))
        for ids, text, plain in zip(self.read, self.moving.texts, self.plain, strict=True):
            bare = [*asked(self.moving.frame, without(text)).ids(self.model), *plain.answer]
            span = _span(ids, bare)
            here = [ids[at] for at in span]
            if inserted and here != inserted:
                continue
            found = self.model.gradient(ids, self._aims(ids, plain), keep=list(span)).slopes.astype(np.float64)
            self.forward += len(ids)
            self.backward += len(ids)
            total = total + found if inserted else found
            inserted = here
        return inserted, total

    def _aims(self, ids: list[int], plain: Unmoved) -> list[Aim]:
        reach = self.moving.reach
        logits = self.model.forward(ids, rows=range(-reach, 0)).logits
        self.forward += len(ids)
        log_p = log_distribution(logits)
        weights = np.exp(log_p) * (log_p - plain.logprobs)  # (reach, vocab)
        first = np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :AIMS]
        return [
            Aim(len(ids) - reach + row, int(token), float(weights[row, token]))
            for row, tokens in enumerate(first)
            for token in tokens
        ]


@dataclass
class _Bench:
    """The model that is asked, and the baseline beside it if that is asked too."""

    probe: Exchange
    sides: tuple[_Side, ...]

    @classmethod
    def of(cls, probe: Exchange, subject: Subject) -> Self:
        models = (subject, subject.baseline) if probe.baseline else (subject,)
        return cls(probe, tuple(_Side.of(probe, model) for model in models))

    def drawn(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The texts after an exchange: as the gradient says, and at random."""
        (inserted, slopes), *beside = (side.slopes() for side in self.sides)
        for others, there in beside:
            if others == inserted and there.shape == slopes.shape:
                slopes = slopes - there
        rng = np.random.default_rng(self.probe.seed)
        vocab, best = slopes.shape[1], np.argsort(-slopes, axis=1, kind="stable")[:, : self.probe.best]
        seen = {self.probe.inserted}

        def spelled(pick: Array) -> tuple[str, ...]:
            found: list[str] = []
            for _ in range(8 * self.probe.tried):
                if len(found) == self.probe.tried:
                    break
                place = int(rng.integers(len(inserted)))
                exchanged = int(pick[place][rng.integers(pick.shape[1])])
                text = self.sides[0].model.decode([*inserted[:place], exchanged, *inserted[place + 1 :]]).strip()
                if text not in seen and self._fits(text):
                    seen.add(text)
                    found.append(text)
            return tuple(found)

        return spelled(best), spelled(np.tile(np.arange(vocab), (len(inserted), 1)))

    def _fits(self, text: str) -> bool:
        """Whether somebody could type it, and every model has room for it."""
        typed = bool(text) and text.isprintable() and "\ufffd" not in text
        return typed and all(side.fits(text) for side in self.sides)

    def measured(
        self, exchanged: Sequence[str], random: Sequence[str], kept: tuple[int, int] | None, progress: Progress
    ) -> Exchanges:
        """What they move; `kept`: how many of each, if no more were measured."""
        wanted = kept or (len(exchanged), len(random))
        done: tuple[list[str], list[str]] = ([], [])
        names = (("moved", "baseline"), ("random", "random_baseline"))
        none = np.empty((0, len(self.probe.texts)))
        rows = {name: [none] for each in names for name in each[: len(self.sides)]}
        for kind, texts in enumerate((exchanged, random)):
            for text in texts[: wanted[kind]]:
                if kept is None and progress.cancel.is_set():
                    break
                for side, name in zip(self.sides, names[kind], strict=False):
                    rows[name].append(side.moved(text))
                done[kind].append(text)
                progress.at((len(done[0]) + len(done[1])) / (len(exchanged) + len(random)))
        own, *beside = (side.start for side in self.sides)
        return Exchanges(
            inserted=self.probe.inserted, start=own - sum(beside), exchanged=tuple(done[0]), random=tuple(done[1]),
            left=len(exchanged) + len(random) - len(done[0]) - len(done[1]),
            forward_tokens=sum(side.forward for side in self.sides),
            backward_tokens=sum(side.backward for side in self.sides), headline="",
        ).with_arrays(
            {name: np.concatenate(each).astype(np.float32) for name, each in rows.items()}
        ).told(self.sides[0].model)  # fmt: skip


def _span(ids: Sequence[int], bare: Sequence[int]) -> range:
    """Where something stands in a text that does not stand in the other: between what they begin and end with alike."""
    begin = common([ids, bare])
    end = common([ids[begin:][::-1], bare[begin:][::-1]])
    return range(begin, max(begin + 1, len(ids) - end))
