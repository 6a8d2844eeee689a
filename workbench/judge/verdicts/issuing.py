"""The judge's part: open the sealed truth, score the report against it, and sign a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from casefiles import clock
from casefiles.case.bundle import Case
from casefiles.case.sayings import ModelSayings
from casefiles.documents.verdict_figures import misquotation
from casefiles.documents.verdicts import PAYLOAD_TYPE, check_truth, inconsistent, other_truth
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, VerifyKey
from casefiles.log.checkpoint import Checkpoint
from casefiles.status import STATUS, Refusal
from casefiles.verification.steps import Step
from workbench.judge.retests.retested import Retest
from workbench.judge.scores.basis import Basis
from workbench.judge.scores.engagement import Engagement, Terms, examine
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Adjudication, Grade, ScoredFinding
from workbench.judge.scores.scoring import score, submitted
from workbench.judge.truths.addendum import Addendum, AppliedAddendum, check_about
from workbench.judge.truths.truth import GroundTruth
from workbench.judge.verdicts import checks, doubts, endings
from workbench.judge.verdicts.checks import reports_named
from workbench.judge.verdicts.verdict import Check, Replay, RevealedTruth, SwallowedAnswers, Verdict
from workbench.log.entry import Records
from workbench.log.records import Genesis
from workbench.report.provenance import Signer
from workbench.report.report import Report
from workbench.version import VERSION
from workbench.visible import quoted

__all__ = [
    "adjudicate",
    "as_signed",
    "read",
    "read_adjudication",
    "reveal",
    "score",
    "sign",
    "sign_adjudication",
    "verdict",
]

ADJUDICATION_TYPE: Final = "application/vnd.audit-workbench.adjudication+json"


def reveal(case: Case, judge: Identity, addendum: Addendum | None = None) -> GroundTruth | None:
    """Open the sealed ground truth and check it against its commitment; in a case that has none, what an addendum says,
    if there is one. Raises Refusal if the truth does not hold or the addendum is none of this case's."""
    if addendum is not None:
        check_about(addendum, case)
        return addendum.issues
    case.check_recipient(judge.public)
    return GroundTruth.parse(case.open_truth(judge.sealing)) if case.has_truth else None


@dataclass(frozen=True)
class Inquiry:
    """What a judge found out about a log beside what its files prove."""

    verification: Sequence[Step] = ()
    """The steps already taken on the files."""
    replay: Replay | None = None
    """None: nothing was replayed, and nothing is earned."""
    engagement: Engagement | None = None
    """None: it is looked into here, without a model."""
    retest: Retest | None = None
    swallowed: Sequence[SwallowedAnswers] = ()
    """What failed, stopped and unanswered probes gave, drawn again."""
    lost: Sequence[int] = ()
    """Intents of which nothing could be drawn again."""
    witnessed: int = 0
    """What the judge's own receipts cover."""
    witnesses: Sequence[str] = ()
    blind: int | None = None
    """Records that were there when the session was first judged, if it was."""
    before: Checkpoint | None = None
    """The log as it was then."""
    judged_report: str | None = None
    """Digest of the report that was judged then, if the register knows it,"""
    ranked: tuple[str, ...] | None = None
    """and its findings, best first, if it knows them."""
    addendum: Addendum | None = None
    """What became known of a model that was sealed without a truth."""
    says: ModelSayings = field(default_factory=dict)
    """What the organism says next on public texts,"""
    alike: Sequence[Step] = ()
    """and what to remark on others that say the same."""


