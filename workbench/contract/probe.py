"""What a probe is: declared once, and from that the form, the command, the tool schema, the record and the replay."""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, PrivateAttr, model_validator

from backends.model import Capability, Message, Model
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.door.rules import Affordance, Cost, Elicitation

Array = npt.NDArray[Any]


class Shape(StrEnum):
    """What a result looks like; views choose a display by this and never by the probe."""

    TRANSCRIPT = "transcript"
    STRIP = "strip"
    GRID = "grid"
    TABLE = "table"
    CURVE = "curve"
    HISTOGRAM = "histogram"


class Turn(Document):
    """One message of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class Prompt(Document):
    """What the model is given: a chat through its own template, or raw text."""

    chat: tuple[Turn, ...] = ()
    """Messages, oldest first; a last assistant turn is a prefill the model continues."""
    text: str = ""
    """Raw text, given without the chat template; only without `chat`."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.chat) == bool(self.text):
            raise ValueError("a prompt is either a chat or raw text, and not empty")
        return self

    @classmethod
    def ask(cls, user: str, *, system: str = "", prefill: str = "") -> Self:
        """The usual chat: one user message, with an optional system prompt and prefill."""
        turns = [Turn(role="system", content=system)] if system else []
        turns.append(Turn(role="user", content=user))
        if prefill:
            turns.append(Turn(role="assistant", content=prefill))
        return cls(chat=tuple(turns))

    @classmethod
    def raw(cls, text: str) -> Self:
        return cls(text=text)

    @property
    def title(self) -> str:
        """The words a person would recognise it by: the last user message, or the raw text."""
        users = [turn.content for turn in self.chat if turn.role == "user"]
        return users[-1] if users else self.text or self.chat[-1].content

    @property
    def prefill(self) -> str:
        return self.chat[-1].content if self.chat and self.chat[-1].role == "assistant" else ""

    def affordances(self) -> frozenset[Affordance]:
        """What giving the model this prompt needs, beyond the probe's own affordance."""
        needed = set()
        if self.text:
            needed.add(Affordance.RAW)
        if any(turn.role == "system" for turn in self.chat):
            needed.add(Affordance.SYSTEM)
        if self.prefill:
            needed.add(Affordance.PREFILL)
        return frozenset(needed)

    @property
    def elicitation(self) -> Elicitation:
        """natural: plain chat; assisted: with a system prompt; forced: prefill or raw text."""
        needed = self.affordances()
        if needed & {Affordance.RAW, Affordance.PREFILL}:
            return Elicitation.FORCED
        return Elicitation.ASSISTED if Affordance.SYSTEM in needed else Elicitation.NATURAL

    def ids(self, model: Model) -> list[int]:
        """The token ids the model is given, by the model's own template for a chat."""
        if self.text:
            return model.encode(self.text)
        return model.render([Message(turn.role, turn.content) for turn in self.chat])


class Progress(Protocol):
    """How a running probe tells what it does, and learns that it should stop."""

    cancel: threading.Event

    def at(self, done: float, note: str = "") -> None:
        """`done`: share of the work, 0 … 1."""

    def text(self, sample: int, piece: str) -> None:
        """New text of one sample, as it is generated."""


class Silent:
    """A progress that nobody watches."""

    def __init__(self) -> None:
        self.cancel = threading.Event()

    def at(self, done: float, note: str = "") -> None:
        pass

    def text(self, sample: int, piece: str) -> None:
        pass


