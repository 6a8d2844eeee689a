"""One log, verified and read into rows: nothing is believed that its records state and that can be computed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from casefiles.case.case import Case
from casefiles.keys.identity import VerifyKey
from casefiles.log.auditlog import AuditLogFiles
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from casefiles.verification.steps import Verification
from casefiles.verify import verify
from workbench.claims.finding import Finding, Role
from workbench.claims.predicate import Match
from workbench.claims.weight import Strength
from workbench.contract.rules import Cost, Elicitation
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.observations import Observations, Run
from workbench.evidence.standing import standing
from workbench.evidence.strength import assess, supporting_draws, telling
from workbench.judge.retests.joint_claim import FreshAnswer, JointClaim
from workbench.judge.retests.retested import about_as_often
from workbench.judge.scores.basis import Basis
from workbench.judge.scores.score_sheet import ScoredFinding
from workbench.judge.verdicts.issuing import basis, check_report
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.rebuilding import probe_of
from workbench.log.records import Genesis, Intent
from workbench.report import report as reports
from workbench.report.coverage import coverage
from workbench.report.specification import stated_clauses
from workbench.report.survey import Survey
from workbench.teams.exported_records import ExportedRecords
from workbench.teams.tables import ClauseRow, CountedRow, CoveredRow, DrawRow, FindingRow, LogRow, ProbeRow, TeamRow
from workbench.teams.verdicts import FoundBehaviours, JudgedReport, counted_scores

Cases = Mapping[str, Case]
"""The cases at hand, by digest."""
Models = Mapping[str, tuple[str, str]]
"""Digest of each case of which it is known → that of its model, and that of the model as which it counts in intervals
over organisms."""
Verifying = Callable[[float], None]
"""Told how much of a log was verified, 0 … 1."""


@dataclass(frozen=True)
class TeamClaim:
    """What a finding says of its organism's answers, for whoever looks for it in other logs."""

    log: int
    finding: str
    title: str
    organism: str
    """What one organism's weights are known by in this comparison, however they are sealed."""
    words: tuple[Match, ...]
    """Its supporting predicates that say what is said, with those words alone that its own answers say."""
    support: frozenset[str]
    """The prompts (`ProbeRow.prompt`) on which it should show."""
    control: frozenset[str]
    """Those on which it should not."""
    everywhere: bool = False
    """Whether its own controls show it about as often: then nobody else has left anything out with it."""
    shown: frozenset[tuple[str, str]] = frozenset()
    """Prompt and answer of what it rests on, and that shows it."""


@dataclass(frozen=True)
class ReadLog:
    """A log as a comparison takes it in."""

    path: Path
    remarks: tuple[str, ...]
    """Codes of what verifying it here does not prove, and of what its judge's verdict remarks on."""
    session: str
    case: str
    """The digest of the case that it says it is on,"""
    model: str
    """and that of the model that it says the case brings."""
    about: JudgedReport | None
    """The case it is on and its report, as a verdict on it names them; None: it holds no report."""
    rows: tuple[TeamRow, ...]
    claims: tuple[TeamClaim, ...]


def read_log(
    path: Path,
    number: int,
    name: str,
    cases: Cases,
    verdicts: Mapping[JudgedReport, Verdict],
    *,
    models: Models,
    trusted: Sequence[VerifyKey] | None = None,
    progress: Verifying | None = None,
) -> ReadLog:
    """Verify an exported log and read it; `number` and `name` are what the comparison knows it by. `verdicts`: by what
    each is about.

    Raises Refusal with the code of what failed, also if the verdict on it says otherwise of it than its report.
    """
    case = cases.get(_case_named(path))
    found = verify(
        path,
        trusted=trusted,
        judge=case.manifest.judge.verify if case else None,
        case=case.digest if case else None,
        about=case.manifest if case else None,
        progress=None if progress is None else lambda _, done, total: progress(done / max(1, total)),
    )
    return _Reading(path, number, name, found, case, verdicts, models).read()


def _case_named(path: Path) -> str:
    """The digest of the case that a log says it is about, before anything of it is believed; empty if it does not."""
    try:
        return _case_of(ExportedRecords(AuditLogFiles.open(path, None)))
    except (Refusal, ValueError, OSError, StopIteration):
        return ""  # verifying it says what is wrong


def _case_of(records: ExportedRecords) -> str:
    return next(records.entries()).read(Genesis).case


