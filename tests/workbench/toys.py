"""Toy models in the place of every subject of a case, and a probe that compares two of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

from backends.distribution import log_probabilities, log_totals
from backends.model import Aim, Gradient, Model
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from workbench.contract.figures import Column, Figure, Rows
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.door.opener import Opener


class ToyOpener(Opener):
    """Opens, in this process, a toy for any files: each digest has weights of its own."""

    def __call__(self) -> Model:
        return ToyModel.random(seed=int(self.files.digest[:8], 16), digest=self.files.digest)


def toys(case: Case) -> ToyOpener:
    return ToyOpener.of(case, EngineSettings(backend="toy"))


class Remembering(ToyModel):
    """A toy that computes nothing twice, for tests that replay one record a thousand times; its numbers are a toy's."""

    @classmethod
    def like(cls, toy: ToyModel) -> Remembering:
        card = toy.card
        made = cls(toy.tensors, heads=card.heads, kv_heads=card.kv_heads, context=card.context, digest=card.digest)
        made._passes, made._gradients = {}, {}
        return made

    _passes: dict[str, Any]
    _gradients: dict[str, Gradient]

    def _stream(self, ids: list[int] | list[list[int]], taps: Any) -> Any:
        if taps.change:
            return super()._stream(ids, taps)
        if (key := f"{ids} {sorted(taps.kept)}") not in self._passes:
            self._passes[key] = super()._stream(ids, taps), dict(taps.seen)
        stream, seen = self._passes[key]
        taps.seen.update(seen)
        return stream

    def gradient(self, ids: Sequence[int], aims: Sequence[Aim], **given: Any) -> Gradient:
        key = repr((list(ids), list(aims), given))
        if given.get("edits"):  # whose arrays no text tells apart
            return super().gradient(ids, aims, **given)
        if key not in self._gradients:
            self._gradients[key] = super().gradient(ids, aims, **given)
        return self._gradients[key]


class RememberingOpener(ToyOpener):
    """Opens one and the same remembering toy for the same files, whichever case they are of."""

    def __call__(self) -> Model:
        return _remembered(self.files.digest)


@cache
def _remembered(digest: str) -> Remembering:
    return Remembering.like(ToyModel.random(seed=int(digest[:8], 16), digest=digest))


def remembering(case: Case) -> RememberingOpener:
    return RememberingOpener.of(case, EngineSettings(backend="toy"))


class Apart(Result):
    """How far two models are apart in what they say next."""

    read: int
    """Tokens read by both together."""
    token: int
    """The first model's likeliest."""
    nats: float
    """How much likelier it is to the first."""

    @property
    def summary(self) -> str:
        return f"It is {self.nats:.2f} nats likelier"

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.read)

    def figures(self) -> tuple[Figure, ...]:
        return (Rows("What comes next", (Column("nats", "number"),), ((self.nats,),)),)


class Compare(Probe):
    """Read how much likelier one model finds its next token than another."""

    kind: ClassVar[str] = "compare"
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS, Affordance.BASELINE})
    result: ClassVar[type[Result]] = Apart

    prompt: Prompt
    """What comes before."""

    def estimate(self, subject: Subject) -> Cost:
        return Cost(forward_tokens=len(self.prompt.ids(subject)) + len(self.prompt.ids(subject.baseline)))

    def run(self, subject: Subject, progress: Progress) -> Apart:
        one, other = self.prompt.ids(subject), self.prompt.ids(subject.baseline)
        mine, theirs = subject.forward(one, rows=[-1]).logits, subject.baseline.forward(other, rows=[-1]).logits
        best = mine.argmax(axis=-1)[:, None]
        (own,), (others,) = (log_probabilities(logits, best, log_totals(logits)) for logits in (mine, theirs))
        return Apart(read=len(one) + len(other), token=int(best[0, 0]), nats=float(own[0] - others[0]))
