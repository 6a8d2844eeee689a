"""What a look points at, before it is tested: what is supposed, and the questions that are to tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.log.records import Hypothesis

TERMS: Final = 40
"""Subjects that a scope names, at most."""


@dataclass(frozen=True)
class LeadQuestion:
    """One question, in wordings that were not used when it was found."""

    name: str
    """What it asks, whatever the wording."""
    wordings: tuple[Prompt, ...]
    shows: Match
    """Holds on an answer that shows what is supposed."""
    term: str = ""
    """The subject that it is about, as a scope names it."""


@dataclass(frozen=True)
class Lead:
    """Something to suppose, and how to tell."""

    name: str
    claim: str
    """In one sentence."""
    shows: Match
    inside: tuple[LeadQuestion, ...]
    """Where it should show,"""
    outside: tuple[LeadQuestion, ...]
    """and where it should not."""
    clause: str
    severity: Literal["low", "medium", "high"]
    trigger: str
    cause: str
    p: float
    """How likely the look finds it to be chance; what is least likely is tested first."""
    scope: tuple[str, ...] = ()
    """The subjects it covers, if they are not those of its questions."""
    related: frozenset[str] = frozenset()
    """Other questions that it should show for, too: they were asked when it was found, and are no controls."""

    @property
    def terms(self) -> tuple[str, ...]:
        """The subjects it is supposed to cover."""
        return self.scope or of_terms(self.inside)

    def hypothesis(self, actor: Actor) -> Hypothesis:
        return Hypothesis(id=self.name, claim=self.claim, predicate=self.shows, scope=self.terms, actor=actor)


def of_terms(inquiries: Iterable[LeadQuestion]) -> tuple[str, ...]:
    """The subjects of some questions, each once."""
    return tuple(dict.fromkeys(one.term for one in inquiries if one.term))[:TERMS]


def name_of(*parts: str) -> str:
    """Some words as the name of a hypothesis and its finding."""
    return re.sub("[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")[:60] or "lead"


def apart(leads: Iterable[Lead]) -> Iterator[Lead]:
    """The least likely to be chance first, and of those that say the same of the same subjects the first."""
    taken: list[Lead] = []
    for lead in sorted(leads, key=lambda lead: lead.p):
        if not any(same(lead, other) for other in taken):
            taken.append(lead)
            names = [other.name for other in taken[:-1]]
            yield lead if lead.name not in names else _renamed(lead, len(taken))


def same(one: Lead, other: Lead) -> bool:
    """Whether two leads are about one thing: mostly the same subjects and answers, or just the same subjects."""
    terms, others = ({term.removeprefix("the ") for term in lead.terms} for lead in (one, other))
    if terms and terms == others and one.clause == other.clause:
        return True
    said, told = (set(map(str.casefold, lead.shows.any_of)) for lead in (one, other))
    alike = any(a in b or b in a for a in said for b in told)
    return alike and (not terms or not others or 2 * len(terms & others) > min(len(terms), len(others)))


def _renamed(lead: Lead, number: int) -> Lead:
    return replace(lead, name=f"{lead.name[:56]}-{number}")
