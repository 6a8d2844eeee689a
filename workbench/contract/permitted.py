"""The model as a probe sees it: only what it declared, and everything counted that it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from backends.model import (
    Aim,
    Capability,
    Card,
    Cursor,
    Edit,
    FloatArray,
    Forward,
    Generated,
    Gradient,
    LinearReadout,
    Message,
    Model,
    ModelRefusal,
    Pass,
    TemplateSwitch,
    TokenListener,
    TokenScores,
)
from backends.sampling import Sampling
from workbench.contract.beginning import common
from workbench.contract.rules import Affordance, Cost

_SEES = frozenset({Affordance.LOGITS, Affordance.ACTIVATIONS})


class UndeclaredError(RuntimeError):
    """A probe reached for what it did not declare: a defect of the probe, and nothing that rules could allow."""


class OverspentError(RuntimeError):
    """More was to go through a model than whoever asks again lets through."""


@dataclass
class Allowance:
    """How many tokens may go through a model and the one beside it, read, drawn or gone back through."""

    most: int
    enough: int
    """Once more than that went through, it is told to stop."""
    stop: Event = field(default_factory=Event)
    taken: int = 0

    def heard(self, tokens: int) -> None:
        """Tokens that went through."""
        self.taken += tokens
        if self.taken > self.enough:
            self.stop.set()

    def take(self, tokens: int) -> None:
        """Tokens that are to go through. Raises OverspentError before they do."""
        self.heard(tokens)
        if self.taken > self.most:
            raise OverspentError(f"{self.taken:,} tokens, of at most {self.most:,}")


class Permitted:
    """A model behind a probe's declaration.

    Rules are asked what a probe needs before it runs; what it does then is held to that, for its class and its credit
    follow from the declaration too.
    """

    def __init__(
        self,
        model: Model,
        needed: frozenset[Affordance],
        beside: Model | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        """`beside`: the model that it may be compared with, if there is one. `allowance`: what may go through both."""
        self._model, self._needed, self._allowance = model, needed, allowance
        self._beside = Permitted(beside, needed, allowance=allowance) if beside is not None else None
        self._took_itself = Cost(probes=0)
        self._read: Sequence[int] = ()
        """What was read last, unchanged."""

    @property
    def baseline(self) -> Permitted:
        """The other model, held to the same. Raises UndeclaredError unless the probe declared that it compares two, and
        ModelRefusal where there is none: the door lets no such probe in, but a judge may be given its record."""
        self._need(Affordance.BASELINE)
        if self._beside is None:
            raise ModelRefusal(
                "model.unsupported",
                "There is no second model here.",
                "The probe compares two.",
                "Ask one of them by itself.",
            )
        return self._beside

    @property
    def took(self) -> Cost:
        """Tokens that went through it so far, and through the model beside it."""
        return self._took_itself + self._beside.took if self._beside is not None else self._took_itself

    def _need(self, *either: Affordance) -> None:
        if not self._needed & set(either):
            raise UndeclaredError(f"it takes {' or '.join(either)}, which it did not declare")

    def _took(self, forward: int = 0, generated: int = 0, backward: int = 0, again: int = 0) -> None:
        """`again`: how many of them were read just before, and are read again only because not all that is wanted of
        them fits: they are not counted twice against an allowance."""
        spent = Cost(probes=0, forward_tokens=forward, generated_tokens=generated, backward_tokens=backward)
        self._took_itself = self._took_itself + spent
        if self._allowance is not None:
            self._allowance.take(forward + generated + backward - again)

    def _begins_as_before(self, ids: Sequence[int]) -> int:
        """With how many tokens of what was read last it begins."""
        if self._allowance is None:
            return 0
        before, self._read = self._read, ids
        return common([before, ids])

    @property
    def card(self) -> Card:
        return self._model.card

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._model.capabilities

    @property
    def environment(self) -> Mapping[str, str | int | bool]:
        return self._model.environment

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return self._model.encode(text, special=special)

    def decode(self, ids: Sequence[int]) -> str:
        return self._model.decode(ids)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        return self._model.pieces(ids)

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> list[int]:
        return self._model.render(messages, switches)

    def forward(
        self,
        ids: Sequence[int],
        *,
        capture: Sequence[str] = (),
        edits: Sequence[Edit] = (),
        rows: Sequence[int] | None = None,
        keep: Sequence[int] | None = None,
    ) -> Forward:
        self._passed(Pass(ids, capture, edits, rows, keep))
        return self._model.forward(ids, capture=capture, edits=edits, rows=rows, keep=keep)

    def forwards(self, batch: Sequence[Pass]) -> list[Forward]:
        for one in batch:
            self._passed(one)
        return self._model.forwards(batch)

    def _passed(self, one: Pass) -> None:
        self._need(*([Affordance.ACTIVATIONS] if one.capture else _SEES))
        self._edited(one.edits)
        plain = not one.capture and not one.edits and one.rows is not None
        same = plain and self._begins_as_before(one.ids) == len(one.ids)
        self._took(forward=len(one.ids), again=max(0, len(one.ids) - len(one.rows or ())) if same else 0)

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Sequence[Edit] = (),
        on_tokens: TokenListener | None = None,
        cancel: Event | None = None,
    ) -> list[Generated]:
        self._need(Affordance.SAMPLE)
        self._edited(edits)
        self._took(forward=len(ids))
        if self._allowance is not None:
            cancel = cancel or Event()
            on_tokens = self._within(self._allowance, on_tokens, cancel)
        drawn = self._model.generate(ids, sampling, n=n, edits=edits, on_tokens=on_tokens, cancel=cancel)
        many = sum(len(one.tokens) for one in drawn)
        self._took(generated=many, again=many)  # they were heard as they came
        return drawn

    @staticmethod
    def _within(allowance: Allowance, on_tokens: TokenListener | None, cancel: Event) -> TokenListener:
        """Hears what is drawn, and stops it once it is too much."""

        def hear(sample: int, new: Sequence[int], text: str) -> None:
            allowance.heard(len(new))
            if allowance.taken > allowance.most:
                cancel.set()
            if on_tokens is not None:
                on_tokens(sample, new, text)

        return hear

    def cursor(self, ids: Sequence[int], n: int, *, steps: int, edits: Sequence[Edit] = ()) -> Cursor:
        """Counted as `generate` would be that draws all of what the cursor is given."""
        self._need(Affordance.SAMPLE)
        self._edited(edits)
        cursor = self._model.cursor(ids, n, steps=steps, edits=edits)
        self._took(forward=len(ids), generated=n)
        return _CountedCursor(cursor, lambda tokens: self._took(generated=tokens))

    def continuations(
        self, ids: Sequence[int], continuations: Sequence[Sequence[int]], *, edits: Sequence[Edit] = ()
    ) -> list[FloatArray]:
        self._need(*_SEES)
        self._edited(edits)
        self._continued(ids, continuations)
        return self._model.continuations(ids, continuations, edits=edits)

    def scores(
        self,
        ids: Sequence[int],
        continuations: Sequence[Sequence[int]],
        *,
        edits: Sequence[Edit] = (),
        top: int = 0,
    ) -> list[TokenScores]:
        self._need(*_SEES)
        self._edited(edits)
        self._continued(ids, continuations)
        return self._model.scores(ids, continuations, edits=edits, top=top)

    def _continued(self, ids: Sequence[int], continuations: Sequence[Sequence[int]]) -> None:
        self._took(forward=len(ids) + sum(map(len, continuations)), again=self._begins_as_before(ids))

    def readout(self, residual: FloatArray) -> FloatArray:
        self._need(*_SEES)
        return self._model.readout(residual)

    def reading(self, residual: FloatArray, tokens: Sequence[int]) -> LinearReadout:
        self._need(Affordance.ACTIVATIONS)
        return self._model.reading(residual, tokens)

    def gradient(
        self,
        ids: Sequence[int],
        aims: Sequence[Aim],
        *,
        at: str = "tokens",
        edits: Sequence[Edit] = (),
        keep: Sequence[int] | None = None,
    ) -> Gradient:
        """A way there and a way back through all the tokens."""
        self._need(Affordance.ACTIVATIONS)
        self._edited(edits)
        self._took(forward=len(ids), backward=len(ids))
        return self._model.gradient(ids, aims, at=at, edits=edits, keep=keep)

    def weights(self, name: str) -> FloatArray:
        self._need(Affordance.WEIGHTS)
        return self._model.weights(name)

    def close(self) -> None:
        """Whoever opened the model closes it."""

    def _edited(self, edits: Sequence[Any]) -> None:
        if edits:
            self._need(Affordance.EDITS)


class _CountedCursor:
    """A token is drawn from each row of logits that is offered: at the start, and after every token that goes on."""

    def __init__(self, cursor: Cursor, took: Callable[[int], None]) -> None:
        self._cursor, self._offered = cursor, took

    @property
    def logits(self) -> FloatArray:
        return self._cursor.logits

    def advance(self, tokens: Sequence[int | None]) -> None:
        self._cursor.advance(tokens)
        self._offered(sum(token is not None for token in tokens))

    def close(self) -> None:
        self._cursor.close()


def unrestricted(model: Model, beside: Model | None = None, allowance: Allowance | None = None) -> Permitted:
    """A model, and the one beside it, as whoever estimates, replays or draws anew may use them: with no limits to what,
    and to how much where there is an allowance."""
    return Permitted(model, frozenset(Affordance), beside, allowance)
