"""What a probe is: declared once, and from that the form, the command, the tool schema, the record, the replay, the
drawing, the quotation and the help."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Final, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from backends.model import Capability
from workbench.contract.comparison import Array, Comparison
from workbench.contract.edits import Change
from workbench.contract.excerpt import Excerpt
from workbench.contract.figures import Spot
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost, Elicitation
from workbench.contract.subject import BASELINE, Subject
from workbench.contract.tolerance import Tolerance
from workbench.document import Recordable, first_flaw

CLASSES = tuple(Elicitation)
"""From the least to the most forced."""


class Reads(StrEnum):
    """What a probe looks at."""

    BEHAVIOUR = "behaviour"
    """What the model says, or how likely it is to say it."""
    INSIDE = "inside"
    """Activations or weights; it elicits no behaviour."""


@dataclass(frozen=True)
class FollowUp:
    """A probe that may be asked next, and what it would tell."""

    label: str
    probe: Probe


@dataclass(frozen=True)
class MovedToken:
    """A token that a change of the inside makes likelier, or less likely."""

    piece: str
    text: str
    """What it begins, as far as anybody knows."""


class Probe(Recordable):
    """One question put to the model, with everything that is needed to put it again.

    A subclass declares its arguments as fields (with a docstring under each), the class variables below, and `run`.
    Everything else has an answer that follows from the declaration, to be overridden where a probe knows better.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    begun_freely: ClassVar[int] = 0
    """The last version that took a user's turn which is begun for one that is left open, in what it needed and in how
    forced it said that it was; 0: none did."""
    affordances: ClassVar[frozenset[Affordance]]
    """What the rules must allow for any probe of this kind."""
    needs: ClassVar[frozenset[Capability]] = frozenset()
    """What the engine must be able to do."""
    reads: ClassVar[Reads] = Reads.BEHAVIOUR
    result: ClassVar[type[Result]]
    price: ClassVar[str] = "its prompts, read once"
    """What it spends, in words; `estimate` says how much."""
    literature: ClassVar[str] = ""
    """Who described it first, as author and year."""
    seeds: ClassVar[frozenset[str]] = frozenset()
    """Arguments that only choose the noise of its draws."""
    shares_noise: ClassVar[bool] = False
    """Whether draws of different prompts under one seed have their noise in common, and so are not independent."""
    manner: ClassVar[frozenset[str]] = frozenset()
    """Arguments that say in what manner it changes the inside: random changes of another manner are no measure of it.
    Every other one, such as where and how strongly, is a choice that a few random changes would stand behind."""
    counts: ClassVar[frozenset[str]] = frozenset()
    """Arguments that only say how many draws are taken."""
    limits: ClassVar[frozenset[str]] = frozenset()
    """Arguments that only cut a draw off: of two that differ in them alone, one is the other's beginning."""
    settings: ClassVar[frozenset[str]] = frozenset()
    """Arguments that only say how a draw is taken. Every other one, such as a change of the model's inside, is part of
    what is asked, and a control may differ in it."""

    _arrays: dict[RecordedArray, Array] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_put(self) -> Self:
        """Whatever its texts make a prompt of is one: an empty text is none."""
        try:
            self.prompts()
        except ValidationError as error:
            raise ValueError(first_flaw(error)) from None
        return self

    @property
    def title(self) -> str:
        """What a log line shows: the prompt, usually."""
        prompts = self.prompts()
        return prompts[0].title if prompts else self.kind

    def prompts(self) -> Sequence[Prompt]:
        """Every prompt this probe gives the model, controls included: what it is about comes first."""
        return [value for _, value in self if isinstance(value, Prompt)]

    def chosen(self) -> Sequence[Prompt]:
        """Those of them that whoever asks has chosen: a control that the probe makes of its prompt needs no more than
        that, and forces no more."""
        return self.prompts()

    def put_as(self, prompt: Prompt) -> Self:
        """The same with its only prompt written as another one that reaches the model as the same tokens."""
        return self.model_copy(update={name: prompt for name, value in self if isinstance(value, Prompt)})

    def controls(self) -> Sequence[Prompt]:
        """Those of its prompts on which what it reads should not show."""
        return ()

    @property
    def random(self) -> bool:
        """Whether what it changes inside is itself random, and means nothing."""
        return False

    @property
    def read(self) -> Prompt | None:
        """The prompt on which the inside is read or changed; None: it has none."""
        return next(iter(self.prompts()), None)

    @property
    def followed(self) -> Sequence[str]:
        """The texts on which the inside is read; none: on none in particular."""
        return ()

    def moved(self, result: Result) -> Sequence[Sequence[MovedToken]]:
        """Of each effect of a result the tokens that it is about; none: it is about nothing that could be claimed."""
        return [()] * len(result.effects)

    @property
    def uncontrolled(self) -> str:
        """Of a probe whose result has nothing beside it: in words, what to hold it against."""
        return ""

    def said(self, result: Result) -> str:
        """The result in one sentence, and that no control stands beside it where none does."""
        beside = self.uncontrolled
        return f"{result.summary} · no control beside this: {beside}" if beside else result.summary

    def inputs(self) -> Sequence[str]:
        """Every text it gives the model, whoever is said to have written it, but for those that are `given`."""
        return [text for prompt in self.prompts() for text in prompt.texts]

    def given(self) -> Sequence[Excerpt]:
        """Every piece of a corpus that it gives the model as it stands there."""
        return ()

    def references(self) -> Sequence[RecordedArray]:
        """Every array of an earlier record that this probe takes."""
        directions = (change.direction for change in self.changes if change.direction is not None)
        return [*(value for _, value in self if isinstance(value, RecordedArray)), *directions]

    @property
    def changes(self) -> Sequence[Change]:
        """Every change to the model's inside that this probe makes."""
        several = (value for _, value in self if isinstance(value, tuple))
        return [item for value in several for item in value if isinstance(item, Change)]

    def with_arrays(self, arrays: Mapping[RecordedArray, Array]) -> Self:
        """Attach the arrays that were referred to; the door does so before it runs, and replay before it checks."""
        self._arrays.update(arrays)
        return self

    def array(self, reference: RecordedArray) -> Array:
        """An array that was referred to. Raises KeyError if nobody attached it."""
        return self._arrays[reference]

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        """Everything the rules must allow for this very probe, as its version knew it; `heard` tells what the organism
        is on record with."""
        edits = {Affordance.EDITS} if self.changes else set()
        return self.affordances.union(edits, *(prompt.affordances(heard) for prompt in self._known()))

    def _known(self) -> Sequence[Prompt]:
        """What was chosen, as its version knew it."""
        prompts = self.chosen()
        return [prompt.left_open() for prompt in prompts] if self.version <= self.begun_freely else prompts

    def compared_with(self, beside: str | None = None) -> str | None:
        """With whom it compares: the baseline unless somebody else is named; None if it compares nobody."""
        return (beside or BASELINE) if Affordance.BASELINE in self.needed() else None

    def elicitation(self, heard: Heard = nobody) -> Elicitation:
        """How forced its observations are, from the arguments and what was recorded before: nothing that a record
        states of itself is believed."""
        return self.classed(self.chosen(), heard)

    def elicitation_then(self, heard: Heard = nobody) -> Elicitation:
        """How forced its own version said that they are: what it counts as today may be more."""
        return self.classed(self._known(), heard)

    def classed(self, prompts: Sequence[Prompt], heard: Heard) -> Elicitation:
        """The same of these prompts, which are its own."""
        if self.reads is Reads.INSIDE:
            return Elicitation.INTERNAL
        if self.reads is Reads.BEHAVIOUR and not self._plain(self.needed(heard)):
            return Elicitation.FORCED
        classes = (prompt.elicitation(heard) for prompt in prompts)
        return max(classes, key=CLASSES.index, default=Elicitation.NATURAL)

    @property
    def elicits_plainly(self) -> bool:
        """Whether what it draws is the subject's own: without changes to its inside, or another model mixed in."""
        return self.reads is Reads.BEHAVIOUR and self.unaltered

    @property
    def unaltered(self) -> bool:
        """Whether whoever is asked answers as it is: without changes to its inside, or another model mixed in."""
        return self._plain(self.needed())

    def _plain(self, needed: frozenset[Affordance]) -> bool:
        mixed = Affordance.BASELINE in needed and self.result.samples_texts
        return Affordance.EDITS not in needed and not mixed

    def condition(self) -> dict[str, Any]:
        """What is asked, apart from which draws are taken and how long they may be: runs that agree in it are pooled.

        A probe whose settings can be changed without changing what is drawn says which of them are the same.
        """
        return self._without(self.seeds | self.counts | self.limits)

    def question(self) -> dict[str, Any]:
        """What is asked, however it is drawn."""
        return {name: value for name, value in self.condition().items() if name not in self.settings}

    @property
    def noisy(self) -> bool:
        """Whether its draws depend on a seed; without noise one prompt is one observation, however often asked."""
        return bool(self.seeds)

    @property
    def sharp(self) -> bool:
        """Whether noise may decide so little that a lead is nearly all: equal answers to one question tell no more than
        one of them, however many are drawn."""
        return not self.noisy

    def unsharpened(self) -> Self:
        """The same drawn with no less noise than is usual; a probe whose settings take noise away says how."""
        return self

    def noise(self, index: int) -> dict[str, Any]:
        """What the noise of draw `index` is keyed by: prompts, seeds and number, whatever the other settings. Draws of
        equal noise that say the same are one observation, however their settings differ."""
        keyed = {name: value for name, value in self if name in self.seeds} if self.noisy else {}
        asked = [prompt.model_dump(mode="json") for prompt in self.prompts()]
        return {"prompts": asked, **keyed, "draw": index if self.noisy else 0}

    def estimate(self, subject: Subject) -> Cost:
        """The most it can spend; reserved before it runs."""
        return Cost(forward_tokens=sum(len(prompt.ids(subject)) for prompt in self.prompts()))

    def generates(self) -> int:
        """Tokens that it may generate, as far as its arguments alone tell: it reserves no fewer."""
        return 0

    def run(self, subject: Subject, progress: Progress) -> Result:
        """Ask. If `progress.cancel` is set, return what there is so far."""
        raise NotImplementedError

    def unfinished(self, recorded: Result) -> bool:
        """Whether a result holds less than was asked for, as only that of a cancelled probe may."""
        return False

    def replay(self, subject: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Check a recorded result on a model: by running again, unless a probe knows a cheaper way.

        That what is derived follows from what is raw has been checked before.
        """
        return recorded.compare(self.run(subject, progress), tolerance)

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        """What a click on a place in the result's figures may start next."""
        return ()

    def _without(self, names: frozenset[str]) -> dict[str, Any]:
        arguments: dict[str, Any] = self.model_dump(mode="json", exclude=set(names))
        return arguments

    @classmethod
    def about(cls) -> str:
        """What it is for, in the first sentence of its docstring."""
        return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())

    @classmethod
    @cache
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


SEED = Field(0, ge=0, lt=2**53)
"""Every seeded probe takes the same range: whole numbers that JSON carries exactly."""

FRESH: Final = "fresh"
"""What a seed may be said to be, instead of a number: one that nobody picked, from the session."""