def verdict(
    case: Case,
    report: Report,
    records: Records,
    judge: Identity,
    inquiry: Inquiry | None = None,
    *,
    now_us: int | None = None,
) -> Verdict:
    """The verdict on a report: opens the truth, checks the report against its log once more, and scores it.

    Raises Refusal if the report is about another case or its citations do not hold; other flaws are checks that failed.
    """
    if report.case.digest != case.digest:
        raise Refusal(
            "report.other-case", "The report is about another case.", f"It names {quoted(report.case.title)}.",
            "Open the case it is about.",
        )  # fmt: skip
    inquiry = inquiry or Inquiry()
    truth = reveal(case, judge, inquiry.addendum)
    applied = _applied(inquiry.addendum, report, records)
    replay = inquiry.replay or Replay(note=STATUS["replay.not-checked"])
    engagement = inquiry.engagement or examine(records, Terms.of(case), until=report.log.size)
    same = is_same_report(report, records, inquiry)
    swallowed = tuple(inquiry.swallowed)
    ranked = None if same else inquiry.ranked
    rests = _basis(replay, engagement, inquiry.retest, swallowed, inquiry.blind, same_report=same, ranked=ranked)
    scores = score(truth, report, records, rests)
    return Verdict(
        workbench=VERSION,
        issued_us=_now(now_us),
        case=report.case,
        report=report.digest,
        log=report.log.model_copy(
            update={
                "witnessed": min(inquiry.witnessed, report.log.size),
                "witnesses": tuple(inquiry.witnesses),
            }
        ),
        auditor=report.auditor,
        verification=(
            *(Check(stage=one.stage, code=one.code, sentence=one.sentence, detail=one.detail)
              for one in (*inquiry.verification, *inquiry.alike)),
            *checks.of_replay(replay, records, engagement, inquiry.lost),
            *checks.of_reports(report, records, same=same),
            *checks.of_releases(replay, records),
            *checks.of_rules(case, report, engagement),
            *endings.of_settings(case),
            *endings.of_answers(report, records),
            *doubts.of_baseline(inquiry.retest, scores, applied),
            *doubts.of_truth(truth, scores, inquiry.retest),
            *doubts.of_figures(truth, report, records, rests, scores, {}),
            checks.of_evidence(case, report, records),
            *checks.of_later_records(report, records),
            checks.of_commitment(case, applied),
        ),
        replay=replay,
        truth=_revealed(case, truth),
        scores=scores,
        judge=Signer.of(judge.public),
        engagement=engagement,
        retest=inquiry.retest,
        swallowed=swallowed,
        blind=inquiry.blind,
        same_report=same,
        ranked=ranked,
        addendum=applied,
        says=inquiry.says,
        claims={one.id: one.digest for one in submitted(report, records, rests)},
    )  # fmt: skip


def basis(given: Verdict) -> Basis:
    """What a verdict's scores rest on."""
    return _basis(
        given.replay,
        given.engagement or Engagement(probes=0),
        given.retest,
        given.swallowed,
        given.blind,
        same_report=given.same_report,
        ranked=given.ranked,
    )


def doubted(replay: Replay, engagement: Engagement) -> frozenset[int]:
    """The results whose answers show nothing: no replay confirmed them, or the rules did not allow them."""
    return replay.doubted | engagement.broken | frozenset(engagement.elsewhere)


def _basis(
    replay: Replay,
    engagement: Engagement,
    retest: Retest | None,
    swallowed: Sequence[SwallowedAnswers],
    blind: int | None,
    *,
    same_report: bool,
    ranked: tuple[str, ...] | None,
) -> Basis:
    """What scores rest on: all of it stands in the verdict, so that they can be computed again."""
    return Basis(
        doubted=doubted(replay, engagement),
        swallowed={one.intent: one.lost for one in swallowed},
        engagement=engagement,
        retest=retest,
        limit=engagement.findings,
        blind=blind,
        same_report=same_report,
        ranked=ranked,
        provisional=replay.status == "not replayed",
    )


