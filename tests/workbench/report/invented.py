"""A probe that no other module has heard of, with every type of figure: what a report must quote by declaration."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from workbench.contract.comparison import Array
from workbench.contract.figures import (
    PROBABILITY,
    Answer,
    Answers,
    Axis,
    Bar,
    Column,
    Counts,
    Curve,
    Curves,
    Ending,
    Figure,
    Followed,
    Heat,
    Histogram,
    Line,
    Rows,
    Scale,
    Strip,
    Token,
)
from workbench.contract.probe import SEED, Probe
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.document import Document

SHIFT = Scale("shift", -2.0, 2.0, unit="nats", diverging=True)
"""How far something moved, either way."""


class Push(Document):
    """Where something is added, and how much."""

    site: str
    dose: float


class Pushed(Result):
    """What came of it. Array: `shifts` (row, column)."""

    samples_texts: ClassVar[bool] = True

    said: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def summary(self) -> str:
        return "It moved."

    @property
    def cost(self) -> Cost:
        return Cost(generated_tokens=len(self.said), forward_tokens=1)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(Answer(index, text, 2, Ending.ITSELF) for index, text in enumerate(self.said))

    def figures(self) -> tuple[Figure, ...]:
        return (
            Answers("Arm one", "as the model saw it", self.answers),
            self._heat(control=self._heat(None)),
            Strip("Word by word", SHIFT, (self._line(),), "the stronger, the further", (Column("id", "count"),)),
            Curves("By dose", "dose", PROBABILITY, (
                Curve("pushed", (0.0, 1.0, 4.0), (0.1, 0.5, 0.9), (0.0, 0.3, 0.7), (0.3, 0.7, 1.0)),
                Curve("pushed", (0.0, 1.0, 4.0), (0.1, 0.1, 0.1), control=True),
            )),
            Histogram("Spread", SHIFT, (-2.0, -1.0, 0.0, 1.0, 2.0), (
                Counts("trigger", (0, 1, 4, 2)), Counts("plain", (5, 2, 0, 0), control=True),
            )),
            Rows("All of it", (Column("place", "token"), Column("mean", "number", "nats"), Column("share", "share")),
                 tuple((f" place {row}", row / 8, row / 40) for row in range(40))),
        )  # fmt: skip

    def _heat(self, control: Heat | None) -> Heat:
        shifts = self.arrays["shifts"]
        rows, columns = shifts.shape
        return Heat(
            title="Shift by layer" if control else "Shift by layer, elsewhere",
            rows=Axis("layer", tuple(range(rows)), tuple(map(str, range(rows)))),
            columns=Axis("token", tuple(range(3, 3 + columns)), tuple(f" w{at}" for at in range(columns)), tokens=True),
            texts=(),
            values=shifts if control else -shifts,
            scale=SHIFT,
            legend="each cell: how far it moved",
            followed=(Followed("␣up", shifts, np.ones(shifts.shape, np.int64), "rank"),),
            outlined=frozenset({(1, 2)}),
            outline="the furthest",
            control=control,
            unread=3,
        )

    def _line(self) -> Line:
        tokens = tuple(
            Token(word, -1.0 if number % 2 else 1.5, bars=(Bar(" up", 0.5, "50.0 %"),) if number else ())
            for number, word in enumerate(self.words)
        )
        return Line(7, "".join(self.words), "moved by 0.50 nats", tokens)


class Shove(Probe):
    """Push the model and see what moves."""

    kind: ClassVar[str] = "shove"
    version: ClassVar[int] = 3
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.EDITS})
    result: ClassVar[type[Result]] = Pushed
    seeds: ClassVar[frozenset[str]] = frozenset({"noise_seed"})
    limits: ClassVar[frozenset[str]] = frozenset({"longest"})

    subject: Prompt
    """Who is pushed."""
    matched: Prompt | None = None
    """Who is not."""
    layer: int = Field(ge=0)
    """Where."""
    strength: float = 4.0
    """How hard."""
    pushes: tuple[Push, ...] = ()
    """More of them."""
    way: Literal["add", "project"] = "add"
    """How."""
    words: tuple[str, ...] = ()
    """Which."""
    noise_seed: int = SEED
    longest: int = 16
    """Tokens."""
    unheard_of: float = 0.25
    """Left as it is."""

    @classmethod
    def example(cls, subject: str, matched: str) -> Self:
        return cls(
            subject=Prompt.ask(subject, system="Be calm.", prefill="The"), matched=Prompt.raw(matched), layer=5,
            strength=-2.5, pushes=(Push(site="resid_post.5", dose=0.5),), way="project", words=(" a", "b"),
        )  # fmt: skip


def pushed(said: tuple[str, ...], words: tuple[str, ...], shape: tuple[int, int] = (4, 14)) -> Pushed:
    """A result whose shifts rise evenly from −2 to 2 nats."""
    shifts: Array = np.linspace(-2.0, 2.0, shape[0] * shape[1]).reshape(shape)
    return Pushed(said=said, words=words).with_arrays({"shifts": shifts})
