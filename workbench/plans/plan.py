"""What a plan is: a question that takes many probes, each of them put through the door as a record of its own.

A plan is declared as a probe is: its arguments are fields. It says what to ask next from what was answered so far and
from nothing else, so that it can be gone on with, or summed up, from the log alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.claims.finding import Finding
from workbench.contract.actor import Actor
from workbench.contract.comparison import Array
from workbench.contract.figures import Answer, Figure
from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.contract.subject import ORGANISM
from workbench.document import Document, Recordable
from workbench.log.records import Hypothesis, PlanStep


@dataclass(frozen=True)
class Ask:
    """Put a probe through the door."""

    key: str
    """Names the step within its plan."""
    probe: Probe
    done: float = 0.0
    """Share of the plan that lies before it, 0 … 1, as far as can be told."""
    clause: str = ""
    """The clause of the specification that it looks into, if it is about one."""
    on: str = ORGANISM
    """Who is asked."""
    beside: str | None = None
    """With whom a probe that compares two compares; None: the baseline."""
    question: str = ""
    """What it asks, whatever the wording: steps that agree in it paraphrase each other."""
    fresh: frozenset[str] = frozenset()
    """Arguments that get a seed from the session, also where the plan chooses its seeds."""


@dataclass(frozen=True)
class Remark:
    """Write a note into the log."""

    text: str


@dataclass(frozen=True)
class Suppose:
    """Write a hypothesis down before it is tested; whoever conducts the plan signs it."""

    hypothesis: Hypothesis


@dataclass(frozen=True)
class Claim:
    """Record a finding."""

    finding: Finding


Move = Ask | Remark | Suppose | Claim


@dataclass(frozen=True)
class Answered:
    """What came of a step: its result record, or why there is none."""

    key: str
    seq: int | None
    """The result record; None: the rules refused it, or it does not fit the model."""
    probe: Probe
    result: Result | None = None
    refusal: Refusal | None = None
    arrays: Mapping[str, Array] = field(default_factory=dict, repr=False)
    on: str = ORGANISM
    """Who was asked."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The texts that were drawn and begun."""
        return tuple(one for one in self.result.answers if one.begun) if self.result is not None else ()


Moves = Generator[Move, Answered | None, None]
"""Yields what is to be done; is sent what was answered to an `Ask`, and None for anything else."""


class Summary(Document):
    """What a plan found, as far as it got: a sentence and neutral drawings, made from the log."""

    @property
    def summary(self) -> str:
        raise NotImplementedError

    def figures(self) -> tuple[Figure, ...]:
        raise NotImplementedError


class Plan(Recordable):
    """A question that takes many probes. A subclass declares arguments as fields, `moves` and `sum_up`."""

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    seeds: ClassVar[frozenset[str]] = frozenset()
    """Arguments that only choose the noise of its draws. Left as they are declared, every probe gets a seed that nobody
    picked; with another one, what the plan makes of it."""

    @property
    def fresh(self) -> bool:
        """Whether its probes get their seeds from the session."""
        fields = type(self).model_fields
        return bool(self.seeds) and all(getattr(self, name) == fields[name].default for name in self.seeds)

    @property
    def title(self) -> str:
        """What it is about, for lists."""
        return self.kind

    @property
    def actor(self) -> Actor:
        """Who acts where it decides by itself what to ask."""
        return Actor(kind="agent", name=self.kind)

    def moves(self) -> Moves:
        """What to do, step by step. Must follow from the arguments and the answers alone."""
        raise NotImplementedError

    def sum_up(self, answered: Sequence[Answered]) -> Summary:
        """What the answers say, all of them or as many as there are so far."""
        raise NotImplementedError

    @classmethod
    def about(cls) -> str:
        """What it is for, in the first sentence of its docstring."""
        return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())

    def step(self, ask: Ask, digest: str = "") -> PlanStep:
        """What a probe's record says of the plan it belongs to; `digest`: the plan's, where it is known already."""
        return PlanStep(
            name=self.kind,
            version=self.version,
            digest=digest or self.digest,
            step=ask.key,
            clause=ask.clause,
            question=ask.question,
        )

    def told(self) -> dict[str, Any]:
        """The arguments that make two runs the same plan: all of them, unless a plan knows of some that say nothing.
        Wherever it lies on a machine, a corpus is the same."""
        return self.model_dump(mode="json", exclude={"corpus": {"folder"}})

    @property
    def digest(self) -> str:
        """SHA-256 of kind, version and arguments: what makes two runs the same plan."""
        told: dict[str, Any] = {"kind": self.kind, "version": self.version, "arguments": self.told()}
        return hashlib.sha256(canonical.encode(told)).hexdigest()
