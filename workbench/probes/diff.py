"""Read token by token where the organism parts from its baseline.

Over the 59 countries of the demo's world its organism (assets/demo/atlas-01) parts most from the model taught the
truth again (atlas-02) in the 8 it lies about, by 3.3 nats at most where the token in the middle has 0.001; a model
parts nowhere from itself (tests/workbench/probes/test_diff.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import numpy as np
from pydantic import Field

from backends.distribution import divergence, log_distribution
from backends.model import Model
from backends.noise import Reals
from backends.sampling import Sampling
from workbench.contract.comparison import Agreement, Comparison, diverged, judge
from workbench.contract.figures import Bar, Column, Figure, Line, Rows, Scale, Spot, Strip, Token, signed
from workbench.contract.probe import FollowUp, Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.probes.sample import Sample
from workbench.readings.frame import filled
from workbench.visible import quoted, token

DIVERGENCE: Final = Scale("divergence", 0.0, 4.0, unit="nats", root=True)
CELLS: Final = 64_000_000
"""Logits of either model that are read at once."""
SHOWN: Final = 8
"""Texts that are drawn; all of them stand in the rows."""


class Shift(Document):
    """A token that one model expects more than the other: its log-probability in each, in nats."""

    id: int
    piece: str
    organism: float
    baseline: float


class Parting(Document):
    """A place where the two models part, and what each expects there."""

    text: int
    """Which of the texts."""
    position: int
    """Of the token that is predicted; one past the last: what would come next."""
    before: str
    """The tokens before it."""
    divergence: float
    """KL(organism ‖ baseline) of the next token, in nats."""
    rises: tuple[Shift, ...]
    falls: tuple[Shift, ...]


class ReadText(Document):
    """A text that both models went through; of a chat its template, and the organism's own answer after it."""

    text: str
    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    asked: int
    """How many of the tokens are the prompt; what follows is the organism's likeliest answer."""


class Partings(Result):
    """Where the organism and its baseline expect something else, the places furthest apart first.

    Array: `divergence` (token,), KL in nats of the prediction after each token, all texts one after the other.
    """

    texts: tuple[ReadText, ...]
    partings: tuple[Parting, ...]
    median: float
    """Divergence of the token in the middle."""
    generated: int = Field(ge=0)
    forward_tokens: int = Field(ge=0)

    @property
    def summary(self) -> str:
        if not self.partings:
            return "Nothing was read."
        first = self.partings[0]
        where = f"after {_last(first.before)} in {quoted(self._text(first))}"
        said = f"They part most {where}: {signed(first.divergence)} nats"
        if first.rises and first.falls:
            said += f", {token(first.rises[0].piece)} for {token(first.falls[0].piece)}"
        return f"{said}; the token in the middle {signed(self.median, 4)}"

    def _text(self, parting: Parting) -> str:
        return self.texts[parting.text].text if parting.text < len(self.texts) else ""

    @property
    def cost(self) -> Cost:
        return Cost(generated_tokens=self.generated, forward_tokens=self.forward_tokens)

    def figures(self) -> tuple[Figure, ...]:
        return (self._places(), self._strip())

    def _places(self) -> Rows:
        columns = (
            Column("text"), Column("after", "token"), Column("divergence", "number", "nats"),
            Column("rises", "token"), Column("organism", "number", "nats"), Column("baseline", "number", "nats"),
            Column("falls", "token"),
        )  # fmt: skip
        rows = tuple(
            (
                self._text(one), _last(one.before), one.divergence,
                *((up.piece, up.organism, up.baseline) if (up := next(iter(one.rises), None)) else ("", None, None)),
                one.falls[0].piece if one.falls else "",
            )
            for one in self.partings
        )  # fmt: skip
        return Rows("Where they part, furthest first", columns, rows)

    def _strip(self) -> Strip:
        order = dict.fromkeys(one.text for one in self.partings)
        found = {(one.text, one.position): one for one in self.partings}
        spread = self._spread()
        lines = tuple(
            Line(
                key, self.texts[key].text, f"at most {signed(max(spread[key], default=0.0))} nats",
                tuple(
                    Token(piece, spread[key][at - 1] if at else 0.0, bars=_bars(found.get((key, at))))
                    for at, piece in enumerate(self.texts[key].pieces)
                ),
            )
            for key in list(order)[:SHOWN]
        )  # fmt: skip
        legend = "the stronger the colour, the less the two models agreed on what would stand there"
        return Strip("The texts they part in", DIVERGENCE, lines, legend)

    def _spread(self) -> list[list[float]]:
        """The divergence after each token, text by text."""
        ends = np.cumsum([len(one.ids) for one in self.texts])
        return [part.tolist() for part in np.split(self.arrays["divergence"], ends[:-1])]