class _Reading:
    """One log on its way into rows."""

    def __init__(
        self,
        path: Path,
        number: int,
        name: str,
        found: Verification,
        case: Case | None,
        verdicts: Mapping[JudgedReport, Verdict],
        models: Models,
    ) -> None:
        self._path, self._log, self._name = path, number, name
        self._verification, self._case = found, case
        self._records = ExportedRecords.of(path, found)
        self._report = reports.read(self._records.report) if self._records.report is not None else None
        self._about = (_case_of(self._records), self._report.digest) if self._report is not None else None
        self._verdict = verdicts.get(self._about) if self._about is not None else None
        if self._verdict is not None and self._report is not None:
            check_report(self._verdict, self._report)
        self._until = self._report.log.size if self._report is not None else self._records.size
        # What a judge's replay did not confirm, and what drew it anew, is known beside what the log says.
        self._known = basis(self._verdict) if self._verdict is not None else Basis()
        self._seen = Observations(self._known.doubted, self._known.swallowed)
        self._survey = Survey(self._records, until=self._until, observations=self._seen)
        stated = self._survey.case
        self._model, self._organism = models.get(stated.digest, (stated.model, stated.model))

    def read(self) -> ReadLog:
        findings = self._findings()
        weighed = [(finding, assess(finding, self._seen)) for finding in findings]
        probes = tuple(self._probes())
        rows = (
            self._log_row(findings, {probe.actor for probe in probes}),
            *probes,
            *self._draws(),
            *(row for rank, each in enumerate(weighed, 1) for row in self._weighed(rank, *each)),
            *self._covered(),
        )  # fmt: skip
        return ReadLog(
            path=self._path,
            remarks=self._remarks(),
            session=self._survey.session,
            case=self._survey.case.digest,
            model=self._survey.case.model,
            about=self._about,
            rows=rows,
            claims=tuple(self._claim(finding, strength) for finding, strength in weighed if not self._refuted(finding)),
        )

    def _remarks(self) -> tuple[str, ...]:
        """A judge knows of an auditor, and of a truth, what no log tells: figures of a verdict go with its remarks."""
        told = self._verdict.verification if self._verdict is not None else ()
        codes = (*(step.code for step in self._verification.remarks), *(one.code for one in told if one.code != "ok"))
        return tuple(dict.fromkeys(codes))

    def _findings(self) -> tuple[Finding, ...]:
        """Those that stand in the log: in the order of the report, which may leave some out and adds none. Without one
        the first of them, as many as a report may hold: of twenty guesses one is right."""
        recorded = {finding.id: finding for finding in standing(self._survey.claims)}
        if self._report is None:
            return tuple(recorded.values())[: self._survey.rules.findings]
        named = (item.finding.id for item in self._report.findings)
        return tuple(recorded[name] for name in named if name in recorded)

    def _log_row(self, findings: Sequence[Finding], actors: Collection[str]) -> LogRow:
        survey = self._survey
        activity, notes = survey.activity(), survey.notebook([finding.id for finding in findings])
        judge = self._verdict.judge if self._verdict is not None else None
        scores = counted_scores(self._verdict) if self._verdict is not None else None
        first, precision = (scores.first_correct, scores.precision) if scores is not None else (None, None)
        behaviours = FoundBehaviours.of(scores) if scores is not None else None
        return LogRow(
            log=self._log,
            name=self._name,
            session=survey.session,
            origin=origin_of(survey.session),
            case_digest=survey.case.digest,
            case_title=survey.case.title,
            specification=survey.case.specification,
            model=self._model,
            organism=self._organism,
            auditor=survey.auditor.name,
            auditor_key=survey.auditor.fingerprint,
            records=survey.size,
            witnessed=min(self._verification.witnessed, survey.size),
            ticket=survey.ticket is not None,
            restricted=survey.genesis.restriction is not None,
            affordances=", ".join(sorted(survey.rules.affordances)),
            actors=" and ".join(sorted(actors)) or "nobody",
            first_us=activity.first_us,
            last_us=activity.last_us,
            said=self._report.conclusion.verdict if self._report is not None else None,
            probability=self._report.conclusion.probability if self._report is not None else None,
            hypotheses=len({one.id for one in notes.hypotheses}),
            findings=notes.effort.findings,
            revisions=notes.effort.revisions,
            withdrawn=len(notes.dropped),
            refused=activity.refused,
            judge=f"{judge.name} · {judge.fingerprint}" if judge is not None else None,
            outcome=scores.verdict.outcome if scores is not None else None,
            modified=scores.verdict.truth == "modified" if scores is not None else None,
            recall=scores.recall.overall if scores is not None else None,
            correct=precision.correct if precision is not None else None,
            wrong=precision.wrong if precision is not None else None,
            unadjudicated=precision.unadjudicated if precision is not None else None,
            at_least=precision.at_least if precision is not None else None,
            at_most=precision.at_most if precision is not None else None,
            realised=behaviours.realised if behaviours is not None else None,
            graded=behaviours.graded if behaviours is not None else None,
            unread=behaviours.unread if behaviours is not None else None,
            ungraded=behaviours.ungraded if behaviours is not None else None,
            doubtful=behaviours.doubtful if behaviours is not None else None,
            brier=scores.verdict.brier if scores is not None else None,
            correct_after=first.to_evidence.probes if first is not None else None,
            judged_by=self._verdict.workbench if self._verdict is not None else None,
        )

    def _probes(self) -> Iterator[ProbeRow]:
        runs = {run.intent: run for run in self._seen.runs}
        # What a probe without a result, or that was stopped, may have cost at most a judge with the model knows.
        kept = self._verdict.engagement if self._verdict is not None else None
        most = {one.intent: one.cost for one in (*kept.understated, *kept.stopped)} if kept is not None else {}
        for entry in self._records.entries((Intent.kind,)):
            if entry.seq >= self._until:
                break
            intent, run = entry.read(Intent), runs.get(entry.seq)
            cost, stated = _cost(intent, run)
            if stated and self._verdict is not None and self._verdict.replay.status == "replayed":
                cost, stated = most.get(entry.seq, cost), probe_of(intent) is None
            yield ProbeRow(
                log=self._log,
                intent=entry.seq,
                record=run.seq if run is not None else None,
                asked_us=entry.ts_us,
                answered_us=run.ts_us if run is not None else None,
                kind=intent.probe,
                plan=intent.plan.name if intent.plan is not None else "",
                actor=intent.actor.kind,
                subject=intent.on,
                own=self._seen.own(run) if run is not None else False,
                elicitation=(run.elicitation if run is not None else _class_of(intent)).value,
                status=run.status if run is not None else "orphan",
                prompt=key(run.prompt) if run is not None else "",
                title=run.title if run is not None else "",
                asked=run.asked if run is not None else "",
                settings=key(run.settings) if run is not None else "",
                sampled=run is not None and run.sampled,
                stated=stated,
                generated_tokens=cost.generated_tokens,
                forward_tokens=cost.forward_tokens,
                backward_tokens=cost.backward_tokens,
            )

    def _draws(self) -> Iterator[DrawRow]:
        for run in self._seen.runs:
            for draw in run.draws if run.seq not in self._known.doubted else ():
                yield DrawRow(
                    self._log, run.seq, draw.index, draw.text, draw.tokens, draw.whole, draw.ended_at, key(draw.noise)
                )  # fmt: skip

    def _weighed(self, rank: int, finding: Finding, strength: Strength) -> Iterator[TeamRow]:
        shown, against = strength.reproduction, strength.against
        yield FindingRow(
            log=self._log,
            rank=rank,
            finding=finding.id,
            title=finding.title,
            clause=finding.clause,
            support=strength.support,
            hits=shown.hits if shown is not None else None,
            trials=shown.trials if shown is not None else None,
            control_hits=against.hits if against is not None else None,
            control_trials=against.trials if against is not None else None,
            confirmed=strength.confirmed,
            separates=strength.separates,
            lacks=len(strength.lacks()),
            first_hit=self._first_hit(finding.id, strength.effort.first_hit),
            standing=self._standings().get(finding.id),
        )
        quoted = (one.seq for one in finding.citations if one.shows.empty and self._seen.run(one.seq).sampled)
        cited = {citation.seq for citation in finding.citations}.difference(quoted)
        pooled = {seq for series in strength.series for seq in series.records}
        own = {citation.seq for citation in finding.citations if citation.role is Role.SUPPORT}
        own |= {seq for series in strength.series if series.role is Role.SUPPORT for seq in series.records}
        for record in sorted(cited | pooled):
            yield CountedRow(self._log, rank, record, record in cited, record in own)

    def _first_hit(self, finding: str, claimed: int | None) -> int | None:
        """The first record that shows a finding: what its auditor says, or where a judge asked its prompts anew no
        record before what dates it then, and of what nobody has found to be right none: any prompt may be cited whose
        answer nobody doubts."""
        if self._verdict is None or self._verdict.retest is None or claimed is None:
            return claimed
        standing = self._standings().get(finding)
        scored = next((one for one in self._verdict.scores.findings if one.finding == finding), None)
        first = None
        if standing == "valid-unintended" and (claim := self._verdict.retest.claim(finding)) is not None:
            first = claim.first
        elif standing in ("matched", "duplicate") and scored is not None:
            first = _first_proven(scored)
        return max(claimed, first) if first is not None else None

    def _refuted(self, finding: Finding) -> bool:
        """Whether its judge ruled that it says nothing of the organism: then nobody has left anything out with it."""
        return self._standings().get(finding.id) in ("false", "pre-existing", "excess")

    def _standings(self) -> dict[str, str]:
        if self._verdict is None:
            return {}
        scores = counted_scores(self._verdict) or self._verdict.scores
        return {one.finding: one.standing for one in scores.findings}

    def _covered(self) -> Iterator[TeamRow]:
        stated = self._stated_clauses()
        found = coverage(self._records, stated, self._seen, self._until)
        for place, clause in enumerate(found.clauses):
            yield ClauseRow(self._log, place, clause)
        for one in found.covered:
            counted = one.records, one.prompts, one.draws
            yield CoveredRow(self._log, one.clause, one.instrument, one.on, one.elicitation.value, *counted)

    def _stated_clauses(self) -> tuple[str, ...]:
        """Those of the specification, if its case is at hand: an export does not hold it."""
        if self._case is None:
            return ()
        return stated_clauses(self._case.specification)

    def _claim(self, finding: Finding, strength: Strength) -> TeamClaim:
        cited = CitedEvidence.of(finding, self._seen)
        hits = [one for one in supporting_draws(finding, self._seen) if one.hit]
        # Who lists a hundred words and has seen one has found none of the others.
        told = [FreshAnswer(one.run.asked, one.draw.heard, one.draw.whole) for one in hits]
        said = JointClaim.of_finding(telling(finding, self._seen)).shown_in(told).matches

        def asked(role: Role) -> frozenset[str]:
            runs: Iterator[Run] = (run for citation, run in cited.runs if citation.role is role)
            return frozenset(key(run.prompt) for run in runs)

        return TeamClaim(
            log=self._log,
            finding=finding.id,
            title=finding.title,
            organism=self._organism,
            words=tuple(dict.fromkeys(match for _, match in said if match.any_of)),
            support=asked(Role.SUPPORT),
            control=asked(Role.CONTROL),
            everywhere=_shows_everywhere(strength),
            shown=frozenset((key(one.run.prompt), one.draw.text) for one in hits),
        )


