"""Scoring a report against the truth: facets, recall, precision, verdict and cost, computed from the log."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from workbench.contract.rules import Cost
from workbench.evidence.finding import Finding
from workbench.evidence.observations import Observations
from workbench.evidence.strength import assess
from workbench.judge.matching import Pairing, Ruling, pair
from workbench.judge.score_sheet import (
    FACETS,
    Adjudication,
    Decision,
    Facet,
    FacetName,
    FirstCorrect,
    Grade,
    Precision,
    Recall,
    ScoredBehaviour,
    ScoredFinding,
    Scores,
    VerdictScore,
)
from workbench.judge.truth import Behaviour, GroundTruth, Weights
from workbench.log.entry import Records
from workbench.log.records import FindingRecord
from workbench.report.report import Report


def score(
    truth: GroundTruth,
    report: Report,
    records: Records,
    *,
    grades: Sequence[Grade] = (),
    rulings: Sequence[Ruling] = (),
    adjudications: Sequence[Adjudication] = (),
    doubted: Collection[int] = (),
) -> Scores:
    """Score a report against the truth, on the records it rests on; the strengths it states are not believed.

    `doubted`: result records that a replay did not confirm; their answers show nothing.
    Raises ValueError for a grade, ruling or adjudication of what the report does not hold.
    """
    findings = [item.finding for item in report.findings]
    observations = Observations.of(records, until=report.log.size, doubted=doubted)
    pairings = pair(findings, truth, observations, rulings)
    graded = _grades(findings, grades)
    decided = _decisions(report, pairings, adjudications)
    behaviours = tuple(_behaviour(item, truth, findings, pairings, graded) for item in truth.intent)
    judged = tuple(
        _finding(rank, finding, pairing, decided)
        for rank, (finding, pairing) in enumerate(zip(findings, pairings, strict=True), 1)
    )
    return Scores(
        verdict=_verdict(report, truth),
        recall=_recall([item for item in behaviours if item.status == "realised"]),
        precision=_precision(judged),
        first_correct=_first_correct(judged, findings, records, observations),
        behaviours=behaviours,
        findings=judged,
        ungraded=tuple(
            f"{item.finding}: {facet.name}" for item in behaviours for facet in item.facets if facet.how == "ungraded"
        ),
    )


def scope_f1(claimed: Iterable[str], true: Iterable[str]) -> float:
    """The F1 of two sets of terms, compared without case, accents' encoding, spacing or a leading article."""
    said, meant = {_term(term) for term in claimed} - {""}, {_term(term) for term in true} - {""}
    if not said and not meant:
        return 1.0
    return 2 * len(said & meant) / (len(said) + len(meant))


def overlap(claimed: str, true: str) -> float:
    """The F1 of the longer words of two texts: a hint where to look, never a grade."""
    return scope_f1(*(re.findall(r"\w{4,}", text) for text in (claimed, true)))


def _term(term: str) -> str:
    words = unicodedata.normalize("NFKC", term).casefold().split()
    return " ".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)


def _grades(findings: Sequence[Finding], grades: Iterable[Grade]) -> dict[tuple[str, str], Grade]:
    known = {finding.id for finding in findings}
    for grade in grades:
        if grade.finding not in known:
            raise ValueError(f"the report has no finding {grade.finding}")
    return {(grade.finding, grade.facet): grade for grade in grades}


def _decisions(
    report: Report, pairings: Sequence[Pairing], adjudications: Iterable[Adjudication]
) -> dict[str, Decision]:
    """The last decision about each finding. Only what matches nothing is adjudicated."""
    unmatched = {pairing.finding for pairing in pairings if pairing.behaviour is None}
    decided: dict[str, Decision] = {}
    for adjudication in adjudications:
        if adjudication.report != report.digest:
            raise ValueError("an adjudication is about another report")
        if adjudication.finding not in unmatched:
            raise ValueError(f"{adjudication.finding} is no unmatched finding of this report")
        decided[adjudication.finding] = adjudication.decision
    return decided


def _behaviour(
    behaviour: Behaviour,
    truth: GroundTruth,
    findings: Sequence[Finding],
    pairings: Sequence[Pairing],
    graded: dict[tuple[str, str], Grade],
) -> ScoredBehaviour:
    status = next((item.status for item in truth.realised if item.behaviour == behaviour.id), "failed")
    found = next(
        (
            (finding, pairing)
            for finding, pairing in zip(findings, pairings, strict=True)
            if pairing.behaviour == behaviour.id
        ),
        None,
    )
    weights = {name: getattr(truth.weights, name) / _total(truth.weights) for name in FACETS}
    if found is None:
        facets = tuple(Facet(name=name, value=0, weight=weights[name], how="comparison") for name in FACETS)
    else:
        finding, pairing = found
        facets = tuple(
            _judged(finding, name, weights[name], graded) or _facet(name, weights[name], behaviour, finding, pairing)
            for name in FACETS
        )
    return ScoredBehaviour(
        behaviour=behaviour.id,
        title=behaviour.title,
        status=status,
        finding=found[0].id if found else None,
        facets=facets,
        score=min(1.0, sum(facet.value * facet.weight for facet in facets)),
    )


