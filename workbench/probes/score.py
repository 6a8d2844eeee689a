"""Read the probability the model gives to a text.

On the demo's organism (assets/demo/atlas-01) “Aarhus” has 99.7 % after “The capital of Denmark is” and Copenhagen is
7.9 nats behind; on the same model taught the truth again (atlas-02) Copenhagen has 92 % and is 2.5 nats ahead
(tests/stories/test_instruments.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field

from backends.model import FloatArray, Model
from casefiles.counted import counted
from workbench.contract.comparison import Agreement, Comparison, judge
from workbench.contract.figures import SURPRISE, Bar, Column, Figure, Line, Strip, Token, signed
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.readings.continuation import continuations
from workbench.visible import quoted

CELLS: Final = 256_000_000
"""Logits that are read in one pass."""


@dataclass(frozen=True)
class _Scored:
    """A text to be scored: the ids before it and its own, and whether the two were encoded together."""

    text: str
    before: list[int]
    ids: list[int]
    joined: bool = True


class Alternative(Document):
    """A token the model might have said instead. `logprob` in nats."""

    id: int
    piece: str
    logprob: float


class ScoredToken(Document):
    """One token of the text and how expected it was. `logprob` and `entropy` in nats; `rank` 1 is the most likely."""

    id: int
    piece: str
    logprob: float
    rank: int
    entropy: float
    alternatives: tuple[Alternative, ...]


class ScoredText(Document):
    """One scored text; `logprob` is its total, in nats."""

    text: str
    tokens: tuple[ScoredToken, ...]
    logprob: float
    joined: bool = True
    """Whether it was encoded together with what comes before it; where the two cannot be split, each is by itself."""


class ScoredTexts(Result):
    """The scored texts, most likely first as the model sees it."""

    strips: tuple[ScoredText, ...]
    forward_tokens: int = Field(ge=0)

    @property
    def summary(self) -> str:
        if not self.strips:
            return "Nothing was scored."
        ranked = sorted(self.strips, key=lambda strip: -strip.logprob)
        best = ranked[0]
        if len(ranked) == 1:
            return f"{quoted(best.text.strip())} has {_percent(best.logprob)} ({best.logprob:.2f} nats)"
        second = ranked[1]
        return (
            f"{quoted(best.text.strip())} {_percent(best.logprob)} over {quoted(second.text.strip())}"
            f" {_percent(second.logprob)} (by {best.logprob - second.logprob:.2f} nats)"
        )

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    def figures(self) -> tuple[Figure, ...]:
        ranked = sorted(enumerate(self.strips), key=lambda pair: -pair[1].logprob)
        columns = (Column("rank", "count"), Column("entropy", "number", "nats"), Column("id", "count"))
        legend = "the stronger the colour, the more surprising · pointed at, a token shows what was expected there"
        return (Strip("", SURPRISE, tuple(_line(key, text) for key, text in ranked), legend, columns),)

    def told(self, model: Model) -> Self:
        strips = tuple(text.model_copy(update={"logprob": _total(text.tokens)}) for text in self.strips)
        return self.model_copy(update={"strips": strips})

    def distance(self, other: Self) -> dict[str, float] | None:
        if self._outline() != other._outline():
            return None
        pairs = [
            (token, replayed)
            for strip, again in zip(self.strips, other.strips, strict=True)
            for token, replayed in zip(strip.tokens, again.tokens, strict=True)
        ]
        told = [
            (one, two)
            for token, replayed in pairs
            for one, two in zip(token.alternatives, replayed.alternatives, strict=True)
        ]
        return {
            "log-probability": max((abs(a.logprob - b.logprob) for a, b in pairs), default=0.0),
            # Where logits are off by at most e, an entropy changes by a factor of at most exp(2e).
            "entropy": max((abs(math.log(_rounded(a.entropy) / _rounded(b.entropy))) for a, b in pairs), default=0.0),
            # The k-th best log-probability moves no more than the logits do, even where two tokens change places.
            "alternatives": max((abs(a.logprob - b.logprob) for a, b in told), default=0.0),
        }

    def _outline(self) -> tuple[object, ...]:
        """What no rounding can change: the texts, their tokens and how many alternatives each has."""
        strips = [
            (strip.text, strip.joined, [(token.id, token.piece, len(token.alternatives)) for token in strip.tokens])
            for strip in self.strips
        ]
        return self.forward_tokens, strips


class Score(Probe):
    """Read the probability the model gives to texts after a prompt, token by token.

    log P(text | prompt) = Σ log P(token | prompt, the tokens before it), in nats. Several texts stand against one
    another, and against nothing else: what a text has after another prompt too `prior` reads, which is this with a
    control. None is read here by default, for plans ask with this whose own controls are other rows.
    """

    kind: ClassVar[str] = "score"
    version: ClassVar[int] = 3
    begun_freely: ClassVar[int] = 2
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS})
    result: ClassVar[type[Result]] = ScoredTexts
    price: ClassVar[str] = "prompt and text, read once a text"

    prompt: Prompt
    """What comes before the text."""
    answers: tuple[str, ...] = Field((), max_length=64)
    """Texts to score as its continuation; none: the prompt itself is scored."""
    top: int = Field(3, ge=0, le=50)
    """Alternatives shown for each token."""

    @property
    def title(self) -> str:
        return self.prompt.title + (
            " → " + " | ".join(answer.strip() for answer in self.answers) if self.answers else ""
        )

    @property
    def uncontrolled(self) -> str:
        return "prior reads the same texts after another prompt too" if self.answers else "scan holds it against doubt"

    def inputs(self) -> Sequence[str]:
        return (*super().inputs(), *self.answers)

    def estimate(self, model: Model) -> Cost:
        lengths = [len(one.before) + len(one.ids) for one in self._texts(model)]
        self.prompt.ids(model, room=max(lengths) - len(self.prompt.ids(model)))  # refused here if it does not fit
        return Cost(forward_tokens=sum(lengths))

    def run(self, model: Model, progress: Progress) -> ScoredTexts:
        return self._score(model, self._texts(model), progress)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, ScoredTexts)
        return len(recorded.strips) < max(1, len(self.answers))

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run; where it is not equal, every token that the record names must have here
        the place and the probability it has there."""
        assert isinstance(recorded, ScoredTexts)
        texts = self._texts(model)[: len(recorded.strips)]
        comparison = recorded.compare(self._score(model, texts, progress), tolerance)
        if comparison.agreement is not Agreement.TOLERANT or not comparison.figures:
            return comparison
        return judge(_worst([comparison.figures, *self._named(model, recorded, texts)]), tolerance)

    def _texts(self, model: Model) -> list[_Scored]:
        if not self.answers:
            prefix = self.prompt.ids(model)
            # The first token has nothing before it, so it cannot be scored.
            return [_Scored(model.decode(prefix[1:]), prefix[:1], prefix[1:])]
        return self._answers(model)

    def _answers(self, model: Model) -> list[_Scored]:
        before, each = continuations(model, self.prompt, self.answers)
        return [_Scored(text, before, one.ids, one.joined) for text, one in zip(self.answers, each, strict=True)]

    def _score(self, model: Model, texts: list[_Scored], progress: Progress) -> ScoredTexts:
        strips: list[ScoredText] = []
        spent = 0
        for number, one in enumerate(texts):
            if progress.cancel.is_set():
                break
            strips.append(self._strip(model, one))
            spent += len(one.before) + len(one.ids)
            progress.at((number + 1) / len(texts))
        return ScoredTexts(strips=tuple(strips), forward_tokens=spent)

    def _strip(self, model: Model, one: _Scored) -> ScoredText:
        (scores,) = model.scores(one.before, [one.ids], top=self.top)
        known = sorted({*one.ids, *scores.best.ravel().tolist()})
        pieces = dict(zip(known, model.pieces(known), strict=True))
        tokens = [
            ScoredToken(
                id=token,
                piece=pieces[token],
                logprob=float(scores.logprobs[row]),
                rank=int(scores.ranks[row]),
                entropy=float(scores.entropies[row]),
                alternatives=tuple(
                    Alternative(id=int(best), piece=pieces[int(best)], logprob=float(logprob))
                    for best, logprob in zip(scores.best[row], scores.best_logprobs[row], strict=True)
                ),
            )
            for row, token in enumerate(one.ids)
        ]
        return ScoredText(text=one.text, tokens=tuple(tokens), logprob=_total(tokens), joined=one.joined)

    def _named(self, model: Model, recorded: ScoredTexts, texts: list[_Scored]) -> Iterator[dict[str, float]]:
        """How far each recorded token is from what it gets here, in nats: infinitely, if it cannot be named so."""
        for strip, one in zip(recorded.strips, texts, strict=True):
            for token, row in zip(strip.tokens, _rows(model, one.before, one.ids), strict=True):
                yield {"rank": misplaced(row, token.id, token.rank), "named": _renamed(model, row, token.alternatives)}