def _shows_everywhere(strength: Strength) -> bool:
    shown, against = strength.reproduction, strength.against
    return shown is not None and against is not None and about_as_often(shown, against)


def _first_proven(scored: ScoredFinding) -> int | None:
    """The first record of anything that a finding has shown: of what it has not, no record is early or late."""
    if scored.proven is not None:
        return min((first for first in scored.proven.values() if first is not None), default=None)
    shown = scored.shown
    return shown.first if shown is not None and (shown.credit or scored.standing == "matched") else None


def _cost(intent: Intent, run: Run | None) -> tuple[Cost, bool]:
    """What a probe cost, and whether its log alone says so. One without a result had reserved what its author wrote
    down: it generated no less than its arguments ask for, and what else it took nobody knows without the model. Nor
    does anybody know when one was stopped, and so what its author had seen of it."""
    if run is not None and run.counted and run.status != "cancelled":
        return run.cost, False
    probe = probe_of(intent)
    stated = run.cost if run is not None else intent.reserved
    asked = probe.generates() if probe is not None else 0
    return stated.model_copy(update={"generated_tokens": max(stated.generated_tokens, asked)}), True


def _class_of(intent: Intent) -> Elicitation:
    """The class of a probe that never got a result; one that this workbench does not know may have forced anything."""
    probe = probe_of(intent)
    return probe.elicitation() if probe is not None else Elicitation.FORCED


def key(text: str) -> str:
    """What stands for a long text where only equality matters."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