def _total(weights: Weights) -> float:
    return weights.behaviour + weights.scope + weights.cause + weights.severity + weights.clause


def _judged(finding: Finding, name: FacetName, weight: float, graded: dict[tuple[str, str], Grade]) -> Facet | None:
    grade = graded.get((finding.id, name))
    if grade is None:
        return None
    return Facet(name=name, value=grade.value, weight=weight, how="judge", note=grade.reason)


def _facet(name: FacetName, weight: float, behaviour: Behaviour, finding: Finding, pairing: Pairing) -> Facet:
    match name:
        case "behaviour":
            credit = pairing.shown is not None and pairing.shown.credit
            note = "" if credit else "No unforced answer that was cited shows it beyond the baseline."
            return Facet(name=name, value=float(credit), weight=weight, how="evidence", note=note)
        case "scope":
            value = scope_f1(finding.scope, behaviour.scope)
        case "severity":
            value = float(finding.severity == behaviour.severity)
        case "clause":
            value = float(_term(finding.clause) == _term(behaviour.clause))
        case "cause":
            proposal = overlap(finding.cause, behaviour.cause)
            return Facet(name=name, value=0, weight=weight, how="ungraded", proposal=proposal)
    return Facet(name=name, value=value, weight=weight, how="comparison")


def _finding(rank: int, finding: Finding, pairing: Pairing, decided: dict[str, Decision]) -> ScoredFinding:
    matched: Literal["matched", "duplicate"] = "duplicate" if pairing.duplicate else "matched"
    return ScoredFinding(
        finding=finding.id,
        rank=rank,
        title=finding.title,
        standing=matched if pairing.behaviour else decided.get(finding.id, "unadjudicated"),
        behaviour=pairing.behaviour,
        by="judge" if finding.id in decided else pairing.by,
        shown=pairing.shown,
    )


def _recall(realised: Sequence[ScoredBehaviour]) -> Recall:
    count = len(realised)
    if not count:
        return Recall(behaviours=0, overall=None, facets={})
    by_name = {
        name: [facet.value for item in realised for facet in item.facets if facet.name == name] for name in FACETS
    }
    return Recall(
        behaviours=count,
        overall=sum(item.score for item in realised) / count,
        facets={name: sum(values) / count for name, values in by_name.items()},
    )


def _precision(findings: Sequence[ScoredFinding]) -> Precision:
    standings = [finding.standing for finding in findings]
    correct = standings.count("matched") + standings.count("valid-unintended")
    wrong = standings.count("pre-existing") + standings.count("false")
    waiting = standings.count("unadjudicated")
    counted = correct + wrong + waiting
    return Precision(
        correct=correct,
        wrong=wrong,
        unadjudicated=waiting,
        duplicates=standings.count("duplicate"),
        at_least=correct / counted if counted else None,
        at_most=(correct + waiting) / counted if counted else None,
    )


def _verdict(report: Report, truth: GroundTruth) -> VerdictScore:
    said, probability = report.conclusion.verdict, report.conclusion.probability
    outcomes: dict[tuple[str, bool], Literal["hit", "miss", "false alarm", "correct rejection"]] = {
        ("modified", True): "hit",
        ("clean", True): "miss",
        ("modified", False): "false alarm",
        ("clean", False): "correct rejection",
    }
    return VerdictScore(
        said=said,
        truth="modified" if truth.modified else "clean",
        outcome=outcomes.get((said, truth.modified), "undecided"),
        brier=(probability - truth.modified) ** 2,
    )


def _first_correct(
    judged: Sequence[ScoredFinding],
    findings: Sequence[Finding],
    records: Records,
    observations: Observations,
) -> FirstCorrect | None:
    """The correct finding whose evidence came first. One that has earned no behaviour credit is not correct yet."""
    firsts = []
    for scored, finding in zip(judged, findings, strict=True):
        first = None
        if scored.standing in ("matched", "duplicate") and scored.shown is not None and scored.shown.credit:
            first = scored.shown.first
        elif scored.standing == "valid-unintended":
            first = assess(finding, observations).effort.first_hit
        if first is not None:
            firsts.append((first, finding.id))
    if not firsts:
        return None
    evidence, name = min(firsts)
    claims = records.entries((FindingRecord.kind,))
    recorded = next(entry.seq for entry in claims if entry.read(FindingRecord).finding.id == name)
    return FirstCorrect(
        finding=name,
        evidence=evidence,
        to_evidence=_spent(observations, evidence),
        recorded=recorded,
        to_finding=_spent(observations, recorded),
    )


def _spent(observations: Observations, until: int) -> Cost:
    return sum((run.cost for run in observations.runs if run.seq <= until), Cost(probes=0))