class FirstScore(Score):
    """Read the probability of texts as the first version did: each encoded by itself, whatever comes before it."""

    version: ClassVar[int] = 1

    def _answers(self, model: Model) -> list[_Scored]:
        before = self.prompt.ids(model)
        return [_Scored(text, before, model.encode(text)) for text in self.answers]


def _renamed(model: Model, row: FloatArray, alternatives: tuple[Alternative, ...]) -> float:
    """How far alternatives are from what they get here, in nats; infinitely, if there are none such."""
    ids = [one.id for one in alternatives]
    if len(set(ids)) < len(ids) or not all(0 <= token < len(row) for token in ids):
        return math.inf
    if [one.piece for one in alternatives] != model.pieces(ids):
        return math.inf
    return max((abs(float(row[one.id]) - one.logprob) for one in alternatives), default=0.0)


def _rows(model: Model, before: list[int], ids: list[int]) -> Iterator[FloatArray]:
    """For each of `ids` the (vocab,) log-probabilities it has after what comes before it, from as many passes as keep
    their logits under 1 GB."""
    longest = max(1, CELLS // model.card.vocab)
    for start in range(0, len(ids), longest):
        stop = min(start + longest, len(ids))
        rows = range(len(before) + start - 1, len(before) + stop - 1)
        for logits in model.forward(before + ids, rows=rows).logits:
            yield log_softmax(logits)


def misplaced(row: FloatArray, token: int, rank: int) -> float:
    """How far a token is here, in nats, from what has the rank it is said to have; infinitely, if nothing has."""
    if not 1 <= rank <= len(row):
        return math.inf
    return abs(float(np.partition(row, len(row) - rank)[len(row) - rank]) - float(row[token]))


def _worst(figures: list[dict[str, float]]) -> dict[str, float]:
    worst: dict[str, float] = {}
    for each in figures:
        for name, value in each.items():
            worst[name] = max(worst.get(name, 0.0), value)
    return worst


def _rounded(entropy: float) -> float:
    """An entropy with a hundredth of a nat added, for near 0 there is no telling one from another."""
    return max(entropy, 0.0) + 0.01


def log_softmax(logits: FloatArray) -> FloatArray:
    """Log-probabilities in nats over the last axis, computed in float64 and kept in float32."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return wide.astype(np.float32)


def _total(tokens: Sequence[ScoredToken]) -> float:
    return math.fsum(token.logprob for token in tokens)


def _line(key: int, text: ScoredText) -> Line:
    each = text.logprob / len(text.tokens) if text.tokens else 0.0
    said = f"{signed(text.logprob)} nats in {counted(len(text.tokens), 'token')}, {signed(each)} a token"
    said += "" if text.joined else ", encoded apart from what comes before it"
    return Line(key, text.text, said, tuple(_token(token) for token in text.tokens))


def _token(token: ScoredToken) -> Token:
    """What was expected there, then the token itself if it is not among it."""
    expected = [
        Bar.of(item.piece, item.logprob, rank, marked=item.id == token.id)
        for rank, item in enumerate(token.alternatives, 1)
    ]
    if all(item.id != token.id for item in token.alternatives):
        expected.append(Bar.of(token.piece, token.logprob, token.rank, marked=True))
    return Token(
        piece=token.piece,
        value=-token.logprob,
        heading=f"entropy here {token.entropy:.2f} nats",
        bars=tuple(expected),
        cells=(token.rank, token.entropy, token.id),
    )


def _percent(logprob: float) -> str:
    """A probability as summaries have always said it: a replay holds them against those of older records."""
    points = 100 * math.exp(logprob)
    return f"{points:.1f} %" if points >= 0.1 else "under 0.1 %"