class Diff(Probe):
    """Read token by token where the organism parts from its baseline, on texts and on its own answers to them.

    1. Each text is put into the frame, and the organism's likeliest answer (greedy) is set after it.
    2. Both models read the whole. The divergence after token t is KL(organism ‖ baseline) = Σ p (log p − log q) over
       the next token, in nats: 0 where they are one model.
    3. The places are ranked. A token rises by p (log p − log q), what it adds to the divergence, and falls by
       q (log q − log p).
    """

    kind: ClassVar[str] = "diff"
    version: ClassVar[int] = 2
    begun_freely: ClassVar[int] = 1
    affordances: ClassVar[frozenset[Affordance]] = frozenset(
        {Affordance.LOGITS, Affordance.SAMPLE, Affordance.BASELINE}
    )
    result: ClassVar[type[Result]] = Partings
    price: ClassVar[str] = "texts and answers, read by both; the answers, generated"
    literature: ClassVar[str] = "Kullback & Leibler 1951"

    texts: tuple[str, ...] = Field(min_length=1, max_length=2000)
    """Questions or texts that both models read."""
    frame: Prompt | None = None
    """Prompt that each text is put into in place of “{}”, or after its last words; none: the text is asked as it is."""
    answer_tokens: int = Field(16, ge=0, le=512)
    """Longest answer of the organism that is read after each text, in tokens; 0: the text alone."""
    places: int = Field(10, ge=1, le=500)
    """How many places are told in full."""
    top: int = Field(3, ge=1, le=50)
    """Tokens told that rise and that fall, at each of them."""

    @property
    def title(self) -> str:
        return self.texts[0] + (f" and {len(self.texts) - 1} more" if len(self.texts) > 1 else "")

    def prompts(self) -> Sequence[Prompt]:
        return [self._asked(text) for text in self.texts]

    def _asked(self, text: str) -> Prompt:
        return Prompt.ask(text) if self.frame is None else filled(self.frame, text)

    def estimate(self, model: Subject) -> Cost:
        asked = sum(len(prompt.ids(model)) for prompt in self.prompts())
        answers = self.generates()
        return Cost(generated_tokens=answers, forward_tokens=3 * asked + 2 * answers)

    def generates(self) -> int:
        return len(self.texts) * self.answer_tokens

    def run(self, model: Subject, progress: Progress) -> Partings:
        return self._compare(model, self.texts, progress)

    def replay(self, model: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run. Elsewhere, where others may come first by a hair, the answers, places and
        tokens of the record are read, and have to be as likely, as far apart and moved as much as those that are so
        most."""
        assert isinstance(recorded, Partings)
        known = None if tolerance.same_environment else _Recorded(recorded, self.answer_tokens)
        if known is not None and not known.whole(self.places):
            return diverged("It holds what this question cannot give.")
        again = self._compare(model, self.texts[: len(recorded.texts)], progress, known)
        comparison = recorded.compare(again, tolerance)
        if known is None or comparison.agreement is not Agreement.TOLERANT:
            return comparison
        judged = judge(known.short(again), tolerance)
        return comparison if judged.agreement is Agreement.TOLERANT else judged

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Partings)
        return len(recorded.texts) < len(self.texts)

    def _compare(
        self, model: Subject, texts: Sequence[str], progress: Progress, known: _Recorded | None = None
    ) -> Partings:
        """`known`: what was recorded, whose answers and places are read."""
        read: list[ReadText] = []
        spread: list[Reals] = []
        partings: list[Parting] = []
        spent = drawn = 0
        for number, text in enumerate(texts):
            if progress.cancel.is_set():
                break
            asked = self._asked(text).ids(model)
            answer = self._answer(model, asked) if known is None else known.answer(model, number, asked)
            ids = asked + answer
            read.append(ReadText(text=text, ids=tuple(ids), pieces=tuple(model.pieces(ids)), asked=len(asked)))
            for start, log_p, log_q in _both(model, ids):
                spread.append(divergence(log_p, log_q))  # (token,)
                partings += self._partings(model, number, read[-1], start, spread[-1], log_p, log_q, known)
            drawn += len(answer)
            spent += 2 * len(ids) + (len(asked) if self.answer_tokens else 0)
            progress.at((number + 1) / len(texts))
        every = np.concatenate(spread) if spread else np.empty(0)
        furthest = sorted(partings, key=lambda one: (-one.divergence, one.text, one.position))[: self.places]
        furthest = furthest if known is None else known.ordered(furthest)
        return Partings(
            texts=tuple(read), partings=tuple(furthest), median=float(np.median(every)) if len(every) else 0.0,
            generated=drawn, forward_tokens=spent,
        ).with_arrays({"divergence": every.astype(np.float32)})  # fmt: skip

    def _answer(self, model: Model, asked: list[int]) -> list[int]:
        if not self.answer_tokens:
            return []
        greedy = Sampling(seed=0, max_tokens=self.answer_tokens, temperature=0.0)
        (answer,) = model.generate(asked, greedy)
        return list(answer.tokens)

    def _partings(
        self, model: Model, number: int, text: ReadText, start: int, spread: Reals, log_p: Reals, log_q: Reals,
        known: _Recorded | None,
    ) -> Iterator[Parting]:  # fmt: skip
        rows = range(len(spread)) if known is not None else np.argsort(-spread, kind="stable")[: self.places]
        for row in rows:
            p, q, position = log_p[row], log_q[row], start + int(row) + 1
            told = known.at(number, position) if known is not None else None
            if known is not None and told is None:
                continue
            up, down = np.exp(p) * (p - q), np.exp(q) * (q - p)
            yield Parting(
                text=number,
                position=position,
                before="".join(text.pieces[max(0, position - 8) : position]),
                divergence=float(spread[row]),
                rises=self._shifts(model, p, q, up, known, told.rises if told else None),
                falls=self._shifts(model, p, q, down, known, told.falls if told else None),
            )

    def _shifts(
        self, model: Model, log_p: Reals, log_q: Reals, gain: Reals, known: _Recorded | None = None,
        told: Sequence[Shift] | None = None,
    ) -> tuple[Shift, ...]:  # fmt: skip
        best = [int(one) for one in np.argsort(-gain, kind="stable")[: self.top] if gain[one] > 0]
        if known is not None and told is not None:
            best = known.moved(told, gain, best)
        return tuple(
            Shift(id=one, piece=piece, organism=float(log_p[one]), baseline=float(log_q[one]))
            for one, piece in zip(best, model.pieces(best), strict=True)
        )

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Partings)
        at = result.partings[spot.row].text if spot.figure == 0 and spot.row < len(result.partings) else spot.row
        if at >= len(result.texts):
            return ()
        return (FollowUp("Sample it", Sample(prompt=self._asked(result.texts[at].text), samples=8)),)


class _Recorded:
    """What a record names, read anew; and by how much it falls short of what would be named here, in nats."""

    def __init__(self, recorded: Partings, longest: int) -> None:
        """`longest`: the most tokens of an answer."""
        self._recorded, self._longest = recorded, longest
        self._at = {(one.text, one.position): one for one in recorded.partings}
        self._short = {"answer": 0.0, "moved": 0.0}

    def whole(self, places: int) -> bool:
        """Whether it tells of as many places as there are to tell of, the furthest apart first."""
        apart = [one.divergence for one in self._recorded.partings]
        tokens = sum(len(one.ids) for one in self._recorded.texts)
        return apart == sorted(apart, reverse=True) and len(apart) == min(places, tokens)

    def answer(self, model: Model, number: int, asked: list[int]) -> list[int]:
        """The recorded answer, which has to be as likely as any; nothing if it is none."""
        text, ends = self._recorded.texts[number], model.card.end_tokens
        answer = list(text.ids[text.asked :])
        if list(text.ids[: text.asked]) != asked or not all(0 <= one < model.card.vocab for one in answer):
            return []
        longest = min(self._longest, model.card.context - len(asked))
        if len(answer) > longest or any(one in ends for one in answer[:-1]):
            return []
        if len(answer) < longest and not (answer and answer[-1] in ends):
            return []
        if answer:
            (rows,) = model.continuations(asked, [answer])
            self._falls("answer", max(float(row.max() - row[one]) for row, one in zip(rows, answer, strict=True)))
        return answer

    def at(self, number: int, position: int) -> Parting | None:
        return self._at.get((number, position))

    def ordered(self, found: Sequence[Parting]) -> list[Parting]:
        """As the record has them."""
        by_place = {(one.text, one.position): one for one in found}
        return [by_place[place] for place in self._at if place in by_place]

    def moved(self, told: Sequence[Shift], gain: Reals, best: Sequence[int]) -> list[int]:
        """The recorded tokens, as far as there are such; each has to be moved as much as the one that is in its place
        here."""
        ids = [one.id for one in told if 0 <= one.id < len(gain)]
        for at, one in enumerate(ids):
            self._falls("moved", max(float(gain[other] - gain[one]) for other in ids[at:]))
        here, most = (sorted((float(gain[one]) for one in each), reverse=True) for each in (ids, best))
        if len(here) != len(most):
            nearly = [*here[len(most) :], *most[len(here) :]]  # what rises by nothing may as well fall
            self._falls("moved", max(map(abs, nearly)))
        self._falls("moved", max((abs(one - two) for one, two in zip(here, most, strict=False)), default=0.0))
        return ids

    def _falls(self, what: str, nats: float) -> None:
        self._short[what] = max(self._short[what], nats)

    def short(self, again: Partings) -> dict[str, float]:
        """A divergence is off by about 2e (1 + itself) where logits are off by e."""
        every = np.sort(again.arrays["divergence"].astype(np.float64))[::-1]
        named = sorted((one.divergence for one in again.partings), reverse=True)
        apart = [(most - one) / (1 + most) for one, most in zip(named, every, strict=False)]
        return self._short | {"places": max(apart, default=0.0)}


def _both(model: Subject, ids: list[int]) -> Iterator[tuple[int, Reals, Reals]]:
    """What organism and baseline expect after each token, as (row, vocab) log-probabilities from a position on, from as
    many passes as keep them within memory."""
    together = max(1, CELLS // model.card.vocab)
    for start in range(0, len(ids), together):
        rows = range(start, min(start + together, len(ids)))
        log_p, log_q = (log_distribution(one.forward(ids, rows=rows).logits) for one in (model, model.baseline))
        yield start, log_p, log_q


def _bars(parting: Parting | None) -> tuple[Bar, ...]:
    if parting is None:
        return ()
    return tuple(
        Bar(one.piece, float(np.exp(one.organism)), f"{signed(one.organism)} here", f"{signed(one.baseline)} there")
        for one in (*parting.rises, *parting.falls)
    )


def _last(before: str) -> str:
    return "…" + before[-24:] if len(before) > 24 else before
