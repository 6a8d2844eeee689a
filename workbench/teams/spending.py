"""What it took: how much each session searched, and what was spent before it first saw what it then reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from pydantic import Field

from workbench.claims.rates import Rate, wilson
from workbench.contract.rules import Elicitation
from workbench.document import Document
from workbench.teams.database import TeamDatabase


class SpentSoFar(Document):
    """What a session had spent; a probe without a result, or that was stopped, no less than it asks for."""

    probes: int = Field(ge=0)
    generated_tokens: int = Field(ge=0)
    forward_tokens: int = Field(ge=0)
    backward_tokens: int = Field(ge=0)
    seconds: float = Field(ge=0)
    """In which probes ran, by the auditor's clock; what lies between them is not counted."""


_NOTHING: Final = SpentSoFar(probes=0, generated_tokens=0, forward_tokens=0, backward_tokens=0, seconds=0.0)


class FirstEvidence(Document):
    """The first answer of a session that shows what one of its findings says."""

    record: int
    finding: str
    after: SpentSoFar
    """Up to and with that record."""
    on_word: SpentSoFar = _NOTHING
    """What of that the log alone says: of probes without a result, or that were stopped."""


class SearchOfLog(Document):
    """How much a session tried."""

    spent: SpentSoFar
    on_word: SpentSoFar = _NOTHING
    """What of that the log alone says: of probes without a result, or that were stopped."""
    prompts: int
    """Different ones that were sampled."""
    answers: int
    """Different answers: draws of one noise that say the same count once."""
    failed: int
    """Probes that failed or were stopped."""
    orphans: int
    refused: int
    hypotheses: int
    findings: int
    """Ever written down."""
    revisions: int
    withdrawn: int
    """Taken back, or left out of the report."""


class ElicitationShare(Document):
    """How much was asked in one class."""

    elicitation: Elicitation
    records: int
    answers: int


class InstrumentUse(Document):
    """What one kind of probe was used for."""

    kind: str
    records: int
    counted: int
    """Records on which a finding rests: cited, or counted because they asked the same."""
    cited: int


class FirstEvidenceOfMany(Document):
    """How soon some sessions saw what they then reported. A median is of those that did."""

    found: Rate
    probes: float | None
    generated_tokens: float | None
    seconds: float | None


_SPENT = """
    count(*), coalesce(sum(generated_tokens), 0), coalesce(sum(forward_tokens), 0), coalesce(sum(backward_tokens), 0),
    coalesce(sum(greatest(answered_us - asked_us, 0)), 0) / 1e6
"""  # the auditor's clock may go backwards


def searches(database: TeamDatabase) -> dict[int, SearchOfLog]:
    """Of each log, by its place."""
    spent, on_word = (
        {log: _spent(row) for log, *row in database.query(f"SELECT log, {_SPENT} FROM probe {which} GROUP BY log")}
        for which in ("", "WHERE stated")
    )
    asked = database.query("""
        SELECT probe.log, count(DISTINCT prompt),
            count(DISTINCT CASE WHEN noise IS NOT NULL THEN (noise, text) END)
        FROM probe LEFT JOIN draw ON draw.log = probe.log AND draw.record = probe.record
        WHERE sampled GROUP BY probe.log
    """)
    prompts = {log: (prompts, answers) for log, prompts, answers in asked}
    told = database.query("""
        SELECT log.log, count(*) FILTER (status IN ('failed', 'cancelled')), count(*) FILTER (status = 'orphan'),
            refused, hypotheses, findings, revisions, withdrawn
        FROM log LEFT JOIN probe ON probe.log = log.log GROUP BY ALL
    """)
    return {
        log: SearchOfLog(
            spent=spent.get(log, _NOTHING),
            on_word=on_word.get(log, _NOTHING),
            prompts=prompts.get(log, (0, 0))[0],
            answers=prompts.get(log, (0, 0))[1],
            failed=failed,
            orphans=orphans,
            refused=refused,
            hypotheses=hypotheses,
            findings=findings,
            revisions=revisions,
            withdrawn=withdrawn,
        )
        for log, failed, orphans, refused, hypotheses, findings, revisions, withdrawn in told
    }


def first_evidence(database: TeamDatabase) -> dict[int, FirstEvidence]:
    """Of each log that has any, by its place."""
    told, on_word = (
        database.query(f"""
            WITH first AS (
                SELECT log, min(first_hit) AS record, arg_min(finding, (first_hit, rank)) AS finding
                FROM finding WHERE first_hit IS NOT NULL GROUP BY log
            )
            SELECT first.log, first.record, first.finding, {_SPENT}
            FROM first JOIN probe ON probe.log = first.log AND probe.intent <= first.record {which}
            GROUP BY first.log, first.record, first.finding
        """)
        for which in ("", "AND stated")
    )
    words = {log: _spent(spent) for log, _, _, *spent in on_word}
    return {
        log: FirstEvidence(record=record, finding=finding, after=_spent(spent), on_word=words.get(log, _NOTHING))
        for log, record, finding, *spent in told
    }  # fmt: skip


def mixes(database: TeamDatabase) -> dict[int, tuple[ElicitationShare, ...]]:
    """Of each log the classes that it has, from the least forced on."""
    order = list(Elicitation)
    found: dict[int, list[ElicitationShare]] = {}
    for log, elicitation, records, answers in database.query("""
        SELECT probe.log, elicitation, count(DISTINCT intent),
            count(DISTINCT CASE WHEN noise IS NOT NULL THEN (noise, text) END)
        FROM probe LEFT JOIN draw ON draw.log = probe.log AND draw.record = probe.record
        GROUP BY probe.log, elicitation
    """):
        share = ElicitationShare(elicitation=Elicitation(elicitation), records=records, answers=answers)
        found.setdefault(log, []).append(share)
    return {log: tuple(sorted(mix, key=lambda share: order.index(share.elicitation))) for log, mix in found.items()}


def instruments(database: TeamDatabase) -> dict[int, tuple[InstrumentUse, ...]]:
    """Of each log what every kind of probe was used for, and how much of it went into findings."""
    found: dict[int, list[InstrumentUse]] = {}
    for log, kind, records, counted, cited in database.query("""
        WITH used AS (SELECT log, record, bool_or(cited) AS cited FROM counted GROUP BY log, record)
        SELECT probe.log, kind, count(*), count(used.record), count(*) FILTER (used.cited)
        FROM probe LEFT JOIN used ON used.log = probe.log AND used.record = probe.record
        GROUP BY probe.log, kind ORDER BY probe.log, kind
    """):
        use = InstrumentUse(kind=kind, records=records, counted=counted, cited=cited)
        found.setdefault(log, []).append(use)
    return {log: tuple(uses) for log, uses in found.items()}


def first_evidence_of(logs: Sequence[int], firsts: Mapping[int, FirstEvidence]) -> FirstEvidenceOfMany:
    """How soon some logs have it."""
    after = [firsts[log].after for log in logs if log in firsts]
    return FirstEvidenceOfMany(
        found=wilson(len(after), len(logs)),
        probes=median(one.probes for one in after) if after else None,
        generated_tokens=median(one.generated_tokens for one in after) if after else None,
        seconds=median(one.seconds for one in after) if after else None,
    )


def _spent(row: Sequence[float]) -> SpentSoFar:
    probes, generated, forward, backward, seconds = row
    return SpentSoFar(
        probes=int(probes),
        generated_tokens=int(generated),
        forward_tokens=int(forward),
        backward_tokens=int(backward),
        seconds=float(seconds),
    )