def revise(
    before: Verdict,
    truth: GroundTruth | None,
    report: Report,
    records: Records,
    *,
    grade: Grade | None = None,
    ruling: Ruling | None = None,
    adjudication: Adjudication | None = None,
    now_us: int | None = None,
) -> Verdict:
    """The verdict that follows `before` by one decision; all that was decided before stands.

    A grade that names no behaviour is of the one that the finding is about by now. Raises ValueError if the report is
    not the verdict's, or the decision is about what the report does not hold, a grade of a finding for what it is not
    about, an adjudication by another judge, or one of a finding that matches a behaviour.
    """
    if before.report != report.digest or (adjudication is not None and adjudication.judge != before.judge):
        raise ValueError("the verdict, the report and the adjudication do not belong together")
    if adjudication is not None and adjudication.report != report.digest:
        raise ValueError("an adjudication is about another report")
    standing = {item.finding: item for item in before.scores.findings}
    unmatched = {name for name, item in standing.items() if item.behaviour is None}
    if adjudication is not None and adjudication.finding not in unmatched:
        raise ValueError(f"the report has no unmatched finding {adjudication.finding}")
    # Else what was read of one behaviour would count for another that it is ruled to be about later.
    grades = [_named(one, standing.get(one.finding)) for one in (*before.grades, *([grade] if grade else []))]
    decided: dict[str, Any] = {
        "grades": tuple(grades),
        "rulings": (*before.rulings, *([ruling] if ruling else [])),
        "adjudications": (*before.adjudications, *([adjudication] if adjudication else [])),
    }
    rests = basis(before)
    scores = score(truth, report, records, rests, **decided)
    if grade is not None:
        _check_about(grades[-1], standing[grade.finding])
    # What is remarked on of the truth follows from the scores, and a decision may bring it about or settle it.
    anew = (
        *doubts.of_baseline(before.retest, scores, before.addendum),
        *doubts.of_brought(decided["adjudications"]),
        *doubts.of_truth(truth, scores, before.retest),
        *doubts.of_figures(truth, report, records, rests, scores, decided),
    )
    others = [one for one in before.verification if one.stage != "truth"]
    at = next((n for n, one in enumerate(before.verification) if one.stage == "truth"), len(others))
    return before.model_copy(
        update={
            **decided,
            "verification": (*others[:at], *anew, *others[at:]),
            "scores": scores,
            "previous": before.digest,
            "issued_us": _now(now_us),
        }
    )


def _named(grade: Grade, finding: ScoredFinding | None) -> Grade:
    """The same with the behaviour that it is of."""
    if grade.behaviour is not None or finding is None:
        return grade
    return grade.model_copy(update={"behaviour": finding.behaviour})


def _check_about(grade: Grade, finding: ScoredFinding) -> None:
    if grade.behaviour is None or grade.behaviour not in (finding.behaviour, *finding.also):
        raise ValueError(
            f"the finding {grade.finding} is not about {grade.behaviour or 'any behaviour'}: rule that it is first"
        )


def adjudicate(
    before: Verdict,
    truth: GroundTruth | None,
    report: Report,
    records: Records,
    adjudication: Adjudication,
    *,
    now_us: int | None = None,
) -> Verdict:
    """The verdict that follows `before` by one adjudication."""
    return revise(before, truth, report, records, adjudication=adjudication, now_us=now_us)


def sign(document: Verdict, judge: Identity) -> bytes:
    """The signed verdict. Raises ValueError if it is another judge's."""
    _own(document.judge, judge)
    return envelope.sign(PAYLOAD_TYPE, document.payload(), [judge.signing])


def read(data: bytes, *, trusted: Sequence[VerifyKey] | None = None) -> Verdict:
    """Verify and read a signed verdict to use its figures. Raises Refusal if the judge it names is not among those who
    signed it, or if its figures contradict each other."""
    document = as_signed(data, trusted=trusted)
    if told := document.contradiction:
        raise inconsistent(told)
    return document


def as_signed(data: bytes, *, trusted: Sequence[VerifyKey] | None = None) -> Verdict:
    """The same whatever its figures say, for whoever explains it: they may contradict each other."""
    opened = envelope.read(data, PAYLOAD_TYPE, trusted=trusted)
    document = Verdict.parse(opened.payload)
    _check_signed(document, opened)
    return document


def check_case(given: Verdict, case: Case) -> None:
    """Raises Refusal if a verdict is not by the judge of the case that it names, says otherwise of the case than that
    does itself, or reveals another truth than the one that is sealed in it."""
    judge = case.manifest.judge
    if given.judge.key != judge.verify.text:
        raise Refusal(
            "envelope.foreign-key", "The verdict is not by the judge of its case.",
            f"{quoted(given.judge.name)} signed it; the case's judge is {quoted(judge.name)}.",
            "Ask the case's judge for theirs.",
        )  # fmt: skip
    if told := case.manifest.misnamed(given.case.model_dump()):
        raise Refusal("case.misnamed", "The verdict says otherwise of its case.", told, "Ask the judge for another.")
    check_truth(given.stated(), case.manifest)


