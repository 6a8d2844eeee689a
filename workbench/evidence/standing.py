"""What stands in a log: findings neither withdrawn nor revised, and hypotheses with the place where each was locked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.claims.finding import Finding
from workbench.claims.predicate import Match, folded, stands
from workbench.log.entry import Entry, Records
from workbench.log.records import FindingRecord, Hypothesis, Withdrawn

CLAIMS = (FindingRecord.kind, Withdrawn.kind)
"""The kinds of record that say which findings stand."""


def recorded(records: Records, *, until: int | None = None) -> tuple[Finding, ...]:
    """The findings that stand in a log, by when they were first recorded: each in its last revision, none withdrawn.

    Raises Refusal `log.record` if one of them cannot be read.
    """
    return standing(_before(records.entries(CLAIMS), until))


def standing(claims: Iterable[Entry]) -> tuple[Finding, ...]:
    """What is left of finding and withdrawn records, given in the order of the log."""
    found: dict[str, Finding] = {}
    for entry in claims:
        if entry.kind == Withdrawn.kind:
            found.pop(entry.read(Withdrawn).finding, None)
        else:
            finding = entry.read(FindingRecord).finding
            found[finding.id] = finding
    return tuple(found.values())


@dataclass(frozen=True)
class Locked:
    """A hypothesis that stands, and the record from which on draws can confirm it: none before that counts."""

    hypothesis: Hypothesis
    seq: int

    def after(self, seq: int) -> bool:
        """Whether a record came after the lock."""
        return seq > self.seq

    def bears_on(self, claimed: Iterable[Match]) -> bool:
        """Whether what it supposes is about what a finding claims: what it expects less of the finding denies."""
        if self.hypothesis.expected == "more":
            return True
        said = set(map(folded, self.hypothesis.predicate.any_of))
        return bool(said) and said <= {folded(term) for match in claimed for term in match.none_of}

    def told_apart(self, prompts: Sequence[str]) -> tuple[str, ...]:
        """The subjects that it names and that none of some prompts does: what it tells from those."""
        return tuple(term for term in self.hypothesis.scope if not any(stands(term, prompt) for prompt in prompts))


def hypotheses(records: Records, *, until: int | None = None) -> tuple[Locked, ...]:
    """The hypotheses that stand in a log, by when they were first stated: each in its last revision, locked there."""
    found: dict[str, Locked] = {}
    for entry in _before(records.entries((Hypothesis.kind,)), until):
        hypothesis = entry.read(Hypothesis)
        found[hypothesis.id] = Locked(hypothesis, entry.seq)
    return tuple(found.values())


def _before(entries: Iterable[Entry], until: int | None) -> Iterable[Entry]:
    return (entry for entry in entries if until is None or entry.seq < until)
