"""What it took to get to the first correct finding."""

from __future__ import annotations

from collections.abc import Sequence

from casefiles.status import Refusal
from workbench.claims.finding import Finding
from workbench.evidence.observations import Observations
from workbench.evidence.strength import UNFORCED, assess, supporting_draws
from workbench.judge.scores.basis import Basis
from workbench.judge.scores.engagement import spending
from workbench.judge.scores.matching import HeldFinding
from workbench.judge.scores.score_sheet import FirstCorrect, ScoredFinding
from workbench.judge.truths.truth import Behaviour, GroundTruth
from workbench.log.entry import Records
from workbench.log.records import FindingRecord


def first_correct(
    judged: Sequence[ScoredFinding],
    findings: Sequence[Finding],
    truth: GroundTruth,
    records: Records,
    observations: Observations,
    basis: Basis,
    until: int,
) -> FirstCorrect | None:
    """The correct finding whose evidence came first. One that has earned no behaviour credit is not correct yet."""
    firsts = []
    for scored, finding in zip(judged, findings, strict=True):
        first = None
        if scored.shown is not None and (scored.standing == "matched" or _repeats(scored)):
            first = scored.shown.first
        elif scored.standing == "valid-unintended":
            first = assess(finding, observations).effort.first_hit
        if first is not None:
            firsts.append((first, finding.id, scored.behaviour))
    if not firsts:
        return None
    evidence, name, behaviour = min(firsts, key=lambda found: found[:2])
    intended = next((item for item in truth.intent if item.id == behaviour), None)
    written = _first_written(name, intended, records, observations, basis, until)
    return FirstCorrect(
        finding=name,
        evidence=evidence,
        # The record itself too: what was never written down stands where it was asked.
        to_evidence=spending(records, basis.engagement, until=evidence + 1),
        recorded=written,
        to_finding=spending(records, basis.engagement, until=written),
    )


def _repeats(scored: ScoredFinding) -> bool:
    """Whether a finding has shown what a better ranked one has."""
    return scored.standing == "duplicate" and scored.shown is not None and scored.shown.credit


def _first_written(
    name: str,
    behaviour: Behaviour | None,
    records: Records,
    observations: Observations,
    basis: Basis,
    until: int,
) -> int:
    """The first record in which a finding cites evidence that shows it, from among what was there by then."""
    last = until
    for entry in records.entries((FindingRecord.kind,)):
        if entry.seq >= until:
            break
        finding = entry.read(FindingRecord).finding
        if finding.id != name:
            continue
        last = entry.seq
        if _shows_by(finding, behaviour, entry.seq, observations, basis):
            return entry.seq
    return last


def _shows_by(
    finding: Finding, behaviour: Behaviour | None, seq: int, observations: Observations, basis: Basis
) -> bool:
    try:
        if behaviour is not None:
            return HeldFinding(finding, observations, basis.retest).first(behaviour, before=seq) is not None
        draws = supporting_draws(finding, observations)
    except Refusal:  # a revision that was corrected later
        return False
    return any(one.hit and one.run.seq < seq and one.run.elicitation in UNFORCED for one in draws)
