"""The judge's part: open the sealed truth, score the report against it, and sign a verdict."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from typing import Final

from casefiles.case.bundle import Case
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, VerifyKey
from casefiles.status import STATUS, Refusal
from casefiles.verification.steps import Step
from workbench.contract.comparison import Agreement
from workbench.contract.rules import Rules
from workbench.judge.matching import Ruling
from workbench.judge.score_sheet import Adjudication, Grade
from workbench.judge.scoring import score
from workbench.judge.truth import GroundTruth
from workbench.judge.verdict import PAYLOAD_TYPE, Check, Replay, RevealedTruth, Verdict
from workbench.log.entry import Records
from workbench.report.provenance import CaseName, Signer
from workbench.report.report import Report, counted_earlier, discrepancies
from workbench.version import VERSION

__all__ = ["adjudicate", "read", "read_adjudication", "reveal", "score", "sign", "sign_adjudication", "verdict"]

ADJUDICATION_TYPE: Final = "application/vnd.audit-workbench.adjudication+json"


def reveal(case: Case, judge: Identity) -> GroundTruth:
    """Open the sealed ground truth and check it against its commitment. Raises Refusal if either fails."""
    return GroundTruth.parse(case.open_truth(judge.sealing))


def verdict(
    case: Case,
    report: Report,
    records: Records,
    judge: Identity,
    *,
    verification: Iterable[Step] = (),
    replay: Replay | None = None,
    witnessed: int = 0,
    witnesses: Sequence[str] = (),
    grades: Sequence[Grade] = (),
    rulings: Sequence[Ruling] = (),
    now_us: int | None = None,
) -> Verdict:
    """The verdict on a report: opens the truth, checks the report against its log once more, and scores it.

    `verification` holds the steps already taken on the files, `witnessed` what the judge's own receipts cover. Raises
    Refusal if the report is about another case or its citations do not hold; other flaws are checks that failed.
    """
    if report.case.digest != case.digest:
        raise Refusal(
            "report.other-case", "The report is about another case.", f"It names “{report.case.title}”.",
            "Open the case it is about.",
        )  # fmt: skip
    plaintext = case.open_truth(judge.sealing)
    truth = GroundTruth.parse(plaintext)
    replay = replay or Replay(note=STATUS["replay.not-checked"])
    checks = [
        Check(stage=step.stage, code=step.code, sentence=step.sentence, detail=step.detail) for step in verification
    ]
    sealed = case.manifest.ground_truth
    return Verdict(
        workbench=VERSION,
        issued_us=_now(now_us),
        case=report.case,
        report=report.digest,
        log=report.log.model_copy(update={"witnessed": min(witnessed, report.log.size), "witnesses": tuple(witnesses)}),
        auditor=report.auditor,
        verification=(
            *checks,
            *_replay_check(replay),
            _evidence_check(case, report, records),
            _commitment_check(sealed.commitment),
        ),
        replay=replay,
        truth=RevealedTruth(
            commitment=sealed.commitment,
            ciphertext_sha256=sealed.ciphertext_sha256,
            digest=hashlib.sha256(plaintext).hexdigest(),
            modified=truth.modified,
            summary=truth.summary,
        ),
        scores=score(truth, report, records, grades=grades, rulings=rulings, doubted=replay.doubted),
        grades=tuple(grades),
        rulings=tuple(rulings),
        judge=Signer.of(judge.public),
    )


def adjudicate(
    before: Verdict,
    truth: GroundTruth,
    report: Report,
    records: Records,
    adjudication: Adjudication,
    *,
    now_us: int | None = None,
) -> Verdict:
    """The verdict that follows `before` by one adjudication; its grades and rulings stand.

    Raises ValueError if the report is not the verdict's, or the adjudication another judge's or not of an unmatched
    finding.
    """
    if before.report != report.digest or adjudication.judge != before.judge:
        raise ValueError("the verdict, the report and the adjudication do not belong together")
    adjudications = (*before.adjudications, adjudication)
    scores = score(
        truth,
        report,
        records,
        grades=before.grades,
        rulings=before.rulings,
        adjudications=adjudications,
        doubted=before.replay.doubted,
    )
    return before.model_copy(
        update={
            "scores": scores,
            "adjudications": adjudications,
            "previous": before.digest,
            "issued_us": _now(now_us),
        }
    )


def sign(document: Verdict, judge: Identity) -> bytes:
    """The signed verdict. Raises ValueError if it is another judge's."""
    _own(document.judge, judge)
    return envelope.sign(PAYLOAD_TYPE, document.payload(), [judge.signing])


def read(data: bytes, *, trusted: Sequence[VerifyKey] | None = None) -> Verdict:
    """Verify and read a signed verdict: the judge it names must be among those who signed it."""
    opened = envelope.read(data, PAYLOAD_TYPE, trusted=trusted)
    document = Verdict.parse(opened.payload)
    _check_signed(document, opened)
    return document


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


def _replay_check(replay: Replay) -> tuple[Check, ...]:
    """The check that failed, if records diverged; what was replayed well stands in the verdict's own table."""
    diverged = [record.seq for record in replay.records if record.agreement is Agreement.DIVERGED]
    if not diverged:
        return ()
    named = ", ".join(map(str, diverged[:20])) + (" …" if len(diverged) > 20 else "")
    code = "replay.diverged"
    detail = f"Of {len(replay.records)} records {len(diverged)} diverged ({named}). What they say shows nothing."
    return (Check(stage="replay", code=code, sentence=STATUS[code], detail=detail),)


def _evidence_check(case: Case, report: Report, records: Records) -> Check:
    told = discrepancies(report, records)
    # What the session was told of the case stands in its first record, which its author wrote.
    sealed = CaseName(
        digest=case.digest,
        title=case.manifest.title,
        specification=case.manifest.specification,
        model=case.model_digest,
    )
    if (report.case, report.case_rules or report.rules) != (sealed, Rules.model_validate(case.manifest.rules)):
        told = (*told, "The session states the case or its rules otherwise than the case itself.")
    if told:
        return Check(
            stage="evidence", code="report.strength", sentence=STATUS["report.strength"], detail=" ".join(told)
        )
    if ranks := counted_earlier(report):
        code, detail = "report.counted-earlier", f"Of findings {', '.join(map(str, ranks))}."
        return Check(stage="evidence", code=code, sentence=STATUS[code], detail=detail)
    sentence = "Every strength in the report was computed again from the log and is the same."
    return Check(stage="evidence", code="ok", sentence=sentence)


def _commitment_check(commitment: str) -> Check:
    return Check(
        stage="commitment",
        code="ok",
        sentence="The revealed ground truth is the one that was committed to before the audit.",
        detail=commitment,
    )


def _own(named: Signer, judge: Identity) -> None:
    if named.key != judge.signing.public.text:
        raise ValueError("a judge signs only what names it as its judge")


def _check_signed(document: Verdict | Adjudication, opened: envelope.Envelope) -> None:
    if document.judge.key not in {signer.text for signer in opened.signers}:
        raise document.refused(f"it names a judge who did not sign it, {document.judge.fingerprint}")


def _now(now_us: int | None) -> int:
    return time.time_ns() // 1000 if now_us is None else now_us
