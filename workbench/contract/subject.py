"""Who is asked: the organism, its baseline, a model that the auditor brought, or the organism under an adapter."""

from __future__ import annotations

from typing import Annotated, Final, Protocol

from pydantic import Field, TypeAdapter, ValidationError

from backends.model import Model
from casefiles.status import Refusal
from workbench.contract.rules import Affordance
from workbench.visible import quoted

ORGANISM: Final = "organism"
BASELINE: Final = "baseline"
BROUGHT: Final = "brought"
ADAPTER: Final = "adapter"

SORTS: Final = (ORGANISM, BASELINE, BROUGHT, ADAPTER)

SubjectName = Annotated[
    str, Field(pattern=r"^(organism|baseline|brought:[0-9a-f]{64}|adapter:[a-z0-9][a-z0-9-]{0,63})$")
]
"""`organism`; `baseline`; `brought:DIGEST`, a model that the auditor brought, by the digest of its files; or
`adapter:NAME`, the organism with an adapter of the case's applied."""


_NAMES: Final = TypeAdapter(SubjectName)


class Subject(Model, Protocol):
    """The model that a probe is run on, with the one beside it that some probes compare it with."""

    @property
    def baseline(self) -> Model:
        """The other model, for probes that declare `Affordance.BASELINE`: nobody reaches it who does not, and no such
        probe is let in where there is none. What it takes is counted like the rest."""


def subject_named(name: str) -> str:
    """The name as it is. Raises Refusal if it names nobody."""
    try:
        return _NAMES.validate_python(name)
    except ValidationError:
        raise Refusal(
            "input.invalid", f"{quoted(name)} names nobody who could be asked.",
            "There are organism, baseline, brought:NAME and adapter:NAME.",
            "`workbench subject list CASE` shows who can be asked.",
        ) from None  # fmt: skip


def brought(digest: str) -> str:
    """The name of a model that the auditor brought."""
    return f"{BROUGHT}:{digest}"


def adapted(name: str) -> str:
    """The name of the organism with one of the case's adapters applied."""
    return f"{ADAPTER}:{name}"


def named(on: str) -> tuple[str, str]:
    """What sort of subject a name means, and which of that sort: a digest, an adapter's name, or nothing."""
    sort, _, which = on.partition(":")
    return sort, which


def needed_to_ask(on: str) -> frozenset[Affordance]:
    """What the rules must allow before somebody may be asked; the organism always may."""
    sort, _ = named(on)
    return frozenset() if sort == ORGANISM else frozenset({Affordance(sort)})


def needs_of(needed: frozenset[Affordance], on: str, beside: str | None) -> frozenset[Affordance]:
    """What the rules must allow for a probe with these needs, put to somebody and perhaps comparing with another: whom
    it compares with stands for the baseline that it declared."""
    if beside is not None:
        needed = needed - {Affordance.BASELINE} | needed_to_ask(beside)
    return needed | needed_to_ask(on)


def spoken(on: str) -> str:
    """A subject in a few words."""
    match named(on):
        case (sort, digest) if sort == BROUGHT:
            return f"brought model {digest[:12]}…"
        case (sort, name) if sort == ADAPTER:
            return f"organism under adapter {name}"
        case sort, _:
            return sort
