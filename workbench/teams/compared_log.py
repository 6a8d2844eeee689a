"""One session as a comparison tells of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from workbench.claims.rates import Rate, wilson
from workbench.document import Document
from workbench.teams.database import TeamDatabase
from workbench.teams.spending import (
    ElicitationShare,
    FirstEvidence,
    InstrumentUse,
    SearchOfLog,
    instruments,
    mixes,
    searches,
)
from workbench.teams.unclaimed import Unclaimed


class ComparedFinding(Document):
    """A finding with the strength that its log gives it, counted here."""

    id: str
    title: str
    clause: str
    support: str
    reproduction: Rate | None
    control: Rate | None
    confirmed: bool
    separates: bool
    lacks: int
    """How many things its evidence still lacks."""
    standing: str | None
    """What a judge makes of it; None: there is no verdict."""


class JudgedSession(Document):
    """What a judge's verdict says of a session."""

    outcome: str
    modified: bool
    recall: float | None
    correct: int
    wrong: int
    brier: float | None
    correct_after: int | None
    """Probes up to the evidence of the first correct finding; None: there is none."""
    unadjudicated: int = 0
    """Findings that wait for a ruling or a reading: neither right nor wrong yet."""
    at_least: float | None = None
    """Precision, were all of these wrong. None: nothing was submitted that counts."""
    at_most: float | None = None
    """Were all of them right."""
    realised: int = 0
    """Behaviours that can be found;"""
    graded: int = 0
    """those of them that are found by a judge's grade,"""
    unread: int = 0
    """and those of which a person has still to read whether they are."""
    ungraded: int = 0
    """Other facets of these that nobody has graded: recall leaves them out."""
    doubtful: int = 0
    """Facets that recall counts at what they say, and a person has still to read."""


class ComparedLog(Document):
    """One session, read from its verified log."""

    name: str
    session: str
    case: str
    """Its title."""
    case_digest: str
    model: str
    auditor: str
    auditor_key: str
    """Fingerprint."""
    records: int
    witnessed: int
    ticket: bool
    remarks: tuple[str, ...]
    """Codes of what verifying it could not prove, and of what its judge's verdict remarks on."""
    affordances: tuple[str, ...]
    restricted: bool
    """Whether it was held to narrower rules than its case's."""
    actors: str
    """The kinds of those who asked."""
    first_us: int
    last_us: int
    said: str | None
    """The report's conclusion; None: no report was handed in."""
    probability: float | None
    judged: JudgedSession | None
    findings: tuple[ComparedFinding, ...]
    search: SearchOfLog
    first_evidence: FirstEvidence | None
    """None: none of its findings was ever seen."""
    mix: tuple[ElicitationShare, ...]
    instruments: tuple[InstrumentUse, ...]
    unclaimed: int
    """Pieces of evidence that nobody reported here and that a teammate's finding, or its own, speaks of."""
    alone: int
    """Prompts that it sampled and no other log did."""
    judge: str | None = None
    """Name and fingerprint of whose verdict it is; None: there is none."""
    organism: str = ""
    """The model as which it counts in intervals over organisms: of cases with the same weights the first."""
    judged_by: str | None = None
    """The version of the workbench that gave the verdict."""
    unreported: int = 0
    """Of what is unclaimed, that of which its own auditor never claims the same; all of it, listed or not."""
    reworded: int = 0
    """And that of which they claim something else, in none of a teammate's words: it counts as reported."""
    alike: int = 0
    """Prompts on which a teammate's claim shows that count as reported, or as controls, by like words alone."""


def compared_logs(
    database: TeamDatabase,
    remarks: Sequence[tuple[str, ...]],
    firsts: Mapping[int, FirstEvidence],
    found: Unclaimed,
) -> Iterator[ComparedLog]:
    """Every log of a comparison, in its order; `remarks`: of each, its codes."""
    search, mix, used, findings = searches(database), mixes(database), instruments(database), _findings(database)
    seen = found.seen
    left, never = Counter(one.log for one in seen), Counter(one.log for one in seen if not one.own)
    alone = dict(database.query(_ALONE))
    told = database.query("""
        SELECT log, name, session, case_title, case_digest, model, organism, auditor, auditor_key, records, witnessed,
            ticket, affordances, restricted, actors, first_us, last_us, said, probability, judge,
            judged_by
        FROM log ORDER BY log
    """)
    judged = _judged(database)
    for log, name, session, case, digest, model, organism, auditor, auditor_key, records, witnessed, *rest in told:
        ticket, affordances, restricted, actors, first_us, last_us, said, probability, judge, judged_by = rest
        yield ComparedLog(
            name=name,
            session=session,
            case=case,
            case_digest=digest,
            model=model,
            organism=organism,
            auditor=auditor,
            auditor_key=auditor_key,
            records=records,
            witnessed=witnessed,
            ticket=ticket,
            remarks=remarks[log],
            affordances=tuple(affordances.split(", ")),
            restricted=restricted,
            actors=actors,
            first_us=first_us,
            last_us=last_us,
            said=said,
            probability=probability,
            judge=judge,
            judged=judged.get(log),
            judged_by=judged_by,
            findings=findings.get(log, ()),
            search=search[log],
            first_evidence=firsts.get(log),
            mix=mix.get(log, ()),
            instruments=used.get(log, ()),
            unclaimed=left[log],
            alone=alone.get(log, 0),
            unreported=never[log],
            reworded=sum(one.log == log and one.reworded for one in seen),
            alike=found.alike[log],
        )


_ALONE: Final = """
    WITH one AS (
        SELECT prompt, min(log) AS log FROM probe WHERE own AND sampled
        GROUP BY prompt HAVING count(DISTINCT probe.log) = 1
    )
    SELECT log, count(*) FROM one GROUP BY log
"""
"""Of each log, how many prompts it sampled and no other did."""


def _judged(database: TeamDatabase) -> dict[int, JudgedSession]:
    """Of each log whose verdict holds it against a truth."""
    told = database.query(f"SELECT log, {', '.join(JudgedSession.model_fields)} FROM log WHERE outcome IS NOT NULL")
    return {log: JudgedSession(**dict(zip(JudgedSession.model_fields, rest, strict=True))) for log, *rest in told}


def _findings(database: TeamDatabase) -> dict[int, tuple[ComparedFinding, ...]]:
    found: dict[int, list[ComparedFinding]] = {}
    for log, name, title, clause, support, hits, trials, control_hits, control_trials, *rest in database.query("""
        SELECT log, finding, title, clause, support, hits, trials, control_hits, control_trials, confirmed, separates,
            lacks, standing
        FROM finding ORDER BY log, rank
    """):
        confirmed, separates, lacks, standing = rest
        finding = ComparedFinding(
            id=name, title=title, clause=clause, support=support,
            reproduction=wilson(hits, trials) if trials is not None else None,
            control=wilson(control_hits, control_trials) if control_trials is not None else None,
            confirmed=confirmed, separates=separates, lacks=lacks, standing=standing,
        )  # fmt: skip
        found.setdefault(log, []).append(finding)
    return {log: tuple(every) for log, every in found.items()}
