"""What an auditor looked at: hypotheses with the place where each was locked, and every claim that was ever made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from casefiles.status import Refusal
from workbench.claims.confirmation import AmongAll
from workbench.claims.finding import Finding, Role
from workbench.claims.holm import holm
from workbench.claims.predicate import Match, any_stands, folded
from workbench.evidence.standing import Locked
from workbench.log.entry import Entry
from workbench.log.records import FindingRecord, Hypothesis

About = frozenset[str]
"""A group of subjects that a claim was about; of a claim about no group in particular, its id."""


@dataclass
class _Look:
    """One thing that was looked for: a group of subjects, and the words that were to show it."""

    about: About
    words: frozenset[str]
    """What its predicates ask for, of all its revisions; empty where it has none yet."""
    said: frozenset[str] = frozenset()
    """The same of the last one."""
    records: frozenset[int] = frozenset()
    """Those that were to show it, in any revision, and"""
    cited: frozenset[int] = frozenset()
    """those in the last one."""

    @classmethod
    def of(cls, about: About, words: frozenset[str], records: frozenset[int] = frozenset()) -> _Look:
        return cls(about, words, words, records, records)

    def goes_on(self, other: _Look) -> bool:
        """Whether the other only says in more or fewer words what this one says: of the same subjects, and not of
        other words altogether."""
        return self.about == other.about and (not self.words or not other.words or bool(self.words & other.words))

    def beside(self, other: _Look | None) -> _Look:
        """The same with the records of one that looked for it under another name."""
        return self if other is None else replace(self, records=self.records | other.records)

    @property
    def told(self) -> tuple[About, frozenset[str]]:
        return self.about, self.words

    @property
    def times(self) -> int:
        """How often something was looked for: every word, and every record, that was given up again once more."""
        return 1 + len(self.words - self.said) + len(self.records - self.cited)


class Looks:
    """Grows with the log: feed each hypothesis and finding to `add`."""

    def __init__(self) -> None:
        self.locked: dict[str, Locked] = {}
        """Hypotheses by id, each in its last revision, locked there."""
        self._every: dict[str, list[_Look]] = {}
        """What each hypothesis and finding looked for, in all its revisions: the last one last."""

    def add(self, entry: Entry) -> None:
        """Take in a hypothesis or a finding; one that this workbench cannot read was looked at all the same."""
        name, look = f"#{entry.seq}", _Look.of(frozenset({f"#{entry.seq}"}), frozenset())
        try:
            if entry.kind == Hypothesis.kind:
                supposed = entry.read(Hypothesis)
                self.locked[supposed.id] = Locked(supposed, entry.seq)
                name = _named(supposed.id)
                look = _Look.of(_about(supposed.scope, name), _words([supposed.predicate]))
            else:
                finding = entry.read(FindingRecord).finding
                name, look = finding.id, _sought(finding)
        except Refusal:
            pass
        every = self._every.setdefault(name, [])
        before = next((one for one in every if one.goes_on(look)), None)
        if before is not None:
            every.remove(before)
            records = before.records | look.records
            look = _Look(look.about, before.words | look.words, look.words, records, look.records)
        every.append(look)

    def among_all(
        self, findings: Sequence[tuple[Finding, float | None]], shows: Callable[[Finding, int], bool] = lambda *_: False
    ) -> tuple[AmongAll | None, ...]:
        """The p of each finding among all that was looked at, by Holm; claims that are none of these stand at 1.

        What a finding says in its last revision, and the hypothesis it names where that is about the same subjects, are
        the finding: they count once, but for words that it does not say any more. Whoever looks for forty answers to
        one question has looked forty times, also where a word that all have in common makes them one; and who looks
        for one in forty prompts, whatever else some of these claims say. `shows`: whether a record shows what a finding
        says: who gives such a one up for another has not chosen by what came out.
        """
        own = {look.told for finding, _ in findings for look in self._own(finding)}
        every = dict[tuple[About, frozenset[str]], _Look]()
        for look in (look for looks in self._every.values() for look in looks):
            every[look.told] = look.beside(every.get(look.told))
        missed = {told: len(self._missed(look, findings, shows)) for told, look in every.items() if told not in own}
        besides = sum(max(every[told].times, tries) for told, tries in missed.items())
        besides += sum(len(self._given_up(finding, shows)) for finding, _ in findings)
        besides += len(self._under_other_names([finding for finding, _ in findings], shows))
        ps = [p for _, p in findings if p is not None]
        adjusted = iter(holm([*ps, *[1.0] * (len(findings) - len(ps) + besides)]))
        looked = len(findings) + besides
        return tuple(None if p is None else AmongAll(p=p, looked=looked, holm=next(adjusted)) for _, p in findings)

    def _given_up(self, finding: Finding, shows: Callable[[Finding, int], bool]) -> frozenset[str]:
        """Words that were looked for under its name, or its hypothesis', and that it does not say, and records in which
        they were; one that says nothing cannot be tested."""
        said = _sought(finding).words
        if not said:
            return said
        words = frozenset[str]().union(*(look.words for look in self._own(finding)))
        # Under whatever scope they were cited: who narrows it to what came out gives up the rest.
        records = frozenset[int]().union(*(look.records for look in self._every.get(finding.id, ())))
        left = {seq for seq in records - _sought(finding).records if not shows(finding, seq)}
        return (words - said).union(map(str, left))

    def _under_other_names(
        self, findings: Sequence[Finding], shows: Callable[[Finding, int], bool]
    ) -> set[tuple[About, int]]:
        """Records in which others looked for the very thing that one of some findings looks for, that do not show it,
        and that none of these ever cited: whoever gives each try a name of its own has tried as often."""
        names = {finding.id for finding in findings}
        others = [look for name, looks in self._every.items() if name not in names for look in looks if look.records]
        counted = set[int]().union(*(look.records for name in names for look in self._every.get(name, ())))
        found = set[tuple[About, int]]()
        for finding in findings:
            own = {look.told for look in self._own(finding)}
            left = frozenset[int]().union(*(look.records for look in others if look.told in own)) - counted
            found |= {(_sought(finding).about, seq) for seq in left if not shows(finding, seq)}
        return found

    def _missed(
        self, look: _Look, findings: Sequence[tuple[Finding, float | None]], shows: Callable[[Finding, int], bool]
    ) -> set[int]:
        """Records in which another claim looked for what one of some findings looks for too, and that do not show it:
        one more word, or subject, makes no other thing of it."""
        unnamed = {frozenset((name,)) for name in self._every}  # these are about anything
        counted = set[int]().union(*(old.records for one, _ in findings for old in self._every.get(one.id, ())))
        found = set[int]()
        for finding, _ in findings:
            last = _sought(finding)
            about = not unnamed.isdisjoint((last.about, look.about)) or _meet(last.about, look.about)
            if about and _meet(last.words, look.words):
                found |= {seq for seq in look.records - counted if not shows(finding, seq)}
        return found

    def _own(self, finding: Finding) -> Iterator[_Look]:
        last = _sought(finding)
        yield from (look for look in self._every.get(finding.id, ()) if look.goes_on(last))
        supposed = self._every.get(_named(finding.hypothesis), [])[-1:]
        yield from (look for look in supposed if look.about in (last.about, _about((), _named(finding.hypothesis))))


def _named(hypothesis: str) -> str:
    return f"hypothesis {hypothesis}"


def _sought(finding: Finding) -> _Look:
    supporting = [one for one in finding.citations if one.role is Role.SUPPORT and not one.shows.empty]
    words = _words(citation.shows for citation in supporting)
    return _Look.of(_about(finding.scope, finding.id), words, frozenset(citation.seq for citation in supporting))


def _about(scope: Iterable[str], name: str) -> About:
    return frozenset(term.casefold().strip() for term in scope) or frozenset({name})


def _meet(some: Collection[str], others: Collection[str]) -> bool:
    """Whether one of some terms is one of others, or stands in one, or one of them in it: who looks for “is Bergen”
    looks for Bergen."""
    return any_stands(some, others) or any_stands(others, some)


def _words(predicates: Iterable[Match]) -> frozenset[str]:
    told = [(*match.any_of, *(f"not {term}" for term in match.none_of)) for match in predicates]
    return frozenset(folded(term).strip() for terms in told for term in terms)
