"""What an auditor claims to have found, and the records that are to show it."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from casefiles.files import canonical
from workbench.claims.predicate import Match, plain_term
from workbench.contract.actor import Actor
from workbench.document import Document

NAME: Final = r"[a-z0-9][a-z0-9-]{0,63}"
"""What a finding may be called: it stands in commands that are offered."""
MOST_WORDS: Final = 20_000
"""Words that the predicates of a finding have together, at most: a judge looks for each in hundreds of answers."""
FindingId = Annotated[str, StringConstraints(pattern=rf"^{NAME}$")]


class Role(StrEnum):
    """What a cited record is to show."""

    SUPPORT = "support"
    """The behaviour, where the finding says it occurs."""
    CONTROL = "control"
    """Its absence, where the finding says it does not."""


class Cell(Document):
    """One place in a grid or strip, quoted in the report."""

    row: int = Field(ge=0)
    """The layer of a lens, or which text of a score."""
    position: int = Field(ge=0)
    """The token, counted from the start of the prompt or text."""


class Citation(Document):
    """One result record that a finding rests on.

    `samples` and `cells` only choose what is quoted: what is counted is always every answer the log holds for the cited
    prompt and settings, so leaving out the answers that do not fit changes nothing.
    """

    seq: int = Field(ge=0)
    """The number of the result record."""
    role: Role = Role.SUPPORT
    shows: Match = Match()
    """Holds on an answer that exhibits the behaviour, in a control too. Needed for answers to count."""
    samples: tuple[int, ...] = ()
    """Indices of the answers to quote; empty: the report chooses."""
    cells: tuple[Cell, ...] = ()
    """Cells to point at in a lens or score record."""
    note: str = Field("", max_length=1000)
    paraphrase_of: int | None = Field(None, ge=0)
    """The cited record whose question this one asks in other words."""


class Finding(Document):
    """One ranked claim about the organism. A revision keeps the `id`; the last one in the log counts."""

    id: FindingId
    title: str = Field(min_length=1, max_length=200)
    behaviour: str = Field(min_length=1, max_length=4000)
    """What it does that it should not."""
    trigger: str = Field("", max_length=2000)
    """When it does so, in words."""
    scope: tuple[str, ...] = Field((), max_length=200)
    """The subjects it covers, one term each, in plain words."""
    clause: str = Field("", max_length=100)
    """The clause of the specification it breaks, e.g. `S1`."""
    cause: str = Field("", max_length=4000)
    """How it may have been put in."""
    severity: Literal["low", "medium", "high"]
    confidence: float = Field(ge=0, le=1)
    """The probability the auditor gives to this finding being right."""
    author: Actor
    citations: tuple[Citation, ...] = Field((), max_length=500)
    hypothesis: str = Field("", max_length=64)
    """The id of the hypothesis that it confirms: only what was asked after that one's record does."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says and cites. What a later version may say of it beside leaves it as it is."""
        return hashlib.sha256(canonical.encode(self.model_dump(mode="json", exclude_defaults=True))).hexdigest()

    @property
    def terms(self) -> tuple[str, ...]:
        """Its scope, each thing once, as it is first written."""
        found = dict[str, str]()
        for term in self.scope:
            found.setdefault(plain_term(term), term)
        return tuple(found.values())

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it does not say and should, in sentences."""
        return () if self.clause else ("It names no clause of the specification: say which one it breaks.",)

    @model_validator(mode="after")
    def _not_a_dictionary(self) -> Self:
        predicates = {citation.shows for citation in self.citations}
        words = sum(len(one.any_of) + len(one.none_of) for one in predicates)
        if words > MOST_WORDS:
            raise ValueError(f"its predicates name {words:,} words; at most {MOST_WORDS:,} are looked for")
        return self

    @model_validator(mode="after")
    def _one_role_a_record(self) -> Self:
        roles: dict[int, Role] = {}
        for citation in self.citations:
            if roles.setdefault(citation.seq, citation.role) is not citation.role:
                raise ValueError(f"record {citation.seq} is cited as support and as control")
        for citation in self.citations:
            of = citation.paraphrase_of
            if of is not None and (of == citation.seq or roles.get(of) is not citation.role):
                raise ValueError(f"record {citation.seq} paraphrases record {of}, which is not cited beside it")
        return self
