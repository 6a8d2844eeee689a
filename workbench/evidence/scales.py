"""Weighs findings against the log as it grows. Runs on a worker of its own; knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from casefiles.status import Refusal
from workbench.claims.confirmation import AmongAll
from workbench.claims.finding import Finding
from workbench.claims.measures import Measure, measures
from workbench.claims.predicate import Match
from workbench.claims.weight import Strength
from workbench.contract.figures import Rows
from workbench.evidence.bench import bench, tried
from workbench.evidence.observations import KINDS, Observations
from workbench.evidence.standing import CLAIMS, hypotheses, standing
from workbench.evidence.strength import assess
from workbench.evidence.supposed import StandingHypothesis, supposed
from workbench.log.stored_log import StoredLog

STRETCH = 2000
"""Records counted in one step, so that a draft's strength need not wait for a long log."""


@dataclass(frozen=True)
class StandingFinding:
    """A finding that stands in the log, and what the log says about it now."""

    finding: Finding
    strength: Strength | None
    refusal: Refusal | None
    """Why it has no strength: a citation that does not hold."""
    among: AmongAll | None = None
    """Its p over prompts among all that was looked at."""

    @property
    def lacks(self) -> tuple[str, ...]:
        """What its evidence lacks; of one without a strength, why it has none."""
        if self.strength is not None:
            return self.strength.lacks(self.among)
        return (self.refusal.what, self.refusal.try_this) if self.refusal is not None else ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is told of it beside its rates."""
        return measures(self.strength, self.among) if self.strength is not None else ()


class Scales:
    """Holds the observations of a log; `count` takes in what is new, a stretch at a time."""

    def __init__(self, log: StoredLog) -> None:
        self._log = log
        self._observations = Observations()
        self._counted = 0
        self._broken: Refusal | None = None

    def count(self) -> bool:
        """Take in some more records; whether any are left."""
        stop = min(self._counted + STRETCH, self._log.size)
        try:
            for entry in self._log.page(self._counted, stop, KINDS):
                self._observations.add(entry)
        except Refusal as refusal:
            self._broken = refusal
        self._counted = stop
        return self._broken is None and stop < self._log.size

    def standing(self) -> tuple[Finding, ...]:
        """The findings that are neither withdrawn nor replaced by a revision."""
        try:
            return standing(self._log.entries(CLAIMS))
        except Refusal:  # written by another version: they show as plain records
            return ()

    @property
    def stated(self) -> bool:
        """Whether anything was claimed or supposed, so that there is something to count the log for."""
        return bool(self.standing() or hypotheses(self._log))

    def hypotheses(self) -> tuple[StandingHypothesis, ...]:
        """The standing hypotheses, each with what was counted since it was locked."""
        return supposed(self._observations, self.standing())

    def claims(self) -> tuple[StandingFinding, ...]:
        """The standing findings, each with its strength on what was counted so far."""
        told = [(finding, *self.weigh(finding)) for finding in self.standing()]
        ps = [(finding, strength.p if strength is not None else None) for finding, strength, _ in told]
        among = self._observations.looks.among_all(ps, self._observations.shows)
        return tuple(StandingFinding(*one, adjusted) for one, adjusted in zip(told, among, strict=True))

    def weigh(self, finding: Finding) -> tuple[Strength | None, Refusal | None]:
        """The strength of a finding, also of one that is only a draft, or why it has none."""
        if self._broken is not None:
            return None, self._broken
        try:
            return assess(finding, self._observations), None
        except Refusal as refusal:
            return None, refusal

    def bench(self, match: Match) -> Rows:
        """Where a predicate holds and where it does not, over every answer that was counted so far."""
        return bench(match, tried(match, self._observations))

    def title(self, seq: int) -> str:
        """What was asked by the probe that left a record; empty if none that was counted did."""
        try:
            return self._observations.run(seq).title
        except KeyError:
            return ""

    def held(self, finding: Finding) -> dict[int, tuple[int, int]]:
        """For each cited record: on how many of its answers the citation's predicate holds, and how many there are."""
        told: dict[int, tuple[int, int]] = {}
        for citation in finding.citations:
            try:
                draws = self._observations.run(citation.seq).draws
            except KeyError:
                continue
            wanted = citation.shows != Match()
            told[citation.seq] = (
                sum(wanted and citation.shows.holds(draw.heard, whole=draw.whole) for draw in draws),
                len(draws),
            )
        return told
