"""Read the probability the model gives to a text."""

from __future__ import annotations

import math
from typing import ClassVar, Self

import numpy as np
from pydantic import Field

from backends.model import FloatArray, Model
from workbench.document import Document
from workbench.probe import Probe, Progress, Prompt, Result, Shape, Table
from workbench.rules import Affordance, Cost, Elicitation


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


class Strip(Document):
    """One scored text; `logprob` is its total, in nats."""

    text: str
    tokens: tuple[ScoredToken, ...]
    logprob: float


class Scores(Result):
    """The scored texts, most likely first as the model sees it."""

    shape: ClassVar[Shape] = Shape.STRIP

    strips: tuple[Strip, ...]
    forward_tokens: int

    @property
    def summary(self) -> str:
        if not self.strips:
            return "Nothing was scored."
        ranked = sorted(self.strips, key=lambda strip: -strip.logprob)
        best = ranked[0]
        if len(ranked) == 1:
            return f"“{best.text.strip()}” has {_percent(best.logprob)} ({best.logprob:.2f} nats)"
        second = ranked[1]
        return (
            f"“{best.text.strip()}” {_percent(best.logprob)} over “{second.text.strip()}” {_percent(second.logprob)}"
            f" (by {best.logprob - second.logprob:.2f} nats)"
        )

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    def table(self) -> Table:
        rows = tuple(
            (number, token.piece, token.id, token.logprob, token.rank, token.entropy)
            for number, strip in enumerate(self.strips)
            for token in strip.tokens
        )
        return Table(columns=("text", "token", "id", "log-probability (nats)", "rank", "entropy (nats)"), rows=rows)

    def distance(self, other: Self) -> dict[str, float] | None:
        ours, theirs = ([(strip.text, [t.id for t in strip.tokens]) for strip in r.strips] for r in (self, other))
        if ours != theirs:
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
            # The k-th best log-probability moves no more than the logits do, even where two tokens change places.
            "alternatives": max((abs(a.logprob - b.logprob) for a, b in told), default=0.0),
        }


class Score(Probe):
    """Read the probability the model gives to texts after a prompt, token by token."""

    kind: ClassVar[str] = "score"
    version: ClassVar[int] = 1
    affordance: ClassVar[Affordance] = Affordance.LOGITS
    result: ClassVar[type[Result]] = Scores

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
    def elicitation(self) -> Elicitation:
        return self.prompt.elicitation

    def prompts(self) -> tuple[Prompt, ...]:
        return (self.prompt,)

    def estimate(self, model: Model) -> Cost:
        prefix = len(self.prompt.ids(model))
        answers = sum(prefix + len(model.encode(answer)) for answer in self.answers)
        return Cost(forward_tokens=answers or prefix)

    def run(self, model: Model, progress: Progress) -> Scores:
        prefix = self.prompt.ids(model)
        texts = [(answer, prefix, model.encode(answer)) for answer in self.answers]
        if not texts:  # the first token has nothing before it, so it cannot be scored
            texts = [(model.decode(prefix[1:]), prefix[:1], prefix[1:])]
        strips: list[Strip] = []
        spent = 0
        for number, (text, before, ids) in enumerate(texts):
            if progress.cancel.is_set():
                break
            strips.append(self._strip(model, text, before, ids))
            spent += len(before) + len(ids)
            progress.at((number + 1) / len(texts))
        return Scores(strips=tuple(strips), forward_tokens=spent)

    def _strip(self, model: Model, text: str, before: list[int], ids: list[int]) -> Strip:
        rows = range(len(before) - 1, len(before) + len(ids) - 1)
        logprobs = log_softmax(model.forward(before + ids, rows=rows).logits)  # (token, vocab)
        tokens = []
        for token, piece, row in zip(ids, model.pieces(ids), logprobs, strict=True):
            best = np.argsort(-row, kind="stable")[: self.top]
            shown = zip(best, model.pieces(best.tolist()), strict=True)
            tokens.append(
                ScoredToken(
                    id=token,
                    piece=piece,
                    logprob=float(row[token]),
                    rank=1 + int(np.count_nonzero(row > row[token])),
                    entropy=float(-np.sum(np.exp(row) * row)),
                    alternatives=tuple(Alternative(id=int(i), piece=p, logprob=float(row[i])) for i, p in shown),
                )
            )
        return Strip(text=text, tokens=tuple(tokens), logprob=math.fsum(token.logprob for token in tokens))


def log_softmax(logits: FloatArray) -> FloatArray:
    """Log-probabilities in nats over the last axis, computed in float64 and kept in float32."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return wide.astype(np.float32)


def _percent(logprob: float) -> str:
    share = 100 * math.exp(logprob)
    return f"{share:.1f} %" if share >= 0.1 else "under 0.1 %"