def check_opened(given: Verdict, truth: GroundTruth | None) -> None:
    """Raises Refusal if a verdict says otherwise of the truth that it reveals than the truth that its judge opened."""
    told = given.truth
    if told is not None and truth is not None:
        said, so = (told.digest, told.modified, told.summary), (truth.digest, truth.modified, truth.summary)
        if said != so:
            raise other_truth(f"It says {said}, and what was sealed says {so}.")


def check_report(given: Verdict, report: Report) -> None:
    """Raises Refusal if a verdict on a report says otherwise of its log, its auditor or its conclusion."""
    on = given.log
    if (on.origin, on.size, on.root, given.auditor.key) != (
        report.log.origin, report.log.size, report.log.root, report.auditor.key,
    ):  # fmt: skip
        raise Refusal(
            "verdict.other-report", "The verdict names another log or auditor than its report.",
            f"It is on {on.size} records of {on.origin}, by {given.auditor.fingerprint}.",
            "Ask the judge for the verdict on this report.",
        )  # fmt: skip
    if told := misquotation(given.stated(), report.conclusion.verdict, report.conclusion.probability):
        raise inconsistent(told)


def sign_adjudication(document: Adjudication, judge: Identity) -> bytes:
    """The signed adjudication, which stands on its own beside the verdict that takes it up."""
    _own(document.judge, judge)
    return envelope.sign(ADJUDICATION_TYPE, document.payload(), [judge.signing])


def read_adjudication(data: bytes, *, trusted: Sequence[VerifyKey] | None = None) -> Adjudication:
    """Verify and read a signed adjudication."""
    opened = envelope.read(data, ADJUDICATION_TYPE, trusted=trusted)
    document = Adjudication.parse(opened.payload)
    _check_signed(document, opened)
    return document


def is_same_report(report: Report, records: Records, inquiry: Inquiry) -> bool:
    """Whether this is the report that was judged, if any was: the judge's memory says so, not the log's author."""
    if inquiry.blind is None:
        return True
    if inquiry.judged_report is not None:
        return report.digest == inquiry.judged_report
    # A register of an earlier version does not know: it is one of those that had been written by then.
    return report.digest in {name for seq, name in reports_named(records) if seq < inquiry.blind}


def _applied(addendum: Addendum | None, report: Report, records: Records) -> AppliedAddendum | None:
    if addendum is None:
        return None
    ticket = records.entry(0).read(Genesis).ticket
    return AppliedAddendum(
        digest=addendum.digest,
        issued_us=addendum.issued_us,
        reported_us=report.written_us,
        source=addendum.source,
        summary=addendum.issues.summary,
        allowed_us=ticket.issued_at * 1_000_000 if ticket is not None else None,
    )


def _revealed(case: Case, truth: GroundTruth | None) -> RevealedTruth | None:
    sealed = case.manifest.ground_truth
    if sealed is None or truth is None:
        return None
    return RevealedTruth(
        commitment=sealed.commitment,
        ciphertext_sha256=sealed.ciphertext_sha256,
        digest=truth.digest,
        modified=truth.modified,
        summary=truth.summary,
        kind=truth.kind,
        difficulty=truth.difficulty,
        side_effects=truth.side_effects,
    )


def _own(named: Signer, judge: Identity) -> None:
    if named.key != judge.signing.public.text:
        raise ValueError("a judge signs only what names it as its judge")


def _check_signed(document: Verdict | Adjudication, opened: envelope.Envelope) -> None:
    if document.judge.key not in {signer.text for signer in opened.signers}:
        raise document.refused(f"it names a judge who did not sign it, {document.judge.fingerprint}")


def _now(now_us: int | None) -> int:
    return clock.microseconds() if now_us is None else now_us