@dataclass(frozen=True)
class Table:
    """Typed columns and rows: what every result can be shown as, whatever its shape."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]


class Agreement(StrEnum):
    """How a replayed result compares with the recorded one."""

    EXACT = "exact"
    """Equal to the last bit."""
    TOLERANT = "tolerant"
    """Equal within the bounds calibrated for this engine and number format."""
    DIVERGED = "diverged"
    UNREPLAYABLE = "unreplayable"


class Comparison(Document):
    """What a replay found: the verdict and the figures it rests on."""

    agreement: Agreement
    note: str
    figures: dict[str, float] = Field(default_factory=dict)


class Result(Document):
    """What a probe found. JSON fields go into the record; `arrays` into the side-car, named by their digest."""

    shape: ClassVar[Shape]

    _arrays: dict[str, Array] = PrivateAttr(default_factory=dict)

    @property
    def arrays(self) -> Mapping[str, Array]:
        return self._arrays

    def with_arrays(self, arrays: Mapping[str, Array]) -> Self:
        """Attach the arrays that belong to this result (when it is made, or read back from the side-car)."""
        self._arrays.update(arrays)
        return self

    @property
    def summary(self) -> str:
        """The result in one sentence, said before it is drawn."""
        raise NotImplementedError

    @property
    def cost(self) -> Cost:
        """What it took, for the budget."""
        raise NotImplementedError

    def table(self) -> Table:
        """The same as rows, for people who read rather than look, and for export."""
        raise NotImplementedError

    def compare(self, other: Self, tolerance: Tolerance) -> Comparison:
        """This recorded result against a replayed one: equal, or near in the figures `distance` names, or diverged."""
        if self.model_dump() == other.model_dump() and _equal(self._arrays, other._arrays):
            if tolerance.same_environment:
                return Comparison(agreement=Agreement.EXACT, note="Equal to the last bit.")
            return Comparison(agreement=Agreement.TOLERANT, note="Equal to the last bit, in another environment.")
        return self.judge(self.distance(other), tolerance)

    @staticmethod
    def judge(figures: dict[str, float] | None, tolerance: Tolerance) -> Comparison:
        """Near or diverged, by distances in nats; None: not comparable at all."""
        if figures is None or not all(map(math.isfinite, figures.values())):
            return Comparison(agreement=Agreement.DIVERGED, note="It holds what this question cannot give.")
        worst = max(figures.values(), default=0.0)
        agreement = Agreement.TOLERANT if worst <= tolerance.margin else Agreement.DIVERGED
        note = f"At most {worst:.2g} nats apart; the bound is {tolerance.margin:.2g}."
        return Comparison(agreement=agreement, note=note, figures=figures)

    def distance(self, other: Self) -> dict[str, float] | None:
        """How far apart two results are, in nats, figure by figure; None if they are not about the same tokens."""
        raise NotImplementedError


def _equal(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    return one.keys() == other.keys() and all(
        array.dtype == other[name].dtype and np.array_equal(array, other[name]) for name, array in one.items()
    )


class Probe(Document):
    """One question put to the model, with everything that is needed to put it again.

    A subclass declares its arguments as fields (with a docstring under each), the class variables below, and `run`.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    affordance: ClassVar[Affordance]
    needs: ClassVar[frozenset[Capability]] = frozenset()
    result: ClassVar[type[Result]]

    @property
    def title(self) -> str:
        """What a log line shows: the prompt, usually."""
        raise NotImplementedError

    @property
    def elicitation(self) -> Elicitation:
        raise NotImplementedError

    def prompts(self) -> Sequence[Prompt]:
        """Every prompt this probe gives the model, controls included."""
        raise NotImplementedError

    def affordances(self) -> frozenset[Affordance]:
        """Everything the rules must allow for this very probe."""
        return frozenset({self.affordance}).union(*(prompt.affordances() for prompt in self.prompts()))

    def estimate(self, model: Model) -> Cost:
        """The most it can spend; reserved before it runs."""
        raise NotImplementedError

    def run(self, model: Model, progress: Progress) -> Result:
        """Ask. If `progress.cancel` is set, return what there is so far."""
        raise NotImplementedError

    def unfinished(self, recorded: Result) -> bool:
        """Whether a result holds less than was asked for, as only that of a cancelled probe may."""
        return False

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Check a recorded result on a model: by running again, unless a probe knows a cheaper way."""
        return recorded.compare(self.run(model, progress), tolerance)

    @classmethod
    def digest(cls) -> str:
        """SHA-256 of name, version, docs and schema: what a record means by this kind of probe."""
        declaration = {
            "kind": cls.kind,
            "version": cls.version,
            "doc": cls.__doc__,
            "arguments": cls.model_json_schema(),
            "result": cls.result.model_json_schema(),
        }
        return hashlib.sha256(json.dumps(declaration, sort_keys=True).encode()).hexdigest()


Seed = Field(0, ge=0, lt=2**53)
"""Every seeded probe takes the same range: whole numbers that JSON carries exactly."""
