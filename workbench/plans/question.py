"""One line of a list of questions: a kind of probe and its arguments, as a program or a person writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, ValidationError

from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.contract.arguments import Argument, Text, arguments_of
from workbench.contract.probe import FRESH, Probe
from workbench.contract.subject import ORGANISM, SubjectName
from workbench.document import Document, first_flaw
from workbench.misfit import misfits
from workbench.probes import BY_KIND
from workbench.visible import quoted


class Question(Document):
    """A probe to be asked, by its kind and its arguments: as in its record, or as text where that is easier."""

    kind: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    on: SubjectName = ORGANISM
    """Who is asked, e.g. `baseline`."""
    beside: SubjectName | None = None
    """With whom a probe that compares two compares; None: the baseline."""
    id: str = Field("", max_length=200)
    """Whatever its author knows it by; comes back with the answer."""
    clause: str = Field("", max_length=100)
    """The clause of the specification that it looks into."""

    @classmethod
    def of_line(cls, text: str) -> Self:
        """Read one line of JSON. Raises Refusal."""
        try:
            value = canonical.decode(text.removeprefix("\ufeff").encode())
            if not isinstance(value, dict):
                raise ValueError("a line is a JSON object with kind and arguments")
            return cls.model_validate(value)
        except ValidationError as error:
            raise _unusable(misfits(error, cls)) from None
        except ValueError as error:
            raise _unusable(str(error)) from None

    @property
    def fresh(self) -> frozenset[str]:
        """Its arguments that get a seed from the session: those that it names no number for."""
        seeds = BY_KIND[self.kind].seeds if self.kind in BY_KIND else ()
        return frozenset(name for name in seeds if self.arguments.get(name, FRESH) == FRESH)

    @property
    def probe(self) -> Probe:
        """The probe that is meant. Raises Refusal if there is no such kind, or it does not allow these arguments."""
        kind = BY_KIND.get(self.kind)
        if kind is None:
            raise Refusal(
                "input.unknown-probe", f"There is no probe {quoted(self.kind)}.", f"There are: {', '.join(BY_KIND)}.",
                "Write one of them as the line's kind.",
            )  # fmt: skip
        try:
            given = {name: value for name, value in self.arguments.items() if name not in self.fresh}
            return kind.model_validate(_values(arguments_of(kind), given))
        except ValidationError as error:
            one_field = error.errors()[0]["loc"]
            raise _unusable(misfits(error, kind) if one_field else f"arguments: {first_flaw(error)}") from None


def _values(declared: tuple[Argument, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with those read that stand there as text."""
    known = {argument.name: argument for argument in declared}
    values = {}
    for name, value in given.items():
        argument = known.get(name)
        written = isinstance(value, str) and argument is not None and not isinstance(argument, Text)
        try:
            values[name] = argument.parse(value) if written and argument is not None else value
        except ValueError as error:
            raise _unusable(f"arguments.{name}: {error}") from None
    return values


def _unusable(why: str) -> Refusal:
    return Refusal(
        "input.invalid", "This line cannot be asked.", f"{why[:1].upper()}{why[1:]}{'' if why[-1] in '.?' else '.'}",
        'Write {"kind": "sample", "arguments": {"prompt": "…", "samples": 4}}.',
    )  # fmt: skip
