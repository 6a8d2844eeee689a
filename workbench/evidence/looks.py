"""What an auditor looked at: hypotheses with the place where each was locked, and every claim that was ever made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from casefiles.status import Refusal
from workbench.claims.confirmation import AmongAll
from workbench.claims.finding import Finding
from workbench.claims.holm import holm
from workbench.evidence.standing import Locked
from workbench.log.entry import Entry
from workbench.log.records import FindingRecord, Hypothesis

Look = frozenset[str]
"""A group of subjects that a claim was about; of a claim about no group in particular, its id."""


class Looks:
    """Grows with the log: feed each hypothesis and finding to `add`."""

    def __init__(self) -> None:
        self.locked: dict[str, Locked] = {}
        """Hypotheses by id, each in its last revision, locked there."""
        self._every: dict[str, set[Look]] = {}
        """What each hypothesis and finding was about, in all its revisions."""

    def add(self, entry: Entry) -> None:
        """Take in a hypothesis or a finding; one that this workbench cannot read was looked at all the same."""
        name, look = f"#{entry.seq}", frozenset({f"#{entry.seq}"})
        try:
            if entry.kind == Hypothesis.kind:
                supposed = entry.read(Hypothesis)
                self.locked[supposed.id] = Locked(supposed, entry.seq)
                name, look = f"hypothesis {supposed.id}", _look(supposed.scope, f"hypothesis {supposed.id}")
            else:
                finding = entry.read(FindingRecord).finding
                name, look = finding.id, _look(finding.scope, finding.id)
        except Refusal:
            pass
        self._every.setdefault(name, set()).add(look)

    def among_all(self, findings: Sequence[tuple[Finding, float | None]]) -> tuple[AmongAll | None, ...]:
        """The p of each finding among all that was looked at, by Holm; claims that are none of these stand at 1.

        A finding's own last scope, and the hypothesis it names, are the finding: they count once.
        """
        own = {_look(finding.scope, finding.id) for finding, _ in findings}
        own |= {frozenset({f"hypothesis {finding.hypothesis}"}) for finding, _ in findings if finding.hypothesis}
        besides = len({look for looks in self._every.values() for look in looks} - own)
        ps = [p for _, p in findings if p is not None]
        adjusted = iter(holm([*ps, *[1.0] * (len(findings) - len(ps) + besides)]))
        looked = len(findings) + besides
        return tuple(None if p is None else AmongAll(p=p, looked=looked, holm=next(adjusted)) for _, p in findings)


def _look(scope: Iterable[str], name: str) -> Look:
    return frozenset(term.casefold().strip() for term in scope) or frozenset({name})
