"""The model as a probe sees it: only what it declared, and everything counted that it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from workbench.contract.rules import Affordance, Cost

_SEES = frozenset({Affordance.LOGITS, Affordance.ACTIVATIONS})


class UndeclaredError(RuntimeError):
    """A probe reached for what it did not declare: a defect of the probe, and nothing that rules could allow."""


class Permitted:
    """A model behind a probe's declaration.

    Rules are asked what a probe needs before it runs; what it does then is held to that, for its class and its credit
    follow from the declaration too.
    """

    def __init__(self, model: Model, needed: frozenset[Affordance], beside: Model | None = None) -> None:
        """`beside`: the model that it may be compared with, if there is one."""
        self._model, self._needed = model, needed
        self._beside = Permitted(beside, needed) if beside is not None else None
        self._took_itself = Cost(probes=0)

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

    def _took(self, forward: int = 0, generated: int = 0, backward: int = 0) -> None:
        spent = Cost(probes=0, forward_tokens=forward, generated_tokens=generated, backward_tokens=backward)
        self._took_itself = self._took_itself + spent

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
        self._took(forward=len(one.ids))

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
        drawn = self._model.generate(ids, sampling, n=n, edits=edits, on_tokens=on_tokens, cancel=cancel)
        self._took(forward=len(ids), generated=sum(len(one.tokens) for one in drawn))
        return drawn

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
        self._took(forward=len(ids) + sum(map(len, continuations)))
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
        self._took(forward=len(ids) + sum(map(len, continuations)))
        return self._model.scores(ids, continuations, edits=edits, top=top)

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


def unrestricted(model: Model, beside: Model | None = None) -> Permitted:
    """A model, and the one beside it, as whoever estimates, replays or draws anew may use them: with no limits."""
    return Permitted(model, frozenset(Affordance), beside)
